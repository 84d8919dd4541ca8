import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import type { CredentialsBody } from "../../shared/wire.ts";
import { rawRequest } from "../support/raw-request.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ port: 0, orFree: true });
});
afterAll(() => stage.stop());

const JSON_TYPE = { "Content-Type": "application/json" };

describe("the window of the demo App on the local cloud", () => {
  it("shows the exchange of the credentials that are named: rule, session policy, times, calls", async () => {
    const answer = await vend("alice");
    const facts = await local(`exchange?accessKeyId=${answer.AccessKeyId}`);
    expect(facts).toMatchObject({
      status: 200,
      body: {
        audit: {
          requestId: answer.RequestId,
          rules: ["own folder"],
          prefixes: ["examplebucket/users/alice/"],
        },
        rules: [{ name: "own folder", prefix: "users/{sub}/" }],
        role: "RamOssTest",
        expiresMs: Date.parse(answer.Expiration),
        calls: [
          { service: "fc", operation: "GET /credentials", status: 200, requestId: answer.RequestId },
          { service: "sts", operation: "AssumeRole", status: 200 },
        ],
      },
    });
    expect(JSON.parse(facts.body.sessionPolicy)).toMatchObject({ Version: "1" });
  });

  it("shows no key, no token, and nobody else's calls", async () => {
    const [alice, bob] = [await vend("alice"), await vend("bob")];
    const { body } = await local(`exchange?accessKeyId=${bob.AccessKeyId}`);
    const text = JSON.stringify(body);
    for (const secret of [bob.AccessKeySecret, bob.SecurityToken, alice.AccessKeyId, alice.SessionName])
      expect(text).not.toContain(secret);
    expect(body.calls.map(({ operation }: { operation: string }) => operation)).toEqual([
      "GET /credentials",
      "AssumeRole",
    ]);
  });

  it("knows a refusal for ended credentials by the folder, as OSS no longer says whose they were", async () => {
    const alice = await vend("alice");
    stage.sandbox.world.journal.push(
      refusal("examplebucket/users/alice/film.mp4"),
      refusal("examplebucket/users/alicia/film.mp4"),
    );
    const { body } = await local(`exchange?accessKeyId=${alice.AccessKeyId}`);
    expect(body.calls[0]).toMatchObject({
      code: "SecurityTokenExpired",
      resource: expect.stringContaining("alice/"),
    });
    expect(JSON.stringify(body.calls)).not.toContain("alicia");
  });

  it("answers 404 for credentials that STS never gave", async () => {
    expect(await local("exchange?accessKeyId=STS.nobody")).toEqual({
      status: 404,
      body: { error: "accessKeyId: STS gave no credentials with this id" },
    });
  });

  it("moves the clock, and slows uploads down and up again", async () => {
    const before = stage.sandbox.clock.nowMs();
    const moved = await post("clock", { advanceMs: 3_600_000 });
    expect(moved.body.cloudMs - before).toBeGreaterThanOrEqual(3_600_000);
    expect(await post("network", { slowMs: 900 })).toMatchObject({ body: { slowMs: 900 } });
    expect(await post("network", { slowMs: 500 })).toMatchObject({ body: { slowMs: 500 } });
    expect(stage.sandbox.faults.list()).toMatchObject([{ service: "oss", fault: { kind: "slow", ms: 500 } }]);
    expect(await post("network", { slowMs: 0 })).toMatchObject({ body: { slowMs: 0 } });
    expect(stage.sandbox.faults.list()).toEqual([]);
  });

  it.each<[string, string, unknown]>([
    ["the clock backwards", "clock", { advanceMs: -1 }],
    ["more than a day", "clock", { advanceMs: 86_400_001 }],
    ["a part of a millisecond", "clock", { advanceMs: 0.5 }],
    ["another switch of the clock", "clock", { skewMs: 1000 }],
    ["one switch too many", "clock", { advanceMs: 1, skewMs: 1 }],
    ["a text", "clock", { advanceMs: "1" }],
    ["a list", "clock", [1]],
    ["longer waiting than ten seconds", "network", { slowMs: 10_001 }],
  ])("refuses %s, and changes nothing", async (_what, route, body) => {
    const offset = stage.sandbox.clock.offsetMs();
    expect(await post(route, body)).toMatchObject({
      status: 400,
      body: { error: expect.stringMatching(/^write \{/) },
    });
    expect(stage.sandbox.clock.offsetMs()).toBe(offset);
    expect(stage.sandbox.faults.list()).toEqual([]);
  });

  it.each(["POST exchange", "GET clock", "GET scene", "GET journal", "POST faults", "DELETE clock"])(
    "has no route %s: the rest of the control API stays where it is",
    async (operation) => {
      const [method = "", path = ""] = operation.split(" ");
      const body = method === "POST" ? { body: "{}" } : {};
      expect(await local(path, { method, headers: JSON_TYPE, ...body })).toEqual({
        status: 404,
        body: { error: `unknown route ${operation}` },
      });
    },
  );
});

describe("who may look through it", () => {
  it.each(["127.0.0.1", "localhost"])("the page itself, as %s", async (name) => {
    const own = stage.pageUrl.replace("127.0.0.1", name);
    expect(
      (await fetch(`${own}/local-cloud/state`, { headers: { "Sec-Fetch-Site": "same-origin" } })).status,
    ).toBe(200);
    expect((await post("clock", { advanceMs: 0 }, { Origin: own }, own)).status).toBe(200);
  });

  it.each([
    ["a page of another origin", { Origin: "https://evil.example.com" }],
    ["a page on another port of this machine", { Origin: "http://127.0.0.1:1" }],
    ["a page in a sandboxed frame", { Origin: "null" }],
    ["a page that loads it as a script or picture", { "Sec-Fetch-Site": "cross-site" }],
    ["a page on another port, without Origin", { "Sec-Fetch-Site": "same-site" }],
  ])("not %s: 403, and the clock stands", async (_who, headers) => {
    const offset = stage.sandbox.clock.offsetMs();
    expect((await post("clock", { advanceMs: 1000 }, headers)).status).toBe(403);
    expect((await local("state", { headers })).status).toBe(403);
    expect(stage.sandbox.clock.offsetMs()).toBe(offset);
  });

  it("not the page under its other name: 127.0.0.1 and localhost are two origins", async () => {
    const other = stage.pageUrl.replace("127.0.0.1", "localhost");
    expect((await post("clock", { advanceMs: 1000 }, { Origin: other })).status).toBe(403);
  });

  it.each(["evil.example.com", "127.0.0.1", "127.0.0.1:1"])(
    "nobody whose name %s leads here (DNS rebinding): 403",
    async (host) => {
      const { port } = new URL(stage.pageUrl);
      const { status, body } = await rawRequest(Number(port), [
        "GET /local-cloud/state HTTP/1.1",
        `Host: ${host}`,
      ]);
      expect([status, body]).toEqual([403, expect.stringContaining("Host: must be one of")]);
    },
  );

  it("no form: a body that is not JSON gets 400", async () => {
    const text = { method: "POST", headers: { "Content-Type": "text/plain" }, body: '{"advanceMs":1000}' };
    const offset = stage.sandbox.clock.offsetMs();
    expect((await local("clock", text)).status).toBe(400);
    expect(stage.sandbox.clock.offsetMs()).toBe(offset);
  });

  it("no page with an iframe, a picture or a script of it: it has the headers against that", async () => {
    const { headers } = await fetch(`${stage.pageUrl}/local-cloud/state`);
    expect(headers.get("Cross-Origin-Resource-Policy")).toBe("same-origin");
    expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
    expect(headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

describe("the page", () => {
  it("may run its own scripts alone, and connect to its three services alone", async () => {
    const { headers } = await fetch(`${stage.pageUrl}/`);
    const { fc, issuer, oss } = stage.sandbox;
    const buckets = `${oss.url} ${oss.url.replace("//", "//*.")}`;
    expect(headers.get("Content-Security-Policy")?.split("; ")).toEqual([
      "default-src 'self'",
      `connect-src 'self' ${fc.url} ${issuer.url} ${buckets}`,
      `img-src 'self' ${buckets}`,
      `media-src ${buckets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });

  it.each([
    ["/", "text/html; charset=utf-8", "<!doctype html>"],
    ["/app.js", "text/javascript; charset=utf-8", "createCredentials"],
    ["/style.css", "text/css; charset=utf-8", ":root"],
    ["/icon.svg", "image/svg+xml", "<svg"],
    ["/config.json", "application/json; charset=utf-8", '"credentialsUrl"'],
  ])("has %s", async (path, type, text) => {
    const response = await fetch(`${stage.pageUrl}${path}`);
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, type]);
    expect(await response.text()).toContain(text);
  });

  it.each(["/src/app.ts", "/..%2fpackage.json", "/tsconfig.json", "/constructor", "/app.js/"])(
    "has no %s",
    async (path) => {
      expect((await fetch(`${stage.pageUrl}${path}`)).status).toBe(404);
    },
  );
});

// biome-ignore lint/suspicious/noExplicitAny: each test says what it expects of the body
type Answer = { readonly status: number; readonly body: any };

async function local(path: string, init: RequestInit = {}, origin = stage.pageUrl): Promise<Answer> {
  const response = await fetch(`${origin}/local-cloud/${path}`, init);
  return { status: response.status, body: await response.json() };
}

function post(path: string, body: unknown, headers: object = {}, origin = stage.pageUrl): Promise<Answer> {
  return local(
    path,
    { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) },
    origin,
  );
}

async function vend(user: string): Promise<CredentialsBody> {
  const token = appTokenFor(stage, user, { seconds: 600 });
  stage.sandbox.world.journal.splice(0);
  stage.sandbox.world.functionLog.splice(0);
  onTestFinished(() => void stage.sandbox.world.journal.splice(0));
  const response = await fetch(stage.credentialsUrl, { headers: { Authorization: `Bearer ${token}` } });
  return (await response.json()) as CredentialsBody;
}

function refusal(key: string) {
  return {
    timeMs: stage.sandbox.clock.nowMs(),
    service: "oss",
    operation: "UploadPart",
    principal: undefined,
    resource: `acs:oss:*:*:${key}`,
    status: 403,
    code: "SecurityTokenExpired",
    because: "The security token you provided has expired.",
    requestId: key,
  } as const;
}
