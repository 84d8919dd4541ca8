/** Which blocks ran, and how often in steps as AFL has them: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more. */
export interface Coverage {
  /** Takes over the counters of one execution and sets them to 0. Returns the new features; empty when none was new. */
  readonly take: () => readonly number[];
  /** The features of the execution that `take` saw last. */
  readonly features: () => readonly number[];
  /** Blocks that ran at least once. */
  readonly covered: () => number;
}

/** `hits`: as Recording has them; the first `blocks` of them are blocks. */
export function coverageOf(hits: Uint8Array, blocks: number): Coverage {
  const seen = new Uint8Array(hits.length);
  let last: number[] = [];
  let covered = 0;
  return {
    take: () => {
      last = [];
      const fresh: number[] = [];
      for (let at = 0; at < hits.length; at++) {
        const times = hits[at] ?? 0;
        if (times === 0) continue;
        const step = stepOf(times);
        last.push(at * 8 + step);
        const before = seen[at] ?? 0;
        if ((before & (1 << step)) !== 0) continue;
        if (before === 0 && at < blocks) covered += 1;
        seen[at] = before | (1 << step);
        fresh.push(at * 8 + step);
      }
      hits.fill(0);
      return fresh;
    },
    features: () => last,
    covered: () => covered,
  };
}

function stepOf(times: number): number {
  if (times <= 3) return times - 1;
  if (times <= 7) return 3;
  if (times <= 15) return 4;
  if (times <= 31) return 5;
  return times <= 127 ? 6 : 7;
}
