import { describe, expect, it } from "vitest";
import { preflight, refusal, rendered, serverError, success } from "../../../../functions/http/answer.ts";
import type { Refusal } from "../../../../shared/domain/refusal.ts";

const BASE = {
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  "X-Content-Type-Options": "nosniff",
  Vary: "Authorization, Origin",
};

const CONTEXT = { requestId: "1-request", paths: ["/credentials"], random: () => 0 };
const refusalResponse = (why: Refusal) => rendered(refusal(why, CONTEXT));

it("200: the body as JSON, and headers that forbid every cache", () => {
  expect(rendered(success({ Status: "ok", Version: "1.2.3" }))).toEqual({
    status: 200,
    headers: BASE,
    body: '{"Status":"ok","Version":"1.2.3"}',
  });
});

const CHALLENGE = 'Bearer realm="oss-valet"';
const SERVER_ERROR =
  "The service cannot issue credentials. Its operator finds the reason in the log under this RequestId.";
const NO_ACCESS = "No rule grants this access.";

/** The whole table: one row for each refusal. A new code does not compile without its row. */
const TABLE: {
  readonly [C in Refusal["code"]]: readonly [Extract<Refusal, { code: C }>, number, string, string, object];
} = {
  NOT_FOUND: [{ code: "NOT_FOUND" }, 404, "NotFound", "There is nothing at this path. Use /credentials.", {}],
  METHOD_NOT_ALLOWED: [
    { code: "METHOD_NOT_ALLOWED", allow: ["GET", "POST"] },
    405,
    "MethodNotAllowed",
    "Use GET, POST.",
    { Allow: "GET, POST" },
  ],
  REQUEST_TOO_LARGE: [{ code: "REQUEST_TOO_LARGE" }, 413, "RequestTooLarge", "The request is too large.", {}],
  REQUEST_INVALID: [
    { code: "REQUEST_INVALID", field: "prefix", problem: "is empty" },
    400,
    "InvalidRequest",
    "prefix is empty.",
    {},
  ],
  TOKEN_MISSING: [
    { code: "TOKEN_MISSING" },
    401,
    "MissingToken",
    "Send the App token in the header Authorization: Bearer <App token>.",
    { "WWW-Authenticate": CHALLENGE },
  ],
  TOKEN_INVALID: [
    { code: "TOKEN_INVALID", check: "signature" },
    401,
    "InvalidToken",
    "The App token is not valid.",
    {
      "WWW-Authenticate": `${CHALLENGE}, error="invalid_token", error_description="The App token is not valid."`,
    },
  ],
  TOKEN_EXPIRED: [
    { code: "TOKEN_EXPIRED" },
    401,
    "TokenExpired",
    "The App token has expired.",
    {
      "WWW-Authenticate": `${CHALLENGE}, error="invalid_token", error_description="The App token has expired."`,
    },
  ],
  KEYS_UNAVAILABLE: [
    { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 9.2 },
    503,
    "KeysUnavailable",
    "The keys that verify the App token cannot be fetched now; try again later.",
    { "Retry-After": "10" },
  ],
  CLAIM_INVALID: [
    { code: "CLAIM_INVALID", claim: "sub", problem: 'contains ".."' },
    403,
    "AccessDenied",
    NO_ACCESS,
    {},
  ],
  ACCESS_NOT_GRANTED: [
    { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
    403,
    "AccessDenied",
    NO_ACCESS,
    {},
  ],
  RATE_LIMITED: [
    { code: "RATE_LIMITED", retryAfterSeconds: 42 },
    429,
    "TooManyRequests",
    "Too many requests; try again later.",
    { "Retry-After": "42" },
  ],
  SESSION_POLICY_TOO_LONG: [
    { code: "SESSION_POLICY_TOO_LONG", bytes: 3000 },
    500,
    "ServerError",
    SERVER_ERROR,
    {},
  ],
  SESSION_POLICY_UNPROVEN: [
    { code: "SESSION_POLICY_UNPROVEN", because: "it is not JSON" },
    500,
    "ServerError",
    SERVER_ERROR,
    {},
  ],
  SIGNING_KEYS_MISSING: [{ code: "SIGNING_KEYS_MISSING" }, 500, "ServerError", SERVER_ERROR, {}],
  STS_THROTTLED: [
    { code: "STS_THROTTLED", retryAfterSeconds: 0 },
    503,
    "StsThrottled",
    "Too many credentials are being issued now; try again later.",
    { "Retry-After": "1" },
  ],
  STS_DENIED: [
    { code: "STS_DENIED", stsCode: "NoPermission", stsRequestId: "6894B13B" },
    500,
    "ServerError",
    SERVER_ERROR,
    {},
  ],
  STS_UNAVAILABLE: [
    { code: "STS_UNAVAILABLE", because: "timeout" },
    503,
    "StsUnavailable",
    "The Security Token Service does not answer now; try again later.",
    { "Retry-After": "1" },
  ],
};

describe("a refusal", () => {
  it.each(Object.values(TABLE))("%j", (refusal, status, code, message, headers) => {
    expect(refusalResponse(refusal)).toEqual({
      status,
      headers: { ...BASE, ...headers },
      body: JSON.stringify({
        StatusCode: String(status),
        Code: code,
        Message: message,
        ErrorCode: code,
        ErrorMessage: message,
        RequestId: "1-request",
      }),
    });
  });

  it("of an outage says when to try again, if STS said so", () => {
    const refusal = { code: "STS_UNAVAILABLE", because: "server error", retryAfterSeconds: 30 } as const;
    expect(refusalResponse(refusal).headers["Retry-After"]).toBe("30");
  });

  it("H9: does not say which check of a token failed", () => {
    const checks = ["signature", "key-id", "issuer", "audience", "denied"] as const;
    const answers = checks.map((check) => JSON.stringify(refusalResponse({ code: "TOKEN_INVALID", check })));
    expect(new Set(answers).size).toBe(1);
  });

  it("H9: does not say why access is denied: no rule, no claim, or a denial", () => {
    const refusals: Refusal[] = [
      { code: "CLAIM_INVALID", claim: "team", problem: "is a list, not a string" },
      { code: "ACCESS_NOT_GRANTED", because: "denied in access.yaml" },
      { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
    ];
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusalResponse(refusal)))).size).toBe(1);
  });

  it("for an unexpected error is the same ServerError as any other", () => {
    expect(rendered(serverError(CONTEXT))).toEqual(
      refusalResponse({ code: "SESSION_POLICY_TOO_LONG", bytes: 1 }),
    );
  });
});

it.each([
  [0, 1, "1"],
  [0.99, 1, "2"],
  [0, 5, "5"],
  [0.5, 5, "8"],
  [0.99, 5, "10"],
])(
  "those who are sent away together do not come back together: %d → %i s is told as %s",
  (number, seconds, told) => {
    const context = { ...CONTEXT, random: () => number };
    const refusals: Refusal[] = [
      { code: "STS_THROTTLED", retryAfterSeconds: seconds },
      { code: "STS_UNAVAILABLE", because: "left alone", retryAfterSeconds: seconds },
      { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: seconds },
    ];
    for (const why of refusals)
      expect(rendered(refusal(why, context)).headers["Retry-After"], why.code).toBe(told);
  },
);

it("a preflight's answer has no body and no Content-Type", () => {
  const { "Content-Type": _, ...headers } = BASE;
  expect(rendered(preflight(["GET", "OPTIONS"]))).toEqual({
    status: 204,
    headers: { ...headers, Allow: "GET, OPTIONS" },
    body: "",
  });
});
