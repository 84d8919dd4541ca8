import { get } from "node:http";
import { type Environment, start } from "./stage.ts";

/** One way of coming up: a program that answers one request by itself, or a server that is sent one. */
export interface ColdStart {
  readonly name: string;
  readonly program: string;
  readonly environment: Environment;
  /** What the first answer must be: the program's report, or the status of the server's answer. */
  readonly expected: number;
  /** Of the request that a server is sent; undefined: the program makes its own. */
  readonly request?: { readonly token: string };
}

/** Milliseconds from spawn to the first answer, of each variant, in each round; the order changes with the round. */
export async function coldStarts(
  variants: readonly ColdStart[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  // One round before the first: file caches.
  for (let round = -1; round < rounds; round += 1) {
    for (let i = 0; i < variants.length; i += 1) {
      const variant = variants[(i + round + 1) % variants.length];
      if (variant === undefined) continue;
      const ms = await coldStart(variant);
      if (round >= 0) times.get(variant.name)?.push(ms);
    }
  }
  return times;
}

async function coldStart({ program, environment, expected, request }: ColdStart): Promise<number> {
  const startMs = performance.now();
  if (request === undefined) {
    const reported = await timedRun(program, environment);
    if (reported.value !== expected) throw new Error(`${program} answered ${String(reported.value)}`);
    return reported.atMs - startMs;
  }
  const server = start(program, environment);
  try {
    const status = await statusOf(Number(await server.reported), request.token);
    const endMs = performance.now();
    if (status !== expected) throw new Error(`${program} answered ${status}`);
    return endMs - startMs;
  } finally {
    await server.stop();
  }
}

async function timedRun(program: string, environment: Environment) {
  const running = start(program, environment);
  const value = await running.reported;
  const atMs = performance.now();
  await running.stop();
  return { value, atMs };
}

function statusOf(port: number, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(
      { port, host: "127.0.0.1", path: "/credentials", headers: { Authorization: `Bearer ${token}` } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
      },
    ).on("error", reject);
  });
}
