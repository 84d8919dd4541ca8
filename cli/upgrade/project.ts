import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../shared/command.ts";
import { objectFrom } from "../shared/values.ts";

/** The project of somebody that depends on oss-valet, as far as an upgrade looks at it. */
export interface Project {
  readonly folder: string;
  /** What package.json wants, e.g. `0.1.0` or `file:oss-valet-0.1.0.tgz`. */
  readonly wanted: string;
  readonly development: boolean;
  /** Whether it depends on oss-valet-client too. */
  readonly hasClient: boolean;
  /** Where these words stand together in one line of its files, e.g. `s.yaml:41`; comments do not count. */
  readonly linesWith: (where: Where, words: readonly string[]) => readonly string[];
  /** A value of `.env`, which Serverless Devs reads; undefined where there is none. */
  readonly fromDotEnv: (name: string) => string | undefined;
}

/** deployment: s.yaml, .env, compose and workflows. commands: package.json's scripts and workflows. access: access.yaml. */
export type Where = "deployment" | "commands" | "access";

const DEPENDENCIES = ["dependencies", "devDependencies"] as const;

/** Throws UsageError for a folder that is no such project. `accessFile`: its path. */
export function projectIn(folder: string, accessFile: string): Project {
  const manifest = manifestOf(folder);
  const found = DEPENDENCIES.find((kind) => typeof manifest[kind]?.["oss-valet"] === "string");
  if (found === undefined)
    throw new UsageError(
      "package.json does not depend on oss-valet: run this in the folder of a project that does, such as one that `valet init` made",
    );
  const lines: Readonly<Record<Where, readonly Line[]>> = {
    deployment: [...deploymentFiles(folder), ...workflows(folder)].flatMap((path) => linesOf(folder, path)),
    commands: ["package.json", ...workflows(folder)].flatMap((path) => linesOf(folder, path)),
    access: linesOf(folder, accessFile),
  };
  const dotEnv = linesOf(folder, ".env").map(({ text }) => /^\s*(?:export\s+)?(\w+)\s*=\s*(.*)$/.exec(text));
  return {
    folder,
    wanted: manifest[found]?.["oss-valet"] ?? "",
    development: found === "devDependencies",
    hasClient: DEPENDENCIES.some((kind) => manifest[kind]?.["oss-valet-client"] !== undefined),
    linesWith: (where, words) =>
      lines[where]
        .filter(({ text }) => words.every((word) => hasWord(text, word)))
        .map(({ path, number }) => `${path}:${number}`),
    fromDotEnv: (name) => {
      const value = dotEnv.findLast((match) => match?.[1] === name)?.[2]?.trim();
      return value === undefined ? undefined : value.replace(/^(["'])(.*)\1$/, "$2");
    },
  };
}

/** package.json's text with exactly this version of oss-valet; nothing else is different in it. */
export function pinned(manifest: string, version: string): string {
  return manifest.replaceAll(/"(?:dependencies|devDependencies)"\s*:\s*\{[^{}]*\}/g, (block) =>
    block.replace(/("oss-valet"\s*:\s*)"[^"]*"/, (_all, name: string) => `${name}"${version}"`),
  );
}

type Manifest = Readonly<Partial<Record<(typeof DEPENDENCIES)[number], Readonly<Record<string, string>>>>>;

function manifestOf(folder: string): Manifest {
  const path = join(folder, "package.json");
  if (!existsSync(path))
    throw new UsageError("there is no package.json here: run this in the folder of the project");
  try {
    const manifest = objectFrom(JSON.parse(readFileSync(path, "utf8")));
    if (manifest !== undefined) return manifest;
  } catch {
    // The same message as for JSON that is no object.
  }
  throw new UsageError("package.json is not a JSON object: repair it first");
}

interface Line {
  readonly path: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

function linesOf(folder: string, path: string): readonly Line[] {
  const full = resolve(folder, path);
  if (!existsSync(full)) return [];
  const text = readFileSync(full, "utf8");
  return text.split(/\r?\n/).map((line, index) => ({
    path,
    number: index + 1,
    text: path.endsWith(".json") ? line : line.replace(/(^|\s)#.*$/, ""),
  }));
}

/** Files that may hold settings: YAML, .env and Dockerfiles of the project's own folder. */
function deploymentFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .filter((name) => /\.ya?ml$|^\.env|^Dockerfile/.test(name) && !/^access\b/.test(name))
    .sort();
}

function workflows(folder: string): readonly string[] {
  const path = ".github/workflows";
  return existsSync(join(folder, path))
    ? readdirSync(join(folder, path))
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => `${path}/${name}`)
    : [];
}

/** The word stands by itself: `upload` is not in `uploads`, nor `HOST` in `MY_HOST`. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/[\w-]$/.test(text.slice(0, at)) && !/^[\w-]/.test(text.slice(at + word.length))) return true;
  }
  return false;
}
