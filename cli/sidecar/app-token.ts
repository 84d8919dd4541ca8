import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, type Stats, statSync } from "node:fs";

/** Where the App token comes from, each time that it is needed. */
export type AppTokenSource =
  /** A line for the shell, which prints the token. */
  | { readonly command: string }
  /** A file that holds the token. */
  | { readonly file: string };

/** There is no App token. The message says why, and never holds what the file or the command gave. */
export class AppTokenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AppTokenError";
  }
}

/** Milliseconds for the command, which may ask somebody to sign in. */
const COMMAND_TIMEOUT_MS = 60_000;

/** Bytes. The function refuses longer tokens. */
const MAX_TOKEN_BYTES = 16_384;

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gets what the command writes to its standard error, line by line. */
  readonly error: (line: string) => void;
  /** Ends a command that still runs. */
  readonly stop: AbortSignal;
  /** Milliseconds that the command may take. Default: a minute. */
  readonly timeoutMs?: number;
}

/**
 * The App token. `refused`: the function has just refused the one before, so a command finds OSS_VALET_TOKEN_REFUSED=1 in
 * its environment. Rejects with {@link AppTokenError}.
 */
export async function appTokenFrom(
  source: AppTokenSource,
  refused: boolean,
  surroundings: Surroundings,
): Promise<string> {
  const [text, where] =
    "file" in source
      ? [contentOf(source.file), `the file of --app-token-file, ${source.file}`]
      : [await printedBy(source.command, refused, surroundings), "the command of --app-token-command"];
  const token = text.trim();
  if (token === "") throw new AppTokenError(`${where}, gives nothing: it must give the App token`);
  // A line end in a token would end the header in which it travels.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new AppTokenError(
      `${where}, gives more than one word: it must give the App token alone, without "Bearer "`,
    );
  return token;
}

/** What is wrong with the file's permissions; undefined: only its owner may read and change it. */
export function permissionsWarning(file: string): string | undefined {
  const mode = statsOf(file).mode;
  const others = [...((mode & 0o044) === 0 ? [] : ["read"]), ...((mode & 0o022) === 0 ? [] : ["change"])];
  return others.length === 0
    ? undefined
    : `other users of this machine may ${others.join(" and ")} the App token: chmod 600 ${file}`;
}

function statsOf(file: string): Stats {
  try {
    return statSync(file);
  } catch (error) {
    throw new AppTokenError(
      `--app-token-file ${file} cannot be read (${codeOf(error)}): write the path of a file`,
    );
  }
}

function contentOf(file: string): string {
  const stats = statsOf(file);
  // A pipe gives its content once; the token is read again before each call.
  if (!stats.isFile())
    throw new AppTokenError(
      `--app-token-file ${file} is not a file: write the path of a file, or use --app-token-command`,
    );
  if (stats.size > MAX_TOKEN_BYTES)
    throw new AppTokenError(`--app-token-file ${file} holds ${stats.size} bytes: no App token is that long`);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new AppTokenError(`--app-token-file ${file} cannot be read (${codeOf(error)})`);
  }
}

/** In a process group of its own, so that whatever it starts ends with it. */
function printedBy(
  command: string,
  refused: boolean,
  { environment, error, stop, timeoutMs = COMMAND_TIMEOUT_MS }: Surroundings,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new AppTokenError(`the command of --app-token-command ${what}`));
    if (stop.aborted) return fail("was not run: the sidecar stops");
    const child = spawn("/bin/sh", ["-c", command], {
      env: { ...environment, ...(refused ? { OSS_VALET_TOKEN_REFUSED: "1" } : {}) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let running = true;
    const end = (what: string) => {
      if (running) endGroup(child);
      fail(what);
    };
    const onStop = () => end("was ended: the sidecar stops");
    const timer = setTimeout(() => end(`was ended: it took longer than ${timeoutMs / 1000} s`), timeoutMs);
    stop.addEventListener("abort", onStop);
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (printed.length > MAX_TOKEN_BYTES)
        end(`printed more than ${MAX_TOKEN_BYTES} bytes: no App token is that long`);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n")) if (line.trim() !== "") error(line);
    });
    const ended = () => {
      running = false;
      clearTimeout(timer);
      stop.removeEventListener("abort", onStop);
    };
    child.once("error", (cause) => {
      ended();
      fail(`cannot be run: ${codeOf(cause)}`);
    });
    // Not "close", which waits for everything that the command left running with its output open.
    child.once("exit", (code, signal) => {
      ended();
      endGroup(child);
      allIsRead(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        if (code === 0) resolve(printed);
        else fail(code === null ? `was ended by ${signal}` : `ended with exit code ${code}`);
      });
    });
  });
}

/** Calls back when Node.js has read what was in the pipes: from one setImmediate to the next it reads all of them. */
function allIsRead(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

/** Also when the command itself has ended: what it started may go on. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it runs any more.
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? "unknown");
}
