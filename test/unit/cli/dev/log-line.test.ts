import { describe, expect, it } from "vitest";
import { readableLogLine } from "../../../../cli/dev/log-line.ts";

const ENTRY = {
  time: "2026-11-26T12:00:00.000Z",
  requestId: "1-67aee50c",
  method: "GET",
  path: "/credentials",
  status: 200,
  durationMs: 12,
  code: "Success",
};

describe("a line of the function's log, in the terminal of npm start", () => {
  it.each<[string, object, string]>([
    [
      "credentials",
      { sessionName: "alice-3f", rules: ["own folder", "team"], prefixes: ["b/users/alice/"] },
      "[log] 200 Success  GET /credentials  12 ms  session alice-3f, rules own folder and team, prefixes b/users/alice/, RequestId 1-67aee50c",
    ],
    [
      "a refusal and its reason",
      { status: 401, code: "InvalidToken", refusal: { code: "TOKEN_INVALID", check: "audience" } },
      "[log] 401 InvalidToken  GET /credentials  12 ms  because TOKEN_INVALID, check audience, RequestId 1-67aee50c",
    ],
    [
      "a refusal with a number",
      { status: 500, code: "ServerError", refusal: { code: "SESSION_POLICY_TOO_LONG", bytes: 3000 } },
      "[log] 500 ServerError  GET /credentials  12 ms  because SESSION_POLICY_TOO_LONG, bytes 3000, RequestId 1-67aee50c",
    ],
    [
      "a bug",
      { status: 500, code: "ServerError", error: "TypeError at x (index.js:1:1)" },
      "[log] 500 ServerError  GET /credentials  12 ms  because of an unexpected TypeError at x (index.js:1:1), RequestId 1-67aee50c",
    ],
  ])("shows %s", (_what, change, line) => {
    expect(readableLogLine(JSON.stringify({ ...ENTRY, ...change }))).toBe(line);
  });

  it("shows a warning as its text, and every other line as it is", () => {
    expect(readableLogLine('{"time":"2026","warning":"the keys of login cannot be fetched"}')).toBe(
      "[log] warning: the keys of login cannot be fetched",
    );
    for (const text of ["Error: no module", "{not JSON", '{"own":"line"}', "[]"])
      expect(readableLogLine(text)).toBe(`[log] ${text}`);
  });

  it.each(["Initialize Start", "Invoke Start", "Invoke End", "PreStop End"])(
    "leaves out FC's own line %s",
    (kind) => {
      expect(readableLogLine(`FC ${kind} RequestId: 1-67aee50c`)).toBeUndefined();
    },
  );

  it("does not let a path control the terminal", () => {
    const path = "/\u001b[2J\u202e\u2028x";
    expect(readableLogLine(JSON.stringify({ ...ENTRY, path }))).toContain(
      "GET /\\u{1b}[2J\\u{202e}\\u{2028}x  12 ms",
    );
  });
});
