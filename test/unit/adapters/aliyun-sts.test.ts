import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type AliyunStsOptions, aliyunSts } from "../../../shared/adapters/aliyun-sts.ts";
import type { SessionName } from "../../../shared/domain/policy/session-name.ts";
import type { SessionPolicy } from "../../../shared/domain/policy/session-policy.ts";
import type { AssumeRole, CallerCredentials } from "../../../shared/ports.ts";
import {
  credentialsAnswer,
  credentialsBody,
  errorAnswer,
  json,
  type StubAnswer,
  type StubSts,
  startStubSts,
  xmlErrorAnswer,
} from "../../support/stub-sts.ts";

const POLICY =
  '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:photos/users/alice/*"]}]}';
const CALL: AssumeRole = {
  sessionName: "alice-0123456789abcdef0123" as SessionName,
  sessionPolicy: POLICY as SessionPolicy,
  durationSeconds: 3600,
};
const ROLE_ARN = "acs:ram::1234567890123456:role/oss";

/** Of each test its own: an attempt of an earlier one that comes late takes no answer that another is waiting for. */
let stub: StubSts;
beforeEach(async () => {
  stub = await startStubSts();
});
afterEach(() => stub.close());

function stsWith(change: Partial<AliyunStsOptions> = {}) {
  return aliyunSts({
    endpoint: { host: stub.host, protocol: "http" },
    roleArn: ROLE_ARN,
    callerCredentials: () => ({ accessKeyId: "LTAIcaller", accessKeySecret: "caller-secret" }),
    clock: { nowMs: Date.now },
    random: () => 0,
    ...change,
  });
}

async function callsDuring<T>(act: () => Promise<T>) {
  const before = stub.calls.length;
  const result = await act();
  return { result, calls: stub.calls.slice(before) };
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
}

describe("what is asked of STS", () => {
  it("sends the role, the session's name, its policy and its duration, each once, and nothing else", async () => {
    const { calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(calls.map((call) => [...call.parameters].sort())).toEqual([
      [
        ["DurationSeconds", "3600"],
        ["Policy", POLICY],
        ["RoleArn", ROLE_ARN],
        ["RoleSessionName", "alice-0123456789abcdef0123"],
      ],
    ]);
    expect(calls[0]?.headers).toMatchObject({ "x-acs-action": "AssumeRole", "x-acs-version": "2015-04-01" });
    expect(calls[0]?.headers.authorization).toMatch(/^ACS3-HMAC-SHA256 Credential=LTAIcaller,SignedHeaders=/);
    expect(calls[0]?.headers["user-agent"]).toMatch(/ oss-valet$/);
  });

  it("gives the four fields of the answer, the expiry as a number, and STS's request id", async () => {
    const expiresAtMs = Math.floor(Date.now() / 1000) * 1000 + 900_000;
    stub.answer(json(200, credentialsBody(expiresAtMs)));
    expect(await stsWith().assumeRole(CALL)).toEqual({
      ok: true,
      value: {
        accessKeyId: "STS.stub",
        accessKeySecret: "stub-secret",
        securityToken: "CAISstubtoken",
        expiresAtMs,
        stsRequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F",
      },
    });
  });

  it("asks for the caller's keys on every call, and signs with the token that rotated in", async () => {
    const rotation: CallerCredentials[] = [
      { accessKeyId: "STS.first", accessKeySecret: "one", securityToken: "token-1" },
      { accessKeyId: "STS.second", accessKeySecret: "two", securityToken: "token-2" },
    ];
    const sts = stsWith({ callerCredentials: () => rotation.shift() });
    const { calls } = await callsDuring(async () => [await sts.assumeRole(CALL), await sts.assumeRole(CALL)]);
    expect(
      calls.map(({ headers }) => [headers["x-acs-accesskey-id"], headers["x-acs-security-token"]]),
    ).toEqual([
      ["STS.first", "token-1"],
      ["STS.second", "token-2"],
    ]);
  });

  it("sends the new token when the token alone has changed", async () => {
    const keys = { accessKeyId: "STS.one", accessKeySecret: "one" };
    const tokens = ["token-1", "token-1", "token-2"];
    const sts = stsWith({ callerCredentials: () => ({ ...keys, securityToken: tokens.shift() ?? "" }) });
    const { calls } = await callsDuring(async () => {
      for (let call = 0; call < 3; call += 1) await sts.assumeRole(CALL);
    });
    expect(calls.map(({ headers }) => headers["x-acs-security-token"])).toEqual([
      "token-1",
      "token-1",
      "token-2",
    ]);
  });

  it("takes an empty security token for none", async () => {
    const keys = { accessKeyId: "LTAIcaller", accessKeySecret: "caller-secret", securityToken: "" };
    const { calls } = await callsDuring(() => stsWith({ callerCredentials: () => keys }).assumeRole(CALL));
    expect(calls).toHaveLength(1);
    expect(calls[0]?.headers).not.toHaveProperty("x-acs-security-token");
  });

  it("refuses without a call where the caller has no keys", async () => {
    const sts = stsWith({ callerCredentials: () => undefined });
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect(result).toEqual({
      ok: false,
      refusal: { code: "STS_DENIED", stsCode: "NoCallerCredentials" },
    });
    expect(calls).toEqual([]);
  });
});

/** What a gateway writes that is no API. */
function page(status: number, headers: Readonly<Record<string, string>> = {}) {
  return { status, headers: { "content-type": "text/html", ...headers }, body: "<html>Sorry</html>" };
}

function plainXml(answer: StubAnswer): StubAnswer {
  return { ...answer, headers: { "content-type": "text/xml" } };
}

describe("STS says no", () => {
  it.each([
    [403, "NoPermission"],
    [404, "EntityNotExist.Role"],
    [404, "InvalidAccessKeyId.NotFound"],
    [400, "InvalidAccessKeyId.Inactive"],
    [400, "SignatureDoesNotMatch"],
    [400, "InvalidParameter.PolicyGrammar"],
    [400, "InvalidParameter.DurationSeconds"],
    [400, "InvalidSecurityToken.Expired"],
    [400, "InvalidTimeStamp.Expired"],
    [400, "SignatureNonceUsed"],
  ])("%i %s is a denial that is asked for once", async (status, code) => {
    stub.answer(errorAnswer(status, code));
    const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result).toEqual({
      ok: false,
      refusal: { code: "STS_DENIED", stsCode: code, stsRequestId: "E0C4B6BB-0000" },
    });
    expect(calls).toHaveLength(1);
  });

  it("a denial after a failure is final, too", async () => {
    stub.answer(errorAnswer(500, "InternalError"), errorAnswer(403, "NoPermission"));
    const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result).toMatchObject({ ok: false, refusal: { code: "STS_DENIED", stsCode: "NoPermission" } });
    expect(calls).toHaveLength(2);
  });

  it.each([
    [
      "the account's own key has a code of its own",
      "Roles may not be assumed by root accounts.",
      "NoPermission.RootAccount",
    ],
    [
      "every other denial keeps STS's",
      "You are not authorized. You should be authorized by RAM.",
      "NoPermission",
    ],
  ])("%s", async (_what, Message, stsCode) => {
    stub.answer(json(403, { RequestId: "E0C4B6BB-0000", Code: "NoPermission", Message }));
    const { result } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result).toEqual({
      ok: false,
      refusal: { code: "STS_DENIED", stsCode, stsRequestId: "E0C4B6BB-0000" },
    });
  });

  // The SDK itself reads XML for the first of these types alone.
  it.each(["text/xml;charset=utf-8", "text/xml", "text/xml; charset=UTF-8", "application/xml", "text/html"])(
    "reads the code of an error in XML that calls itself %s",
    async (type) => {
      stub.answer({ ...xmlErrorAnswer(403, "NoPermission"), headers: { "content-type": type } });
      const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
      expect(result).toEqual({
        ok: false,
        refusal: { code: "STS_DENIED", stsCode: "NoPermission", stsRequestId: "E0C4B6BB-0000" },
      });
      expect(calls).toHaveLength(1);
    },
  );
});

describe("STS throttles", () => {
  const MS = "x-acs-retry-after";
  it.each([
    ["400 Throttling.User without a hint", errorAnswer(400, "Throttling.User"), undefined],
    ["400 Throttling.Api as XML", xmlErrorAnswer(400, "Throttling.Api"), undefined],
    ["503 Throttling", errorAnswer(503, "Throttling"), undefined],
    ["302 Throttling, which the SDK takes for success", errorAnswer(302, "Throttling.User"), undefined],
    [
      "200 with a throttling code, which the SDK takes for success",
      errorAnswer(200, "Throttling"),
      undefined,
    ],
    ["429 with another code", errorAnswer(429, "TooManyRequests"), undefined],
    ["429 of a gateway, as a page", page(429, { "retry-after": "5" }), 5_000],
    ["429 without a body", { status: 429, body: "" }, undefined],
    [
      "400 Throttling.User as XML of another type",
      plainXml(xmlErrorAnswer(400, "Throttling.User")),
      undefined,
    ],
    ["40 ms in x-acs-retry-after", errorAnswer(400, "Throttling.User", { [MS]: "40" }), 40],
    ["1.5 s in x-acs-retry-after", errorAnswer(400, "Throttling.User", { [MS]: "1500" }), 1_500],
    ["7 s in Retry-After", errorAnswer(429, "Throttling.User", { "retry-after": "7" }), 7_000],
    ["3 days in Retry-After", errorAnswer(429, "Throttling.User", { "retry-after": "259200" }), 600_000],
    ["junk in Retry-After", errorAnswer(429, "Throttling.User", { "retry-after": "soon" }), undefined],
    ["a negative Retry-After", errorAnswer(429, "Throttling.User", { [MS]: "-5" }), undefined],
  ])(
    "%s: refuses at once, and says for how long STS wants to be left alone",
    async (_case, answer, pauseMs) => {
      stub.answer(answer);
      const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
      expect(result).toEqual({
        ok: false,
        refusal:
          pauseMs === undefined
            ? { code: "STS_THROTTLED", retryAfterSeconds: 1 }
            : {
                code: "STS_THROTTLED",
                retryAfterSeconds: Math.ceil(pauseMs / 1_000),
                stsPauseMs: pauseMs,
              },
      });
      expect(calls).toHaveLength(1);
    },
  );
});

describe("STS is out of order", () => {
  const withoutToken = json(200, {
    ...credentialsBody(),
    Credentials: { ...credentialsBody().Credentials, SecurityToken: "" },
  });
  const requestId = { stsRequestId: "6894B13B-6D71-4EF5-88FA-F32781734A7F" };
  const errorId = { stsRequestId: "E0C4B6BB-0000" };
  it.each([
    ["500 InternalError", errorAnswer(500, "InternalError"), "server error", errorId],
    ["503 as XML", xmlErrorAnswer(503, "ServiceUnavailable"), "server error", errorId],
    ["500 as XML of another type", plainXml(xmlErrorAnswer(500, "InternalError")), "server error", errorId],
    ["a gateway's page", page(502), "server error", {}],
    ["a page that forbids", page(403), "unreadable answer", {}],
    ["an error without a code", json(400, { hello: "world" }), "unreadable answer", {}],
    ["the JSON null", json(200, null), "no credentials in the answer", {}],
    ["an error that is null", json(500, null), "server error", {}],
    ["a denial that is null", json(400, null), "unreadable answer", {}],
    ["XML without an error", { ...xmlErrorAnswer(400, "x"), body: "<a/>" }, "unreadable answer", {}],
    ["an empty 200", { status: 200, body: "" }, "unreadable answer", {}],
    ["a redirect", { status: 302, body: "", headers: { location: "http://127.0.0.1:1/" } }, "redirect", {}],
    [
      "a 200 without credentials",
      json(200, { RequestId: "A-1" }),
      "no credentials in the answer",
      { stsRequestId: "A-1" },
    ],
    ["credentials without a token", withoutToken, "no credentials in the answer", requestId],
    ["a truncated body", { fault: "truncate" } as const, "network", { errorCode: "ECONNRESET" }],
  ])("%s: refuses after ten attempts on new connections", async (_case, answer, because, id) => {
    stub.answer(answer);
    const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result).toEqual({ ok: false, refusal: { code: "STS_UNAVAILABLE", because, ...id } });
    expect(calls).toHaveLength(10);
    expect(new Set(calls.map(({ connection }) => connection)).size).toBe(10);

    stub.answer(...Array(9).fill(answer), credentialsAnswer);
    expect(await stsWith().assumeRole(CALL)).toMatchObject({ ok: true });
  });

  it("a megabyte: refuses at once, as another attempt would end the same way", async () => {
    stub.answer({ status: 200, body: " ".repeat(1_000_000) });
    const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "answer too large" },
    });
    expect(calls).toHaveLength(1);
  });

  it.each([
    ["the first pause is up to 50 ms", [0.5], [25]],
    ["each next one is up to twice as long", [0.5, 0.5, 0.5], [25, 50, 100]],
    ["and none is longer than 400 ms", [0, 0, 0, 0.25, 0.25], [0, 0, 0, 100, 100]],
  ])("%s", async (_case, numbers, pauses) => {
    const left = [...numbers];
    stub.answer(...Array(numbers.length).fill(errorAnswer(500, "InternalError")), credentialsAnswer);
    const random = () => left.shift() ?? 0;
    const { result, calls } = await callsDuring(() => stsWith({ random }).assumeRole(CALL));
    expect(result.ok).toBe(true);
    const between = calls.slice(1).map(({ atMs }, index) => atMs - (calls[index]?.atMs ?? 0));
    for (const [index, pause] of pauses.entries()) expect(between[index]).toBeGreaterThanOrEqual(pause - 1);
  });

  it("a new connection that is reset: each attempt has another", async () => {
    const own = await startStubSts();
    onTestFinished(() => own.close());
    own.answer({ fault: "reset" });
    const sts = stsWith({ endpoint: { host: own.host, protocol: "http" } });
    expect(await sts.assumeRole(CALL)).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNRESET" },
    });
    expect(own.calls.map(({ connection }) => connection)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  const NOW = Date.parse("2026-11-23T10:00:00Z");
  it.each([
    ["have expired", -1_000, false],
    ["live less than a minute", 59_000, false],
    ["live a minute", 60_000, true],
    ["live an hour, as asked, on a clock that is a minute ahead", 3_660_000, true],
    ["live a second longer", 3_661_000, false],
  ])("credentials that %s", async (_case, livesMs, good) => {
    stub.answer(json(200, credentialsBody(NOW + livesMs)));
    const result = await stsWith({ clock: { nowMs: () => NOW } }).assumeRole(CALL);
    expect(result).toMatchObject(
      good
        ? { ok: true, value: { expiresAtMs: NOW + livesMs } }
        : { ok: false, refusal: { code: "STS_UNAVAILABLE", because: "expiration" } },
    );
  });

  it.each([
    ["in JSON", errorAnswer(503, "ServiceUnavailable", { "retry-after": "30" }), 30, errorId],
    ["as a page", page(503, { "retry-after": "30" }), 30, {}],
    ["for a day", page(503, { "retry-after": "86400" }), 600, {}],
    ["for two seconds", page(503, { "retry-after": "2" }), 2, {}],
  ])(
    "asks to be left alone, %s: is not asked again, and the App is told for how long",
    async (_how, answer, retryAfterSeconds, id) => {
      stub.answer(answer);
      const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
      expect(result).toEqual({
        ok: false,
        refusal: { code: "STS_UNAVAILABLE", because: "server error", retryAfterSeconds, ...id },
      });
      expect(calls).toHaveLength(1);
    },
  );

  it("asks for a moment: is asked once more after it", async () => {
    stub.answer(page(503, { "x-acs-retry-after": "40" }), credentialsAnswer);
    const { result, calls } = await callsDuring(() => stsWith().assumeRole(CALL));
    expect(result.ok).toBe(true);
    expect((calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(39);
  });

  it("refuses where nobody listens, and says so", async () => {
    const gone = await startStubSts();
    await gone.close();
    const sts = stsWith({ endpoint: { host: gone.host, protocol: "http" } });
    expect(await sts.assumeRole(CALL)).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNREFUSED" },
    });
  });

  it("refuses where plain HTTP is spoken in the place of TLS, and says so, after one attempt", async () => {
    const pauses = countedPauses();
    const sts = stsWith({ endpoint: { host: stub.host, protocol: "https" }, random: pauses.random });
    expect(await sts.assumeRole(CALL)).toEqual({
      ok: false,
      refusal: {
        code: "STS_UNAVAILABLE",
        because: "network",
        errorCode: expect.stringMatching(/^(EPROTO|ERR_SSL_\w+)$/),
      },
    });
    expect(pauses.count()).toBe(0);
  });

  it.each([
    ["silence", { fault: "hang" } as const],
    // Each byte resets a socket's inactivity timeout: only a deadline ends this.
    ["a byte every 20 ms", { fault: "drip", everyMs: 20 } as const],
  ])(
    "%s: another attempt begins beside it, on a new connection, until the time is over",
    async (_case, answer) => {
      stub.answer(answer);
      const startMs = performance.now();
      const { result, calls } = await callsDuring(() =>
        stsWith({ budgetMs: 450, companionAfterMs: 100 }).assumeRole(CALL),
      );
      expect(result).toEqual({ ok: false, refusal: { code: "STS_UNAVAILABLE", because: "timeout" } });
      // As many as the machine begins in time.
      expect(calls.length).toBeGreaterThanOrEqual(2);
      expect(calls.length).toBeLessThanOrEqual(7);
      expect(new Set(calls.map(({ connection }) => connection)).size).toBe(calls.length);
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(449);
      expect(performance.now() - startMs).toBeLessThan(5_000);
    },
  );

  it("gives the answer of the first attempt where the second one, beside it, is silent", async () => {
    stub.answer({ fault: "drip", everyMs: 1 }, { fault: "hang" });
    const { result, calls } = await callsDuring(() =>
      stsWith({ companionAfterMs: 50, budgetMs: 15_000 }).assumeRole(CALL),
    );
    expect(result.ok).toBe(true);
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });

  it("begins companions later after slow answers: a slow STS is not asked twice for each call", async () => {
    const sts = stsWith({ companionAfterMs: 100, budgetMs: 15_000 });
    stub.answer({ fault: "drip", everyMs: 1 });
    for (let call = 0; call < 6; call += 1) await sts.assumeRole(CALL);
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect(result.ok).toBe(true);
    expect(calls).toHaveLength(1);
  });

  it("begins no attempt for which no time is left", async () => {
    stub.answer({ fault: "hang" });
    const sts = stsWith({ budgetMs: 120, companionAfterMs: 150 });
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect(result).toEqual({ ok: false, refusal: { code: "STS_UNAVAILABLE", because: "timeout" } });
    expect(calls).toHaveLength(1);
  });

  it("gets two and a half attempts for each call, in the long run", async () => {
    // The breaker needs 16 failures in a row: every fourth attempt succeeds.
    let attempt = 0;
    const answer = () => (++attempt % 4 === 0 ? credentialsAnswer() : errorAnswer(500, "InternalError"));
    stub.answer(answer);
    const sts = stsWith();
    const { calls } = await callsDuring(async () => {
      for (let call = 0; call < 60; call += 1) await sts.assumeRole(CALL);
    });
    expect(calls.length).toBeLessThanOrEqual(60 * 2.5 + 20);
    expect(calls.length).toBeGreaterThan(60 * 2);
  });
});

describe("an STS that is dead", () => {
  const WARNING =
    /^STS: many calls in a row have failed \(server error\); it is not asked for 0\.[5-9] s$|1\.0 s$/;

  /** Two calls make 16 attempts, and the breaker opens. */
  async function opened() {
    const warnings: string[] = [];
    const sts = stsWith({ onWarning: (message) => warnings.push(message) });
    stub.answer(errorAnswer(500, "InternalError"));
    const { calls } = await callsDuring(async () => {
      for (let call = 0; call < 3; call += 1) await sts.assumeRole(CALL);
    });
    expect(calls).toHaveLength(16);
    return { sts, warnings };
  }

  it("is left alone after 16 failures in a row, and the operator is told once", async () => {
    const { sts, warnings } = await opened();
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect(result).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "left alone", retryAfterSeconds: 1 },
    });
    expect(calls).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(WARNING);
  });

  it("gets one attempt after the pause: it ends the pause when it succeeds", async () => {
    const { sts } = await opened();
    stub.answer(credentialsAnswer);
    moveWallClock(1_001);
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect([result.ok, calls.length]).toEqual([true, 1]);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
  });

  it("gets one attempt after the pause: everybody else waits for it, and is refused when it fails", async () => {
    const { sts, warnings } = await opened();
    moveWallClock(1_001);
    const { result, calls } = await callsDuring(() =>
      Promise.all([sts.assumeRole(CALL), sts.assumeRole(CALL), sts.assumeRole(CALL)]),
    );
    expect(result.map((one) => one.ok)).toEqual([false, false, false]);
    expect(calls).toHaveLength(1);
    expect(warnings).toHaveLength(2);
  });

  it("that is silent at the trial holds one request for a second", async () => {
    const { sts } = await opened();
    stub.answer({ fault: "hang" });
    moveWallClock(1_001);
    const startedMs = performance.now();
    const { result, calls } = await callsDuring(() => sts.assumeRole(CALL));
    expect([result.ok, calls.length]).toEqual([false, 1]);
    expect(performance.now() - startedMs).toBeLessThan(2_900);
  });

  it("is asked again at once when the clock has gone back: the pause would last for as long", async () => {
    const { sts } = await opened();
    stub.answer(credentialsAnswer);
    moveWallClock(-600_000);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
  });

  it("is not what attempts from before the pause show: they begin no pause anew", async () => {
    const sts = stsWith({ budgetMs: 1_000, companionAfterMs: 5_000 });
    stub.answer(errorAnswer(500, "InternalError"), credentialsAnswer);
    await sts.assumeRole(CALL);
    stub.answer({ fault: "hang" });
    const before = stub.calls.length;
    const early = sts.assumeRole(CALL);
    await vi.waitFor(() => expect(stub.calls.length).toBe(before + 1));
    stub.answer(errorAnswer(500, "InternalError"));
    for (let call = 0; call < 3; call += 1) await sts.assumeRole(CALL);
    stub.answer(credentialsAnswer);
    moveWallClock(1_001);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(await early).toMatchObject({ ok: false });
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
  });

  it("is not what denials and throttling show", async () => {
    const sts = stsWith();
    stub.answer(errorAnswer(500, "InternalError"), credentialsAnswer);
    await sts.assumeRole(CALL);
    for (const answer of [errorAnswer(403, "NoPermission"), errorAnswer(400, "Throttling.User")]) {
      stub.answer(answer);
      for (let call = 0; call < 20; call += 1) await sts.assumeRole(CALL);
    }
    stub.answer(credentialsAnswer);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
  });
});

/** Every pause before a retry asks for a random number once. */
function countedPauses() {
  let pauses = 0;
  return {
    count: () => pauses,
    random: () => {
      pauses += 1;
      return 0;
    },
  };
}

describe("a kept connection that is dead", () => {
  async function withKeptConnection(change: Partial<AliyunStsOptions> = {}) {
    const own = await startStubSts();
    onTestFinished(() => own.close());
    const pauses = countedPauses();
    const sts = stsWith({
      endpoint: { host: own.host, protocol: "http" },
      random: pauses.random,
      clock: { nowMs: () => Date.now() },
      ...change,
    });
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    return { own, sts, pauses };
  }

  function connectionsOf(own: StubSts): readonly number[] {
    return own.calls.map(({ connection }) => connection);
  }

  it("is reset by STS: the call goes to a new one at once, signed anew", async () => {
    const { own, sts, pauses } = await withKeptConnection();
    own.answer({ fault: "reset" }, credentialsAnswer);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 1, 2]);
    expect(pauses.count()).toBe(0);
    // STS takes a nonce once: the second request may not be a copy of the first.
    const nonces = own.calls.map(({ headers }) => headers["x-acs-signature-nonce"]);
    expect(new Set(nonces).size).toBe(3);
  });

  it("is closed by STS while it is idle: the next call opens one", async () => {
    const { own, sts, pauses } = await withKeptConnection();
    await own.dropConnections();
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 2]);
    expect(pauses.count()).toBe(0);
  });

  it("does not count as the one retry after an outage", async () => {
    const { own, sts, pauses } = await withKeptConnection();
    own.answer({ fault: "reset" }, page(503), credentialsAnswer);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 1, 2, 3]);
    expect(pauses.count()).toBe(1);
  });

  it("leaves ten attempts at the most, where new connections are reset too", async () => {
    const { own, sts, pauses } = await withKeptConnection();
    own.answer({ fault: "reset" });
    expect(await sts.assumeRole(CALL)).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNRESET" },
    });
    expect(connectionsOf(own)).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(pauses.count()).toBe(9);
  });

  it("is not what an answer shows that breaks off: that is an outage, with its pause", async () => {
    const { own, sts, pauses } = await withKeptConnection();
    own.answer({ fault: "truncate" }, credentialsAnswer);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 1, 2]);
    expect(pauses.count()).toBe(1);
  });

  it("is silent after a freeze: the call goes to a new one, without a pause", async () => {
    const { own, sts, pauses } = await withKeptConnection({ companionAfterMs: 100 });
    own.answer({ fault: "hang" }, credentialsAnswer);
    moveWallClock(3_001);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 1, 2]);
    expect(pauses.count()).toBe(0);
  });

  it("is not tried at all after more than a minute", async () => {
    const { own, sts } = await withKeptConnection();
    moveWallClock(61_000);
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(connectionsOf(own)).toEqual([1, 2]);
  });
});

/** What a frozen instance sees when it thaws: only the wall clock has moved. The credentials of the stub move with it. */
function moveWallClock(byMs: number): void {
  const realNow = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => realNow() + byMs);
  onTestFinished(() => void vi.restoreAllMocks());
}

describe("connections", () => {
  it("uses one connection for calls in turn, and leaves no timer behind", async () => {
    const own = await startStubSts();
    const sts = stsWith({ endpoint: { host: own.host, protocol: "http" } });
    const timersBefore = activeTimers();
    for (let call = 0; call < 20; call += 1) await sts.assumeRole(CALL);
    expect(own.connections()).toBe(1);
    expect(activeTimers()).toBeLessThanOrEqual(timersBefore);
    await own.close();
  });

  it("survives that STS closes a kept connection", async () => {
    const own = await startStubSts();
    const sts = stsWith({ endpoint: { host: own.host, protocol: "http" } });
    own.answer({
      ...(credentialsAnswer() as { status: number; body: string }),
      headers: { connection: "close" },
    });
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
    expect(own.connections()).toBe(2);
    await own.close();
  });
});
