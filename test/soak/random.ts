/** Numbers in [0, 1) that a seed decides. The generator is mulberry32. */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of them, each as likely as its weight says. */
export function oneOf<T>(random: Random, weighted: readonly (readonly [weight: number, value: T])[]): T {
  let at = random() * weighted.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, value] of weighted) {
    at -= weight;
    if (at < 0) return value;
  }
  const [, last] = weighted[weighted.length - 1] ?? [];
  return last as T;
}
