import { readdirSync } from "node:fs";
import { join } from "node:path";

/** What a .dockerignore lets into the build. Its rules: the last line that matches a path, or a folder above it, decides. */
export interface DockerIgnore {
  readonly lets: (path: string) => boolean;
  /** The files of a folder that get in, relative to it. */
  readonly filesIn: (folder: string) => readonly string[];
}

export function dockerIgnoreFrom(text: string): DockerIgnore {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const exception = line.startsWith("!");
      const pattern = exception ? line.slice(1) : line;
      return { exception, pattern, matches: matcherOf(pattern) };
    });
  const lets = (path: string): boolean => {
    const parts = path.split("/");
    const selfAndAbove = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
    const last = lines.findLast(({ matches }) => selfAndAbove.some(matches));
    return last === undefined || last.exception;
  };
  const mayHold = (folder: string): boolean =>
    lets(folder) || lines.some(({ exception, pattern }) => exception && pattern.startsWith(`${folder}/`));
  const filesIn = (root: string, below = ""): readonly string[] =>
    readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return mayHold(path) ? filesIn(root, path) : [];
      return lets(path) ? [path] : [];
    });
  return { lets, filesIn: (folder) => filesIn(folder) };
}

function matcherOf(pattern: string): (path: string) => boolean {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^$()|[\]{}\\]/g, (found) => {
    if (found === "**/") return "(?:.*/)?";
    if (found === "**") return ".*";
    if (found === "*") return "[^/]*";
    return found === "?" ? "[^/]" : `\\${found}`;
  });
  const expression = new RegExp(`^${source}$`, "s");
  return (path) => expression.test(path);
}
