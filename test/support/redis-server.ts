import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { freePort } from "./free-port.ts";

/** Redis' program: REDIS_SERVER_PATH, or where Debian has it; undefined: there is none. */
export const REDIS_SERVER_PATH = [process.env["REDIS_SERVER_PATH"] ?? "/usr/bin/redis-server"].find((path) =>
  existsSync(path),
);

/** A real Redis on loopback, which keeps nothing on disk. */
export interface RedisServer {
  readonly port: number;
  /** The operator's connection, which no test turns away. */
  readonly admin: Redis;
  /** Sends it a signal: SIGSTOP makes it deaf, SIGCONT ends that. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, empty, on another port. */
  restarted(): Promise<RedisServer>;
}

export interface RedisServerOptions {
  /** Of the user `default`. */
  readonly password?: string;
  /** Files of the server's key and certificate, PEM. Then it speaks TLS on `port`. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string };
  /** More settings, as on the command line: `["--maxmemory", "2mb"]`. */
  readonly settings?: readonly string[];
}

/** Starts one, and resolves when it takes commands. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "oss-valet-redis-"));
  const socket = join(folder, "admin.sock");
  const { child, port } = await listening(folder, socket, options);
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const admin = new Redis({
    path: socket,
    ...(options.password !== undefined && { password: options.password }),
  });
  admin.on("error", () => undefined);
  return {
    port,
    admin,
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      process.off("exit", end);
      admin.disconnect();
      if (child.exitCode === null && child.signalCode === null) {
        end();
        await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
    restarted: () => startRedisServer(options),
  };
}

/** The answer to PING. This process does nothing else until it has come. */
export function pingAndBlock(port: number): string {
  const program = join(dirname(REDIS_SERVER_PATH ?? ""), "redis-cli");
  return spawnSync(program, ["-p", String(port), "PING"], { encoding: "utf8" }).stdout;
}

/** Redis cannot look for a free port itself, and another program may take the one that was free. */
async function listening(
  folder: string,
  socket: string,
  options: RedisServerOptions,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  if (REDIS_SERVER_PATH === undefined) throw new Error("no redis-server: set REDIS_SERVER_PATH");
  for (;;) {
    const port = await freePort();
    const child = spawn(REDIS_SERVER_PATH, argumentsFor(port, socket, options), {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes("Ready to accept connections")) {
        child.stdout.resume();
        return { child, port };
      }
      lines.push(line);
    }
    if (!lines.some((line) => line.includes("Address already in use"))) throw new Error(lines.join("\n"));
  }
}

function argumentsFor(
  port: number,
  socket: string,
  { password, tls, settings = [] }: RedisServerOptions,
): readonly string[] {
  return [
    ...["--bind", "127.0.0.1", "--unixsocket", socket, "--save", "", "--appendonly", "no"],
    ...(tls === undefined
      ? ["--port", String(port)]
      : [
          ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"],
          ...["--tls-key-file", tls.key, "--tls-cert-file", tls.cert, "--tls-ca-cert-file", tls.ca],
        ]),
    ...(password === undefined ? [] : ["--requirepass", password]),
    ...settings,
  ];
}
