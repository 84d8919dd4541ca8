import { randomBytes } from "node:crypto";
import { REDIS_SERVER_PATH, startRedisServer } from "../support/redis-server.ts";
import type { Environment } from "./stage.ts";

/**
 * Runs a measurement beside a Redis of its own. It gets the settings of a shared cache; undefined: this machine has no
 * redis-server.
 */
export async function withRedis<T>(measure: (shared: Environment | undefined) => Promise<T>): Promise<T> {
  if (REDIS_SERVER_PATH === undefined) return measure(undefined);
  const redis = await startRedisServer();
  try {
    return await measure({
      CREDENTIAL_CACHE: `redis://127.0.0.1:${redis.port}`,
      CREDENTIAL_CACHE_KEY: randomBytes(32).toString("base64"),
    });
  } finally {
    await redis.kill();
  }
}
