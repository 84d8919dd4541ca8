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
    Vary: "Authorization, Origin, Access-Control-Request-Headers",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
  };
  expect(corsOf([APP], APP, "OPTIONS")).toEqual({ ...rest, "Access-Control-Allow-Origin": APP });
  expect(corsOf([APP], undefined, "OPTIONS")).toEqual({ ...rest, "Access-Control-Allow-Origin": NOBODY });
});

describe("the headers that a preflight asks for", () => {
  const allowedFor = (asked: string | readonly string[], allowed: readonly string[] = [APP]) =>
    withCors(
      { status: 204, headers: { Vary: "Authorization, Origin" }, body: "" },
      httpRequest({
        method: "OPTIONS",
        headers: { origin: APP, "access-control-request-headers": asked },
      }),
      allowed,
    ).headers["Access-Control-Allow-Headers"];
  const USUAL = "Authorization, Content-Type";

  it.each<[string, string | readonly string[], string]>([
    [
      "of a page with tracing",
      "authorization,baggage,sentry-trace,traceparent",
      "authorization, baggage, sentry-trace, traceparent",
    ],
    ["with blanks and tabs around the commas", "authorization , \tbaggage", "authorization, baggage"],
    ["in upper case", "AUTHORIZATION,X-REQUEST-ID", "AUTHORIZATION, X-REQUEST-ID"],
    ["in several lines", ["authorization", "baggage,traceparent"], "authorization, baggage, traceparent"],
    ["of one name of 1,024 characters", "a".repeat(1024), "a".repeat(1024)],
  ])("are allowed to an allowed origin: %s", (_what, asked, told) => {
    expect(allowedFor(asked)).toBe(told);
    expect(allowedFor(asked, ["*"])).toBe(told);
  });

  it.each<[string, string | readonly string[]]>([
    ["nothing", ""],
    ["an empty name", "authorization,,baggage"],
    ["a name with a blank", "authorization,x y"],
    ["a name with a colon", "authorization,x:y"],
    ["a quoted text", '"authorization"'],
    ["a letter outside ASCII", "authorization,caf\u00e9"],
    ["a line break", "authorization\r\nAccess-Control-Allow-Credentials: true"],
    ["a star, which would mean every header", "authorization,*"],
    ["more than 1,024 characters", "a".repeat(1025)],
    ["more than 1,024 characters in several lines", ["a".repeat(600), "b".repeat(600)]],
  ])("are the usual ones where they are no list of names: %s", (_what, asked) => {
    expect(allowedFor(asked)).toBe(USUAL);
  });

  it.each([[[]], [["https://another.example"]]])("are not allowed to another origin: %j", (allowed) => {
    expect(allowedFor("authorization,baggage", allowed)).toBe(USUAL);
  });
});

it("a preflight names the methods of its path, whatever method it asks for", () => {
  const headersOf = (headers: Readonly<Record<string, string>>) =>
    withCors(
      { status: 204, headers, body: "" },
      httpRequest({
        method: "OPTIONS",
        headers: {
          origin: APP,
          "access-control-request-method": "DELETE",
          "access-control-request-private-network": "true",
        },
      }),
      [APP],
    ).headers;
  expect(headersOf({ Allow: "GET, HEAD, OPTIONS" })["Access-Control-Allow-Methods"]).toBe(
    "GET, HEAD, OPTIONS",
  );
  expect(headersOf({})["Access-Control-Allow-Methods"]).toBe("GET, POST, OPTIONS");
  // The function is on the internet. A page must not reach one on a private network through a visitor's browser.
  expect(headersOf({})).not.toHaveProperty("Access-Control-Allow-Private-Network");
});
