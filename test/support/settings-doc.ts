import { readFileSync } from "node:fs";
import { join } from "node:path";

const PAGE = join(import.meta.dirname, "../../docs/settings.md");

/** Where the settings of the functions end, and those of the commands begin. */
const HEADING = "\n## Settings of the commands\n";

/** The names of the settings that docs/settings.md explains: of the first column of its tables. */
export function settingNames(of: "functions" | "commands"): readonly string[] {
  const [functions = "", commands] = readFileSync(PAGE, "utf8").split(HEADING);
  if (commands === undefined) throw new Error(`docs/settings.md has no heading${HEADING}`);
  const text = of === "functions" ? functions : commands;
  return [...text.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = ""]) => {
    const names = [...cell.matchAll(/`([A-Z_][A-Z0-9_]+)`/g)].map(([, name = ""]) => name);
    // `_ACCESS_KEY_SECRET` stands for the name before it with another end.
    const [first = ""] = names;
    const prefix = /^(.*)_ACCESS_KEY_ID$/.exec(first)?.[1] ?? "";
    return names.map((name) => (name.startsWith("_") ? `${prefix}${name}` : name));
  });
}
