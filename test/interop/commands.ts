import { spawn } from "node:child_process";

/** A command of a toolchain. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Where it runs. */
  readonly folder: string;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Afterwards it is ended, with everything that it started. */
  readonly seconds: number;
}

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** undefined: it exited with 0. */
  readonly failure: string | undefined;
  /** It was ended because its time was over. */
  readonly late: boolean;
}

/** Ends each command that still runs when this process ends. */
const ends = new Set<() => void>();
process.once("exit", () => {
  for (const end of ends) end();
});

/** Runs it to its end. Never rejects: a command that cannot be started has failed. */
export function finished({ command, args, folder, environment, seconds }: Command): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that its children end with it.
      detached: true,
    });
    const read = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        read[name] += text;
      });
    }
    let late = false;
    const end = () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    ends.add(end);
    const settle = (failure: string | undefined) => {
      clearTimeout(timer);
      ends.delete(end);
      resolve({ ...read, failure, late });
    };
    child.once("error", (error) => settle(`${command} cannot be started: ${error.message}`));
    child.once("close", (code, signal) => {
      if (late) settle(`${command} took longer than ${seconds} s`);
      else settle(code === 0 ? undefined : `${command} ended with ${code ?? signal}`);
    });
  });
}

/** The last lines that say something. */
export function lastLines({ stdout, stderr }: Finished, count: number): readonly string[] {
  const lines = `${stdout}\n${stderr}`.split("\n").filter((line) => line.trim() !== "");
  return count === 0 ? [] : lines.slice(-count);
}
