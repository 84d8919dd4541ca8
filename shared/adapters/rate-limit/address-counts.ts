import { type Limit, wholeSeconds } from "./limit.ts";
import { memoryLimiter } from "./memory-limiter.ts";

/** Counts something bad of addresses, in the memory of this process. */
export interface AddressCounts {
  /** Counts one. Gives how many there are in the window, which begins with the first. */
  add(address: string): Promise<number>;
  /** Seconds until the window ends of an address that has as many as the limit; 0 for every other. */
  secondsToWait(address: string): Promise<number>;
}

export function addressCounts(limit: Limit, maxAddresses: number): AddressCounts {
  const limiter = memoryLimiter(limit, maxAddresses);
  return {
    add: async (address) => {
      // The limiter rejects beyond its limit, and has counted all the same.
      await limiter.consume(address).catch(() => undefined);
      return (await limiter.counted(address))?.consumedPoints ?? 0;
    },
    secondsToWait: async (address) => {
      const counted = await limiter.counted(address);
      return counted !== undefined && counted.consumedPoints >= limit.requests
        ? wholeSeconds(counted.msBeforeNext, limit)
        : 0;
    },
  };
}
