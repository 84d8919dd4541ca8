import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { build } from "../../cli/build/build.ts";
import type { FcResponse } from "../../functions/http/fc-event.ts";
import { auditLinesIn } from "../support/audit-lines.ts";
import { fcEventBytes } from "../support/fc-events.ts";
import { functionSettings, JWT_SECRET as SECRET } from "../support/function-settings.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";
import { credentialsBody, json } from "../support/stub-sts.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

type Handler = (event: Buffer, context: object) => Promise<FcResponse>;

const KEY = randomBytes(32).toString("base64");
const folder = mkdtempSync(join(tmpdir(), "oss-valet-cache-"));
const require = createRequire(import.meta.url);
const stub = await stubStsForTests();
let redis: RedisServer;
let lines: Readonly<Record<string, unknown>>[] = [];

beforeAll(async () => {
  if (REDIS_SERVER_PATH === undefined) return;
  await build({ outDir: folder, content: ACCESS_WITH_SECRET });
});
beforeEach(async () => {
  if (REDIS_SERVER_PATH === undefined) return;
  redis = await startRedisServer();
  // Time stands still, so no answer of Redis is ever late, however busy the machine is.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(...auditLinesIn(String(text)));
    return true;
  });
  stub.answer(() => {
    const body = credentialsBody();
    return json(200, { ...body, Credentials: { ...body.Credentials, AccessKeyId: `STS.${randomUUID()}` } });
  });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await redis?.kill();
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(REDIS_SERVER_PATH === undefined)(
  "instances of what is deployed that share a Redis (REDIS_SERVER_PATH or /usr/bin/redis-server)",
  () => {
    it("make one call to STS for a hundred equal requests in ten instances", async () => {
      const { instance, callsSince } = stage();
      const ten = Array.from({ length: 10 }, () => instance());
      // Each has asked once, so that all are connected.
      await Promise.all(ten.map((handler, index) => keyFrom(handler, `user${index}`)));
      expect(callsSince()).toBe(10);
      const keys = await Promise.all(
        ten.flatMap((handler) => Array.from({ length: 10 }, () => keyFrom(handler, "alice"))),
      );
      expect(new Set(keys).size).toBe(1);
      expect(callsSince()).toBe(11);
      const told = lines.filter(({ sessionName }) => String(sessionName).startsWith("alice-"));
      expect(told).toHaveLength(100);
      expect(told.filter((line) => !("cachedIn" in line))).toHaveLength(1);
      expect(told.filter(({ cachedIn }) => cachedIn === "shared").length).toBeGreaterThanOrEqual(9);
    });

    it("give a user what another instance got, and to no other user", async () => {
      const { instance, callsSince } = stage();
      const first = await keyFrom(instance(), "alice");
      const second = instance();
      expect(await keyFrom(second, "alice")).toBe(first);
      expect(lines.at(-1)).toMatchObject({ cachedIn: "shared" });
      expect(await keyFrom(second, "bob")).not.toBe(first);
      expect(callsSince()).toBe(2);
    });

    it("give what lies in Redis while STS is throttled, and so does the instance that was told", async () => {
      const { instance, callsSince } = stage();
      const kept = await keyFrom(instance(), "bob");
      const told = instance();
      await keyFrom(told, "carol");
      const throttled = { Code: "Throttling.User", Message: "", RequestId: "request" };
      stub.answer(() => json(503, throttled, { "retry-after": "7" }));
      expect((await answerTo(told, "alice")).statusCode).toBe(503);
      expect(await keyFrom(told, "bob")).toBe(kept);
      expect(lines.at(-1)).toMatchObject({ cachedIn: "shared" });
      expect(callsSince()).toBe(3);
    });

    it("leave nothing in Redis that can be read", async () => {
      const { instance } = stage();
      const key = await keyFrom(instance(), "alice");
      const names = await redis.admin.keys("*");
      expect(names.length).toBe(1);
      const values = await Promise.all(names.map((name) => redis.admin.getBuffer(name)));
      const all = Buffer.concat([Buffer.from(names.join()), ...values.flatMap((value) => value ?? [])]);
      for (const text of [
        key,
        "stub-secret",
        "CAISstubtoken",
        "alice",
        "examplebucket",
        "1234567890123456",
        KEY,
      ])
        expect(all.includes(text)).toBe(false);
      const lifeMs = await redis.admin.pttl(names[0] ?? "");
      expect(lifeMs).toBeGreaterThan(3_500_000);
      expect(lifeMs).toBeLessThanOrEqual(3_600_000);
    });

    it("with another key, or another role, share nothing", async () => {
      const { instance, callsSince } = stage();
      await keyFrom(instance(), "alice");
      await keyFrom(instance({ CREDENTIAL_CACHE_KEY: randomBytes(32).toString("base64") }), "alice");
      await keyFrom(instance({ OSS_ROLE_ARN: "acs:ram::1234567890123456:role/another" }), "alice");
      expect(callsSince()).toBe(3);
    });

    it("answer when Redis is gone, from the first request on, with one warning and no error", async () => {
      const { instance, callsSince } = stage();
      const handler = instance();
      await keyFrom(handler, "alice");
      await redis.kill();
      for (const user of ["bob", "carol", "dave"]) await keyFrom(handler, user);
      const late = instance();
      for (const user of ["bob", "carol"]) await keyFrom(late, user);
      expect(callsSince()).toBe(6);
      const warnings = lines.flatMap(({ warning }) => (warning === undefined ? [] : [String(warning)]));
      expect(warnings.length).toBeLessThanOrEqual(2);
      for (const warning of warnings) expect(warning).toMatch(/^Redis is not used for now \(/);
    });
  },
);

function stage() {
  const before = stub.calls.length;
  return {
    callsSince: () => stub.calls.length - before,
    /** A new instance of the function: the bundle, loaded once more. */
    instance: (change: Readonly<Record<string, string>> = {}): Handler => {
      const settings = functionSettings(stub.host, {
        CREDENTIAL_CACHE: `redis://127.0.0.1:${redis.port}`,
        CREDENTIAL_CACHE_KEY: KEY,
        ...change,
      });
      for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
      const index = join(folder, "index.js");
      for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
      return (require(index) as { handler: Handler }).handler;
    },
  };
}

async function keyFrom(handler: Handler, user: string): Promise<string> {
  const { statusCode, body } = await answerTo(handler, user);
  expect(statusCode, body).toBe(200);
  return JSON.parse(body).AccessKeyId;
}

function answerTo(handler: Handler, user: string): Promise<FcResponse> {
  const token = jwt.sign({ sub: user }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
  const event = fcEventBytes({ headers: { Authorization: `Bearer ${token}` } });
  return handler(event, { requestId: randomUUID() });
}
