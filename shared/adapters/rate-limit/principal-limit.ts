import { createHmac, hkdfSync } from "node:crypto";
import RateLimiterRedis from "rate-limiter-flexible/lib/RateLimiterRedis.js";
import { refused } from "../../domain/refusal.ts";
import type { FairUse, SharedScripts } from "../../ports.ts";
import { type Limit, secondsToWait } from "./limit.ts";
import { memoryLimiter } from "./memory-limiter.ts";

export interface PrincipalLimitOptions {
  readonly limit: Limit;
  /** Where all instances count; undefined: each counts for itself. */
  readonly shared?: SharedCount;
}

interface SharedCount {
  readonly scripts: SharedScripts;
  /** 32 bytes. Names in the store are made with it. */
  readonly secret: Buffer;
  /** The deployment, as one text: several may share a store and a key. */
  readonly scope: string;
}

/**
 * Ours. A principal takes 0.4 kB, so all of them 4 MB. An instance that serves more of them within one window forgets some,
 * and these may ask more often than the limit says.
 */
export const MAX_PRINCIPALS = 10_000;

/**
 * {@link FairUse}: so many requests for each principal in a window, which begins with the first request. Two principals never
 * share a session name, so they never share a count. With a store, all instances count together; while it is slow or gone,
 * each instance counts in its memory.
 */
export function principalLimit({ limit, shared }: PrincipalLimitOptions): FairUse {
  const memory = memoryLimiter(limit, MAX_PRINCIPALS);
  const common = shared && sharedLimiter(limit, shared);
  return {
    count: async (sessionName) => {
      const seconds =
        (common && (await secondsToWait(common, sessionName, limit))) ??
        (await secondsToWait(memory, sessionName, limit)) ??
        0;
      return seconds === 0 ? undefined : refused({ code: "RATE_LIMITED", retryAfterSeconds: seconds });
    },
  };
}

function sharedLimiter({ requests, seconds }: Limit, { scripts, secret, scope }: SharedCount) {
  const names = Buffer.from(hkdfSync("sha256", secret, "", "oss-valet rate limit: names", 32));
  const limiter = new RateLimiterRedis({
    points: requests,
    duration: seconds,
    keyPrefix: "oss-valet:1:rate",
    // Then it calls `eval` alone, in the form of the package redis.
    useRedisPackage: true,
    storeClient: {
      eval: async (script: string, { keys, arguments: args }: EvalOptions) => {
        const reply = await scripts.run(script, keys, args);
        if (reply === undefined) throw new Error("Redis is not used now");
        return reply;
      },
    },
  });
  return {
    // Nobody can tell from a name whose it is, or make the name of somebody else. Another limit has a count of its own.
    consume: (sessionName: string) =>
      limiter.consume(
        createHmac("sha256", names)
          .update(JSON.stringify([scope, requests, seconds, sessionName]))
          .digest("base64url"),
      ),
  };
}

interface EvalOptions {
  readonly keys: readonly string[];
  readonly arguments: readonly string[];
}
