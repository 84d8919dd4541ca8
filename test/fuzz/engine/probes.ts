/** What instrumented code reports to while it runs. */
export interface Probes {
  /** How often each block ran, modulo 256; behind them, how far comparisons of texts came. */
  hits: Uint8Array;
  /** Notes a comparison of two values, and gives `left` back. */
  compare: (left: unknown, right: unknown, place: number) => void;
  /** Notes a text that the code looked for. */
  sought: (text: unknown) => unknown;
}

/** Places for "the first n characters of the compared texts are equal", shared by all comparisons. */
const COMPARED_PLACES = 4_096;

/** Texts of this length are worth to be put into inputs. */
const MAX_COMPARED_LENGTH = 64;

/** Pairs that are kept. */
const MAX_PAIRS = 64;

export interface Recording extends Probes {
  readonly blocks: number;
  readonly pairs: (readonly [string, string])[];
}

/** Puts the probes where instrumented code finds them (`globalThis.fuzzProbes`). */
export function installProbes(blocks: number): Recording {
  const pairs: (readonly [string, string])[] = [];
  let next = 0;
  const keep = (pair: readonly [string, string]): void => {
    pairs[next % MAX_PAIRS] = pair;
    next += 1;
  };
  const hits = new Uint8Array(blocks + COMPARED_PLACES);
  const recording: Recording = {
    blocks,
    pairs,
    hits,
    compare: (left, right, place) => {
      if (typeof left !== "string" || typeof right !== "string" || left === right) return;
      if (right.length < 1 || right.length > MAX_COMPARED_LENGTH || left.length > 1_000) return;
      let same = 0;
      while (same < left.length && same < right.length && left[same] === right[same]) same += 1;
      if (same > 0) hits[blocks + ((place * 31 + Math.min(same, 15)) % COMPARED_PLACES)] = 1;
      if (left.length <= MAX_COMPARED_LENGTH) keep([left, right]);
    },
    sought: (text) => {
      if (typeof text === "string" && text.length > 1 && text.length <= MAX_COMPARED_LENGTH)
        keep([text, text]);
      return text;
    },
  };
  (globalThis as { fuzzProbes?: Probes }).fuzzProbes = recording;
  return recording;
}
