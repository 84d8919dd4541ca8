/** Numbers that look random and repeat with their seed. Not for secrets. */
export interface Random {
  /** A whole number from 0 to `below - 1`; 0 where `below` is 0. */
  readonly below: (below: number) => number;
  /** True once in `times`. */
  readonly oneIn: (times: number) => boolean;
  /** One of the list. Throws for an empty one. */
  readonly of: <T>(list: readonly T[]) => T;
}

/** Source: mulberry32 by Tommy Ettinger, public domain: 32 bits of state, and quick. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => (limit < 1 ? 0 : next() % limit);
  return {
    below,
    oneIn: (times) => below(times) === 0,
    of: (list) => {
      const [chosen] = list.slice(below(list.length)) as [(typeof list)[number]];
      if (list.length === 0) throw new Error("a choice from an empty list");
      return chosen;
    },
  };
}
