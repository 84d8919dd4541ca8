/** The middle value, and the two between which the middle half of the values lies. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Throws when there are no values: a figure of nothing is a bug. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * Of each round, its value divided by the same round's base: noise that lasts longer than a round cancels out. Throws when
 * a round lacks one of the two.
 */
export function ratios(values: readonly number[], bases: readonly number[]): readonly number[] {
  return paired(values, bases, (value, base) => value / base);
}

/** Of each round, its value less the same round's base. Throws when a round lacks one of the two. */
export function differences(values: readonly number[], bases: readonly number[]): readonly number[] {
  return paired(values, bases, (value, base) => value - base);
}

function paired(
  values: readonly number[],
  bases: readonly number[],
  of: (value: number, base: number) => number,
): readonly number[] {
  if (values.length !== bases.length) {
    throw new Error(`${values.length} values and ${bases.length} bases are no pairs`);
  }
  return values.map((value, round) => of(value, bases[round] ?? Number.NaN));
}

/** The value below which this share of the values lies; between two values, on the straight line from one to the other. */
function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("there are no values");
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
