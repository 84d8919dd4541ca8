import { describe, expect, it } from "vitest";
import { atLeast, atMost, exactly, figure, HEADING, lineOfRow, signedMs, times } from "../../bench/table.ts";

describe("a difference carries its sign once", () => {
  it.each([
    [0.61, "+0.61 ms"],
    [-0.13, "-0.13 ms"],
    [0, "+0.00 ms"],
    [-0.004, "+0.00 ms"],
    [-0.006, "-0.01 ms"],
  ])("%d: %s", (ms, text) => {
    expect(signedMs(ms)).toBe(text);
  });
});

describe("a target is met", () => {
  it.each([
    ["at its limit", atMost(1.5, 1.5, " x"), { text: "<= 1.5 x", met: true }],
    ["not above it", atMost(1.5, 1.51, " x"), { text: "<= 1.5 x", met: false }],
    ["at its least", atLeast(20_000, 20_000), { text: ">= 20,000", met: true }],
    ["not below it", atLeast(10, 9.99, " x"), { text: ">= 10 x", met: false }],
    ["by the very number", exactly(1, 1), { text: "= 1", met: true }],
    ["not by more", exactly(1, 2), { text: "= 1", met: false }],
    ["not by less", exactly(1, 0), { text: "= 1", met: false }],
    ["not by no number at all", atMost(90, Number.NaN, " MB"), { text: "<= 90 MB", met: false }],
  ])("%s", (_case, target, expected) => {
    expect(target).toEqual(expected);
  });
});

describe("a line of the table", () => {
  const spread = { median: 2.304, low: 2.196, high: 2.41 };

  it("has the median, what stands beside it, the quartiles, and whether the target is met", () => {
    const row = figure("cold start", spread, times, { beside: "47 ms", target: atMost(1.7, 2.304, " x") });
    expect(lineOfRow(row).split(/ {2,}/)).toEqual([
      "cold start",
      "2.30 x (47 ms)",
      "2.20 x to 2.41 x",
      "<= 1.7 x",
      "NOT MET",
    ]);
  });

  it("ends where there is nothing more to say", () => {
    expect(lineOfRow(figure("a peer", spread, times)).split(/ {2,}/)).toEqual([
      "a peer",
      "2.30 x",
      "2.20 x to 2.41 x",
    ]);
    expect(lineOfRow({ metric: "index.js", measured: "138.6 kB" }).split(/ {2,}/)).toEqual([
      "index.js",
      "138.6 kB",
    ]);
  });

  it("has its columns under the heading's", () => {
    const line = lineOfRow(figure("a", spread, times, { target: atMost(3, 2) }));
    expect(line.indexOf("2.30 x")).toBe(HEADING.indexOf("median"));
    expect(line.indexOf("2.20 x")).toBe(HEADING.indexOf("quartiles"));
    expect(line.indexOf("<= 3")).toBe(HEADING.indexOf("target"));
  });
});
