import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedisDoor } from "../support/redis-door.ts";
import { REDIS_SERVER_PATH, type RedisServer, startRedisServer } from "../support/redis-server.ts";
import {
  eventually,
  FRESH,
  NOW_MS,
  redisStores,
  STALE,
  tokenIn,
  VALUE,
  WHEN,
} from "../support/redis-stores.ts";

const stores = redisStores();
let server: RedisServer;

describe.skipIf(REDIS_SERVER_PATH === undefined)("values and locks in Redis", () => {
  beforeAll(async () => {
    server = await startRedisServer();
  });
  beforeEach(async () => {
    await server.admin.flushall();
    await server.admin.script("FLUSH");
  });
  afterAll(() => server.kill());

  it("gives the lock to who finds nothing, and the value to who comes after it was kept", async () => {
    const store = await stores.usedAt(server.port);
    const first = await store.take("a", WHEN);
    expect(first).toEqual({ value: undefined, lock: { token: expect.any(String) } });
    await store.keep("a", FRESH, tokenIn(first));
    expect(await store.take("a", WHEN)).toEqual({ value: VALUE, lock: undefined });
    expect(await store.peek("a")).toEqual(VALUE);
    expect((await server.admin.keys("*")).toSorted()).toEqual([
      "oss-valet:1:{a}",
      "oss-valet:1:{first}:lock",
    ]);
  });

  it("has nothing under another name", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", FRESH);
    expect(await store.peek("b")).toBeUndefined();
    expect(await store.take("b", WHEN)).toMatchObject({
      value: undefined,
      lock: { token: expect.any(String) },
    });
  });

  it("gives one of 50 callers in five instances the lock", async () => {
    const instances = Array.from({ length: 5 }, () => stores.at(server.port));
    const all = await Promise.all(
      instances.flatMap((instance) => Array.from({ length: 10 }, () => instance.take("a", WHEN))),
    );
    expect(all.filter((taken) => taken?.lock === "held")).toHaveLength(49);
    expect(all.filter((taken) => typeof taken?.lock === "object")).toHaveLength(1);
  });

  it("asks Redis once for a take, a keep, a peek and a release", async () => {
    const door = await openRedisDoor(server.port);
    const store = stores.at(door.port);
    await store.keep("a", STALE, tokenIn(await store.take("a", WHEN)));
    await store.peek("a");
    await store.release("a", "token");
    expect(door.commands).toEqual(["eval", "eval", "get", "eval"]);
    expect(door.connections.all).toBe(1);
    await door.close();
  });

  it("gives a stale value with the lock, and to others without it", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", STALE);
    expect(await store.take("a", WHEN)).toEqual({ value: VALUE, lock: { token: expect.any(String) } });
    expect(await store.take("a", WHEN)).toEqual({ value: VALUE, lock: "held" });
    expect(await store.peek("a")).toEqual(VALUE);
  });

  it.each([
    ["the millisecond before its end", NOW_MS + 1, undefined],
    ["the millisecond of its end", NOW_MS, { token: expect.any(String) }],
    ["times with fewer digits", 9, { token: expect.any(String) }],
  ])("tells fresh from stale at %s", async (_case, freshUntilMs, lock) => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", { ...FRESH, freshUntilMs });
    expect((await store.take("a", WHEN))?.lock).toEqual(lock);
  });

  it("ends a lock after its life, and a value after its own", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", { ...STALE, lifeMs: 5_000.9 });
    await store.take("a", { nowMs: NOW_MS, lockMs: 700 });
    expect(await server.admin.pexpiretime("oss-valet:1:{a}:lock")).toBeGreaterThan(0);
    expect(await server.admin.pttl("oss-valet:1:{a}:lock")).toBeLessThanOrEqual(700);
    const lifeMs = await server.admin.pttl("oss-valet:1:{a}");
    expect(lifeMs).toBeGreaterThan(0);
    expect(lifeMs).toBeLessThanOrEqual(5_000);
  });

  it("gives the lock again when it has ended", async () => {
    const store = await stores.usedAt(server.port);
    await store.take("a", { nowMs: NOW_MS, lockMs: 1 });
    await eventually(async () =>
      expect((await store.take("a", WHEN))?.lock).toEqual({ token: expect.any(String) }),
    );
  });

  it("keeps nothing for longer than its life, even for less than a millisecond", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", { ...FRESH, lifeMs: 0 });
    await eventually(async () => expect(await server.admin.exists("oss-valet:1:{a}")).toBe(0));
    expect(stores.warnings).toEqual([]);
  });

  it("lets go of its own lock only", async () => {
    const [one, other] = [await stores.usedAt(server.port), await stores.usedAt(server.port)];
    const token = tokenIn(await one.take("a", WHEN));
    await other.release("a", "somebody else's");
    await other.keep("a", STALE, "somebody else's");
    expect(await server.admin.get("oss-valet:1:{a}:lock")).toBe(token);
    await other.keep("a", STALE);
    expect(await server.admin.get("oss-valet:1:{a}:lock")).toBe(token);
    await one.release("a", token);
    expect(await server.admin.exists("oss-valet:1:{a}:lock")).toBe(0);
  });

  it("leaves bytes as they are", async () => {
    const store = await stores.usedAt(server.port);
    const value = Buffer.concat([
      Buffer.from([0, 13, 10, 255, 128, 0]),
      randomBytes(4_096),
      Buffer.from("\r\n"),
    ]);
    await store.keep("a", { ...FRESH, value });
    expect((await store.take("a", WHEN))?.value).toEqual(value);
    expect(await store.peek("a")).toEqual(value);
  });

  it.each([
    ["nothing", ""],
    ["less than a stamp", "0123"],
    ["text", "x".repeat(40)],
  ])("takes %s, which somebody has put there, for a stale value", async (_case, bytes) => {
    await server.admin.set("oss-valet:1:{a}", bytes);
    const store = await stores.usedAt(server.port);
    expect(await store.take("a", WHEN)).toEqual({
      value: Buffer.from(bytes.slice(15)),
      lock: { token: expect.any(String) },
    });
    expect(stores.warnings).toEqual([]);
  });

  it("goes on when Redis has lost everything, its scripts too", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", FRESH);
    await server.admin.flushall();
    await server.admin.script("FLUSH");
    expect(await store.take("a", WHEN)).toEqual({ value: undefined, lock: { token: expect.any(String) } });
    await store.keep("a", FRESH);
    expect(await store.peek("a")).toEqual(VALUE);
    expect(stores.warnings).toEqual([]);
  });

  it("does not mix up the answers to calls that run together", async () => {
    const store = await stores.usedAt(server.port);
    const names = Array.from({ length: 200 }, (_, at) => `name-${at}`);
    await Promise.all(names.map((name) => store.keep(name, { ...FRESH, value: Buffer.from(name) })));
    const values = await Promise.all(
      names.map(async (name, at) =>
        at % 2 === 0 ? store.peek(name) : (await store.take(name, WHEN))?.value,
      ),
    );
    expect(values.map(String)).toEqual(names);
  });

  it("works with an account that may do nothing else, in another database", async () => {
    await server.admin.call(
      "ACL",
      ...["SETUSER", "valet", "reset", "on", ">p@ss/w%rd", "~oss-valet:1:*", "resetchannels"],
      ...["+eval", "+get", "+set", "+del", "+select"],
    );
    const store = stores.at(server.port, {
      url: `redis://valet:${encodeURIComponent("p@ss/w%rd")}@127.0.0.1:${server.port}/3`,
    });
    const token = tokenIn(await store.take("a", WHEN));
    await store.keep("a", STALE, token);
    await store.release("a", tokenIn(await store.take("a", WHEN)));
    expect(await store.peek("a")).toEqual(VALUE);
    expect(await server.admin.exists("oss-valet:1:{a}")).toBe(0);
    await server.admin.select(3);
    expect(await server.admin.exists("oss-valet:1:{a}")).toBe(1);
    await server.admin.select(0);
    expect(stores.warnings).toEqual([]);
  });

  it("works on a cluster: a value and its lock are on one node", async () => {
    const cluster = await startRedisServer({ settings: ["--cluster-enabled", "yes"] });
    await cluster.admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await eventually(async () =>
      expect(await cluster.admin.call("CLUSTER", "INFO")).toContain("cluster_state:ok"),
    );
    const store = await stores.usedAt(cluster.port);
    await store.keep("a", FRESH, tokenIn(await store.take("a", WHEN)));
    expect((await store.take("a", WHEN))?.value).toEqual(VALUE);
    await store.close();
    await cluster.kill();
  });
});
