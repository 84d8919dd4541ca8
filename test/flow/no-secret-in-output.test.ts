import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigError } from "../../functions/http/settings.ts";
import { composedService } from "../../functions/server/compose.ts";
import type { Fault } from "../../sandbox/fault-rule.ts";
import { expectAuditLine } from "../support/audit-lines.ts";
import { httpRequest } from "../support/http-requests.ts";
import { settingsFor } from "../support/sandbox-settings.ts";
import { leaksIn, type Secret, secretsOfToken } from "../support/secrets.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const JWT_SECRET = randomBytes(30).toString("base64");
const CACHE_KEY = randomBytes(32).toString("base64");
const REDIS_PASSWORD = randomBytes(24).toString("hex");
const sandbox = await sandboxForTests();

const RULES = {
  ...ACCESS_WITH_SECRET,
  rules: [
    ...ACCESS_WITH_SECRET.rules,
    {
      name: "photos",
      allow: ["read", "upload"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 1000, contentTypes: ["image/jpeg"] },
    },
  ],
};

const SETTINGS: Readonly<Record<string, string>> = {
  ...settingsFor(sandbox),
  JWT_SECRET,
  CREDENTIAL_CACHE: "off",
};

const tokens: string[] = [];
function tokenOf(claims: object, secret = JWT_SECRET): string {
  const seconds = Math.floor(Date.now() / 1000);
  const token = jwt.sign(
    {
      iss: "https://login.example.com/",
      aud: "photo-app",
      iat: seconds,
      exp: seconds + 600,
      jti: randomBytes(9).toString("hex"),
      ...claims,
    },
    secret,
  );
  tokens.push(token);
  return token;
}

/** Everything that came out: standard output and error, and each answer without what it gives its own caller. */
let output = "";
function told(text: string | Uint8Array): true {
  output += typeof text === "string" ? text : Buffer.from(text).toString("utf8");
  return true;
}

function secretsOfThisRun(): readonly Secret[] {
  const sessions = [...sandbox.world.sessions.values()];
  return [
    { name: "JWT_SECRET", text: JWT_SECRET },
    { name: "CREDENTIAL_CACHE_KEY", text: CACHE_KEY },
    { name: "the Redis password", text: REDIS_PASSWORD },
    { name: "the function's key", text: sandbox.accessKeySecret },
    { name: "the administrator's key", text: sandbox.administrator.accessKeySecret },
    ...tokens.flatMap((token, at) => secretsOfToken(`App token ${at}`, token)),
    ...sessions.flatMap(({ name, accessKeySecret, securityToken, policy }): Secret[] => [
      { name: `the secret of ${name}`, text: accessKeySecret },
      { name: `the security token of ${name}`, text: securityToken },
      ...(policy === undefined
        ? []
        : ([{ name: "a session policy", text: policy, wholeOnly: true }] as const)),
    ]),
  ];
}

function expectNoLeak(): void {
  expect(leaksIn(output, secretsOfThisRun())).toEqual([]);
}

// The answers to credentials' own caller have them, by these names in the three formats.
const FOR_THE_CALLER = ["AccessKeySecret", "SecurityToken", "accessKeySecret", "stsToken"];

beforeEach(() => {
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => told(text));
});

type Ask = (change: Parameters<typeof httpRequest>[0]) => Promise<number>;

/** The server of all routes with these settings. An answer is kept without the two fields that are for its caller. */
function serverWith(change: Readonly<Record<string, string>> = {}): {
  readonly ask: Ask;
  readonly close: () => Promise<unknown>;
} {
  const service = composedService({ ...SETTINGS, ...change }, RULES);
  return {
    ask: async (request) => {
      const answer = await service.handle(httpRequest(request));
      const body = JSON.stringify(answer.body === "" ? "" : JSON.parse(answer.body), (name, value) =>
        answer.status === 200 && FOR_THE_CALLER.includes(name) ? undefined : value,
      );
      told(`${answer.status} ${JSON.stringify(answer.headers)} ${body}\n`);
      return answer.status;
    },
    close: async () => (service as { readonly close?: () => Promise<unknown> }).close?.(),
  };
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("no secret is in any output", () => {
  it("of good requests: credentials, forms and URLs", async () => {
    const { ask } = serverWith();
    const alice = tokenOf({ sub: "alice" });
    expect(await ask(bearer(alice))).toBe(200);
    for (const format of ["appserver", "ali-oss"])
      expect(await ask({ ...bearer(alice), query: `format=${format}` })).toBe(200);
    const upload = { files: [{ key: "photos/alice/a.jpg", contentType: "image/jpeg" }] };
    expect(await ask({ ...bearer(alice), method: "POST", path: "/uploads", body: upload })).toBe(200);
    const download = { keys: ["photos/alice/a.jpg"] };
    expect(await ask({ ...bearer(alice), method: "POST", path: "/downloads", body: download })).toBe(200);
    expectNoLeak();
  });

  it("of refused requests, wherever a token or a secret was put by mistake", async () => {
    const { ask } = serverWith();
    const token = tokenOf({ sub: "alice" });
    const refused = [
      bearer(tokenOf({ sub: "alice" }, "another secret that has 32 bytes or more")),
      bearer(tokenOf({ sub: "" })),
      bearer(tokenOf({ sub: "../bob" })),
      bearer(tokenOf({ sub: "alice", iat: 1, exp: 2 })),
      bearer(`${token}${token}`),
      { headers: { authorization: token } },
      { headers: { authorization: `Basic ${Buffer.from(`alice:${token}`).toString("base64")}` } },
      { headers: { authorization: undefined, cookie: `token=${token}` } },
      { path: `/credentials/${token}` },
      { path: `/${token}` },
      { method: token.slice(0, 40) },
      ...["prefix", "permissions", "format", "durationSeconds", "access_token", token].map((name) => ({
        ...bearer(token),
        query: `${encodeURIComponent(name)}=${encodeURIComponent(token)}`,
      })),
      ...[token, { prefix: token }, { [token]: 1 }, { token }, `{"prefix":"${JWT_SECRET}`].map((body) => ({
        ...bearer(token),
        method: "POST",
        body,
      })),
      ...[{ files: [{ key: token, contentType: token }] }, { files: token }, { [token]: [] }].map((body) => ({
        ...bearer(token),
        method: "POST",
        path: "/uploads",
        body,
      })),
    ];
    for (const request of refused) expect(await ask(request)).toBeGreaterThanOrEqual(400);
    expectNoLeak();
  });

  const quoting = () =>
    JSON.stringify({
      RequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
      Code: "SignatureDoesNotMatch",
      Message: `the signature of ${sandbox.accessKeySecret} for ${tokens.at(-1)} does not match`,
    });
  const FAULTS: readonly Fault[] = [
    { kind: "throttle" },
    { kind: "error", status: 500 },
    { kind: "error", status: 503 },
    { kind: "redirect" },
    { kind: "html" },
    { kind: "empty" },
    { kind: "truncated" },
    { kind: "reset" },
    { kind: "drip", ms: 1 },
    { kind: "answer", status: 400, body: "" },
    { kind: "answer", status: 403, body: "" },
    { kind: "answer", status: 200, body: "" },
  ];
  it.each(FAULTS)("while STS has the fault $kind $status, also where it quotes our key", async (fault) => {
    const { ask } = serverWith();
    const token = tokenOf({ sub: "alice" });
    sandbox.faults.add({
      service: "sts",
      operation: "AssumeRole",
      fault: fault.kind === "answer" ? { ...fault, body: quoting() } : fault,
    });
    const status = await ask(bearer(token));
    expect(status).toBeGreaterThanOrEqual(fault.kind === "drip" ? 200 : 500);
    sandbox.faults.clear();
    expectNoLeak();
  });

  it("of a crash whose error quotes secrets", async () => {
    const { ask } = serverWith();
    const token = tokenOf({ sub: "alice" });
    // A body that throws where a route reads it, as a bug of ours would.
    const body = new Proxy(Buffer.from("{}"), {
      get: () => {
        throw new TypeError(`${JWT_SECRET} ${token}`);
      },
    });
    const request = { ...httpRequest({ ...bearer(token), method: "POST" }), body };
    const service = composedService(SETTINGS, RULES);
    const { status, body: answered } = await service.handle(request);
    told(answered);
    expect(status).toBe(500);
    expect(await ask(bearer(token))).toBe(200);
    expectNoLeak();
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["a JWT_SECRET that is too short", { JWT_SECRET: JWT_SECRET.slice(0, 21) }],
    ["a secret where a role belongs", { OSS_ROLE_ARN: sandbox.accessKeySecret }],
    ["a secret where a bucket belongs", { OSS_BUCKET: `${JWT_SECRET}!` }],
    ["a password in STS's address", { STS_ENDPOINT: `http://user:${REDIS_PASSWORD}@sts.example.com` }],
    ["a password in OSS's address", { OSS_ENDPOINT: `http://user:${REDIS_PASSWORD}@oss.example.com` }],
    ["half a key", { ALIBABA_CLOUD_ACCESS_KEY_ID: "" }],
    ["a Redis without its scheme", { CREDENTIAL_CACHE: `:${REDIS_PASSWORD}@redis.example.com:6379` }],
    [
      "a key that is too short",
      { CREDENTIAL_CACHE: "redis://127.0.0.1:1", CREDENTIAL_CACHE_KEY: CACHE_KEY.slice(0, 22) },
    ],
    [
      "a Redis with a wrong path",
      { CREDENTIAL_CACHE: `redis://:${REDIS_PASSWORD}@127.0.0.1:1/x`, CREDENTIAL_CACHE_KEY: CACHE_KEY },
    ],
  ])("of settings with %s", (_mistake, change) => {
    const started = () => composedService({ ...SETTINGS, ...change }, RULES);
    try {
      started();
      expect.unreachable("the settings were taken");
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      told(`${error.message}\n`);
    }
    expectNoLeak();
  });

  it("while its Redis cannot be reached: the address with its password stays out of the warning", async () => {
    const { ask, close } = serverWith({
      CREDENTIAL_CACHE: `redis://:${REDIS_PASSWORD}@127.0.0.1:1`,
      CREDENTIAL_CACHE_KEY: CACHE_KEY,
    });
    const before = output.length;
    expect(await ask(bearer(tokenOf({ sub: "alice" })))).toBe(200);
    await vi.waitFor(() => expect(output.slice(before)).toContain('"warning"'), { timeout: 10_000 });
    await close();
    expectNoLeak();
  });

  it("and every line of the log fits its schema", () => {
    const lines = output.split("\n").filter((line) => line.startsWith('{"time"'));
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) expectAuditLine(JSON.parse(line));
  });
});

describe("the search", () => {
  const secret = { name: "key", text: "s3cr/t+key with 40 characters, or there" };
  it.each([
    ["as it is", secret.text],
    ["cut", secret.text.slice(4, 35)],
    ["in a URL", encodeURIComponent(secret.text)],
    ["in hex", Buffer.from(secret.text).toString("hex")],
    ["in base64", Buffer.from(secret.text).toString("base64")],
    ["in base64, behind another text", Buffer.from(`user:${secret.text}`).toString("base64")],
    ["in base64url, between others", Buffer.from(`{"key":"${secret.text}"}`).toString("base64url")],
  ])("finds a secret %s", (_how, text) => {
    expect(leaksIn(`a line before\n… ${text} …\n`, [secret])).not.toEqual([]);
  });

  it("finds nothing where nothing is", () => {
    expect(leaksIn("a line of the log", [secret])).toEqual([]);
  });
});
