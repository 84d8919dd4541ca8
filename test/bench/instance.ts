import { spawn } from "node:child_process";
import { type Environment, programFile } from "./stage.ts";

/** So many requests, of one user after the other, from so many callers at once. */
export interface Ask {
  readonly requests: number;
  /** The users are `user<firstUser>` and the next ones. After the last comes the first again. */
  readonly firstUser: number;
  readonly users: number;
  readonly atOnce: number;
}

export interface Answered {
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Of this process, all threads, for all requests together. */
  readonly cpuMicroseconds: number;
}

/** A process that has loaded a bundle or a peer's handler, and stays. */
export interface Instance {
  /** One at a time. Throws when the process ends instead. */
  answer(ask: Ask): Promise<Answered>;
  /** It has written to its log that it does not use Redis for now. */
  readonly gaveRedisUp: boolean;
  stop(): Promise<void>;
}

function startInstance(environment: Environment): Instance {
  const child = spawn(process.execPath, [programFile("instance")], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  // The log: in FC too, another process reads it.
  let gaveRedisUp = false;
  child.stdout?.setEncoding("utf8").on("data", (lines: string) => {
    gaveRedisUp ||= lines.includes('"warning":"Redis is not used');
  });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    get gaveRedisUp() {
      return gaveRedisUp;
    },
    answer: async (ask) => {
      const answered = new Promise<Answered>((resolve) => child.once("message", resolve));
      child.send(ask);
      const result = await Promise.race([answered, ended]);
      if (result === undefined) throw new Error(`an instance ended: ${errors}`);
      return result;
    },
    stop: async () => {
      child.kill();
      await ended;
    },
  };
}

/** Runs a measurement that starts instances, and ends them. */
export async function withInstances<T>(
  measure: (start: (environment: Environment) => Instance) => Promise<T>,
): Promise<T> {
  const started: Instance[] = [];
  try {
    return await measure((environment) => {
      const instance = startInstance(environment);
      started.push(instance);
      return instance;
    });
  } finally {
    await Promise.all(started.map((instance) => instance.stop()));
  }
}
