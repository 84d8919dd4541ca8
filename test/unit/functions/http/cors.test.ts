import { describe, expect, it } from "vitest";
import { withCors } from "../../../../functions/http/cors.ts";
import { httpRequest } from "../../../support/http-requests.ts";

const APP = "https://app.example.com";
const NOBODY = "https://origin-not-allowed.invalid";

function corsOf(allowed: readonly string[], origin: string | readonly string[] | undefined, method = "GET") {
  const response = withCors(
    { status: 200, headers: { Vary: "Authorization, Origin" }, body: "{}" },
    httpRequest({ method, headers: { origin } }),
    allowed,
  );
  return response.headers;
}

describe("H1: an origin gets", () => {
  it.each<[string, readonly string[], string, string]>([
    ["its own name where it is allowed", [APP], APP, APP],
    ["its own name among several", ["https://a.example", APP], APP, APP],
    ["a star where everybody is allowed", ["*"], "https://evil.example", "*"],
    ["nobody's name where none is allowed", [], APP, NOBODY],
    ["nobody's name where it is another", [APP], "https://evil.example", NOBODY],
    ["nobody's name with another port", [APP], `${APP}:8443`, NOBODY],
    ["nobody's name over http", [APP], "http://app.example.com", NOBODY],
    ["nobody's name where the allowed one is its beginning", [APP], `${APP}.evil.example`, NOBODY],
    ["nobody's name in another case", [APP], APP.toUpperCase(), NOBODY],
    ["nobody's name for null, the origin of a sandboxed frame", [APP], "null", NOBODY],
    ["nobody's name where FC joined two", [APP], `${APP},${APP}`, NOBODY],
    ["nobody's name for an empty one", [APP], "", NOBODY],
  ])("%s", (_what, allowed, origin, told) => {
    expect(corsOf(allowed, origin)["Access-Control-Allow-Origin"]).toBe(told);
    expect(corsOf(allowed, origin, "OPTIONS")["Access-Control-Allow-Origin"]).toBe(told);
  });

  it.each([[[APP]], [["*"]], [[]]])("no header that lets it send credentials: %j", (allowed) => {
    for (const method of ["GET", "OPTIONS"]) {
      expect(corsOf(allowed, APP, method)).not.toHaveProperty("Access-Control-Allow-Credentials");
    }
  });
});

it("a request without an origin gets Vary only", () => {
  expect(corsOf([APP], undefined)).toEqual({ Vary: "Authorization, Origin" });
});

it("an answer lets a page read Retry-After and WWW-Authenticate", () => {
  expect(corsOf([APP], APP)).toEqual({
    Vary: "Authorization, Origin",
    "Access-Control-Allow-Origin": APP,
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate",
  });
});

it("a preflight gets methods and headers, with or without an origin: otherwise FC would add its own", () => {
  const rest = {
    Vary: "Authorization, Origin",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
  };
  expect(corsOf([APP], APP, "OPTIONS")).toEqual({ ...rest, "Access-Control-Allow-Origin": APP });
  expect(corsOf([APP], undefined, "OPTIONS")).toEqual({ ...rest, "Access-Control-Allow-Origin": NOBODY });
});
