import type { Spread } from "./statistics.ts";

/** One line of the bench's table. */
export interface Row {
  readonly metric: string;
  /** The median, where it was measured more than once. */
  readonly measured: string;
  /** Empty for what repeats exactly, such as bytes. */
  readonly quartiles?: string;
  /** undefined: for comparison only. */
  readonly target?: Target;
}

export interface Target {
  readonly text: string;
  readonly met: boolean;
}

/** A row of a figure that was measured in rounds. `beside`: in brackets after the median. */
export function figure(
  metric: string,
  { median, low, high }: Spread,
  written: (value: number) => string,
  more: { readonly beside?: string; readonly target?: Target } = {},
): Row {
  const { beside, target } = more;
  return {
    metric,
    measured: beside === undefined ? written(median) : `${written(median)} (${beside})`,
    quartiles: `${written(low)} to ${written(high)}`,
    ...(target === undefined ? {} : { target }),
  };
}

export function atMost(limit: number, value: number, unit = ""): Target {
  return { text: `<= ${grouped(limit)}${unit}`, met: value <= limit };
}

export function atLeast(limit: number, value: number, unit = ""): Target {
  return { text: `>= ${grouped(limit)}${unit}`, met: value >= limit };
}

export function exactly(wanted: number, value: number): Target {
  return { text: `= ${grouped(wanted)}`, met: value === wanted };
}

/** `1.25 x` */
export function times(ratio: number): string {
  return `${ratio.toFixed(2)} x`;
}

/** `+0.13 ms`, `-0.13 ms`; what rounds to nothing is `+0.00 ms`. */
export function signedMs(ms: number): string {
  const text = Math.abs(ms).toFixed(2);
  return `${ms < 0 && Number(text) > 0 ? "-" : "+"}${text} ms`;
}

/** `41.2 us` */
export function us(microseconds: number): string {
  return `${microseconds.toFixed(1)} us`;
}

/** `12,345`; a fraction stays as it is. */
export function grouped(value: number): string {
  return value.toLocaleString("en");
}

const WIDTHS = [66, 34, 24, 12];

export const HEADING = lineOf(["metric", "median", "quartiles", "target"]);

export function lineOfRow({ metric, measured, quartiles = "", target }: Row): string {
  const verdict = target === undefined ? [] : [target.text, target.met ? "met" : "NOT MET"];
  return lineOf([metric, measured, quartiles, ...verdict]);
}

/** A cell that is too long for its column keeps a space to the next one. */
function lineOf(cells: readonly string[]): string {
  return cells
    .map((cell, column) => `${cell.padEnd(WIDTHS[column] ?? 0)} `)
    .join("")
    .trimEnd();
}
