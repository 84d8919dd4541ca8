import { randomBytes } from "node:crypto";
import jwt from "jsonwebtoken";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { composedService } from "../../functions/server/compose.ts";
import type { ErrorBody } from "../../shared/wire.ts";
import { functionSettings, JWT_SECRET } from "../support/function-settings.ts";
import { httpRequest } from "../support/http-requests.ts";
import { openRedisDoor } from "../support/redis-door.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";
import { credentialsBody, json } from "../support/stub-sts.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const ACCESS = {
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
const stub = await stubStsForTests();
const open: (() => Promise<unknown> | undefined)[] = [];
let lines: Record<string, unknown>[] = [];

beforeEach(() => {
  lines = [];
  stub.answer(() => json(200, credentialsBody()));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    lines.push(JSON.parse(String(text)));
    return true;
  });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(async (end) => end()));
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Instance = ReturnType<typeof composedService>;

/** One more of it: a process of its own would have its own memory, too. */
function instance(change: Readonly<Record<string, string>> = {}): Instance {
  const service = composedService(functionSettings(stub.host, { RATE_LIMIT: "2/min", ...change }), ACCESS);
  open.push(() => service.close?.());
  return service;
}

const tokenOf = (user: string, secret = JWT_SECRET) =>
  jwt.sign({ sub: user }, secret, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });

interface Asked {
  readonly path?: string;
  readonly query?: string;
  readonly token?: string;
}

/** Its status; with 429, its Code and Retry-After, too. */
async function ask(
  { handle }: Instance,
  user: string,
  { path = "/credentials", query = "", token = tokenOf(user) }: Asked = {},
): Promise<string> {
  const bodies: Readonly<Record<string, object>> = {
    "/uploads": { files: [{ name: "a.jpg", contentType: "image/jpeg" }] },
    "/downloads": { keys: [`photos/${user}/a.jpg`] },
  };
  const body = bodies[path];
  const request = { path, query, headers: { authorization: `Bearer ${token}` } };
  const answer = await handle(
    httpRequest(body === undefined ? request : { ...request, method: "POST", body }),
  );
  if (answer.status !== 429) return String(answer.status);
  const { Code, StatusCode } = JSON.parse(answer.body) as ErrorBody;
  expect(StatusCode).toBe("429");
  return `${answer.status} ${Code} ${answer.headers["Retry-After"]}`;
}

/** Requests that differ, so that the cache has no answer: each would call STS. */
const differently = [
  "",
  "permissions=read",
  "permissions=write",
  "permissions=list",
  "permissions=read,list",
  "permissions=read,write",
  "durationSeconds=900",
] as const;

async function askDifferently(service: Instance, user: string, times: number, from = 0): Promise<string[]> {
  const all: string[] = [];
  for (const query of differently.slice(from, from + times)) all.push(await ask(service, user, { query }));
  return all;
}

const LIMITED = "429 TooManyRequests 60";
const callsSince = (before: number) => stub.calls.length - before;

describe("RATE_LIMIT", () => {
  it("answers 429 with the time that is left, to one user alone, and does not ask STS", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const service = instance();
    const before = stub.calls.length;
    expect(await askDifferently(service, "alice", 3)).toEqual(["200", "200", LIMITED]);
    expect(await askDifferently(service, "bob", 3)).toEqual(["200", "200", LIMITED]);
    expect(callsSince(before)).toBe(4);
    vi.setSystemTime(Date.now() + 45_000);
    expect(await ask(service, "alice", { query: "permissions=write" })).toBe("429 TooManyRequests 15");
    expect(lines.at(-1)).toMatchObject({
      status: 429,
      code: "TooManyRequests",
      refusal: { code: "RATE_LIMITED", retryAfterSeconds: 15 },
      sessionName: expect.stringMatching(/^alice-/),
    });
  });

  it("is over after a freeze of ten minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const service = instance();
    expect(await askDifferently(service, "alice", 3)).toEqual(["200", "200", LIMITED]);
    vi.setSystemTime(Date.now() + 600_000);
    expect(await ask(service, "alice", { query: "permissions=write" })).toBe("200");
  });

  it("does not count what the cache answers, nor equal requests at the same time", async () => {
    const service = instance();
    const before = stub.calls.length;
    const herd = await Promise.all(Array.from({ length: 50 }, () => ask(service, "alice")));
    expect(new Set(herd)).toEqual(new Set(["200"]));
    for (let at = 0; at < 50; at += 1) expect(await ask(service, "alice")).toBe("200");
    expect(callsSince(before)).toBe(1);
    expect(await askDifferently(service, "alice", 2, 1)).toEqual(["200", LIMITED]);
    // Those that he has are given to him, although he is over the limit.
    expect(await ask(service, "alice")).toBe("200");
  });

  it("counts every request where there is no cache", async () => {
    const service = instance({ CREDENTIAL_CACHE: "off" });
    expect([await ask(service, "alice"), await ask(service, "alice"), await ask(service, "alice")]).toEqual([
      "200",
      "200",
      LIMITED,
    ]);
  });

  it.each([["/uploads"], ["/downloads"]])(
    "counts requests of %s, and signs nothing beyond it",
    async (path) => {
      const service = instance();
      const all = [];
      for (let at = 0; at < 3; at += 1) all.push(await ask(service, "alice", { path }));
      expect(all).toEqual(["200", "200", LIMITED]);
      expect(lines.at(-1)).toMatchObject({ path, status: 429, refusal: { code: "RATE_LIMITED" } });
      expect(await ask(service, "bob", { path })).toBe("200");
    },
  );

  it("is one limit for all paths of a server", async () => {
    const service = instance();
    expect(await ask(service, "alice", { path: "/uploads" })).toBe("200");
    expect(await ask(service, "alice")).toBe("200");
    expect(await ask(service, "alice", { path: "/downloads" })).toBe(LIMITED);
  });

  it("cannot be used up by a stranger: a token that is refused counts for nobody", async () => {
    const service = instance();
    for (const path of ["/credentials", "/uploads", "/downloads"])
      for (let at = 0; at < 5; at += 1) {
        const token = tokenOf("alice", "another secret, of 32 bytes or more, too");
        expect(await ask(service, "alice", { path, token })).toBe("401");
      }
    expect(await ask(service, "alice")).toBe("200");
    expect(await ask(service, "alice", { path: "/uploads" })).toBe("200");
  });

  it("cannot be used up by requests that the rules refuse", async () => {
    const service = instance();
    for (let at = 0; at < 5; at += 1)
      expect(await ask(service, "alice", { query: "prefix=users/bob/" })).toBe("403");
    expect(await ask(service, "alice")).toBe("200");
  });

  it("counts a request that STS refuses: it was asked", async () => {
    stub.answer(() => json(403, { Code: "NoPermission", Message: "", RequestId: "request" }));
    const service = instance({ CREDENTIAL_CACHE: "off" });
    expect(await ask(service, "alice")).toBe("500");
    expect(await ask(service, "alice")).toBe("500");
    expect(await ask(service, "alice")).toBe(LIMITED);
  });

  it("is none where it is not set", async () => {
    const service = instance({ RATE_LIMIT: "", CREDENTIAL_CACHE: "off" });
    for (let at = 0; at < 20; at += 1) expect(await ask(service, "alice")).toBe("200");
  });
});

describe.skipIf(REDIS_SERVER_PATH === undefined)("RATE_LIMIT with a Redis", () => {
  const KEY = randomBytes(32).toString("base64");
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedisServer();
    // Time stands still, so no answer of Redis is ever late, however busy the machine is.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => redis.kill());
  const shared = (port: number, change: Readonly<Record<string, string>> = {}) =>
    instance({ CREDENTIAL_CACHE: `redis://127.0.0.1:${port}`, CREDENTIAL_CACHE_KEY: KEY, ...change });
  /** Connected: its next request is counted in Redis. */
  const connected = async (service: Instance, user: string) => {
    await vi.waitFor(
      async () => {
        await ask(service, user, { path: "/uploads" });
        expect((await redis.admin.keys("oss-valet:1:rate:*")).length).toBeGreaterThan(0);
      },
      { interval: 0, timeout: 10_000 },
    );
    await redis.admin.flushall();
  };

  it("is one limit for all instances", async () => {
    const [one, other] = [shared(redis.port), shared(redis.port)];
    await connected(one, "carol");
    await connected(other, "dave");
    expect(await ask(one, "alice", { path: "/uploads" })).toBe("200");
    expect(await ask(other, "alice", { path: "/uploads" })).toBe("200");
    expect(await ask(one, "alice", { path: "/uploads" })).toBe(LIMITED);
    expect(await ask(other, "alice", { path: "/downloads" })).toBe(LIMITED);
    expect(await ask(other, "bob", { path: "/uploads" })).toBe("200");
  });

  it("leaves counts in Redis that end, under names that tell nothing", async () => {
    const service = shared(redis.port);
    await connected(service, "carol");
    await ask(service, "alice", { path: "/uploads" });
    const names = await redis.admin.keys("*");
    expect(names).toEqual([expect.stringMatching(/^oss-valet:1:rate:[\w-]{43}$/)]);
    const [name = ""] = names;
    expect(await redis.admin.get(name)).toBe("1");
    const leftMs = await redis.admin.pttl(name);
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(60_000);
  });

  it("counts in the memory of each instance while Redis is gone, and tells the operator once", async () => {
    const door = await openRedisDoor(redis.port);
    open.push(() => door.close());
    const service = shared(door.port);
    await connected(service, "carol");
    expect(await ask(service, "alice", { path: "/uploads" })).toBe("200");
    await redis.kill();
    door.leadTo(undefined);
    const all = [];
    for (let at = 0; at < 4; at += 1) all.push(await ask(service, "alice", { path: "/uploads" }));
    expect(all).toEqual(["200", "200", LIMITED, LIMITED]);
    const warnings = () => lines.filter(({ warning }) => /RATE_LIMIT/.test(String(warning)));
    await vi.waitFor(
      async () => {
        await ask(service, "bob", { path: "/uploads" });
        expect(warnings()).toHaveLength(1);
      },
      { interval: 0, timeout: 10_000 },
    );
    expect(warnings()[0]).toMatchObject({
      warning: expect.stringMatching(
        /^Redis is not used for now \(.+\): RATE_LIMIT counts in each instance by itself\. See docs\/fair-use\.md$/,
      ),
    });
    redis = await startRedisServer();
  });

  it("needs few permissions of Redis, those of docs/fair-use.md", async () => {
    await redis.admin.call(
      "ACL",
      ...["SETUSER", "valet", "reset", "on", ">password", "~oss-valet:1:*", "resetchannels"],
      ...["+eval", "+get", "+set", "+del", "+select", "+incrby", "+pttl", "+expire"],
    );
    const service = shared(redis.port, {
      CREDENTIAL_CACHE: `redis://valet:password@127.0.0.1:${redis.port}`,
    });
    await connected(service, "carol");
    expect(await ask(service, "alice", { path: "/uploads" })).toBe("200");
    expect(await redis.admin.keys("*")).toHaveLength(1);
    expect(lines.filter(({ warning }) => warning !== undefined)).toEqual([]);
  });

  it("waits for no Redis that is silent", async () => {
    const door = await openRedisDoor(redis.port);
    open.push(() => door.close());
    const service = shared(door.port);
    await connected(service, "carol");
    door.holdReplies();
    const sent = door.commands.length;
    const first = ask(service, "alice", { path: "/uploads" });
    await vi.waitFor(() => expect(door.commands.length).toBeGreaterThan(sent), {
      interval: 0,
      timeout: 10_000,
    });
    vi.advanceTimersByTime(3);
    expect(await first).toBe("200");
    // From here on nothing passes, and time stands still: no request waits.
    expect(await ask(service, "alice", { path: "/uploads" })).toBe("200");
    expect(await ask(service, "alice", { path: "/uploads" })).toBe(LIMITED);
  });
});
