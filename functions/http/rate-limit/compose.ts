import { principalLimit } from "../../../shared/adapters/rate-limit/principal-limit.ts";
import type { FairUse } from "../../../shared/ports.ts";
import type { CacheSettings } from "../cache-settings.ts";
import type { RateLimit } from "../rate-limit-settings.ts";

/** The limit for each principal. A file of its own when deployed: where RATE_LIMIT is not set, nothing of it is loaded. */
export async function fairUseOf({
  limit,
  cache,
  scope,
  warn,
}: {
  readonly limit: RateLimit;
  readonly cache: CacheSettings;
  readonly scope: string;
  readonly warn: (message: string) => void;
}): Promise<FairUse & { close(): Promise<void> }> {
  if (cache.kind !== "shared") return { ...principalLimit({ limit }), close: async () => undefined };
  const { redisStore } = await import("../../../shared/adapters/redis-store.ts");
  const store = redisStore({
    url: cache.url,
    onWarning: warn,
    meanwhile: "RATE_LIMIT counts in each instance by itself. See docs/fair-use.md",
  });
  const shared = { scripts: store, secret: cache.keys[0], scope };
  return { ...principalLimit({ limit, shared }), close: () => store.close() };
}
