import { readFileSync } from "node:fs";
import { join } from "node:path";

const RECIPES = join(import.meta.dirname, "../../../docs/recipes");

/** The text of a recipe, such as `python.md`. */
export function recipePage(page: string): string {
  return readFileSync(join(RECIPES, page), "utf8");
}

/** A file of a recipe: a code block below a line with nothing but the file's name in bold, such as **`valet.py`**. */
const FILE = /^\*\*`([\w.-]+)`\*\*\n\n```[\w+#]*\n([\s\S]*?)^```$/gm;

/** The files that a reader copies from a recipe, by their names. What the page shows is what runs. */
export function filesOf(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(FILE)].map(([, name = "", content = ""]) => [name, content]));
}
