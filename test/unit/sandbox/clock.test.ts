import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../../sandbox/clock.ts";

const MINUTE_MS = 60_000;
const LAPTOP_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

function movedClock({ passed = 0, skew = 0 }: { readonly passed?: number; readonly skew?: number }) {
  const clock = sandboxClock(() => LAPTOP_MS);
  clock.advance(passed * MINUTE_MS);
  clock.skew(skew * MINUTE_MS);
  return clock;
}

describe("the cloud's time", () => {
  it("is the laptop's, with what has passed and what it is set apart by", () => {
    const clock = movedClock({ passed: 55, skew: -20 });
    expect(clock.nowMs()).toBe(LAPTOP_MS + 35 * MINUTE_MS);
    expect(clock.offsetMs()).toBe(35 * MINUTE_MS);
  });

  it("adds what passes to what has passed, and replaces what it is set apart by", () => {
    const clock = movedClock({ passed: 55, skew: -20 });
    clock.advance(5 * MINUTE_MS);
    clock.skew(1 * MINUTE_MS);
    expect(clock.offsetMs()).toBe(61 * MINUTE_MS);
  });
});

describe("how old a client's date is, in minutes", () => {
  it.each<[string, { readonly passed?: number; readonly skew?: number }, number, number]>([
    ["fresh, of a clock that nobody moved", {}, 0, 0],
    ["fresh, of the laptop's clock, which stood still", { passed: 55 }, 0, 0],
    ["fresh, of a clock that passed along", { passed: 55 }, 55, 0],
    ["ten minutes old, of the laptop's clock", { passed: 55 }, -10, 10],
    ["ten minutes old, of a clock that passed along", { passed: 55 }, 45, 10],
    ["fresh, of the laptop's clock, behind the cloud's", { skew: 20 }, 0, 20],
    ["fresh, of the laptop's clock, ahead of the cloud's", { skew: -20 }, 0, -20],
    ["fresh, by ServerTime", { skew: 20 }, 20, 0],
    ["fresh, of the laptop's clock, after both hands were moved", { passed: 55, skew: 20 }, 0, 20],
    ["fresh, of a clock that passed along, after both hands were moved", { passed: 55, skew: 20 }, 55, 20],
    ["fresh, by ServerTime, after both hands were moved", { passed: 55, skew: 20 }, 75, 0],
  ])("%s", (_case, moved, aheadOfLaptop, age) => {
    const clock = movedClock(moved);
    const ageMs = clock.nowMs() - clock.signedMs(LAPTOP_MS + aheadOfLaptop * MINUTE_MS);
    expect(ageMs / MINUTE_MS).toBe(age);
  });
});

it("an end that a client set stays as far away while time passes, and comes nearer as the clocks are set apart", () => {
  const clock = movedClock({ passed: 55, skew: 5 });
  expect(clock.endMs(LAPTOP_MS + 10 * MINUTE_MS) - clock.nowMs()).toBe(5 * MINUTE_MS);
});
