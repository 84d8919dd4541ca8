import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type BuildReport, build } from "../../cli/build/build.ts";
import type { FcResponse } from "../../functions/http/fc-event.ts";
import { apiGatewayEvent, fcEvent, fcEventBytes } from "../support/fc-events.ts";
import { functionSettings, JWT_SECRET as SECRET } from "../support/function-settings.ts";
import {
  credentialsAnswer,
  errorAnswer,
  json,
  type StubAnswer,
  type StubCall,
  type StubSts,
  startStubSts,
  xmlErrorAnswer,
} from "../support/stub-sts.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

type Handler = (event: Buffer, context: object) => Promise<FcResponse>;

const folder = mkdtempSync(join(tmpdir(), "oss-valet-bundle-"));
let stub: StubSts;
let report: BuildReport;
let bundled: Handler;
let source: Handler;

beforeAll(async () => {
  stub = await startStubSts();
  report = await build({ outDir: folder, content: ACCESS_WITH_SECRET });
  const access = join(folder, "access.json");
  writeFileSync(access, JSON.stringify(ACCESS_WITH_SECRET));
  for (const [name, value] of Object.entries({ ...settings(), ACCESS_FILE: access })) vi.stubEnv(name, value);
  ({ handler: bundled } = createRequire(import.meta.url)(join(folder, "index.js")) as { handler: Handler });
  ({ handler: source } = await import("../../functions/credentials/index.ts"));
  vi.unstubAllEnvs();
});
afterAll(async () => {
  await stub.close();
  rmSync(folder, { recursive: true });
});

function settings(): Readonly<Record<string, string>> {
  return functionSettings(stub.host);
}

function tokenOf(user: string): string {
  return jwt.sign({ sub: user }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
}

const TOKENS_AND_CACHE = [
  "buffer-equal-constant-time",
  "ecdsa-sig-formatter",
  "jsonwebtoken",
  "jwa",
  "jws",
  "quick-lru",
];

function packagesOf(name: string): readonly string[] {
  const { inputs } = report.files.find((file) => file.name === name) ?? assert.fail(name);
  const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
  return [...new Set(packages)].sort();
}

/** Answers and STS calls for the token of a user whom nothing has been vended to yet. */
async function ask(handler: Handler, user: string): Promise<{ response: FcResponse; calls: StubCall[] }> {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const before = stub.calls.length;
  const event = fcEventBytes({ headers: { Authorization: `Bearer ${tokenOf(user)}` } });
  const response = await handler(event, { requestId: "request-1" });
  return { response, calls: stub.calls.slice(before) };
}

describe("what is deployed", () => {
  it("is two files, with what both load for some settings, within the size that they may have", () => {
    expect(report.files.map(({ name }) => name).sort()).toEqual([
      "index.js",
      "queue.js",
      "rate-limit.js",
      "redis-store.js",
      "retries.js",
      "server.js",
      "shared-cache.js",
      "sts.js",
      "telemetry.js",
      "token-guard.js",
    ]);
    const sizeOf = (name: string) => report.files.find((file) => file.name === name) ?? assert.fail(name);
    const sdk = sizeOf("sts.js");
    for (const name of ["index.js", "server.js"]) {
      const { bytes, gzipBytes } = sizeOf(name);
      expect(bytes + sdk.bytes).toBeLessThanOrEqual(170_000);
      // server.js has the routes of all functions and a server that stops without losing a request. It is in no cold start
      // of nodejs20.
      expect(gzipBytes + sdk.gzipBytes).toBeLessThanOrEqual(name === "index.js" ? 45_000 : 52_000);
    }
  });

  it("holds no sandbox, test, tool or YAML parser, and nothing that the SDK drags along", () => {
    expect(packagesOf("index.js")).toEqual(TOKENS_AND_CACHE);
    expect(packagesOf("server.js")).toEqual(TOKENS_AND_CACHE);
    expect(packagesOf("sts.js")).toEqual([
      "@alicloud/openapi-core",
      "@alicloud/sts20150401",
      "@darabonba/typescript",
    ]);
    const all = report.files.flatMap(({ inputs }) => inputs);
    expect(all.length).toBeGreaterThan(100);
    expect(
      all.filter((input) => /^(sandbox|test|cli\/(?!build\/replacements\/)|client|examples)\//.test(input)),
    ).toEqual([]);
  });

  it("is strict code, as the modules are that it is made from", () => {
    for (const { name } of report.files)
      expect([name, readFileSync(join(folder, name), "utf8").slice(0, 13)]).toEqual([name, '"use strict";']);
  });

  it("has the Redis client in a file of its own, with nothing of the SDK", () => {
    expect(packagesOf("shared-cache.js")).toEqual([]);
    expect(packagesOf("redis-store.js")).toEqual([
      "@ioredis/commands",
      "cluster-key-slot",
      "cockatiel",
      "debug",
      "denque",
      "ioredis",
      "ms",
      "redis-errors",
      "standard-as-callback",
    ]);
  });

  it("has OpenTelemetry in a file of its own, with nothing of the SDK or of Redis", () => {
    const packages = packagesOf("telemetry.js");
    expect(packages).toContain("@opentelemetry/sdk-trace");
    expect(packages.filter((name) => !name.startsWith("@opentelemetry/"))).toEqual([]);
  });

  it("has the rate limit in a small file of its own, without the library's clients of databases", () => {
    expect(packagesOf("rate-limit.js")).toEqual(["quick-lru", "rate-limiter-flexible"]);
    const { gzipBytes } = report.files.find(({ name }) => name === "rate-limit.js") ?? assert.fail();
    expect(gzipBytes).toBeLessThanOrEqual(8_000);
  });

  // url.parse() outside node_modules prints DEP0169 on every cold start of a newer Node.
  it("uses nothing of Node that is deprecated or about to be", () => {
    const { stderr, status } = inNewProcess(`${HANDLE}(async () => { await ask(process.env.TOKEN); })();`, [
      "--throw-deprecation",
      "--pending-deprecation",
    ]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });
});

it("what is deployed answers an event of API Gateway as the request in it", async () => {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const headers = { Authorization: `Bearer ${tokenOf("of-a-gateway")}`, "X-Ca-Request-Id": "0A1B" };
  const event = Buffer.from(JSON.stringify(apiGatewayEvent({ headers })));
  const { statusCode, isBase64Encoded, body } = await bundled(event, { requestId: "request-1" });
  expect([statusCode, isBase64Encoded, JSON.parse(body)]).toMatchObject([
    200,
    false,
    { Code: "Success", Permissions: "read", RequestId: "request-1" },
  ]);
});

describe("a cold start", () => {
  it("reads no byte of the SDK before a request needs STS", async () => {
    const { stdout } = inNewProcess(`${HANDLE}(async () => {
      const files = () => Object.keys(require.cache).map((path) => require("node:path").basename(path));
      const refused = [await ask(undefined), await ask("not a token"), await ask(process.env.TOKEN + "x")];
      const beforeSts = files();
      await ask(process.env.TOKEN);
      print({ refused, beforeSts, after: files() });
    })();`);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      refused: [401, 401, 401],
      beforeSts: ["index.js"],
      // STS is not there.
      after: ["index.js", "sts.js", "retries.js"],
    });
  });

  const LOADED = `const loaded = () => ["http", "https", "tls", "os"].filter((name) => process.moduleLoadList.includes("NativeModule " + name));`;

  it("runs no line of the SDK, and loads no network module, before a request needs STS", () => {
    const { stdout, stderr } = inNewProcess(`${LOADED}${HANDLE}(async () => {
      const start = loaded();
      const refused = [await ask(undefined), await ask("not a token"), await ask(process.env.TOKEN + "x")];
      const beforeSts = loaded();
      const vended = await ask(process.env.TOKEN);
      print({ start, refused, beforeSts, vended, after: loaded() });
    })();`);
    expect(stderr).toBe("");
    const { start, refused, beforeSts, vended, after } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(start).toEqual([]);
    expect(refused).toEqual([401, 401, 401]);
    expect(beforeSts).toEqual([]);
    // Nobody listens at the address; what counts is that the SDK ran: it alone needs os.
    expect(vended).toBe(503);
    expect(after).toEqual(["http", "https", "tls", "os"]);
  });

  it("names every setting that is missing, and does not start", () => {
    const { stderr, status } = inNewProcess("require(process.env.BUNDLE);", [], {
      OSS_BUCKET: "",
      JWT_SECRET: "",
    });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/OSS_BUCKET is not set/);
    expect(stderr).toMatch(/JWT_SECRET is not set/);
  });
});

describe("the bundle does what the source does", () => {
  const PAGE = { "content-type": "text/html" };
  const PLAIN_XML = { "content-type": "text/xml" };

  it("asks the same of STS", async () => {
    stub.answer(credentialsAnswer);
    const ofBundle = await ask(bundled, "alice");
    const ofSource = await ask(source, "alice");
    expect(ofBundle.calls).toHaveLength(1);
    expect(ofBundle.calls.map(comparable)).toEqual(ofSource.calls.map(comparable));
    expect(JSON.parse(ofBundle.response.body)).toMatchObject({
      AccessKeyId: "STS.stub",
      KeyPrefix: "users/alice/",
    });
  });

  it.each<[string, StubAnswer, number]>([
    ["a denial", errorAnswer(403, "NoPermission"), 500],
    ["a denial in XML", xmlErrorAnswer(404, "EntityNotExist.Role"), 500],
    ["a denial in plain XML", { ...xmlErrorAnswer(403, "NoPermission"), headers: PLAIN_XML }, 500],
    ["throttling", errorAnswer(400, "Throttling.User"), 503],
    ["throttling as a page", { status: 429, body: "<html></html>", headers: PAGE }, 503],
    ["throttling in XML", xmlErrorAnswer(400, "Throttling.User"), 503],
    ["a server error", errorAnswer(500, "InternalError"), 503],
    ["a server error in XML", xmlErrorAnswer(503, "ServiceUnavailable"), 503],
    ["XML that is no error", { ...xmlErrorAnswer(400, "x"), body: "<a><b/></a>" }, 503],
    ["XML that ends early", { ...xmlErrorAnswer(400, "x"), body: "<Error><Code>NoPerm" }, 503],
    ["a page", { status: 502, body: "<html></html>", headers: PAGE }, 503],
    ["a 200 without credentials", json(200, { RequestId: "A-1" }), 503],
    ["credentials of a wrong type", json(200, { Credentials: { AccessKeyId: 1 } }), 503],
    ["a reset connection", { fault: "reset" }, 503],
  ])("answers %s the same", async (name, answer, status) => {
    const user = name.replaceAll(" ", "-");
    // A success ends whatever the case before it has shown of STS.
    stub.answer(credentialsAnswer);
    for (const handler of [bundled, source]) await ask(handler, `${user}-before`);
    stub.answer(answer);
    const ofBundle = await ask(bundled, user);
    const ofSource = await ask(source, user);
    expect(withoutTimes(ofBundle.response)).toEqual(withoutTimes(ofSource.response));
    expect(ofBundle.response.statusCode).toBe(status);
    // How often STS is asked again depends on how long it takes to answer.
    expect(comparableFirst(ofBundle.calls)).toEqual(comparableFirst(ofSource.calls));
  });
});

it("an event of another trigger is answered with 400, and leaves its line in the log", async () => {
  for (const handler of [bundled, source]) {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const { statusCode } = await handler(Buffer.from('{"triggerName":"t"}'), { requestId: "request-1" });
    expect(statusCode).toBe(400);
    expect(write.mock.calls.map(([line]) => JSON.parse(String(line)))).toMatchObject([
      { requestId: "request-1", status: 400, code: "InvalidRequest", refusal: { field: "The event" } },
    ]);
    write.mockRestore();
  }
});

/** A call without what differs from one to the next: nonce, date, signature, and the connection that it came on. */
/** How long to stay away depends on who was sent away in the last seconds. */
function withoutTimes<T extends { readonly headers: Readonly<Record<string, string>> }>(response: T) {
  const { "Retry-After": retryAfter, ...headers } = response.headers;
  return { ...response, headers, saysWhen: retryAfter !== undefined };
}

function comparableFirst(calls: readonly StubCall[]) {
  return calls.slice(0, 1).map(comparable);
}

function comparable({ parameters, headers }: StubCall) {
  const { "x-acs-signature-nonce": nonce, "x-acs-date": date, authorization, ...rest } = headers;
  return {
    parameters,
    headers: rest,
    nonceLength: String(nonce).length,
    dateLength: String(date).length,
    authorization: String(authorization).replace(/Signature=\w+$/, "Signature="),
  };
}

const HANDLE = `
  const print = (value) => process.stdout.write(JSON.stringify(value) + "\\n");
  const { handler } = require(process.env.BUNDLE);
  const ask = async (token) => {
    const event = JSON.parse(process.env.EVENT);
    event.headers = token === undefined ? {} : { Authorization: "Bearer " + token };
    return (await handler(Buffer.from(JSON.stringify(event)), {})).statusCode;
  };`;

/** Runs a script in a Node that has loaded nothing else. No STS listens for it. */
function inNewProcess(
  script: string,
  flags: readonly string[] = [],
  change: Readonly<Record<string, string>> = {},
) {
  return spawnSync(process.execPath, [...flags, "-e", script], {
    encoding: "utf8",
    env: {
      ...settings(),
      STS_ENDPOINT: "http://127.0.0.1:1",
      BUNDLE: join(folder, "index.js"),
      EVENT: JSON.stringify(fcEvent()),
      TOKEN: tokenOf("alice"),
      ...change,
    },
  });
}
