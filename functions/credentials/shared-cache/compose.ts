import { sharedCacheSts } from "../../../shared/adapters/shared-cache-sts.ts";
import type { Clock, Sts } from "../../../shared/ports.ts";

/** The cache that all instances share. Files of their own when deployed: without a Redis, nothing of it is loaded. */
export async function sharedCacheAround(
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
): Promise<Sts & { close(): Promise<void> }> {
  const { redisStore } = await import("../../../shared/adapters/redis-store.ts");
  const store = redisStore({ url, onWarning: warn });
  return { ...sharedCacheSts({ sts, store, clock, scope, keys }), close: store.close };
}
