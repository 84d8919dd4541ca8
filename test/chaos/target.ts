import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Stage } from "./stage.ts";

/** What is asked: server.js in a process of its own, or the functions in the sandbox's Function Compute. */
export interface Target {
  /** e.g. http://127.0.0.1:41234 */
  readonly url: string;
  /** The lines of its log so far. */
  lines(): readonly string[];
  /** Everything that it wrote anywhere so far. */
  output(): string;
  /** Tells it the cloud's time; resolves when it knows. */
  followClock(): Promise<void>;
  /** undefined in Function Compute, whose processes come and go. */
  held(): Promise<Held | undefined>;
  /** What it wrote or did that no server should: a line on standard error, an end. undefined: nothing. */
  complaint(): string | undefined;
  stop(): Promise<void>;
}

/** What the process holds. */
export interface Held {
  readonly sockets: number;
  readonly timers: number;
  readonly residentBytes: number;
  /** The longest time that its event loop has stood still, as on a machine with too much to do. */
  readonly longestHaltMs: number;
}

const PRELOAD = join(import.meta.dirname, "cloud-clock.cjs");

/** Starts server.js with these settings beside the usual ones. */
export async function startServer(
  { sandbox, serverFile, environment }: Stage,
  settings: Readonly<Record<string, string>> = {},
): Promise<Target> {
  const child = spawn(process.execPath, ["--require", PRELOAD, serverFile], {
    env: { ...environment, ...settings, CHAOS_CLOCK_OFFSET_MS: String(sandbox.clock.offsetMs()) },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const written = { log: "", errors: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    written.log += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    written.errors += text;
  });
  const tell = telling(child);
  const url = await addressOf(child, () => written.errors);
  return {
    url,
    lines: () => written.log.split("\n").slice(0, -1),
    output: () => written.log + written.errors,
    followClock: async () => void (await tell({ offsetMs: sandbox.clock.offsetMs() })),
    held: () => tell({}),
    complaint: () => {
      if (child.exitCode !== null || child.signalCode !== null)
        return `the process ended (${child.exitCode ?? child.signalCode}): ${written.errors.slice(0, 2_000)}`;
      const others = written.errors.split("\n").filter((line) => !/^oss-valet listens on |^$/.test(line));
      return others.length === 0 ? undefined : `it wrote to standard error: ${others[0]}`;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

/** The functions at the address of the sandbox's Function Compute. */
export async function deployedFunctions(stage: Stage): Promise<Target> {
  const log = await stage.deployed();
  const from = log.length;
  const lines = () => log.slice(from);
  return {
    url: stage.sandbox.fc.url,
    lines,
    output: () => lines().join("\n"),
    followClock: async () => {},
    held: async () => undefined,
    complaint: () => {
      const line = lines().find((text) => /UnhandledInvocationError|unhandledRejection/i.test(text));
      return line === undefined ? undefined : `Function Compute logged ${line}`;
    },
    stop: async () => {},
  };
}

function telling(child: ChildProcess): (message: object) => Promise<Held> {
  const waiting = new Map<number, (held: Held) => void>();
  let last = 0;
  child.on("message", ({ id, ...held }: Held & { readonly id: number }) => {
    waiting.get(id)?.(held);
    waiting.delete(id);
  });
  return (message) =>
    new Promise((resolve, reject) => {
      last += 1;
      waiting.set(last, resolve);
      if (!child.connected) reject(new Error("the server has ended"));
      else child.send({ id: last, ...message });
    });
}

async function addressOf(child: ChildProcess, errors: () => string): Promise<string> {
  if (child.stderr === null) throw new Error("no standard error");
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`server.js ended with ${code}: ${errors()}`)));
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      const found = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}
