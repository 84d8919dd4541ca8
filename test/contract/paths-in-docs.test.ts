import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "INVARIANTS.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`),
];

/** Whole paths of files in the repository, in links or in the text. Folders and patterns are left out. */
const PATH =
  /(?<![\w./-])(?:functions|shared|sandbox|cli|scripts|test|docs|examples|client)\/[\w./-]*\w\.(?:ts|mjs|js|md|yaml|json)\b/g;

it("finds paths", () => {
  expect("see shared/flows/x.ts, [a](docs/b.md) and test/unit/*.ts".match(PATH)).toEqual([
    "shared/flows/x.ts",
    "docs/b.md",
  ]);
});

it.each(PAGES)("every file that %s names exists", (page) => {
  const named = readFileSync(join(ROOT, page), "utf8").match(PATH) ?? [];
  expect([...new Set(named)].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
