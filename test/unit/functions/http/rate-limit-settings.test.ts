import { describe, expect, it } from "vitest";
import { RATE_LIMIT_SETTINGS, rateLimitFrom } from "../../../../functions/http/rate-limit-settings.ts";
import { settingsOf } from "../../../../functions/http/settings.ts";
import { sentenceOf } from "../../../../shared/domain/problem.ts";

function limitOf(value: string | undefined) {
  const settings = settingsOf({ RATE_LIMIT: value });
  return { limit: rateLimitFrom(settings), problems: settings.problems.map(sentenceOf) };
}

describe("RATE_LIMIT", () => {
  it.each([
    [undefined, undefined],
    ["", undefined],
    ["5/s", { requests: 5, seconds: 1 }],
    ["60/min", { requests: 60, seconds: 60 }],
    [" 999999/h\n", { requests: 999_999, seconds: 3_600 }],
  ])("%j", (value, limit) => {
    expect(limitOf(value)).toEqual({ limit, problems: [] });
  });

  it.each([
    "60",
    "60/m",
    "60/minute",
    "60/MIN",
    "60 / min",
    "60 per min",
    "0/min",
    "-1/min",
    "1.5/s",
    "1e3/s",
    "1000000/h",
    "060/min",
    "60/10min",
    "60/day",
    "off",
    "min/60",
    "60/min,5/s",
  ])("refuses %s, and says what to write", (value) => {
    expect(limitOf(value).problems).toEqual([
      `RATE_LIMIT is ${JSON.stringify(value)}; write requests and a unit (s, min or h), such as 60/min`,
    ]);
  });

  it("is one setting", () => {
    expect(RATE_LIMIT_SETTINGS).toEqual([{ name: "RATE_LIMIT", needed: false }]);
  });
});
