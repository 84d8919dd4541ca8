import QuickLru from "quick-lru";
import RateLimiterMemory from "rate-limiter-flexible/lib/RateLimiterMemory.js";
import type { Limit } from "./limit.ts";

/**
 * Counts in the memory of this instance, for so many names at most: before there are more, the one that was unused for
 * longest is forgotten. A window begins with its first request, and ends by the wall clock, as Function Compute freezes
 * instances. The library's timers only free memory.
 */
export function memoryLimiter({ requests, seconds }: Limit, maxNames: number) {
  const limiter = new RateLimiterMemory({ points: requests, duration: seconds, keyPrefix: "" });
  // It keeps up to twice as many.
  const names = new QuickLru<string, true>({
    maxSize: Math.max(1, Math.ceil(maxNames / 2)),
    onEviction: (name) => void limiter.delete(name),
  });
  return {
    consume: (name: string) => {
      // A second `set` would leave the name among the old ones, too, and its count would go with them.
      if (names.get(name) === undefined) names.set(name, true);
      return limiter.consume(name);
    },
    /** What was counted in the window that lasts; undefined: nothing. */
    counted: async (name: string) => {
      const known = await limiter.get(name);
      return known !== null && known.msBeforeNext > 0 ? known : undefined;
    },
  };
}
