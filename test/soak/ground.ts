import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../../cli/build/build.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { settingsFor } from "../support/sandbox-settings.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { openTcpDoor, type TcpDoor } from "../support/tcp-door.ts";

/** The built server.js as Function Compute limits it, a cloud for it, and doors between them. */
export interface Ground {
  readonly sandbox: Sandbox;
  readonly server: ServerProcess;
  /** Between the server and STS. */
  readonly stsDoor: TcpDoor;
  /** Between the server and the issuer's keys. */
  readonly issuerDoor: TcpDoor;
  /** Between the server and Redis; undefined: this machine has no redis-server. */
  readonly redisDoor: TcpDoor | undefined;
  /** Ends Redis as a crash does, and starts an empty one. */
  restartRedis(): Promise<void>;
  /** Time passes for the cloud and the server. */
  pass(ms: number): void;
  /** The server must have ended. */
  close(): Promise<void>;
}

/** Megabytes. Source: s.yaml. Node gets nine tenths of it for its old generation, as in FC's own images. */
const MEMORY_MB = 512;

export async function prepareGround({
  cache,
}: {
  readonly cache: "memory" | "redis if there is one";
}): Promise<Ground> {
  const sandbox = await startSandbox();
  const codeDir = mkdtempSync(join(tmpdir(), "oss-valet-soak-"));
  const { issuer } = sandbox;
  const issuerDoor = await openTcpDoor(Number(new URL(issuer.url).port));
  const content = {
    issuers: [
      {
        name: "login",
        issuer: issuer.url,
        audience: issuer.audience,
        jwks: issuer.jwksUrl.replace(issuer.url, `http://127.0.0.1:${issuerDoor.port}`),
        algorithms: ["ES256"],
      },
    ],
    rules: [
      { name: "own folder", allow: ["read", "write", "list"], prefix: "users/{sub}/" },
      {
        name: "pictures",
        allow: ["upload"],
        prefix: "pictures/{sub}/",
        upload: { maxBytes: 2_000_000, contentTypes: ["image/jpeg"] },
      },
    ],
  };
  await build({ outDir: codeDir, content });
  const stsDoor = await openTcpDoor(Number(new URL(sandbox.sts.url).port));
  let redis: RedisServer | undefined;
  let redisDoor: TcpDoor | undefined;
  if (cache !== "memory" && REDIS_SERVER_PATH !== undefined) {
    redis = await startRedisServer();
    redisDoor = await openTcpDoor(redis.port);
  }
  const server = await startServerProcess({
    codeDir,
    nodeFlags: [`--max-old-space-size=${Math.floor(MEMORY_MB * 0.9)}`],
    environment: {
      // The cache in memory has 1,000 entries: it is full soon, and what grows then is a leak.
      FC_FUNCTION_MEMORY_SIZE: "108",
      ...settingsFor(sandbox),
      STS_ENDPOINT: `http://127.0.0.1:${stsDoor.port}`,
      ...(redisDoor === undefined
        ? {}
        : {
            CREDENTIAL_CACHE: `redis://127.0.0.1:${redisDoor.port}`,
            CREDENTIAL_CACHE_KEY: randomBytes(32).toString("base64"),
          }),
    },
  });
  return {
    sandbox,
    server,
    stsDoor,
    issuerDoor,
    redisDoor,
    restartRedis: async () => {
      if (redis === undefined) return;
      await redis.kill();
      redisDoor?.leadTo(undefined);
      redisDoor?.end("rst");
      redis = await redis.restarted();
      redisDoor?.leadTo(redis.port);
    },
    pass: (ms) => {
      sandbox.clock.advance(ms);
      server.clockAhead(sandbox.clock.offsetMs());
    },
    close: async () => {
      await Promise.all([
        sandbox.stop(),
        redis?.kill(),
        ...[stsDoor, issuerDoor, redisDoor].map((door) => door?.close()),
      ]);
      rmSync(codeDir, { recursive: true, force: true });
    },
  };
}
