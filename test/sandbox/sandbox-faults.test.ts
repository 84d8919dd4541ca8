import Oss from "ali-oss";
import { describe, expect, it, vi } from "vitest";
import type { FaultRule } from "../../sandbox/fault-rule.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { rpcRequest, send, type WireAnswer } from "../support/rpc-requests.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";

const sandbox = await sandboxForTests();

/** AssumeRole; the error's code (Node.js: ECONNRESET ...) where no answer came. */
async function assumeRole(): Promise<WireAnswer | string> {
  const parameters = { RoleArn: sandbox.roleArn, RoleSessionName: "alice" };
  return answerOrCode(send(sandbox.sts.url, rpcRequest("POST", sandbox, parameters)));
}

async function identity(): Promise<WireAnswer | string> {
  return answerOrCode(send(sandbox.sts.url, rpcRequest("GET", sandbox, { Action: "GetCallerIdentity" })));
}

describe("a fault", () => {
  it.each<[FaultRule["fault"], number, RegExp]>([
    [
      { kind: "throttle" },
      400,
      /"Code":"Throttling\.User","Message":"Request was denied due to user flow control\."/,
    ],
    [{ kind: "redirect" }, 302, /^$/],
    [{ kind: "error", status: 500 }, 500, /"Code":"InternalError"/],
    [{ kind: "error", status: 503 }, 503, /"Code":"ServiceUnavailable"/],
    [{ kind: "html" }, 502, /^<html>.*502 Bad Gateway/],
    [{ kind: "empty" }, 200, /^\{"RequestId":"[0-9A-F-]{36}"\}$/],
    [{ kind: "answer", status: 429, body: "slow down", headers: { "retry-after": "2" } }, 429, /^slow down$/],
  ])("of kind %j answers in the service's place", async (fault, status, text) => {
    sandbox.faults.add({ service: "sts", fault });
    const answer = await assumeRole();
    expect(answer).toMatchObject({ status, text: expect.stringMatching(text) });
    expect(sandbox.world.journal.at(-1)).toMatchObject({
      service: "sts",
      status,
      because: `fault: ${fault.kind}`,
    });
  });

  it.each([
    [
      "sts",
      "/?Format=XML",
      400,
      /^<\?xml .*<HostId>sts\.aliyuncs\.com<\/HostId><Code>Throttling\.User<\/Code>/,
    ],
    ["sts", "/?Format=JSON", 400, /^\{"RequestId":.*"HostId":"sts\.aliyuncs\.com","Code":"Throttling\.User"/],
    ["ram", "/?Format=JSON", 400, /"HostId":"ram\.aliyuncs\.com","Code":"Throttling\.User".*product=Ram/],
    ["oss", "/", 503, /<Code>QpsLimitExceeded<\/Code>.*<EC>0004-00000302<\/EC>/],
    ["fc", "/", 429, /^\{"RequestId":"1-[^"]*","Code":"ResourceExhausted","Message":/],
    [
      "fc",
      "/2016-08-15/services/any/functions/example/invocations",
      429,
      /^\{"ErrorCode":"ResourceExhausted","ErrorMessage":/,
    ],
    ["issuer", "/", 429, /^\{"error":"temporarily_unavailable","error_description":/],
  ] as const)("speaks as its service does: %s%s", async (service, path, status, text) => {
    sandbox.faults.add({ service, fault: { kind: "throttle" } });
    const response = await fetch(sandbox[service].url + path);
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(text);
    expect(sandbox.world.journal.at(-1)).toMatchObject({ service, status, because: "fault: throttle" });
  });

  it("reaches ali-oss as OSS's own error: code, EC and request id, for HEAD too", async () => {
    sandbox.faults.add({ service: "oss", fault: { kind: "throttle" } });
    const client = new Oss({
      ...sandbox.administrator,
      bucket: sandbox.bucket,
      endpoint: sandbox.oss.url,
      ...({ sldEnable: true } as object),
    });
    const throttled = { status: 503, code: "QpsLimitExceeded", ecCode: "0004-00000302" };
    for (const [operation, call] of [
      ["GetObject", () => client.get("a")],
      ["HeadObject", () => client.head("a")],
    ] as const) {
      const error = await call().catch((thrown: unknown) => thrown);
      const entry = sandbox.world.journal.at(-1);
      expect(error).toMatchObject({ ...throttled, requestId: entry?.requestId });
      expect(entry).toMatchObject({ operation, code: "QpsLimitExceeded", because: "fault: throttle" });
    }
  });

  it.each([
    ["sts", 500, "InternalError"],
    ["ram", 503, "ServiceUnavailable"],
    ["oss", 500, "InternalError"],
    ["oss", 503, "ServiceUnavailable"],
    ["fc", 500, "InternalServerError"],
    ["fc", 503, "ServiceUnavailable"],
    ["issuer", 500, "server_error"],
    ["issuer", 503, "temporarily_unavailable"],
  ] as const)("of kind error is one that the service has: %s, %i %s", async (service, status, code) => {
    sandbox.faults.add({ service, fault: { kind: "error", status } });
    const response = await fetch(sandbox[service].url);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(code);
    expect(sandbox.world.journal.at(-1)).toMatchObject({ status, code });
  });

  it.each<FaultRule["fault"]>([{ kind: "throttle" }, { kind: "html" }, { kind: "empty" }])(
    "leaves no token and no signature of a signed URL in the journal: %j",
    async (fault) => {
      sandbox.faults.add({ service: "oss", fault });
      sandbox.world.journal.splice(0);
      await fetch(`${sandbox.oss.url}/b/k?OSSAccessKeyId=STS.a&Signature=secret1&security-token=secret2`);
      expect(sandbox.world.journal).toHaveLength(1);
      expect(JSON.stringify(sandbox.world.journal)).not.toMatch(/secret/);
    },
  );

  it("of kind empty names the request id that the journal has", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "empty" } });
    const { text } = (await assumeRole()) as WireAnswer;
    expect(JSON.parse(text)).toEqual({ RequestId: sandbox.world.journal.at(-1)?.requestId });
  });

  it("that cannot be sent ends its request, and not the sandbox", async () => {
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const headers = { "bad header": "x" };
    sandbox.faults.add({
      service: "oss",
      fault: { kind: "answer", status: 200, headers, body: "" },
      times: 1,
    });
    await expect(fetch(sandbox.oss.url)).rejects.toThrow("fetch failed");
    expect(told).toHaveBeenCalledWith(expect.stringMatching(/^sandbox: TypeError: Header name must be/));
    expect((await fetch(sandbox.oss.url)).status).toBe(403);
  });

  it("with a share strikes so many, and with the same seed the same ones", async () => {
    const struck = async (seed: number) => {
      const id = sandbox.faults.add({ service: "sts", fault: { kind: "html" }, share: 0.5, seed });
      const answers: boolean[] = [];
      for (let call = 0; call < 60; call += 1)
        answers.push(((await identity()) as WireAnswer).status === 502);
      sandbox.faults.clear(id);
      return answers;
    };
    const first = await struck(7);
    expect(first.filter(Boolean).length).toBeGreaterThan(20);
    expect(first.filter(Boolean).length).toBeLessThan(40);
    expect(await struck(7)).toEqual(first);
    expect(await struck(8)).not.toEqual(first);
  });

  it("with a share uses up none of its times on a request that it leaves alone", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "html" }, share: 0.2, times: 2 });
    let failed = 0;
    for (let call = 0; call < 60; call += 1)
      failed += ((await identity()) as WireAnswer).status === 502 ? 1 : 0;
    expect(failed).toBe(2);
    expect(sandbox.faults.list()).toEqual([]);
  });

  it("of kind slow that the client does not wait for is in the journal", async () => {
    sandbox.faults.add({ service: "issuer", fault: { kind: "slow", ms: 60_000 } });
    const signal = AbortSignal.timeout(50);
    await expect(fetch(`${sandbox.issuer.url}/token`, { signal })).rejects.toThrow();
    await expect
      .poll(() => sandbox.world.journal.at(-1))
      .toMatchObject({
        operation: "GET /token",
        status: 0,
        because: "fault: slow; the client did not wait",
      });
  });

  it("of kind slow adds up with another one", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "slow", ms: 60 } });
    sandbox.faults.add({ service: "sts", fault: { kind: "slow", ms: 60 } });
    sandbox.faults.add({ service: "sts", fault: { kind: "html" } });
    const startedMs = performance.now();
    expect(await identity()).toMatchObject({ status: 502 });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(119);
  });

  it("of kind reset cuts the connection", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "reset" } });
    expect(await assumeRole()).toBe("ECONNRESET");
  });

  it("of kind truncated ends in the middle of the right answer, which the service did give", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "truncated" } });
    const sessions = sandbox.world.sessions.size;
    expect(await assumeRole()).toBe("UND_ERR_SOCKET");
    expect(sandbox.world.sessions.size).toBe(sessions + 1);
  });

  it("of kind hang never answers, and holds nothing up when the sandbox stops", async () => {
    const other = await startSandbox();
    other.faults.add({ service: "issuer", fault: { kind: "hang" } });
    const pending = answerOrCode(
      send(other.issuer.url, { method: "GET", target: "/", headers: {}, body: "" }),
    );
    const first = await Promise.race([
      pending,
      new Promise((resolve) => setTimeout(resolve, 150, "nothing")),
    ]);
    expect(first).toBe("nothing");
    await other.stop();
    expect(await pending).toBe("UND_ERR_SOCKET");
  });

  it("of kind slow gives the right answer later", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "slow", ms: 120 } });
    const startedMs = performance.now();
    expect(await identity()).toMatchObject({ status: 200 });
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(119);
  });

  it("of kind drip gives the right answer byte by byte", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "drip", ms: 1 } });
    const startedMs = performance.now();
    const answer = await identity();
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining("oss-valet-caller") });
    const bytes = typeof answer === "string" ? 0 : answer.text.length;
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(bytes);
  });

  it("meets so many requests as it says, and no more", async () => {
    sandbox.faults.add({ service: "sts", fault: { kind: "throttle" }, times: 2 });
    expect(await assumeRole()).toMatchObject({ status: 400 });
    expect(sandbox.faults.list()).toEqual([
      { id: expect.any(String), service: "sts", fault: { kind: "throttle" }, times: 1 },
    ]);
    expect(await assumeRole()).toMatchObject({ status: 400 });
    expect(await assumeRole()).toMatchObject({ status: 200 });
    expect(sandbox.faults.list()).toEqual([]);
  });

  it("meets its operation alone, and its service alone", async () => {
    sandbox.faults.add({ service: "sts", operation: "AssumeRole", fault: { kind: "throttle" } });
    sandbox.faults.add({
      service: "issuer",
      operation: "GET /.well-known/jwks.json",
      fault: { kind: "html" },
    });
    expect(await identity()).toMatchObject({ status: 200 });
    expect(await assumeRole()).toMatchObject({ status: 400 });
    expect((await fetch(sandbox.issuer.jwksUrl)).status).toBe(502);
    expect((await fetch(`${sandbox.issuer.url}/.well-known/openid-configuration`)).status).toBe(200);
  });

  it("is over once it is cleared; another one stays", async () => {
    const id = sandbox.faults.add({ service: "sts", operation: "AssumeRole", fault: { kind: "html" } });
    sandbox.faults.add({ service: "sts", operation: "GetCallerIdentity", fault: { kind: "html" } });
    expect(sandbox.faults.clear(id)).toBe(true);
    expect(sandbox.faults.clear(id)).toBe(false);
    expect(await assumeRole()).toMatchObject({ status: 200 });
    expect(await identity()).toMatchObject({ status: 502 });
  });
});

async function answerOrCode(answer: Promise<WireAnswer>): Promise<WireAnswer | string> {
  try {
    return await answer;
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string } };
    return cause?.code ?? String(error);
  }
}
