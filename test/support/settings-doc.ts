import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../docs/settings.md");

/** The names of all settings that docs/settings.md explains: of the first column of its tables. */
export function settingNames(): readonly string[] {
  const cells = [...readFileSync(PAGE, "utf8").matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell = ""]) => cell);
  return cells.flatMap((cell) => {
    const names = [...cell.matchAll(/`([A-Z_][A-Z0-9_]+)`/g)].map(([, name = ""]) => name);
    // `_ACCESS_KEY_SECRET` stands for the name before it with another end.
    const [first = ""] = names;
    const prefix = /^(.*)_ACCESS_KEY_ID$/.exec(first)?.[1] ?? "";
    return names.map((name) => (name.startsWith("_") ? `${prefix}${name}` : name));
  });
}
