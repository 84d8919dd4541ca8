import type { Bug } from "./bug.ts";

const killedBy = ["unit/cli/build/code-cache-loader"];

/** Which code cache may run in place of the code beside it. */
export const codeCacheBugs: readonly Bug[] = [
  {
    name: "code cache: access rules of an earlier build run in place of those of the same length",
    in: "firstLine",
    find: `.update(source)`,
    replace: ``,
    killedBy,
  },
  {
    name: "code cache: other data run in place of the code",
    in: "firstLine",
    find: `.update(data)`,
    replace: ``,
    killedBy,
  },
  {
    name: "code cache: the first line is not compared",
    in: "cachedDataFor",
    find: `if (line === firstLine(source, data)) return data;`,
    replace: `if (line.startsWith(\`\${engine()} \`)) return data;`,
    killedBy,
  },
  {
    name: "code cache: another version of V8 made it",
    in: "cli/build/code-cache/loader.ts#engine",
    find: "${process.versions.v8}",
    replace: "",
    killedBy,
  },
  {
    name: "code cache: another architecture made it",
    in: "cli/build/code-cache/loader.ts#engine",
    find: "${process.arch}",
    replace: "",
    killedBy,
  },
  {
    name: "code cache: another operating system made it",
    in: "cli/build/code-cache/loader.ts#engine",
    find: "${process.platform}",
    replace: "",
    killedBy,
  },
  {
    name: "code cache: code that was changed after the build does not run",
    in: "runWithCache",
    find: `if (typeof cached === "string") {`,
    replace: `if (false) {`,
    killedBy,
  },
];
