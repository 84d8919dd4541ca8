import { randomUUID } from "node:crypto";
import type { Kept, SharedScripts, SharedStore, Taken } from "../ports.ts";
import { redisAddressOf } from "./redis-store/address.ts";
import type { Connection } from "./redis-store/connection.ts";
import { reasonOf } from "./redis-store/failure.ts";
import { guardedRedis } from "./redis-store/guarded-redis.ts";
import { KEEP, RELEASE, TAKE } from "./redis-store/scripts.ts";
import { stamped, unstamped } from "./redis-store/stamp.ts";

export interface RedisStoreOptions {
  /** `redis://user:password@host:port/database`, or `rediss://` for TLS. Only the host is needed. */
  readonly url: string;
  /** Once for each outage, at most once a minute. Contains neither the address nor a password. */
  readonly onWarning: (message: string) => void;
  /** What an outage means, for the warning. Default: that instances share no credentials. */
  readonly meanwhile?: string;
  /** Milliseconds for one call. Ours: a request that finds nothing makes two calls, and nobody feels 5 ms. */
  readonly patienceMs?: number;
}

/**
 * {@link SharedStore} in Redis or Tair: one server, or a cluster behind a proxy. It connects at once. When it fails once, it
 * is not used for a while, and requests go on without it. Close it to end the process cleanly. Throws for an
 * address that is none.
 */
export function redisStore(
  options: RedisStoreOptions,
): SharedStore & SharedScripts & { close(): Promise<void> } {
  const redis = guardedRedis({
    address: redisAddressOf(options.url),
    patienceMs: options.patienceMs ?? 2.5,
    // It stores, as Redis may answer and refuse to store: full, a replica, without permission.
    trial: (to) => keep(to, "trial", { value: Buffer.alloc(0), freshUntilMs: 0, lifeMs: 1 }),
    onOutage: (error) =>
      options.onWarning(
        `Redis is not used for now (${reasonOf(error)}): ${options.meanwhile ?? "instances share no credentials. See docs/credential-cache.md"}`,
      ),
  });
  return {
    take: async (name, { nowMs, lockMs }) => {
      const token = randomUUID();
      const args = [String(Math.floor(nowMs)), token, String(Math.ceil(lockMs))];
      const reply = await redis.askAndConnect((to) => to.send("eval", TAKE, "2", ...keysOf(name), ...args));
      return takenFrom(reply, token);
    },
    peek: async (name) => {
      const stored = await redis.ask((to) => to.send("get", keysOf(name)[0]));
      return Buffer.isBuffer(stored) ? unstamped(stored) : undefined;
    },
    keep: async (name, kept, lock) => {
      await redis.ask((to) => keep(to, name, kept, lock));
    },
    release: async (name, lock) => {
      await redis.ask((to) => to.send("eval", RELEASE, "1", keysOf(name)[1], lock));
    },
    run: (script, keys, args) =>
      redis.askAndConnect((to) => to.send("eval", script, String(keys.length), ...keys, ...args)),
    close: () => redis.close(),
  };
}

/** Of the value and of its lock. Braces: a cluster keeps both on one node. The number changes when the stored bytes do. */
function keysOf(name: string): readonly [value: string, lock: string] {
  return [`oss-valet:1:{${name}}`, `oss-valet:1:{${name}}:lock`];
}

function keep(to: Connection, name: string, kept: Kept, lock = ""): Promise<unknown> {
  const lifeMs = String(Math.max(1, Math.floor(kept.lifeMs)));
  return to.send("eval", KEEP, "2", ...keysOf(name), stamped(kept), lifeMs, lock);
}

/** From the reply to {@link TAKE}. */
function takenFrom(reply: unknown, token: string): Taken | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [stored, hasLock]: readonly unknown[] = reply;
  return {
    value: Buffer.isBuffer(stored) ? unstamped(stored) : undefined,
    lock: hasLock === undefined ? undefined : hasLock === 1 ? { token } : "held",
  };
}
