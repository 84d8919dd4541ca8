import { describe, expect, it } from "vitest";
import { type Route, shellAround } from "../../../../functions/http/shell.ts";
import { cachingSts } from "../../../../shared/adapters/caching-sts.ts";
import { sharedCacheSts } from "../../../../shared/adapters/shared-cache-sts.ts";
import { stdoutAuditLog } from "../../../../shared/adapters/stdout-audit-log.ts";
import { sha256Of } from "../../../../shared/domain/digest.ts";
import { type Refusal, refused } from "../../../../shared/domain/refusal.ts";
import type { AuditLog, Sts } from "../../../../shared/ports.ts";
import { expectAuditLine, problemsOfAuditLine } from "../../../support/audit-lines.ts";
import { httpRequest } from "../../../support/http-requests.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { CREDENTIALS, fixedClock } from "../../../support/stubs.ts";
import { OWN_FOLDER, rulesWith } from "../../../support/valet.ts";
import { loginIssuer, wholeService } from "../../../support/whole-service.ts";
import { wholeUploads } from "../../../support/whole-uploads.ts";

type Line = Readonly<Record<string, unknown>>;

/** Lines as text, as they are written; each must fit the schema. */
function written(): { readonly auditLog: AuditLog; readonly lines: Line[] } {
  const lines: Line[] = [];
  const auditLog = stdoutAuditLog(fixedClock, (text) => {
    const line = JSON.parse(text) as Line;
    expectAuditLine(line);
    lines.push(line);
  });
  return { auditLog, lines };
}

const issuer = loginIssuer();
const OF_A_TOKEN = { issuer: "login", sessionName: expect.any(String), tokenSha256: expect.any(String) };
const asking = (token: string, change: Parameters<typeof httpRequest>[0] = {}) =>
  httpRequest({ ...change, headers: { authorization: `Bearer ${token}`, ...change.headers } });

/** One of each code, with every field that it can have. Without a new one this does not compile. */
const REFUSALS: {
  readonly [Code in Exclude<Refusal["code"], "RATE_LIMITED">]: Extract<Refusal, { readonly code: Code }>;
} = {
  NOT_FOUND: { code: "NOT_FOUND" },
  METHOD_NOT_ALLOWED: { code: "METHOD_NOT_ALLOWED", allow: ["GET", "POST", "OPTIONS"] },
  REQUEST_TOO_LARGE: { code: "REQUEST_TOO_LARGE" },
  REQUEST_INVALID: { code: "REQUEST_INVALID", field: "prefix", problem: "is none" },
  TOKEN_MISSING: { code: "TOKEN_MISSING" },
  TOKEN_INVALID: { code: "TOKEN_INVALID", check: "audience" },
  TOKEN_EXPIRED: { code: "TOKEN_EXPIRED" },
  KEYS_UNAVAILABLE: { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 30 },
  CLAIM_INVALID: { code: "CLAIM_INVALID", claim: "sub", problem: "is missing" },
  ACCESS_NOT_GRANTED: { code: "ACCESS_NOT_GRANTED", because: "no rule matches", which: "files[2]" },
  SESSION_POLICY_TOO_LONG: { code: "SESSION_POLICY_TOO_LONG", bytes: 2049 },
  SESSION_POLICY_UNPROVEN: { code: "SESSION_POLICY_UNPROVEN", because: "is no JSON" },
  SIGNING_KEYS_MISSING: { code: "SIGNING_KEYS_MISSING" },
  STS_THROTTLED: { code: "STS_THROTTLED", retryAfterSeconds: 2 },
  STS_DENIED: { code: "STS_DENIED", stsCode: "NoPermission", stsRequestId: "E0C4" },
  STS_UNAVAILABLE: {
    code: "STS_UNAVAILABLE",
    because: "network",
    errorCode: "ECONNREFUSED",
    retryAfterSeconds: 5,
    stsRequestId: "E0C4",
  },
};

describe("audit.schema.json", () => {
  it.each(Object.values(REFUSALS))(
    "takes the line of a request that is refused with $code",
    async (refusal) => {
      const { auditLog, lines } = written();
      const route: Route = {
        path: "/credentials",
        methods: ["GET"],
        answer: async () => ({ result: refused(refusal), facts: {} }),
      };
      await shellAround({ routes: [route], allowedOrigins: [], auditLog, clock: fixedClock, version: "1" })(
        httpRequest(),
      );
      expect(lines).toMatchObject([{ refusal, status: expect.any(Number) }]);
    },
  );

  it.each<[string, string, Parameters<typeof httpRequest>[0], Line]>([
    ["an unknown path", "", { path: "/nothing" }, { code: "NotFound" }],
    ["another method", "", { method: "DELETE" }, { code: "MethodNotAllowed" }],
    ["a preflight", "", { method: "OPTIONS" }, { code: "Success", status: 204 }],
    ["a look at the health", "", { path: "/healthz" }, { code: "Success" }],
    [
      "a request that could not be read",
      "",
      { method: "", path: "", unreadable: { code: "REQUEST_INVALID", field: "The request", problem: "x" } },
      { code: "InvalidRequest", method: "", path: "" },
    ],
    ["a wrong parameter", "", { query: "prefix=.." }, { code: "InvalidRequest" }],
    ["no token", "", { headers: { authorization: undefined } }, { code: "MissingToken" }],
    ["no App token at all", "a.b.c", {}, { code: "InvalidToken", tokenSha256: sha256Of("a.b.c") }],
    [
      "another folder",
      issuer.token(),
      { query: "prefix=users/bob/" },
      { code: "AccessDenied", ...OF_A_TOKEN },
    ],
    ["a user without a name", issuer.token({ sub: "" }), {}, { code: "AccessDenied", issuer: "login" }],
    ["a token that ended", issuer.token({ iat: 1, exp: 2 }), {}, { code: "TokenExpired" }],
    [
      "credentials",
      issuer.token({ jti: "token-1" }),
      {},
      { code: "Success", ...OF_A_TOKEN, tokenId: "token-1", accessKeyId: CREDENTIALS.accessKeyId },
    ],
  ])("takes the line of %s", async (_what, token, change, line) => {
    const { auditLog, lines } = written();
    const { handle } = wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog });
    await handle(token === "" ? httpRequest(change) : asking(token, change));
    expect(lines).toMatchObject([line]);
  });

  it("takes the line of an error that nobody expected", async () => {
    const { auditLog, lines } = written();
    const { handle, sts } = wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog });
    sts.answerWith(new TypeError("secret"));
    await handle(asking(issuer.token()));
    expect(lines).toMatchObject([{ status: 500, error: expect.stringMatching(/^TypeError at /) }]);
  });

  it.each<[string, (sts: Sts) => Sts]>([
    ["memory", (sts) => cachingSts({ sts, clock: fixedClock, maxEntries: 10 })],
    [
      "shared",
      (sts) =>
        sharedCacheSts({
          sts,
          store: memoryStore(fixedClock.nowMs),
          clock: fixedClock,
          scope: "s",
          keys: [Buffer.alloc(32)],
        }),
    ],
  ])(
    "takes the lines of a miss and of a hit in the cache %s: the second has cachedIn",
    async (cachedIn, around) => {
      const { auditLog, lines } = written();
      const { handle } = wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog }, around);
      for (let count = 0; count < 2; count++) await handle(asking(issuer.token()));
      expect(lines.map((line) => line["cachedIn"])).toEqual([undefined, cachedIn]);
      expect(lines[1]).toMatchObject({ code: "Success", policySha256: lines[0]?.["policySha256"] });
    },
  );

  it("takes the line of a bridge", async () => {
    const { auditLog, lines } = written();
    const kept: Sts = {
      assumeRole: async () => ({ ok: true, value: { ...CREDENTIALS, cachedIn: "bridge" } }),
    };
    const { handle } = wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog }, () => kept);
    await handle(asking(issuer.token()));
    expect(lines).toMatchObject([{ cachedIn: "bridge" }]);
  });

  it.each([
    ["/uploads", { files: [{ key: "photos/alice/a.jpg", contentType: "image/jpeg" }] }],
    ["/downloads", { keys: ["photos/alice/a.jpg"] }],
  ])("takes the line of %s, which has the digest of the key", async (path, body) => {
    const { auditLog, lines } = written();
    const rules = rulesWith({
      name: "photos",
      allow: ["read", "upload"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 1000, contentTypes: ["image/jpeg"] },
    });
    const { handle } = wholeUploads(issuer, rules, { auditLog });
    const response = await handle(asking(issuer.token(), { method: "POST", path, body }));
    expect([response.status, lines]).toMatchObject([200, [{ code: "Success", count: 1, ...OF_A_TOKEN }]]);
  });

  it("takes the line of a request over its limit", () => {
    const line = {
      time: "2026-11-23T09:00:00.000Z",
      requestId: "1-req",
      method: "GET",
      path: "/credentials",
      status: 429,
      durationMs: 1,
      code: "TooManyRequests",
      refusal: { code: "RATE_LIMITED", retryAfterSeconds: 3 },
    };
    expect(problemsOfAuditLine(line)).toEqual([]);
    expect(problemsOfAuditLine({ ...line, refusal: { code: "RATE_LIMITED" } })).not.toEqual([]);
  });

  it("takes a warning, and nothing beside it", () => {
    const { lines, auditLog } = written();
    expect(auditLog).toHaveProperty("warn");
    stdoutAuditLog(fixedClock, (text) => lines.push(JSON.parse(text))).warn("the key set cannot be fetched");
    expect(problemsOfAuditLine(lines[0])).toEqual([]);
    expect(problemsOfAuditLine({ ...lines[0], code: "Success" })).not.toEqual([]);
  });
});

describe("audit.schema.json refuses", () => {
  const { auditLog, lines } = written();
  const good = async (): Promise<Line> => {
    lines.length = 0;
    await wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog }).handle(asking(issuer.token()));
    return lines[0] ?? {};
  };
  it.each<[string, Line]>([
    ["a field that it does not know", { securityToken: "CAIS" }],
    ["a token in place of its digest", { tokenSha256: issuer.token() }],
    ["credentials of nobody", { sessionName: undefined }],
    ["credentials without a policy", { policySha256: undefined }],
    ["credentials without an end", { expiration: undefined }],
    ["another word for a cache", { cachedIn: "disk" }],
    ["a step that there is not", { steps: { magic: 1 } }],
    ["a code that there is not", { code: "Fine" }],
    ["a refusal with a field that it does not have", { refusal: { code: "TOKEN_EXPIRED", token: "a.b.c" } }],
    ["a jti beyond its length", { tokenId: "j".repeat(129) }],
  ])("%s", async (_what, change) => {
    const line = await good();
    expect(problemsOfAuditLine(line)).toEqual([]);
    expect(problemsOfAuditLine(JSON.parse(JSON.stringify({ ...line, ...change })))).not.toEqual([]);
  });
});

describe("what the line says of a token", () => {
  const lineOf = async (token: string): Promise<Line | undefined> => {
    const { auditLog, lines } = written();
    await wholeService(issuer, rulesWith(OWN_FOLDER), { auditLog }).handle(asking(token));
    return lines[0];
  };

  it("is its digest, whether it is good or not: a stolen one is found by it", async () => {
    const token = issuer.token({ jti: "token-1" });
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    expect(await lineOf(token)).toMatchObject({ code: "Success", tokenSha256: sha256Of(token) });
    expect(await lineOf(forged)).toMatchObject({ code: "InvalidToken", tokenSha256: sha256Of(forged) });
  });

  it("is its jti only when it is verified, and only up to 128 characters: a part of one could be another's", async () => {
    const token = issuer.token({ jti: "token-1" });
    expect(await lineOf(`${token.slice(0, -8)}AAAAAAAA`)).not.toHaveProperty("tokenId");
    expect(await lineOf(issuer.token({ jti: "j".repeat(128) }))).toHaveProperty("tokenId", "j".repeat(128));
    expect(await lineOf(issuer.token({ jti: "j".repeat(129) }))).not.toHaveProperty("tokenId");
    expect(await lineOf(issuer.token({ jti: { a: 1 } }))).not.toHaveProperty("tokenId");
  });
});
