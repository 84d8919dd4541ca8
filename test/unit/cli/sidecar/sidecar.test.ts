import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { type Sidecar, startSidecar } from "../../../../cli/sidecar/sidecar.ts";
import type { Credentials, LiveCredentials } from "../../../../client/src/live-credentials.ts";
import { ValetError, type ValetErrorFacts } from "../../../../client/src/valet-error.ts";
import { rawRequest } from "../../../support/raw-request.ts";

/** A whole second. */
const NOW_MS = Date.parse("2026-11-26T12:00:00Z");

const CREDENTIALS: Credentials = {
  accessKeyId: "STS.key",
  accessKeySecret: "the-secret",
  securityToken: "the-security-token",
  expiresAt: new Date(NOW_MS + 3_600_000 + 789),
  bucket: "examplebucket",
  region: "cn-hangzhou",
  endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
  cname: false,
  prefix: "users/alice/",
  permissions: ["read", "write"],
  grants: [],
  sessionName: "alice-1",
  requestId: "request-1",
};

let sidecar: Sidecar | undefined;
let lines: string[];
let asked: unknown[];

afterEach(async () => {
  await sidecar?.stop();
  sidecar = undefined;
});

interface Given {
  readonly get?: LiveCredentials["get"];
  /** Milliseconds by which the server's clock is ahead. */
  readonly aheadMs?: number;
}

async function started({ get = async () => CREDENTIALS, aheadMs = 0 }: Given = {}): Promise<URL> {
  lines = [];
  asked = [];
  sidecar = await startSidecar({
    live: {
      get: (options) => {
        asked.push(options);
        return get(options);
      },
      now: () => NOW_MS + aheadMs,
    },
    port: 0,
    endpoint: "https://sts.example.com/credentials",
    nowMs: () => NOW_MS,
    log: (line) => void lines.push(line),
  });
  return new URL(sidecar.uri);
}

async function failing(message: string, facts: ValetErrorFacts): Promise<Response> {
  return fetch(await started({ get: () => Promise.reject(new ValetError(message, facts)) }));
}

describe("the answer", () => {
  it("is what every credentials_uri client takes: flat, strings, no milliseconds", async () => {
    const answer = await fetch(await started());
    expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
      200,
      expect.objectContaining({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
      }),
    ]);
    expect(await answer.json()).toEqual({
      StatusCode: "200",
      Code: "Success",
      AccessKeyId: "STS.key",
      AccessKeySecret: "the-secret",
      SecurityToken: "the-security-token",
      Expiration: "2026-11-26T13:00:00Z",
    });
  });

  it("asks for credentials with most of their life left: a program that asks once keeps them", async () => {
    await fetch(await started());
    expect(asked).toEqual([{ fresh: true }]);
  });

  it.each([20, -20])(
    "has Expiration in the time of this machine, whose clock differs by %i minutes: SDKs compare the two",
    async (minutes) => {
      const answer = await fetch(await started({ aheadMs: minutes * 60_000 }));
      const { Expiration } = (await answer.json()) as { readonly Expiration: string };
      expect(Date.parse(Expiration)).toBe(NOW_MS + 3_600_000 - minutes * 60_000);
    },
  );

  it("is for no browser: no CORS header", async () => {
    const { headers } = await fetch(await started());
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
});

describe("an error", () => {
  it("keeps the function's status, code, request id and wait", async () => {
    const answer = await failing("STS throttles.", {
      code: "StsThrottled",
      source: "valet",
      retryable: true,
      status: 503,
      requestId: "request-2",
      retryAfterMs: 1500,
    });
    expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toEqual([
      503,
      "2",
      { StatusCode: "503", Code: "StsThrottled", Message: "STS throttles.", RequestId: "request-2" },
    ]);
  });

  it.each([undefined, 200])("without a status of its own (%s) is 502", async (status) => {
    const answer = await failing("no answer", {
      code: "InvalidAnswer",
      source: "network",
      retryable: true,
      status,
    });
    expect([answer.status, await answer.json()]).toEqual([
      502,
      { StatusCode: "502", Code: "InvalidAnswer", Message: "no answer" },
    ]);
  });

  it("says what does not answer, in words for a command line", async () => {
    const answer = await failing("does ALLOWED_ORIGINS have this page's origin?", {
      code: "NetworkError",
      source: "network",
      retryable: true,
      cause: Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNREFUSED" } }),
    });
    expect(((await answer.json()) as { readonly Message: string }).Message).toBe(
      "--endpoint https://sts.example.com/credentials does not answer: no answer: nothing listens there (ECONNREFUSED)",
    );
  });

  it("that is a bug gives no words, which could hold anything", async () => {
    const answer = await fetch(
      await started({ get: () => Promise.reject(new TypeError("the-security-token is undefined")) }),
    );
    expect([answer.status, await answer.text()]).toEqual([500, ""]);
    expect(lines.join("\n")).toContain("500 InternalError (TypeError)");
    expect(lines.join("\n")).not.toContain("the-security-token");
  });
});

describe("the door", () => {
  it("is on 127.0.0.1 and no other address of this machine", async () => {
    const { port } = await started();
    const others = [
      "::1",
      ...Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
    ].filter((address) => address !== "127.0.0.1");
    for (const host of others) expect(await reaches(host, Number(port)), host).toBe(false);
    expect(await reaches("127.0.0.1", Number(port))).toBe(true);
  });

  it("has another secret path of 256 random bits each time", async () => {
    const first = await started();
    await sidecar?.stop();
    const second = await started();
    for (const { pathname } of [first, second]) expect(pathname).toMatch(/^\/[\w-]{43}$/);
    expect(first.pathname).not.toBe(second.pathname);
  });

  it.each([
    ["a wrong path", ["GET /credentials HTTP/1.1", "Host: HOST"]],
    ["a page that found its way by DNS rebinding", ["GET PATH HTTP/1.1", "Host: rebound.example"]],
    ["a page of another origin", ["GET PATH HTTP/1.1", "Host: HOST", "Origin: https://page.example"]],
    ["a preflight", ["OPTIONS PATH HTTP/1.1", "Host: HOST", "Origin: https://page.example"]],
    ["a page that hides its origin", ["GET PATH HTTP/1.1", "Host: HOST", "Sec-Fetch-Site: cross-site"]],
    ["a form", ["POST PATH HTTP/1.1", "Host: HOST", "Content-Length: 0"]],
    ["a body", ["GET PATH HTTP/1.1", "Host: HOST", "Content-Length: 4"]],
    ["two hosts", ["GET PATH HTTP/1.1", "Host: HOST", "Host: rebound.example"]],
  ])("gives %s 404 without a hint, and no credentials are asked for", async (_case, request) => {
    const { pathname, host, port } = await started();
    const text = request.map((line) => line.replace("PATH", pathname).replace("HOST", host));
    const answer = await rawRequest(Number(port), text, "body");
    expect([answer.status, answer.body]).toEqual([404, ""]);
    expect(
      answer.headerNames.filter((name) => !["Date", "Connection", "Content-Length"].includes(name)),
    ).toEqual([]);
    expect(asked).toEqual([]);
  });

  it("reads 8 kB of a request and no more", async () => {
    const { pathname, host, port } = await started();
    const answer = await rawRequest(Number(port), [
      `GET ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      `X: ${"a".repeat(9000)}`,
    ]);
    expect([answer.status, asked]).toEqual([431, []]);
  });
});

describe("the log", () => {
  it("has one line for each request", async () => {
    const uri = await started();
    await fetch(uri, { headers: { "user-agent": "Python/3.12" } });
    await fetch(new URL("/", uri), { headers: { "user-agent": 'a" \\ b' } });
    expect(lines).toEqual([
      `2026-11-26T12:00:00Z 200 credentials until 2026-11-26T13:00:00Z, asked by "Python/3.12"`,
      `2026-11-26T12:00:00Z 404 refused: wrong path, asked by "a\\" \\\\ b"`,
    ]);
  });

  it("holds no secret: not the path, the key, its secret, nor the security token", async () => {
    const uri = await started();
    await fetch(uri);
    await fetch(uri, { method: "POST" });
    await fetch(`${uri}x`);
    expect(lines).toHaveLength(3);
    for (const secret of [uri.pathname.slice(1), "STS.key", "the-secret", "the-security-token"])
      expect(lines.join("\n")).not.toContain(secret);
  });

  it("shows 80 characters of a User-Agent", async () => {
    await fetch(await started(), { headers: { "user-agent": "a".repeat(500) } });
    expect(lines[0]).toMatch(/asked by "a{80}"$/);
  });
});

it("stops while a client keeps its connection open, and answers the requests under way", async () => {
  let vend: (credentials: Credentials) => void = () => {};
  const uri = await started({
    get: () =>
      new Promise((resolve) => {
        vend = resolve;
      }),
  });
  const underWay = fetch(uri);
  await expect.poll(() => asked.length).toBe(1);
  const stopping = sidecar?.stop();
  vend(CREDENTIALS);
  expect((await underWay).status).toBe(200);
  await stopping;
  expect(await reaches("127.0.0.1", Number(uri.port))).toBe(false);
});

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
