/** In [0, 1). */
export type Random = () => number;

/** The same numbers for the same seed, on every machine. Source: mulberry32, Tommy Ettinger, public domain. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The time until the next of events that come independently of each other, so many on average. */
export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}
