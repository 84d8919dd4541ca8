import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TokenIssuer } from "../../sandbox/idp/issuer.ts";
import { httpRequest } from "../support/http-requests.ts";
import { CREDENTIALS } from "../support/stubs.ts";
import { LOGIN, OWN_FOLDER, rulesOf } from "../support/valet.ts";
import { loginIssuer, type WholeService, wholeService } from "../support/whole-service.ts";

const TEAM = { name: "team", allow: ["read", "list"], prefix: "teams/{team}/", when: { role: "editor" } };
const rules = rulesOf({
  issuers: [LOGIN],
  session: { duration: 1800, maxDuration: 3600 },
  rules: [OWN_FOLDER, TEAM],
  deny: [{ user: "mallory" }, { tokenId: "stolen" }],
});

let issuer: TokenIssuer;
let service: WholeService;

beforeAll(async () => {
  issuer = loginIssuer();
});

beforeEach(() => {
  service = wholeService(issuer, rules);
});

type Change = Parameters<typeof httpRequest>[0];

/** Asks as a user with these claims; what the App gets. */
async function ask(change: Change = {}, claims: Readonly<Record<string, unknown>> = {}) {
  const headers = { authorization: `Bearer ${issuer.token(claims)}`, ...change?.headers };
  const response = await service.handle(httpRequest({ ...change, headers }));
  return { ...response, json: response.body === "" ? undefined : JSON.parse(response.body) };
}

const ALICE = "alice-c8170752838e83167f55";

describe("GET /credentials", () => {
  it("answers alice's token with credentials for alice's folder, and asks STS for exactly that", async () => {
    const { status, headers, json } = await ask();
    expect(status).toBe(200);
    expect(headers["Cache-Control"]).toBe("no-store");
    expect(json).toMatchObject({
      Code: "Success",
      AccessKeyId: CREDENTIALS.accessKeyId,
      KeyPrefix: "users/alice/",
      Permissions: "read,write,list,delete",
      SessionName: ALICE,
    });
    expect(service.sts.calls).toEqual([
      {
        sessionName: ALICE,
        durationSeconds: 1800,
        sessionPolicy: expect.stringContaining('"acs:oss:*:*:examplebucket/users/alice/*"'),
      },
    ]);
  });

  it("narrows to what is asked for", async () => {
    const { json } = await ask({ query: "permissions=read&prefix=users/alice/photos/&durationSeconds=900" });
    expect(json).toMatchObject({ KeyPrefix: "users/alice/photos/", Permissions: "read" });
    expect(service.sts.calls).toEqual([
      {
        sessionName: ALICE,
        durationSeconds: 900,
        sessionPolicy:
          '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:examplebucket/users/alice/photos/*"}]}',
      },
    ]);
  });

  it("POST takes the same from a JSON body", async () => {
    const body = { permissions: ["read"], prefix: "teams/red/" };
    const { json } = await ask({ method: "POST", body }, { role: "editor", team: "red" });
    expect(json).toMatchObject({ KeyPrefix: "teams/red/", Permissions: "read" });
  });

  it.each([
    ["appserver", ["StatusCode", "AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration"]],
    [
      "ali-oss",
      [
        ...["accessKeyId", "accessKeySecret", "stsToken", "expiration"],
        ...["region", "bucket", "endpoint", "authorizationV4"],
      ],
    ],
  ])("answers in the format %s", async (format, fields) => {
    expect(Object.keys((await ask({ query: `format=${format}` })).json)).toEqual(fields);
  });
});

describe("a refusal never calls STS", () => {
  it.each<[string, number, string, Change, Record<string, unknown>]>([
    ["no token", 401, "MissingToken", { headers: { authorization: undefined } }, {}],
    [
      "two tokens",
      400,
      "InvalidRequest",
      { headers: { authorization: ["Bearer a.b.c", "Bearer d.e.f"] } },
      {},
    ],
    ["a token that is none", 401, "InvalidToken", { headers: { authorization: "Bearer abc" } }, {}],
    ["a token for another audience", 401, "InvalidToken", {}, { aud: "billing" }],
    ["a token of another issuer", 401, "InvalidToken", {}, { iss: "https://evil.example/" }],
    ["an expired token", 401, "TokenExpired", {}, { exp: 1_700_000_000, iat: 1_699_999_000 }],
    ["a token that never expires", 401, "InvalidToken", {}, { exp: undefined }],
    ["a denied token", 401, "InvalidToken", {}, { jti: "stolen" }],
    ["a denied user", 403, "AccessDenied", {}, { sub: "mallory" }],
    ["no user", 403, "AccessDenied", {}, { sub: undefined }],
    ["P1: a user called *", 403, "AccessDenied", {}, { sub: "*" }],
    ["P2: a user called ../bob", 403, "AccessDenied", {}, { sub: "../bob" }],
    ["P2: a team that is no folder's name", 403, "AccessDenied", {}, { role: "editor", team: "a/b" }],
    ["another user's prefix", 403, "AccessDenied", { query: "prefix=users/bob/" }, {}],
    ["the folder above", 403, "AccessDenied", { query: "prefix=users/" }, {}],
    [
      "a permission beyond the grant",
      403,
      "AccessDenied",
      { query: "permissions=delete&prefix=teams/red/" },
      { role: "editor", team: "red" },
    ],
    ["a duration beyond the rules", 400, "InvalidRequest", { query: "durationSeconds=3601" }, {}],
    ["an unknown parameter", 400, "InvalidRequest", { query: "permision=read" }, {}],
    ["S1: a policy of one's own", 400, "InvalidRequest", { method: "POST", body: { policy: "{}" } }, {}],
    ["a body that is too large", 413, "RequestTooLarge", { method: "POST", body: " ".repeat(16_385) }, {}],
    ["PUT", 405, "MethodNotAllowed", { method: "PUT" }, {}],
    ["a method in small letters", 405, "MethodNotAllowed", { method: "get" }, {}],
    ["H2: a path that a cache would keep", 404, "NotFound", { path: "/credentials/x.css" }, {}],
    ["a closing slash", 404, "NotFound", { path: "/credentials/" }, {}],
    ["two slashes", 404, "NotFound", { path: "//credentials" }, {}],
    ["another case", 404, "NotFound", { path: "/Credentials" }, {}],
    ["an encoded path", 404, "NotFound", { path: "/%63redentials" }, {}],
    ["the root", 404, "NotFound", { path: "/" }, {}],
  ])("%s: %i %s", async (_what, status, code, change, claims) => {
    const answer = await ask(change, claims);
    expect([answer.status, answer.json.Code, answer.json.StatusCode]).toEqual([status, code, String(status)]);
    expect(answer.headers["Cache-Control"]).toBe("no-store");
    expect(answer.json.RequestId).toBe("1-request");
    expect(service.sts.calls).toEqual([]);
    expect(service.auditLog.entries).toMatchObject([{ status, code }]);
  });

  it("405 names the methods that there are", async () => {
    expect((await ask({ method: "PUT" })).headers["Allow"]).toBe("GET, POST, OPTIONS");
    expect((await ask({ method: "POST", path: "/healthz" })).headers["Allow"]).toBe("GET, HEAD, OPTIONS");
  });

  it("401 names the scheme", async () => {
    const { headers } = await ask({ headers: { authorization: undefined } });
    expect(headers["WWW-Authenticate"]).toBe('Bearer realm="oss-valet"');
  });

  it("a duration beyond the rules says how long would do", async () => {
    const { json } = await ask({ query: "durationSeconds=3601" });
    expect(json.Message).toBe("durationSeconds is more than the rules allow; ask for 3600 or less.");
  });
});

describe("STS's refusals", () => {
  it.each([
    [{ code: "STS_THROTTLED", retryAfterSeconds: 2 }, 503, "StsThrottled", "2"],
    [{ code: "STS_UNAVAILABLE", because: "timeout" }, 503, "StsUnavailable", "1"],
    [{ code: "STS_DENIED", stsCode: "NoPermission" }, 500, "ServerError", undefined],
  ] as const)("%j", async (refusal, status, code, retryAfter) => {
    service.sts.answerWith(refusal);
    const answer = await ask();
    expect([answer.status, answer.json.Code, answer.headers["Retry-After"]]).toEqual([
      status,
      code,
      retryAfter,
    ]);
    expect(answer.body).not.toContain("NoPermission");
  });
});

describe("around it", () => {
  it("GET /healthz answers without a token and without STS", async () => {
    const answer = await ask({ path: "/healthz", headers: { authorization: undefined } });
    expect([answer.status, answer.body]).toEqual([200, '{"Status":"ok","Version":"1.2.3"}']);
    expect(service.sts.calls).toEqual([]);
  });

  it("HEAD /healthz has the headers of GET, and no body", async () => {
    const headers = { authorization: undefined };
    const get = await ask({ path: "/healthz", headers });
    const head = await ask({ method: "HEAD", path: "/healthz", headers });
    expect([head.status, head.body]).toEqual([200, ""]);
    expect(head.headers).toEqual({ ...get.headers, "Content-Length": String(Buffer.byteLength(get.body)) });
  });

  it("HEAD /credentials is 405 with what is allowed, and vends nothing", async () => {
    const answer = await ask({ method: "HEAD" });
    expect([answer.status, answer.headers["Allow"], answer.body]).toEqual([405, "GET, POST, OPTIONS", ""]);
    expect(service.sts.calls).toEqual([]);
  });

  it("OPTIONS tells the page of an allowed origin that it may ask, without a token", async () => {
    const headers = { authorization: undefined, origin: "https://app.example.com" };
    const answer = await ask({ method: "OPTIONS", headers });
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(answer.headers).toMatchObject({
      "Access-Control-Allow-Origin": "https://app.example.com",
      "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
      "Access-Control-Allow-Headers": "Authorization, Content-Type",
    });
  });

  it.each(["https://evil.example", "null"])(
    "H1: %s is told nobody's origin, on errors too",
    async (origin) => {
      for (const change of [{}, { method: "PUT" }, { path: "/x" }]) {
        const { headers } = await ask({ ...change, headers: { origin } });
        expect(headers["Access-Control-Allow-Origin"]).toBe("https://origin-not-allowed.invalid");
        expect(headers).not.toHaveProperty("Access-Control-Allow-Credentials");
      }
    },
  );

  it("two users get two session names and two policies", async () => {
    await ask({}, { sub: "alice" });
    await ask({}, { sub: "bob" });
    const [alice, bob] = service.sts.calls;
    expect(alice?.sessionName).not.toBe(bob?.sessionName);
    expect(bob?.sessionPolicy).not.toContain("alice");
  });
});
