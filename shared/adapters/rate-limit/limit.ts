/** So many requests in so many seconds. */
export interface Limit {
  readonly requests: number;
  readonly seconds: number;
}

/** What a limiter of rate-limiter-flexible does with a name: it resolves or rejects with the count; with an Error, it has none. */
interface Limiter {
  consume(name: string): Promise<Counted>;
}

interface Counted {
  readonly consumedPoints: number;
  readonly msBeforeNext: number;
}

/** Counts one request of a name. Gives the seconds until it may ask again, 0 when it may go on; undefined: there is no count. */
export async function secondsToWait(
  limiter: Limiter,
  name: string,
  limit: Limit,
): Promise<number | undefined> {
  const counted = await limiter.consume(name).catch((thrown: unknown) => thrown);
  if (!isCounted(counted)) return undefined;
  return counted.consumedPoints <= limit.requests ? 0 : wholeSeconds(counted.msBeforeNext, limit);
}

/** Rounded up, so that it is never too early. Not beyond the window: a clock that goes back, or a foreign hand in Redis, keeps nobody out. */
export function wholeSeconds(ms: number, { seconds }: Limit): number {
  return Math.min(seconds, Math.max(1, Math.ceil(ms / 1_000)));
}

function isCounted(value: unknown): value is Counted {
  if (typeof value !== "object" || value === null || value instanceof Error) return false;
  const { consumedPoints, msBeforeNext } = value as Partial<Counted>;
  return Number.isFinite(consumedPoints) && Number.isFinite(msBeforeNext);
}
