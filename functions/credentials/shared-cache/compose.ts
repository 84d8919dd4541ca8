import { redisStore } from "../../../shared/adapters/redis-store.ts";
import { sharedCacheSts } from "../../../shared/adapters/shared-cache-sts.ts";
import type { Clock, Sts } from "../../../shared/ports.ts";

/** The cache that all instances share. A file of its own when deployed: without a Redis, nothing of it is loaded. */
export function sharedCacheAround(
  sts: Sts,
  {
    url,
    keys,
    scope,
    clock,
    warn,
  }: {
    readonly url: string;
    readonly keys: readonly [Buffer, ...Buffer[]];
    readonly scope: string;
    readonly clock: Clock;
    readonly warn: (message: string) => void;
  },
): Sts & { close(): Promise<void> } {
  const store = redisStore({ url, onWarning: warn });
  return { ...sharedCacheSts({ sts, store, clock, scope, keys }), close: store.close };
}
