import { describe, expect, it } from "vitest";
import {
  credentialsResponse,
  healthResponse,
  preflightResponse,
  refusalResponse,
  serverErrorResponse,
} from "../../../functions/credentials/response.ts";
import { sessionNameFor } from "../../../shared/domain/policy/session-name.ts";
import type { Refusal } from "../../../shared/domain/refusal.ts";
import { CREDENTIALS, NOW_MS } from "../../support/stubs.ts";
import { grantOf, OWN_FOLDER, rulesWith } from "../../support/valet.ts";

const BASE = {
  "Content-Type": "application/json; charset=utf-8",
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  "X-Content-Type-Options": "nosniff",
  Vary: "Authorization, Origin",
};

const TEAM = { name: "team", allow: ["read"], prefix: "teams/{team}/", bucket: "other-bucket" };
const sessionName = sessionNameFor({ issuerUrl: "https://login.example.com/", user: "alice" });

function answer(format: "default" | "appserver" | "ali-oss", claims: object = {}) {
  const grant = grantOf(rulesWith(OWN_FOLDER, TEAM), { sub: "alice", ...claims });
  const response = credentialsResponse(
    { credentials: { ...CREDENTIALS, expiresAtMs: NOW_MS + 3_599_999 }, grant, sessionName },
    {
      format,
      oss: { region: "cn-hangzhou", endpoint: "https://oss-cn-hangzhou.aliyuncs.com" },
      requestId: "1-request",
      nowMs: NOW_MS,
    },
  );
  expect(response).toMatchObject({ status: 200, headers: BASE });
  return response.body;
}

describe("200", () => {
  it("default: one flat object, every value a text, times without milliseconds and never later than STS's", () => {
    expect(JSON.parse(answer("default"))).toEqual({
      StatusCode: "200",
      Code: "Success",
      AccessKeyId: CREDENTIALS.accessKeyId,
      AccessKeySecret: CREDENTIALS.accessKeySecret,
      SecurityToken: CREDENTIALS.securityToken,
      Expiration: "2026-11-23T10:00:00Z",
      LastUpdated: "2026-11-23T09:00:00Z",
      RequestId: "1-request",
      SessionName: sessionName,
      OssRegion: "cn-hangzhou",
      OssBucket: "examplebucket",
      OssEndpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      KeyPrefix: "users/alice/",
      Permissions: "read,write,list,delete",
    });
  });

  it("default: tells all grants where there are several, as a text that holds JSON", () => {
    const body = JSON.parse(answer("default", { team: "red" }));
    expect(body).toMatchObject({ KeyPrefix: "users/alice/", OssBucket: "examplebucket" });
    expect(JSON.parse(body.Grants)).toEqual([
      {
        Bucket: "examplebucket",
        KeyPrefix: "users/alice/",
        Permissions: ["read", "write", "list", "delete"],
      },
      { Bucket: "other-bucket", KeyPrefix: "teams/red/", Permissions: ["read"] },
    ]);
    expect(Object.values(body).every((value) => typeof value === "string")).toBe(true);
  });

  it("appserver: the documented body, with a numeric StatusCode", () => {
    expect(answer("appserver")).toBe(
      `{"StatusCode":200,"AccessKeyId":"${CREDENTIALS.accessKeyId}","AccessKeySecret":"${CREDENTIALS.accessKeySecret}",` +
        `"SecurityToken":"${CREDENTIALS.securityToken}","Expiration":"2026-11-23T10:00:00Z"}`,
    );
  });

  it("ali-oss: the options of its constructor", () => {
    expect(JSON.parse(answer("ali-oss"))).toEqual({
      accessKeyId: CREDENTIALS.accessKeyId,
      accessKeySecret: CREDENTIALS.accessKeySecret,
      stsToken: CREDENTIALS.securityToken,
      expiration: "2026-11-23T10:00:00Z",
      region: "oss-cn-hangzhou",
      bucket: "examplebucket",
    });
  });

  it("health: the version, and nothing more", () => {
    expect(healthResponse("1.2.3")).toEqual({
      status: 200,
      headers: BASE,
      body: '{"Status":"ok","Version":"1.2.3"}',
    });
  });
});

const CHALLENGE = 'Bearer realm="oss-valet"';
const SERVER_ERROR =
  "The service cannot issue credentials; its operator finds the reason in the log under this RequestId.";
const NO_ACCESS = "No rule grants this access.";

/** The table of contract.md, section 1: one row for each refusal. A new code does not compile without its row. */
const TABLE: {
  readonly [C in Refusal["code"]]: readonly [Extract<Refusal, { code: C }>, number, string, string, object];
} = {
  NOT_FOUND: [{ code: "NOT_FOUND" }, 404, "NotFound", "There is nothing here; ask for /credentials.", {}],
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
    "The App token's keys cannot be fetched now; try again later.",
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
    expect(refusalResponse(refusal, "1-request")).toEqual({
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

  it("of an outage says when to come back, where STS has said it", () => {
    const refusal = { code: "STS_UNAVAILABLE", because: "server error", retryAfterSeconds: 30 } as const;
    expect(refusalResponse(refusal, "1").headers["Retry-After"]).toBe("30");
  });

  it("H9: tells not which check of a token failed", () => {
    const checks = ["signature", "key-id", "issuer", "audience", "denied"] as const;
    const answers = checks.map((check) =>
      JSON.stringify(refusalResponse({ code: "TOKEN_INVALID", check }, "1")),
    );
    expect(new Set(answers).size).toBe(1);
  });

  it("H9: tells not why access is denied: no rule, no claim, or a denial", () => {
    const refusals: Refusal[] = [
      { code: "CLAIM_INVALID", claim: "team", problem: "is a list, not a string" },
      { code: "ACCESS_NOT_GRANTED", because: "denied in access.yaml" },
      { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
    ];
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusalResponse(refusal, "1")))).size).toBe(1);
  });

  it("that nobody expected is a ServerError like every other", () => {
    expect(serverErrorResponse("1")).toEqual(
      refusalResponse({ code: "SESSION_POLICY_TOO_LONG", bytes: 1 }, "1"),
    );
  });
});

it("a preflight's answer has no body, and no type of one", () => {
  const { "Content-Type": _, ...headers } = BASE;
  expect(preflightResponse(["GET", "OPTIONS"])).toEqual({
    status: 204,
    headers: { ...headers, Allow: "GET, OPTIONS" },
    body: "",
  });
});
