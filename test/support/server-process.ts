import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** The built server.js, as a process of its own whose wall clock can be moved. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Its log. It flows once somebody reads it: until then the pipe fills. */
  readonly stdout: Readable;
  /** What it has written to standard error. */
  readonly errors: () => string;
  signal(name: NodeJS.Signals): void;
  /** Its wall clock is ahead of this machine's by so much from now on; also while it is stopped. */
  clockAhead(ms: number): void;
  /** What it holds, after a garbage collection. */
  report(): Promise<ServerReport>;
  /** Resolves when it has ended and its log is read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

export interface ServerReport {
  readonly rssBytes: number;
  readonly heapBytes: number;
  readonly descriptors: number;
  /** Open TCP connections, of clients and to services. */
  readonly sockets: number;
  readonly timers: number;
  /** Since the last report. */
  readonly delayMs: { readonly median: number; readonly p99: number; readonly max: number };
}

export interface ServerProcessOptions {
  /** Where the build is. */
  readonly codeDir: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

const PROBE = fileURLToPath(new URL("./server-probe.cjs", import.meta.url));

/** Starts one on a free port of 127.0.0.1, and resolves when it listens. Rejects with what it says instead. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-server-"));
  const ahead = join(folder, "clock-ahead");
  // Always as long: it is read while it is written.
  const clockAhead = (ms: number): void => writeFileSync(ahead, String(ms).padStart(24));
  clockAhead(0);
  const child = spawn(
    process.execPath,
    ["--expose-gc", ...(options.nodeFlags ?? []), "--require", PROBE, join(options.codeDir, "server.js")],
    {
      env: { PORT: "0", HOST: "127.0.0.1", TZ: "UTC", ...options.environment, CLOCK_AHEAD: ahead },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error("server.js cannot be started");
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const ended = once(child, "close").then(([code, signal]) => {
    process.off("exit", end);
    rmSync(folder, { recursive: true, force: true });
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  let said = "";
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`server.js has ended: ${said}`)));
    createInterface({ input: stderr }).on("line", (line) => {
      said += `${line}\n`;
      const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  return {
    port,
    pid,
    stdout,
    errors: () => said,
    signal: (name) => void child.kill(name),
    clockAhead,
    report: async () => {
      const told = once(child, "message");
      child.send("report");
      return (await told)[0] as ServerReport;
    },
    ended,
  };
}

/** The lines of the log that came so far, each parsed. Reads from now on. */
export function linesOf(server: Pick<ServerProcess, "stdout">): () => readonly Record<string, unknown>[] {
  let log = "";
  server.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  return () =>
    log
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
}
