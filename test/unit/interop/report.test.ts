import { describe, expect, it } from "vitest";
import { countsOf, judged } from "../../interop/report.ts";

const PUT = { sdk: "sdk 1.0", case: "put" };
const GET = { sdk: "sdk 1.0", case: "get" };

/** The lines of a program that does all it should. */
const GOOD = [{ expect: [PUT, GET] }, { ...PUT, ok: true }, { ...GET, ok: true }];

const report = (lines: readonly object[]) =>
  judged(
    "python",
    lines.map((line) => JSON.stringify(line)),
  );

describe("what a program printed", () => {
  it("has passed where each case that it named is reported as passed", () => {
    expect(report(GOOD)).toEqual({ passed: [PUT, GET], failed: [] });
  });

  it("may stand among lines of a log", () => {
    const lines = ["WARN: slow", "{not JSON", ...GOOD.map((line) => JSON.stringify(line)), ""];
    expect(judged("python", lines)).toEqual({ passed: [PUT, GET], failed: [] });
  });

  it.each<[string, readonly object[], object]>([
    [
      "a case is reported as failed",
      [...GOOD.slice(0, 2), { ...GET, ok: false, detail: "403" }],
      { ...GET, detail: "403" },
    ],
    [
      "ok is anything but true",
      [...GOOD.slice(0, 2), { ...GET, ok: "true" }],
      { ...GET, detail: "no detail" },
    ],
    ["a case is not reported", GOOD.slice(0, 2), { ...GET, detail: "the program did not report this case" }],
    [
      "a case is reported twice",
      [...GOOD, { ...GET, ok: false }],
      { ...GET, detail: "the program reported this case twice" },
    ],
    [
      "a case is reported that was not named",
      [...GOOD, { sdk: "sdk 1.0", case: "list", ok: true }],
      { sdk: "sdk 1.0", case: "list", detail: "the program did not name this case first" },
    ],
    [
      "the SDK is another one",
      [...GOOD.slice(0, 2), { ...GET, sdk: "sdk 2.0", ok: true }],
      { ...GET, detail: "the program did not report this case" },
    ],
  ])("has failed where %s", (_case, lines, failure) => {
    expect(report(lines).failed[0]).toEqual(failure);
  });

  it.each([[[]], [[{ expect: [] }]]])("has failed without a case: %j", (lines) => {
    expect(report(lines)).toEqual({
      passed: [],
      failed: [{ sdk: "python", case: "-", detail: "the program named no case" }],
    });
  });

  it("is counted by SDK", () => {
    const other = { sdk: "sdk 2.0", case: "put" };
    const lines = [{ expect: [PUT, other, GET] }, { ...PUT, ok: true }, { ...other, ok: true }];
    expect(countsOf(report(lines))).toEqual(["sdk 1.0: 1 of 2", "sdk 2.0: 1 of 1"]);
  });
});
