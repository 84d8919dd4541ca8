import { type ChildProcess, fork, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { instanceOutput } from "./instance-output.ts";

/** How a function is run; of FunctionSettings, what an instance needs. */
export interface InstanceOptions {
  readonly id: string;
  readonly codeDir: string;
  /** The whole environment: nothing of ours is added but what finds programs. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  /** Stop the process between calls, as FC freezes an instance; where the platform has no SIGSTOP it runs on. */
  readonly freeze: boolean;
  /** Every line that the function writes. */
  readonly onLog: (line: string) => void;
}

/** One call of a method of the code package. */
export interface Call {
  readonly handler: string;
  /** Undefined for a lifecycle hook. */
  readonly event: Buffer | undefined;
  /** The documented context, without the logger: that is made on the other side. */
  readonly context: { readonly requestId: string } & Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
  /** By how much the process' wall clock is to be ahead of this machine's. */
  readonly clockOffsetMs: number;
  /** Aborted where nobody waits for the answer any more: the instance ends. */
  readonly signal?: AbortSignal | undefined;
}

/** How a call ended, with what FC reports of it. */
export interface Outcome {
  readonly end: "returned" | "failed" | "timed out" | "exited" | "aborted";
  /** For `failed`: HandledInvocationError (callback), UnhandledInvocationError (thrown). */
  readonly invocationError: "HandledInvocationError" | "UnhandledInvocationError" | undefined;
  /** What the function returned; on an error FC's JSON description of it. */
  readonly body: Buffer;
  readonly durationMs: number;
  readonly maxMemoryMb: number;
  /** The last of what the function wrote during the call, at most 4 KB. */
  readonly logTail: string;
}

/** A function instance: a process of its own that serves one call at a time. */
export interface Instance {
  readonly id: string;
  readonly pid: number;
  readonly isAlive: () => boolean;
  /** Never rejects. The instance must not be serving another call. */
  readonly call: (call: Call) => Promise<Outcome>;
  /** Ends the process, hard; settles once it is gone. */
  readonly end: () => Promise<void>;
}

/** Source: bootstrap scripts of FC's Node.js images. */
const MAX_HTTP_HEADER_BYTES = 16_384;
const HEAP_SHARE = 0.9;

/** Bytes. Source: InvokeFunction, X-Fc-Log-Type: Tail gives the last 4 KB. */
const LOG_TAIL_BYTES = 4096;

const BOOTSTRAP = fileURLToPath(new URL("./bootstrap.mjs", import.meta.url));
const CAN_FREEZE = process.platform !== "win32";

/** Starts a process. The function's code is loaded with the first call, as on FC. */
export function startInstance(options: InstanceOptions): Instance {
  const child = fork(BOOTSTRAP, [], {
    cwd: options.codeDir,
    env: { ...programPaths(), ...options.environment },
    // The parent's own flags (a TypeScript loader, a debugger's port) are not the function's.
    execArgv: [
      `--max-http-header-size=${MAX_HTTP_HEADER_BYTES}`,
      `--max-old-space-size=${Math.floor(options.memoryMb * HEAP_SHARE)}`,
    ],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A process group of its own: Ctrl-C reaches only us, and what the function starts is frozen and ended with it.
    detached: CAN_FREEZE,
  });
  let alive = true;
  child.on("error", () => {
    alive = false;
  });
  const { pid, stdout, stderr } = child;
  if (pid === undefined || stdout === null || stderr === null) throw new Error("cannot start a process");
  const releaseGuard = guard(pid);
  const endMark = `\u0000${randomBytes(16).toString("hex")}`;
  let logTail = "";
  const onLine = (line: string) => {
    logTail = logTailOf(`${logTail}${line}\n`);
    options.onLog(line);
  };
  /** What a call takes is counted from here on: FC counts no cold start either. */
  const ready = new Promise<void>((resolve) => {
    child.once("message", () => resolve());
    child.once("close", () => resolve());
  });
  const outputs = [stdout, stderr].map((stream) => instanceOutput(stream, endMark, onLine));
  /** Never to a group that has gone: its number may be another one's by now. */
  const signal = (name: NodeJS.Signals) => {
    if (alive) signalGroup(pid, name);
  };
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => {
      // What the function has started holds its streams open, and would go on.
      signal("SIGKILL");
      alive = false;
      releaseGuard();
    });
    child.once("close", () => resolve());
  });

  return {
    id: options.id,
    pid,
    isAlive: () => alive,
    call: async (call) => {
      logTail = "";
      await ready;
      if (options.freeze) signal("SIGCONT");
      const startedMs = performance.now();
      const ending = await endOf(child, call, endMark);
      const durationMs = performance.now() - startedMs;
      if (ending.end === "timed out" || ending.end === "aborted") {
        signal("SIGKILL");
        await gone;
      } else if (ending.end !== "exited") {
        await Promise.all(outputs.map((output) => output.marked()));
        if (options.freeze) signal("SIGSTOP");
      }
      return { ...ending, body: bodyOf(ending, call, durationMs), durationMs, logTail };
    },
    end: async () => {
      signal("SIGKILL");
      await gone;
    },
  };
}

/** The last 4 KB of a log, whole characters only: cut in UTF-8, the first one may be half. */
export function logTailOf(log: string): string {
  const bytes = Buffer.from(log);
  if (bytes.length <= LOG_TAIL_BYTES) return log;
  let start = bytes.length - LOG_TAIL_BYTES;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString("utf8");
}

interface Ending {
  readonly end: Outcome["end"];
  readonly invocationError: Outcome["invocationError"];
  readonly body: Buffer | undefined;
  readonly maxMemoryMb: number;
}

function endOf(child: ChildProcess, call: Call, endMark: string): Promise<Ending> {
  return new Promise((resolve) => {
    const settle = (ending: Ending) => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("close", onClose);
      call.signal?.removeEventListener("abort", onAbort);
      resolve(ending);
    };
    const without = (end: Outcome["end"]) =>
      settle({ end, invocationError: "UnhandledInvocationError", body: undefined, maxMemoryMb: 0 });
    const onAbort = () => without("aborted");
    const onClose = () => without("exited");
    const onMessage = (message: unknown) => {
      const answer = message as Answer;
      settle({
        end: answer.ok ? "returned" : "failed",
        invocationError: answer.invocationError,
        body: Buffer.from(answer.body),
        maxMemoryMb: answer.maxMemoryMb,
      });
    };
    const timer = setTimeout(() => without("timed out"), call.timeoutSeconds * 1000);
    child.on("message", onMessage);
    call.signal?.addEventListener("abort", onAbort);
    child.on("close", onClose);
    if (call.signal?.aborted === true) return onAbort();
    if (!child.connected) return onClose();
    const { handler, event, context, clockOffsetMs } = call;
    child.send({ handler, event, context, clockOffsetMs, endMark }, (error) => {
      if (error !== null) child.kill("SIGKILL");
    });
  });
}

/** What bootstrap.mjs sends. */
interface Answer {
  readonly ok: boolean;
  readonly invocationError: "HandledInvocationError" | "UnhandledInvocationError" | undefined;
  readonly body: Uint8Array;
  readonly maxMemoryMb: number;
}

/** Source: FC "Error handling" (Node.js) and the FAQ "Function time out after". */
function bodyOf({ end, body, maxMemoryMb }: Ending, call: Call, durationMs: number): Buffer {
  const figures = `(duration: ${Math.round(durationMs)}ms, maxMemoryUsage: ${maxMemoryMb}MB)`;
  const errorMessage =
    end === "timed out"
      ? `Function time out after ${call.timeoutSeconds} seconds ${figures}`
      : `Process exited unexpectedly before completing request ${figures}`;
  return body ?? Buffer.from(JSON.stringify({ errorMessage }));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(CAN_FREEZE ? -pid : pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/**
 * A frozen process does not notice that ours was killed, and would stay for ever. This small shell does: its input
 * ends with us, and it ends the group. Returns what to call once the process is gone.
 */
function guard(pid: number): () => void {
  if (!CAN_FREEZE) return () => {};
  const shell = spawn("/bin/sh", ["-c", 'read -r _; kill -s KILL -- "-$0"', String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    env: {},
    detached: true,
  });
  shell.on("error", () => {});
  shell.unref();
  return () => shell.kill("SIGKILL");
}

function programPaths(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "SystemRoot"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
