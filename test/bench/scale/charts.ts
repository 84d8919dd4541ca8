import { closedCapacity } from "./capacity.ts";
import type { Design } from "./designs.ts";
import { lineChart } from "./line-chart.ts";
import type { Pattern } from "./patterns.ts";
import type { Outcome } from "./simulate.ts";

const LOGARITHMIC_STEPS = Array.from({ length: 31 }, (_, step) => 2 * 30 ** (step / 30));

/** Users that one account serves. Lines: the formula. Circles: found by simulation. */
export function usersChart(
  found: ReadonlyMap<Design, readonly number[]>,
  asksPerHour: readonly number[],
  lifeSeconds: number,
): string {
  return lineChart({
    title: "Users that one account serves, 100 AssumeRole calls a second",
    x: {
      label: `asks of one user in an hour (credentials live for ${lifeSeconds / 3600} h; circles: simulated)`,
      scale: "logarithmic",
      ticks: [2, 5, 12, 30, 60].map((value) => ({ value, text: String(value) })),
    },
    y: {
      label: "users",
      scale: "logarithmic",
      ticks: [5_000, 20_000, 100_000, 500_000].map((value) => ({ value, text: value.toLocaleString("en") })),
    },
    series: [...found].map(([design, users]) => ({
      name: design.name,
      line: LOGARITHMIC_STEPS.map((asks) => [
        asks,
        closedCapacity(design, { asksPerHour: asks, lifeSeconds }),
      ]),
      marks: users.map((count, index) => [asksPerHour[index] ?? Number.NaN, count]),
    })),
  });
}

/** The share of refused asks, minute by minute from the event on. */
export function eventsChart(pattern: Pattern, outcomes: ReadonlyMap<Design, Outcome>, users: number): string {
  const minutes = (pattern.countedSeconds ?? 0) / 60;
  return lineChart({
    title: `${users.toLocaleString("en")} users: ${pattern.name}`,
    x: {
      label: "minutes since then",
      scale: "linear",
      ticks: Array.from({ length: 6 }, (_, tick) => (tick * minutes) / 5).map((value) => ({
        value,
        text: String(value),
      })),
    },
    y: {
      label: "asks without credentials",
      scale: "linear",
      ticks: [0, 25, 50, 75, 100].map((value) => ({ value, text: `${value} %` })),
    },
    series: [...outcomes].map(([design, outcome]) => ({
      name: design.name,
      line: outcome.minutes.map(({ asks, refused }, minute) => [minute + 0.5, (100 * refused) / asks]),
    })),
  });
}
