import { describe, expect, it } from "vitest";
import { rawRequest } from "../support/raw-request.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";

const sandbox = await sandboxForTests();

const ANSWER = { service: "oss", kind: "answer", status: 200, body: "" };

async function control(operation: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const [method = "", path = ""] = operation.split(" ");
  const response = await fetch(sandbox.control.url + path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, body: await response.json() };
}

describe("the clock", () => {
  it("is moved on and set apart, and tells the cloud's time", async () => {
    const beforeMs = sandbox.clock.nowMs();
    const { body } = await control("POST /clock", { advanceMs: 3_600_000, skewMs: -60_000 });
    const { cloud } = body as { readonly cloud: string };
    expect(Date.parse(cloud) - beforeMs).toBeGreaterThanOrEqual(3_540_000);
    expect(Date.parse(cloud) - beforeMs).toBeLessThan(3_545_000);
    expect(sandbox.clock.nowMs() - beforeMs).toBeGreaterThanOrEqual(3_540_000);
    expect(await control("GET /clock")).toMatchObject({ status: 200, body: { cloud: expect.any(String) } });
  });

  it.each([
    [{ advanceMs: -1 }, /^advanceMs: /],
    [{ advanceMs: "1h" }, /^advanceMs: /],
    [{ skewMs: 0.5 }, /^skewMs: /],
    [{ skewMs: 1e300 }, /^skewMs: /],
    [{ advanceMS: 1 }, /^advanceMS: /],
  ])("is not moved by %j", async (body, error) => {
    const beforeMs = sandbox.clock.nowMs();
    const answer = await control("POST /clock", body);
    expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(error) } });
    expect(sandbox.clock.nowMs() - beforeMs).toBeLessThan(1000);
  });
});

describe("faults", () => {
  it("are switched on, listed and cleared", async () => {
    const rule = {
      service: "sts",
      operation: "AssumeRole",
      kind: "slow",
      ms: 500,
      times: 3,
      share: 0.5,
      seed: 7,
    };
    const { status, body } = await control("POST /faults", rule);
    expect(status).toBe(201);
    const { id } = body as { readonly id: string };
    expect((await control("GET /faults")).body).toEqual([
      {
        id,
        service: "sts",
        operation: "AssumeRole",
        times: 3,
        share: 0.5,
        seed: 7,
        fault: { kind: "slow", ms: 500 },
      },
    ]);
    expect(await control(`DELETE /faults/${id}`)).toEqual({ status: 200, body: { cleared: true } });
    expect(await control(`DELETE /faults/${id}`)).toMatchObject({ status: 404 });
    expect((await control("DELETE /faults")).body).toEqual({ cleared: false });
  });

  it.each([
    [{ kind: "hang" }, /^service: must be one of sts, oss, ram, fc, issuer$/],
    [{ service: "ecs", kind: "hang" }, /^service: /],
    [{ service: "sts" }, /^kind: must be one of throttle, /],
    [{ service: "sts", kind: "constructor" }, /^kind: /],
    [{ service: "sts", kind: "slow" }, /^ms: must be milliseconds/],
    [{ service: "sts", kind: "error", status: 404 }, /^status: must be 500 or 503$/],
    [{ service: "sts", kind: "hang", ms: 5 }, /^ms: a fault of kind hang has no member of that name$/],
    [{ service: "sts", kind: "hang", times: 0 }, /^times: /],
    [{ service: "sts", kind: "hang", share: 0 }, /^share: must be a number above 0, up to 1$/],
    [{ service: "sts", kind: "hang", share: 1.5 }, /^share: /],
    [{ service: "sts", kind: "hang", share: 0.5, seed: -1 }, /^seed: must be a whole number from 0 /],
    [{ service: "sts", kind: "hang", seed: 1 }, /^seed: needs share; add it$/],
    [{ ...ANSWER, headers: { a: 1 } }, /^headers: /],
    [{ ...ANSWER, headers: ["a"] }, /^headers: /],
    [{ ...ANSWER, headers: { "bad header": "x" } }, /^headers: must be an object of HTTP headers/],
    [{ ...ANSWER, headers: { a: "b\r\nc: d" } }, /^headers: /],
    [{ ...ANSWER, headers: { Trailer: "x" } }, /^headers: /],
    [{ service: "sts", operation: 5, kind: "hang" }, /^operation: /],
    [
      { service: "sts", operation: "asumerole", kind: "hang" },
      /^operation: must be one of AssumeRole, GetCallerIdentity$/,
    ],
    [{ service: "ram", operation: "AssumeRole", kind: "hang" }, /^operation: must be one of .*CreateRole/],
    [
      { service: "oss", operation: "PutObject", kind: "hang" },
      /^operation: must be a method and the beginning of a path, /,
    ],
  ])("are refused where the rule is %j", async (rule, error) => {
    expect(await control("POST /faults", rule)).toEqual({
      status: 400,
      body: { error: expect.stringMatching(error) },
    });
    expect(sandbox.faults.list()).toEqual([]);
  });
});

describe("the journal", () => {
  it("is read, by service and from its end, and emptied", async () => {
    await fetch(sandbox.issuer.jwksUrl);
    await fetch(sandbox.sts.url);
    await fetch(`${sandbox.issuer.url}/nothing`);
    expect((await control("GET /journal?service=issuer&last=1")).body).toMatchObject([
      { service: "issuer", operation: "GET /nothing", status: 404, code: "not_found" },
    ]);
    expect((await control("GET /journal?service=sts")).body).toMatchObject([{ code: "MissingAction" }]);
    expect(await control("GET /journal?last=all")).toMatchObject({ status: 400 });
    expect(await control("GET /journal?service=stss")).toEqual({
      status: 400,
      body: { error: "service: must be one of sts, oss, ram, fc, issuer, proxy" },
    });
    expect((await control("DELETE /journal")).body).toEqual({ cleared: 3 });
    expect((await control("GET /journal")).body).toEqual([]);
  });
});

describe("OSS's access log and ActionTrail", () => {
  it("are read, by key and by request, from their end, and emptied", async () => {
    const { name } = [...sandbox.world.buckets.values()][0] ?? { name: "" };
    await fetch(`${sandbox.oss.url}/${name}/a.txt`);
    await fetch(`${sandbox.oss.url}/${name}/b.txt`);
    expect((await control(`GET /oss-access-log?bucket=${name}&last=1`)).body).toEqual([
      expect.stringContaining(`"GET /${name}/b.txt HTTP/1.1" 403 `),
    ]);
    expect((await control("GET /oss-access-log?accessKeyId=-")).body).toHaveLength(2);
    expect((await control("GET /oss-access-log?accessKeyId=STS.another")).body).toEqual([]);
    expect(await control("GET /oss-access-log?bucket=another")).toEqual({
      status: 400,
      body: { error: expect.stringMatching(/^bucket: must be one of .*examplebucket/) },
    });
    expect(await control("DELETE /oss-access-log")).toEqual({ status: 200, body: { cleared: 2 } });
    expect((await control("GET /oss-access-log")).body).toEqual([]);
    expect((await control("GET /actiontrail?last=5")).body).toEqual([]);
    expect((await control("GET /actiontrail?requestId=E0C4")).body).toEqual([]);
    expect(await control("DELETE /actiontrail")).toEqual({ status: 200, body: { cleared: 0 } });
    expect(await control("GET /actiontrail?accessKeyId=x")).toMatchObject({ status: 400 });
  });
});

describe("the functions' log", () => {
  it("is empty where no function has run, and can be emptied", async () => {
    expect(await control("GET /log")).toEqual({ status: 200, body: [] });
    sandbox.world.functionLog.push({ timeMs: 0, function: "f", requestId: "1-a", text: "one" });
    sandbox.world.functionLog.push({ timeMs: 0, function: "f", requestId: undefined, text: '{"two":2}' });
    expect((await control("GET /log")).body).toEqual([
      { timeMs: 0, function: "f", requestId: "1-a", text: "one" },
      { timeMs: 0, function: "f", json: { two: 2 } },
    ]);
    expect((await control("GET /log?last=1")).body).toMatchObject([{ json: { two: 2 } }]);
    expect((await control("GET /log?requestId=1-a")).body).toMatchObject([{ text: "one" }]);
    expect((await control("GET /log?requestId=1-b")).body).toEqual([]);
    expect(await control("DELETE /log")).toEqual({ status: 200, body: { cleared: 2 } });
    expect((await control("GET /log")).body).toEqual([]);
  });

  it.each([
    ["last=all", "last: must be a number of entries, 0 to 999999"],
    ["last=-1", "last: must be a number of entries, 0 to 999999"],
    ["last=1&last=2", "last: appears more than once; send it once"],
    ["requestId=", "requestId: must be the RequestId of an answer: letters, digits and dashes"],
    ["requestId=a%20b", "requestId: must be the RequestId of an answer: letters, digits and dashes"],
    ["function=another", "function: no function is deployed; npm start deploys one"],
    ["requestid=1-a", "requestid: unknown parameter of GET /log"],
  ])("refuses ?%s", async (query, error) => {
    expect(await control(`GET /log?${query}`)).toEqual({ status: 400, body: { error } });
  });

  it("is not for web pages", async () => {
    const { status } = await fetch(`${sandbox.control.url}/log`, {
      headers: { origin: "https://example.com" },
    });
    expect(status).toBe(403);
  });
});

describe("the issuer's keys", () => {
  it("are rotated, the old ones staying published unless they are dropped", async () => {
    const keyIds = async (body: object) =>
      ((await control("POST /rotate-keys", body)).body as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    const first = sandbox.issuer.jwks().keys.map(({ kid }) => kid);
    const second = await keyIds({});
    expect(second).toHaveLength(2);
    expect(second).toContain(first[0]);
    expect(await keyIds({ dropOld: true })).toHaveLength(1);
    expect(await control("POST /rotate-keys", { dropOld: "yes" })).toMatchObject({ status: 400 });
  });
});

describe("the control API", () => {
  it("names its switches to whoever asks for another", async () => {
    const { status, body } = await control("GET /help");
    expect(status).toBe(404);
    expect(body).toMatchObject({
      switches: expect.arrayContaining(["POST /clock", "POST /faults", "GET /journal"]),
    });
  });

  it.each(["https://evil.example.com", "null"])("does nothing for a page of %s", async (origin) => {
    const keys = sandbox.issuer.jwks();
    for (const [method, path] of [
      ["POST", "/rotate-keys"],
      ["GET", "/scene"],
      ["OPTIONS", "/clock"],
    ]) {
      const response = await fetch(sandbox.control.url + path, { method: method ?? "", headers: { origin } });
      expect(response.status).toBe(403);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect(sandbox.issuer.jwks()).toEqual(keys);
  });

  it.each([
    "evil.example.com",
    "127.0.0.1.evil.example.com:80",
    "localhost.evil.example.com",
    "127.0.0.1:80@evil",
    "",
  ])("gives nothing to a client that calls it %j", async (host) => {
    const port = Number(new URL(sandbox.control.url).port);
    const { status, body } = await rawRequest(port, ["GET /scene HTTP/1.1", `Host: ${host}`]);
    expect(status).toBe(403);
    expect(body).toContain("Host: must be 127.0.0.1, localhost or [::1], with or without a port");
    expect(body).not.toContain(sandbox.administrator.accessKeySecret);
  });

  it.each(["127.0.0.1", "localhost:1234", "LOCALHOST", "[::1]:80"])("answers as %s", async (host) => {
    const port = Number(new URL(sandbox.control.url).port);
    expect((await rawRequest(port, ["GET /scene HTTP/1.1", `Host: ${host}`])).status).toBe(200);
  });

  it("takes no body that does not say that it is JSON", async () => {
    const body = JSON.stringify({ service: "sts", kind: "hang" });
    const response = await fetch(`${sandbox.control.url}/faults`, { method: "POST", body });
    expect(response.status).toBe(400);
    expect(sandbox.faults.list()).toEqual([]);
  });

  it.each<[string, object | undefined, RegExp]>([
    ["POST /rotate-keys", { dropold: true }, /^dropold: unknown parameter of POST \/rotate-keys$/],
    ["DELETE /journal", { service: "sts" }, /^service: unknown parameter of DELETE \/journal$/],
    ["DELETE /journal?service=sts", undefined, /^service: /],
    ["GET /journal?from=5", undefined, /^from: /],
    ["DELETE /faults/fault-1", { id: 1 }, /^id: /],
  ])("refuses what %s with %j does not know", async (operation, body, error) => {
    expect(await control(operation, body)).toEqual({
      status: 400,
      body: { error: expect.stringMatching(error) },
    });
  });

  it("tells whom and what the sandbox is about, with keys that may use the RAM API", async () => {
    const { body } = await control("GET /scene");
    expect(body).toEqual({
      accountId: sandbox.accountId,
      caller: { accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret },
      administrator: sandbox.administrator,
      roleArn: sandbox.roleArn,
      functionRoleArn: sandbox.functionRoleArn,
      uploadsRoleArn: "acs:ram::1234567890123456:role/oss-valet-uploads",
      bucket: sandbox.bucket,
      region: sandbox.region,
    });
  });

  it.each(["[]", "{", '"text"'])("refuses the body %s", async (body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${sandbox.control.url}/clock`, { method: "POST", body, headers });
    expect(response.status).toBe(400);
  });
});
