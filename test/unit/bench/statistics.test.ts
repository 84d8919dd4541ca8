import { describe, expect, it } from "vitest";
import { differences, median, ratios, spreadOf } from "../../bench/statistics.ts";

describe("the median and the quartiles around it", () => {
  it.each([
    ["one value is all three", [7], { median: 7, low: 7, high: 7 }],
    ["five values: the second, third and fourth", [50, 10, 30, 20, 40], { median: 30, low: 20, high: 40 }],
    ["four values: between two of them", [4, 1, 3, 2], { median: 2.5, low: 1.75, high: 3.25 }],
    ["numbers, not texts, are put in order", [100, 9, 20], { median: 20, low: 14.5, high: 60 }],
    ["one outlier moves none of the three", [1, 2, 3, 4, 1_000_000], { median: 3, low: 2, high: 4 }],
    ["below zero too", [-3, -1, -2], { median: -2, low: -2.5, high: -1.5 }],
  ])("%s", (_case, values, spread) => {
    expect(spreadOf(values)).toEqual(spread);
    expect(median(values)).toBe(spread.median);
  });

  it("leaves the order of the values, which are rounds, as it was", () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it("refuses to make a figure of nothing", () => {
    expect(() => spreadOf([])).toThrow("there are no values");
    expect(() => median([])).toThrow("there are no values");
  });
});

describe("values of the same round are compared with each other", () => {
  it("so that a round that was slow for both does not count", () => {
    expect(ratios([2, 200, 6], [1, 100, 3])).toEqual([2, 2, 2]);
    expect(differences([21.5, 1021.5], [21, 1021])).toEqual([0.5, 0.5]);
  });

  it("in this direction: above the base is more than 1, and more than 0", () => {
    expect(ratios([3], [2])).toEqual([1.5]);
    expect(differences([3], [2])).toEqual([1]);
  });

  it("and a round that lacks one of the two is a mistake", () => {
    expect(() => ratios([1, 2], [1])).toThrow("2 values and 1 bases are no pairs");
    expect(() => differences([], [1])).toThrow("0 values and 1 bases are no pairs");
  });
});
