import { randomUUID } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { composedService } from "../../functions/credentials/compose.ts";
import type { HttpResponse } from "../../functions/http/http.ts";
import { cachingSts } from "../../shared/adapters/caching-sts.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { CredentialsBody } from "../../shared/wire.ts";
import { auditLinesIn } from "../support/audit-lines.ts";
import { countedSts } from "../support/counted-sts.ts";
import { functionSettings, JWT_SECRET as SECRET } from "../support/function-settings.ts";
import { httpRequest } from "../support/http-requests.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";
import { credentialsAnswer, credentialsBody, errorAnswer, json } from "../support/stub-sts.ts";
import { fixedClock } from "../support/stubs.ts";
import { ACCESS_WITH_SECRET, accessFile, OWN_FOLDER, rulesOf } from "../support/valet.ts";
import { loginIssuer, wholeService } from "../support/whole-service.ts";

const issuer = loginIssuer();
const stub = await stubStsForTests();
let lines: Readonly<Record<string, unknown>>[] = [];

beforeEach(() => {
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(...auditLinesIn(String(text)));
    return true;
  });
  // Each call of STS gives other credentials.
  stub.answer(() => {
    const body = credentialsBody();
    return json(200, { ...body, Credentials: { ...body.Credentials, AccessKeyId: `STS.${randomUUID()}` } });
  });
});
afterEach(() => vi.restoreAllMocks());

describe("a denial or a change of the rules counts from the next request on", () => {
  const inner = countedSts(fixedClock.nowMs);
  const cache = cachingSts({ sts: inner, clock: fixedClock, maxEntries: 100 });
  const token = issuer.token({ sub: "alice" });
  /** The answer of a function with these rules, which has the cache of the functions before it. */
  const under = async (rules: AccessRules) => {
    const { handle } = wholeService(issuer, rules, {}, () => cache);
    const { status, body } = await handle(httpRequest({ headers: { authorization: `Bearer ${token}` } }));
    return { status, body: JSON.parse(body) as CredentialsBody, calls: inner.calls.length };
  };
  const rulesWith = (change: object, more: object = {}) =>
    rulesOf(accessFile({ rules: [{ ...OWN_FOLDER, ...change }], ...more }));

  it("also where credentials of the rules before it are kept", async () => {
    expect(await under(rulesWith({}))).toMatchObject({ status: 200, calls: 1 });
    expect(await under(rulesWith({}))).toMatchObject({ status: 200, calls: 1 });
    expect(await under(rulesWith({}, { deny: [{ user: "alice" }] }))).toMatchObject({
      status: 403,
      calls: 1,
    });
    expect(await under(rulesWith({ allow: ["read"] }))).toMatchObject({ status: 200, calls: 2 });
    expect(await under(rulesWith({ prefix: "home/{sub}/" }))).toMatchObject({ status: 200, calls: 3 });
    expect(await under(rulesWith({ bucket: "other-bucket" }))).toMatchObject({ status: 200, calls: 4 });
    expect(await under(rulesWith({}))).toMatchObject({ status: 200, calls: 4 });
  });
});

describe("the function", () => {
  it("asks STS once for requests that are equal, at the same time or later, and says so in the log", async () => {
    const { ask, callsSince } = service();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => ask("alice")));
    others.push(await ask("alice"));
    expect(callsSince()).toBe(1);
    expect(new Set(others.map(keyIn))).toEqual(new Set([keyIn(first)]));
    const [one, ...rest] = lines.filter(({ code }) => code === "Success");
    expect(rest.length).toBe(20);
    expect(new Set([one, ...rest].map((line) => line?.["stsRequestId"])).size).toBe(1);
    expect([one, ...rest].map((line) => line?.["cachedIn"] ?? "asked").sort()).toEqual([
      "asked",
      ...Array.from({ length: 20 }, () => "memory"),
    ]);
  });

  it("tells each request its own id and the present time, with the end of the kept credentials", async () => {
    const { ask } = service();
    const [first, second] = [
      bodyOf(await ask("alice", { requestId: "1" })),
      bodyOf(await ask("alice", { requestId: "2" })),
    ];
    expect([first["RequestId"], second["RequestId"]]).toEqual(["1", "2"]);
    expect(second["Expiration"]).toBe(first["Expiration"]);
    expect(Date.parse(second["LastUpdated"] ?? "")).toBeGreaterThanOrEqual(
      Date.parse(first["LastUpdated"] ?? ""),
    );
  });

  it.each<[string, Parameters<ReturnType<typeof service>["ask"]>[1]]>([
    ["less permissions", { query: "permissions=read" }],
    ["a folder inside", { query: "prefix=users/alice/2026/" }],
  ])("asks STS again for %s", async (_, change) => {
    const { ask, callsSince } = service();
    await ask("alice");
    await ask("alice", change);
    expect(callsSince()).toBe(2);
    await ask("alice", change);
    expect(callsSince()).toBe(2);
  });

  it("has one call for a token that was renewed, and another for each user", async () => {
    const { ask, callsSince } = service();
    await ask("alice");
    await ask("alice", { token: tokenOf("alice", { jti: "another" }) });
    expect(callsSince()).toBe(1);
    await ask("bob");
    expect(callsSince()).toBe(2);
  });

  it("gives other credentials to an App that says that OSS refuses these", async () => {
    const { ask, callsSince } = service();
    const first = keyIn(await ask("alice"));
    const headers = { "x-refused-access-key-id": first };
    const second = keyIn(await ask("alice", { headers }));
    expect(second).not.toBe(first);
    expect(keyIn(await ask("alice", { headers }))).toBe(second);
    expect(callsSince()).toBe(2);
  });

  it.each([
    ["two values", ["STS.1", "STS.2"]],
    ["a text that is no key", "STS 1"],
    ["nothing", ""],
    ["a long text", "S".repeat(129)],
  ])("refuses a header for that with %s", async (_, value) => {
    const { ask } = service();
    const { status, body } = await ask("alice", { headers: { "x-refused-access-key-id": value } });
    expect([status, JSON.parse(body)["Message"]]).toEqual([
      400,
      "X-Refused-Access-Key-Id is not one AccessKeyId; send the AccessKeyId that OSS refuses, or no such header.",
    ]);
  });

  it("asks STS for each request where CREDENTIAL_CACHE is off", async () => {
    const { ask, callsSince } = service({ CREDENTIAL_CACHE: "off" });
    expect(keyIn(await ask("alice"))).not.toBe(keyIn(await ask("alice")));
    expect(callsSince()).toBe(2);
    expect(lines.every((line) => !("cachedIn" in line))).toBe(true);
  });

  it("bridges an STS that is gone with credentials that live, and says so in the log", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { ask } = service();
      const first = keyIn(await ask("alice"));
      vi.setSystemTime(Date.now() + 1_900_000);
      stub.answer(errorAnswer(503, "ServiceUnavailable"));
      expect(keyIn(await ask("alice", { token: tokenOf("alice") }))).toBe(first);
      expect(lines.at(-1)).toMatchObject({ cachedIn: "bridge", status: 200 });
      expect((await ask("bob", { token: tokenOf("bob") })).status).toBe(503);
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps no refusal: what STS refused is asked again", async () => {
    const { ask } = service();
    stub.answer(errorAnswer(403, "NoPermission"));
    expect((await ask("alice")).status).toBe(500);
    stub.answer(credentialsAnswer);
    expect((await ask("alice")).status).toBe(200);
  });
});

type Change = {
  readonly query?: string;
  readonly requestId?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
};

/** The function as it is composed, before an STS that counts. */
function service(change: Readonly<Record<string, string>> = {}) {
  const { handle } = composedService(functionSettings(stub.host, change), ACCESS_WITH_SECRET, "environment");
  const before = stub.calls.length;
  return {
    callsSince: () => stub.calls.length - before,
    ask: (user: string, { token, headers, ...rest }: Change = {}): Promise<HttpResponse> =>
      handle(
        httpRequest({ headers: { authorization: `Bearer ${token ?? tokenOf(user)}`, ...headers }, ...rest }),
      ),
  };
}

function tokenOf(user: string, more: object = {}): string {
  return jwt.sign({ sub: user, ...more }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
}

function bodyOf({ status, body }: HttpResponse): Partial<CredentialsBody> {
  expect(status, body).toBe(200);
  return JSON.parse(body);
}

function keyIn(response: HttpResponse | undefined): string {
  return (response && bodyOf(response).AccessKeyId) ?? "";
}
