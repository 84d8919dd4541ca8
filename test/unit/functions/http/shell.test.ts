import { describe, expect, it } from "vitest";
import { regionEndpoint } from "../../../../shared/domain/oss-endpoint.ts";
import { granted, refused } from "../../../../shared/domain/refusal.ts";
import { claimsVerifiedFor } from "../../../../shared/domain/token/verified-claims.ts";
import type { AuditEntry } from "../../../../shared/ports.ts";
import { type CredentialsServiceOptions, credentialsService } from "../../../support/credentials-service.ts";
import { httpRequest } from "../../../support/http-requests.ts";
import { CREDENTIALS, fixedClock, recordingAuditLog, recordingSts } from "../../../support/stubs.ts";
import { BUCKET, OWN_FOLDER, rulesWith } from "../../../support/valet.ts";

const TOKEN = `eyJhbGciOiJSUzI1NiJ9.${"c".repeat(200)}.${"s".repeat(340)}`;
/** `printf %s "$TOKEN" | sha256sum` */
const TOKEN_SHA256 = "44982d2ffbe8dfe2aab31549ec1730ef990630e7f0ee300bf89689ba137f2efc";
const TRIAL = { name: "trial", allow: ["read"], prefix: "trial/", mode: "report" };
const TEAM_TRIAL = { name: "team trial", allow: ["read"], prefix: "teams/{team}/", mode: "report" };

function service(
  change: Partial<CredentialsServiceOptions> = {},
  claims: Readonly<Record<string, unknown>> = { sub: "alice" },
) {
  const sts = recordingSts();
  const auditLog = recordingAuditLog();
  const handle = credentialsService({
    valet: {
      rules: rulesWith(OWN_FOLDER, TRIAL),
      bucket: BUCKET,
      tokenVerifier: { verify: async () => granted(claimsVerifiedFor("login", claims)) },
      sts,
    },
    oss: {
      region: "cn-hangzhou",
      endpoints: { ofBuckets: new Map(), others: regionEndpoint("cn-hangzhou") },
    },
    allowedOrigins: [],
    auditLog,
    clock: fixedClock,
    version: "1.2.3",
    ...change,
  });
  return { handle, sts, auditLog };
}

const ask = (change: Parameters<typeof httpRequest>[0] = {}) =>
  httpRequest({ ...change, headers: { authorization: `Bearer ${TOKEN}`, ...change.headers } });

describe("the line in the log", () => {
  it("of vended credentials says who, by which rules, what and until when, and holds no secret", async () => {
    const { handle, auditLog } = service();
    await handle(ask());
    expect(auditLog.entries).toEqual([
      {
        requestId: "1-request",
        method: "GET",
        path: "/credentials",
        status: 200,
        durationMs: 0,
        code: "Success",
        issuer: "login",
        sessionName: "alice-c8170752838e83167f55",
        tokenSha256: TOKEN_SHA256,
        rules: ["own folder"],
        reported: ["trial"],
        permissions: ["read", "write", "list", "delete"],
        prefixes: ["examplebucket/users/alice/"],
        policySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        accessKeyId: CREDENTIALS.accessKeyId,
        expiration: "2026-11-23T10:00:00.250Z",
        stsRequestId: CREDENTIALS.stsRequestId,
        steps: {
          token: expect.any(Number),
          grant: expect.any(Number),
          policy: expect.any(Number),
          sts: expect.any(Number),
        },
      },
    ]);
  });

  it("of a refusal says the full reason, and the user if it is known", async () => {
    const { handle, sts, auditLog } = service();
    const refusal = { code: "STS_DENIED", stsCode: "NoPermission", stsRequestId: "E0C4" } as const;
    sts.answerWith(refusal);
    await handle(ask());
    expect(auditLog.entries).toMatchObject([
      {
        status: 500,
        code: "ServerError",
        refusal,
        sessionName: "alice-c8170752838e83167f55",
        rules: ["own folder"],
      },
    ]);
  });

  it("names the rules in report mode even when the request is refused: such users are the ones to try them on", async () => {
    const valet = {
      rules: rulesWith({ ...OWN_FOLDER, when: { role: "editor" } }, TRIAL, TEAM_TRIAL),
      bucket: BUCKET,
      tokenVerifier: {
        verify: async () => granted(claimsVerifiedFor("login", { sub: "alice", team: "a/b" })),
      },
      sts: recordingSts(),
    };
    const { handle, auditLog } = service({ valet });
    await handle(ask());
    expect(auditLog.entries).toMatchObject([
      {
        status: 403,
        refusal: { code: "ACCESS_NOT_GRANTED", because: "no rule matches" },
        reported: ["trial"],
        reportedUnsafe: [
          { rule: "team trial", claim: "team", problem: expect.stringMatching(/^has a character outside/) },
        ],
      },
    ]);
  });

  it("of a refused token names no user: nothing in that token is trusted", async () => {
    const valet = { rules: rulesWith(OWN_FOLDER), bucket: BUCKET, sts: recordingSts() };
    const { handle, auditLog } = service({
      valet: {
        ...valet,
        tokenVerifier: { verify: async () => refused({ code: "TOKEN_INVALID", check: "signature" }) },
      },
    });
    await handle(ask());
    expect(auditLog.entries).toEqual([
      {
        requestId: "1-request",
        method: "GET",
        path: "/credentials",
        status: 401,
        durationMs: 0,
        code: "InvalidToken",
        refusal: { code: "TOKEN_INVALID", check: "signature" },
        tokenSha256: TOKEN_SHA256,
        steps: { token: expect.any(Number) },
      },
    ]);
  });

  it.each<[string, Partial<AuditEntry>, Parameters<typeof httpRequest>[0]]>([
    ["an unknown path", { path: "/nothing", status: 404, code: "NotFound" }, { path: "/nothing" }],
    ["another method", { method: "DELETE", status: 405, code: "MethodNotAllowed" }, { method: "DELETE" }],
    ["a preflight", { method: "OPTIONS", status: 204, code: "Success" }, { method: "OPTIONS" }],
    ["a look at the health", { path: "/healthz", status: 200, code: "Success" }, { path: "/healthz" }],
    ["a method of any length", { method: "M".repeat(20), status: 405 }, { method: "M".repeat(500) }],
  ])("of %s is one, too", async (_what, entry, change) => {
    const { handle, auditLog } = service();
    await handle(ask(change));
    expect(auditLog.entries).toHaveLength(1);
    expect(auditLog.entries[0]).toMatchObject(entry);
  });

  it("is also written for a request that could not be read: nothing is vended, and a page may read why", async () => {
    const { handle, sts, auditLog } = service({ allowedOrigins: ["https://app.example"] });
    const unreadable = { code: "REQUEST_INVALID", field: "The event", problem: "is none" } as const;
    const response = await handle(ask({ unreadable, headers: { origin: "https://app.example" } }));
    expect([response.status, JSON.parse(response.body).Message]).toEqual([400, "The event is none."]);
    expect(response.headers["Access-Control-Allow-Origin"]).toBe("https://app.example");
    expect(auditLog.entries).toMatchObject([{ status: 400, code: "InvalidRequest", refusal: unreadable }]);
    expect(sts.calls).toEqual([]);
  });

  it("answers a preflight whose query could not be read: the page is told with the request itself", async () => {
    const unreadable = { code: "REQUEST_INVALID", field: "The query", problem: "is none" } as const;
    expect((await service().handle(ask({ method: "OPTIONS", unreadable }))).status).toBe(204);
  });

  it("leaves out a token that was put into the path by mistake", async () => {
    const { handle, auditLog } = service();
    await handle(ask({ path: `/credentials/${TOKEN}` }));
    await handle(ask({ path: `/${CREDENTIALS.accessKeySecret}/x` }));
    expect(auditLog.entries.map(({ path }) => path)).toEqual(["/credentials/…", "/…/x"]);
  });
});

it("/healthz answers with the version only", async () => {
  const { handle, sts } = service();
  const response = await handle(ask({ path: "/healthz" }));
  expect([response.status, response.body]).toEqual([200, '{"Status":"ok","Version":"1.2.3"}']);
  expect(response.headers["Cache-Control"]).toBe("no-store");
  expect(sts.calls).toEqual([]);
});

describe("H10: the handler never throws", () => {
  const SECRET = CREDENTIALS.securityToken;

  it.each<[string, unknown]>([
    ["an error with secrets in its message", new Error(`POST https://sts/?Policy=x&SecurityToken=${SECRET}`)],
    ["a message that looks like a stack", new Error(`x\n    at ${SECRET} (file.js:1:1)`)],
    ["an error without a stack", Object.assign(new Error(SECRET), { stack: undefined })],
    ["a text", SECRET],
    ["undefined", undefined],
    ["an object", { accessKeySecret: SECRET }],
  ])("when STS throws %s: 500, and no secret in answer or log", async (_what, thrown) => {
    const throwing = {
      assumeRole: async () => {
        throw thrown;
      },
    };
    const valet = { rules: rulesWith(OWN_FOLDER), bucket: BUCKET, sts: throwing };
    const tokenVerifier = { verify: async () => granted(claimsVerifiedFor("login", { sub: "alice" })) };
    const { handle, auditLog } = service({ valet: { ...valet, tokenVerifier } });
    const response = await handle(ask());
    expect(response.status).toBe(500);
    expect(JSON.parse(response.body)).toMatchObject({ Code: "ServerError", RequestId: "1-request" });
    expect(auditLog.entries).toMatchObject([{ status: 500, code: "ServerError", error: expect.any(String) }]);
    expect(response.body + JSON.stringify(auditLog.entries)).not.toContain(SECRET);
  });

  it("tells the operator the kind of error and where it happened", async () => {
    const { handle, sts, auditLog } = service();
    sts.answerWith(new TypeError("secret text"));
    await handle(ask());
    expect(auditLog.entries[0]?.error).toMatch(/^TypeError at .*shell\.test\.ts/);
  });

  it("when the log cannot be written: no line, no credentials", async () => {
    const { handle, sts } = service({
      auditLog: {
        record: () => {
          throw new Error("EPIPE");
        },
      },
    });
    const response = await handle(ask());
    expect(sts.calls).toHaveLength(1);
    expect([response.status, JSON.parse(response.body).Code]).toEqual([500, "ServerError"]);
    expect(response.body).not.toContain(CREDENTIALS.accessKeySecret);
  });

  it("when STS's answer has no sensible time", async () => {
    const { handle, sts } = service();
    sts.answerWith({ ...CREDENTIALS, expiresAtMs: Number.NaN });
    expect((await handle(ask())).status).toBe(500);
  });
});

it("no secret and no token is ever in the log, whatever the request", async () => {
  const { handle, sts, auditLog } = service();
  const requests = [
    ask(),
    ask({ query: `prefix=${TOKEN}` }),
    ask({ query: `access_token=${TOKEN}` }),
    ask({ query: `format=${TOKEN}` }),
    ask({ query: `permissions=${TOKEN}` }),
    ask({ query: `durationSeconds=${TOKEN}` }),
    ask({ method: "POST", body: { prefix: TOKEN } }),
    ask({ method: "POST", body: { token: TOKEN } }),
    ask({ method: "POST", body: TOKEN }),
    ask({ path: `/${TOKEN}` }),
    ask({ method: TOKEN }),
    ask({ headers: { authorization: `Bearer ${TOKEN},${TOKEN}` } }),
    ask({ headers: { cookie: TOKEN, "x-request-id": TOKEN } }),
  ];
  for (const request of requests) await handle(request);
  sts.answerWith({ code: "STS_UNAVAILABLE", because: "timeout" });
  await handle(ask());
  const log = JSON.stringify(auditLog.entries);
  expect(auditLog.entries).toHaveLength(requests.length + 1);
  for (const secret of [
    TOKEN,
    TOKEN.slice(0, 60),
    CREDENTIALS.accessKeySecret,
    CREDENTIALS.securityToken,
    '"Statement"',
  ]) {
    expect(log).not.toContain(secret);
  }
});
