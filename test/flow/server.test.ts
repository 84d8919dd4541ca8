import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tokenIssuer } from "../../sandbox/idp/issuer.ts";
import { auditLinesIn } from "../support/audit-lines.ts";
import { type StubSts, startStubSts } from "../support/stub-sts.ts";
import { accessFile, LOGIN } from "../support/valet.ts";

const SECRET = "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA";
const { jwks: _, ...KEYLESS } = LOGIN;

let sts: StubSts;
let child: ChildProcessWithoutNullStreams;
let port: number;
let token: string;
let log = "";
let accessPath: string;

/** server.ts as a process of its own, configured by nothing but its environment. */
beforeAll(async () => {
  sts = await startStubSts();
  const issuer = tokenIssuer({ url: LOGIN.issuer, audience: LOGIN.audience });
  token = issuer.token({}, { algorithm: "HS256", secret: SECRET });
  accessPath = join(mkdtempSync(join(tmpdir(), "valet-")), "access.json");
  writeFileSync(accessPath, JSON.stringify(accessFile({ issuers: [{ ...KEYLESS, secret: "JWT_SECRET" }] })));
  child = started({});
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  port = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`server.ts ended with ${code}`)));
    createInterface(child.stderr).on("line", (line) => {
      const found = /listens on http:\/\/127\.0\.0\.1:(\d+)\/credentials/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
});

afterAll(async () => {
  child.kill("SIGTERM");
  await sts.close();
  expect(auditLinesIn(log).length).toBeGreaterThan(0);
});

function started(environment: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams {
  const server = join(import.meta.dirname, "../../functions/server/server.ts");
  return spawn(process.execPath, ["--import", "tsx", server], {
    env: {
      PATH: process.env["PATH"] ?? "",
      PORT: "0",
      OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
      OSS_BUCKET: "examplebucket",
      OSS_REGION: "cn-hangzhou",
      ACCESS_FILE: accessPath,
      STS_ENDPOINT: `http://${sts.host}`,
      JWT_SECRET: SECRET,
      ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
      ...environment,
    },
  });
}

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(init.headers as Record<string, string> | undefined),
  };
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
}

/** The line of the log with this text in it, as soon as it has come through the pipe. */
function loggedLine(text: string): Promise<unknown> {
  return new Promise((resolve) => {
    const look = (): void => {
      const line = log
        .split("\n")
        .slice(0, -1)
        .find((one) => one.includes(text));
      if (line === undefined) return;
      child.stdout.off("data", look);
      resolve(JSON.parse(line));
    };
    child.stdout.on("data", look);
    look();
  });
}

/** Bytes to the socket as they are; the whole answer. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    socket.setEncoding("utf8").on("data", (part: string) => {
      answer += part;
    });
    socket.on("end", () => resolve(answer)).on("error", reject);
  });
}

describe("server.ts, as containers and FC's custom runtime run it", () => {
  it("vends credentials", async () => {
    const response = await ask("/credentials?permissions=read");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      Code: "Success",
      KeyPrefix: "users/alice/",
      Permissions: "read",
    });
    expect(new Map(sts.calls.at(-1)?.parameters).get("Policy")).toContain("users/alice/*");
  });

  it("reads a POST's body, and the peer's address", async () => {
    const response = await ask("/credentials", { method: "POST", body: '{"prefix":"users/alice/x/"}' });
    expect(await response.json()).toMatchObject({ KeyPrefix: "users/alice/x/" });
  });

  it("answers HEAD with 405, and no body", async () => {
    const response = await ask("/credentials", { method: "HEAD" });
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([
      405,
      "GET, POST, OPTIONS",
      "",
    ]);
  });

  it("answers HEAD /healthz with the headers of GET, and no body", async () => {
    const get = await raw("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const head = await raw("HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const [getHeaders = "", body = ""] = get.split("\r\n\r\n");
    const withoutDate = (text: string) => text.replace(/\r\nDate: [^\r]+/, "");
    expect(body).toMatch(/^\{"Status":"ok"/);
    expect(withoutDate(getHeaders)).toContain(`\r\nContent-Length: ${body.length}\r\n`);
    const sorted = (text: string) => withoutDate(text).split("\r\n").sort();
    expect(sorted(head)).toEqual(sorted(`${getHeaders}\r\n\r\n`));
  });

  it("answers a preflight with 204, and no body", async () => {
    const response = await ask("/credentials", {
      method: "OPTIONS",
      headers: { origin: "https://evil.example" },
    });
    expect([
      response.status,
      response.headers.get("access-control-allow-origin"),
      await response.text(),
    ]).toEqual([204, "https://origin-not-allowed.invalid", ""]);
  });

  it("H3: refuses two Authorization headers, where Node itself would keep the first", async () => {
    const before = sts.calls.length;
    const line = `Authorization: Bearer ${token}\r\n`;
    const answer = await raw(
      `GET /credentials HTTP/1.1\r\nHost: x\r\n${line}${line}Connection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"Code":"InvalidRequest"');
    expect(sts.calls).toHaveLength(before);
  });

  it("H5: answers a body that is too large with 413 and a line in the log, and closes the connection", async () => {
    const response = await ask("/credentials", { method: "POST", body: "x".repeat(600_000) });
    expect([response.status, response.headers.get("connection")]).toEqual([413, "close"]);
    const { RequestId } = (await response.json()) as { readonly RequestId: string };
    expect(await loggedLine(`"requestId":"${RequestId}"`)).toMatchObject({
      status: 413,
      code: "RequestTooLarge",
    });
  });

  // Node reads such a client's answer while it still writes, and must get it before a reset.
  it("H5: reads on for a moment after such an answer, so that a client that is still sending can read it", async () => {
    const body = "x".repeat(5_000_000);
    const answer = await raw(
      `POST /credentials HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/"Code":"RequestTooLarge".*\}$/);
  });

  const HEAD = "GET /credentials HTTP/1.1\r\nHost: x\r\n";
  const POST = "POST /credentials HTTP/1.1\r\nHost: x\r\n";
  it.each([
    ["a header without a name", `${HEAD}: x\r\n\r\n`],
    ["a blank in a header's name", `${HEAD}a b: x\r\n\r\n`],
    ["two lengths", `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`],
    ["a length and chunks", `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ["a chunk without its length", `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01"],
    ["no Host", "GET /credentials HTTP/1.1\r\n\r\n"],
    ["an Expect of something else", `${HEAD}Expect: 200-maybe\r\n\r\n`],
    ["a % that begins nothing", "GET /credentials?prefix=users/alice/%zz/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a byte that is no UTF-8", "GET /credentials?prefix=users/alice/%ff/ HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("H6: answers %s with 400, like any other mistake, and a line in the log", async (_what, text) => {
    const before = sts.calls.length;
    const [head = "", body = ""] = (await raw(text)).split("\r\n\r\n");
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    for (const line of ["Content-Type: application/json; charset=utf-8", "Cache-Control: no-store"])
      expect(head).toContain(line);
    expect(head).toContain("Vary: Authorization, Origin");
    const { Code, RequestId } = JSON.parse(body) as { readonly Code: string; readonly RequestId: string };
    expect(Code).toBe("InvalidRequest");
    expect(await loggedLine(`"requestId":"${RequestId}"`)).toMatchObject({ status: 400, code: Code });
    expect(sts.calls).toHaveLength(before);
  });

  it("H5: answers headers that are too large with 413, where Node itself would answer 431 and nothing else", async () => {
    const answer = await raw(`${HEAD}Authorization: Bearer ${"x".repeat(100_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toMatch(/"Code":"RequestTooLarge".*\}$/);
  });

  it("outside FC trusts no header that FC would send: neither an id nor credentials", async () => {
    const response = await ask("/credentials", {
      headers: {
        "x-fc-request-id": "forged",
        "x-fc-access-key-id": "STS.forged",
        "x-fc-access-key-secret": "forged",
        "x-fc-security-token": "forged",
      },
    });
    expect(response.status).toBe(200);
    expect(((await response.json()) as { readonly RequestId: string }).RequestId).not.toBe("forged");
    expect(JSON.stringify(sts.calls.at(-1))).not.toContain("forged");
  });

  it.each(["/credentials/", "//credentials", "/%63redentials"])("H6: %s is another path", async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  });

  it("writes one line of JSON for each request, and no secret", async () => {
    await ask("/healthz");
    expect(await loggedLine('"path":"/healthz"')).toMatchObject({ status: 200, code: "Success" });
    expect(
      log
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).status),
    ).toContain(405);
    for (const secret of [token, SECRET, "stub-secret", "CAISstubtoken", "caller-secret"])
      expect(log).not.toContain(secret);
  });
});

/** How a server ends that does not start: its exit code, and what it says. */
async function ending(environment: Readonly<Record<string, string>>): Promise<readonly [unknown, string]> {
  const broken = started(environment);
  let said = "";
  broken.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => broken.once("close", resolve));
  return [code, said];
}

it("a server with wrong settings does not start, and says why without quoting a key", async () => {
  const [code, said] = await ending({
    OSS_BUCKET: "",
    PORT: "x",
    JWT_SECRET: "short-secret",
    ALIBABA_CLOUD_ACCESS_KEY_ID: "",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "",
  });
  expect(code).toBe(1);
  expect(said).toContain("ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set");
  expect(said).toContain("OSS_BUCKET is not set");
  expect(said).toContain('PORT is "x"');
  expect(said).toContain("JWT_SECRET has 12 bytes");
  expect(said).not.toContain("short-secret");
});

it("a server whose port is taken says so in one line", async () => {
  expect(await ending({ PORT: String(port) })).toEqual([
    1,
    `oss-valet cannot listen: port ${port} of 127.0.0.1 is in use; set PORT to another port, or to 0 for a free one\n`,
  ]);
});

it("a server that can no longer write its log ends, and says so in one line", async () => {
  const server = started({});
  let said = "";
  const ended = new Promise((resolve) => server.once("close", resolve));
  const address = await new Promise<string>((resolve) => {
    server.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  server.stdout.destroy();
  // Whether this one is still answered is a matter of chance: its line in the log is what ends the server.
  await fetch(`${address}/healthz`).catch(() => undefined);
  expect(await ended).toBe(1);
  expect(said.split("\n").slice(1)).toEqual([
    "oss-valet stops: it cannot write its log to standard output (write EPIPE)",
    "",
  ]);
});

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
it.runIf(ipv6)("a server at an IPv6 address names itself as a URL does", async () => {
  const server = started({ HOST: "::1" });
  const said = await new Promise<string>((resolve) =>
    server.stderr.setEncoding("utf8").once("data", resolve),
  );
  server.kill("SIGTERM");
  expect(said).toMatch(/^oss-valet listens on http:\/\/\[::1\]:\d+\/credentials\n$/);
});

// 192.0.2.0/24 is for documentation (RFC 5737): no machine has such an address.
it("a server whose host is another machine's says what to write", async () => {
  expect(await ending({ HOST: "192.0.2.1" })).toEqual([
    1,
    'oss-valet cannot listen: HOST is "192.0.2.1", which is not an address of this machine; write 127.0.0.1 or 0.0.0.0\n',
  ]);
});
