import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { certificateAuthority } from "../../sandbox/https/authority.ts";
import { certificatesOf } from "../../sandbox/https/certificates.ts";
import { pemOf } from "../../sandbox/https/pem.ts";
import { type RedisStoreOptions, redisStore } from "../../shared/adapters/redis-store.ts";
import type { Kept } from "../../shared/ports.ts";
import { openRedisDoor, type RedisDoor } from "../support/redis-door.ts";
import {
  pingAndBlock,
  REDIS_SERVER_PATH,
  type RedisServer,
  startRedisServer,
} from "../support/redis-server.ts";

/** What a caller says: now, and how long the lock lasts. Redis counts a lock's life with its own clock. */
const NOW_MS = Date.parse("2026-11-27T08:00:00Z");
const WHEN = { nowMs: NOW_MS, lockMs: 60_000 };
const VALUE = Buffer.from("a sealed value");
const FRESH: Kept = { value: VALUE, freshUntilMs: NOW_MS + 1, lifeMs: 60_000 };
const STALE: Kept = { ...FRESH, freshUntilMs: NOW_MS };
const NOT_USED = (why: string) =>
  `Redis is not used for now (${why}): instances share no credentials. See docs/credential-cache.md`;

const { setTimeout: realSetTimeout } = globalThis;

type Store = ReturnType<typeof redisStore>;

let server: RedisServer;
let door: RedisDoor;
let warnings: string[];
const stores: Store[] = [];

/** Time stands still, so no answer of Redis is ever late, however busy the machine is. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"], now: NOW_MS });
  warnings = [];
});

afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  vi.useRealTimers();
});

function storeAt(port: number, change: Partial<RedisStoreOptions> = {}): Store {
  const store = redisStore({
    url: `redis://127.0.0.1:${port}`,
    onWarning: (message) => warnings.push(message),
    ...change,
  });
  stores.push(store);
  return store;
}

/** One that is connected. */
async function usedStoreAt(port: number, change: Partial<RedisStoreOptions> = {}): Promise<Store> {
  const store = storeAt(port, change);
  expect(await store.take("first", WHEN)).toBeDefined();
  return store;
}

/** Every method, none of which may wait, throw or give anything. */
async function nothingFrom(store: Store): Promise<void> {
  expect([
    await store.take("a", WHEN),
    await store.peek("a"),
    await store.keep("a", FRESH, "token"),
    await store.release("a", "token"),
  ]).toEqual([undefined, undefined, undefined, undefined]);
}

/** The longest pause of the breaker is over. */
function waitOutThePause(): void {
  vi.setSystemTime(Date.now() + 60_000);
}

/** Until the trial that a call has started has succeeded. */
async function untilUsed(store: Store): Promise<void> {
  await store.take("until-used", WHEN);
  await eventually(async () => expect(await store.take("until-used", WHEN)).toBeDefined());
}

/** As expect.poll, which would move the clock that stands still here. */
async function eventually(assertion: () => unknown): Promise<void> {
  for (const endNs = process.hrtime.bigint() + 10_000_000_000n; ; ) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (process.hrtime.bigint() > endNs) throw error;
      await new Promise((resolve) => realSetTimeout(resolve, 10));
    }
  }
}

/** Of the only failing call: the deadline has passed, and the event loop has looked for an answer. */
async function tooLate<T>(call: Promise<T>): Promise<T> {
  vi.advanceTimersByTime(3);
  return call;
}

async function sent(commands: number): Promise<void> {
  await eventually(() => expect(door.commands.length).toBe(commands));
}

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
    const store = await usedStoreAt(server.port);
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
    const store = await usedStoreAt(server.port);
    await store.keep("a", FRESH);
    expect(await store.peek("b")).toBeUndefined();
    expect(await store.take("b", WHEN)).toMatchObject({
      value: undefined,
      lock: { token: expect.any(String) },
    });
  });

  it("gives one of 50 callers in five instances the lock", async () => {
    const instances = Array.from({ length: 5 }, () => storeAt(server.port));
    const all = await Promise.all(
      instances.flatMap((instance) => Array.from({ length: 10 }, () => instance.take("a", WHEN))),
    );
    expect(all.filter((taken) => taken?.lock === "held")).toHaveLength(49);
    expect(all.filter((taken) => typeof taken?.lock === "object")).toHaveLength(1);
  });

  it("asks Redis once for a take, a keep, a peek and a release", async () => {
    door = await openRedisDoor(server.port);
    const store = storeAt(door.port);
    await store.keep("a", STALE, tokenIn(await store.take("a", WHEN)));
    await store.peek("a");
    await store.release("a", "token");
    expect(door.commands).toEqual(["eval", "eval", "get", "eval"]);
    expect(door.connections.all).toBe(1);
    await door.close();
  });

  it("gives a stale value with the lock, and to others without it", async () => {
    const store = await usedStoreAt(server.port);
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
    const store = await usedStoreAt(server.port);
    await store.keep("a", { ...FRESH, freshUntilMs });
    expect((await store.take("a", WHEN))?.lock).toEqual(lock);
  });

  it("ends a lock after its life, and a value after its own", async () => {
    const store = await usedStoreAt(server.port);
    await store.keep("a", { ...STALE, lifeMs: 5_000.9 });
    await store.take("a", { nowMs: NOW_MS, lockMs: 700 });
    expect(await server.admin.pexpiretime("oss-valet:1:{a}:lock")).toBeGreaterThan(0);
    expect(await server.admin.pttl("oss-valet:1:{a}:lock")).toBeLessThanOrEqual(700);
    const lifeMs = await server.admin.pttl("oss-valet:1:{a}");
    expect(lifeMs).toBeGreaterThan(0);
    expect(lifeMs).toBeLessThanOrEqual(5_000);
  });

  it("gives the lock again when it has ended", async () => {
    const store = await usedStoreAt(server.port);
    await store.take("a", { nowMs: NOW_MS, lockMs: 1 });
    await eventually(async () =>
      expect((await store.take("a", WHEN))?.lock).toEqual({ token: expect.any(String) }),
    );
  });

  it("keeps nothing for longer than its life, even for less than a millisecond", async () => {
    const store = await usedStoreAt(server.port);
    await store.keep("a", { ...FRESH, lifeMs: 0 });
    await eventually(async () => expect(await server.admin.exists("oss-valet:1:{a}")).toBe(0));
    expect(warnings).toEqual([]);
  });

  it("lets go of its own lock only", async () => {
    const [one, other] = [await usedStoreAt(server.port), await usedStoreAt(server.port)];
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
    const store = await usedStoreAt(server.port);
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
    const store = await usedStoreAt(server.port);
    expect(await store.take("a", WHEN)).toEqual({
      value: Buffer.from(bytes.slice(15)),
      lock: { token: expect.any(String) },
    });
    expect(warnings).toEqual([]);
  });

  it("goes on when Redis has lost everything, its scripts too", async () => {
    const store = await usedStoreAt(server.port);
    await store.keep("a", FRESH);
    await server.admin.flushall();
    await server.admin.script("FLUSH");
    expect(await store.take("a", WHEN)).toEqual({ value: undefined, lock: { token: expect.any(String) } });
    await store.keep("a", FRESH);
    expect(await store.peek("a")).toEqual(VALUE);
    expect(warnings).toEqual([]);
  });

  it("does not mix up the answers to calls that run together", async () => {
    const store = await usedStoreAt(server.port);
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
    const store = storeAt(server.port, {
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
    expect(warnings).toEqual([]);
  });

  it("works on a cluster: a value and its lock are on one node", async () => {
    const cluster = await startRedisServer({ settings: ["--cluster-enabled", "yes"] });
    await cluster.admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await eventually(async () =>
      expect(await cluster.admin.call("CLUSTER", "INFO")).toContain("cluster_state:ok"),
    );
    const store = await usedStoreAt(cluster.port);
    await store.keep("a", FRESH, tokenIn(await store.take("a", WHEN)));
    expect((await store.take("a", WHEN))?.value).toEqual(VALUE);
    await store.close();
    await cluster.kill();
  });
});

function tokenIn(taken: { readonly lock: unknown } | undefined): string {
  const lock = taken?.lock;
  if (typeof lock !== "object" || lock === null || !("token" in lock)) throw new Error("no lock was given");
  return String(lock.token);
}

describe.skipIf(REDIS_SERVER_PATH === undefined)("a Redis that fails", () => {
  beforeEach(async () => {
    server = await startRedisServer();
    door = await openRedisDoor(server.port);
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await door.close();
    server.signal("SIGCONT");
    await server.kill();
  });

  it("and is silent costs one wait, and then nothing", async () => {
    const store = await usedStoreAt(door.port);
    server.signal("SIGSTOP");
    const call = store.take("b", WHEN);
    await sent(2);
    expect(await tooLate(call)).toBeUndefined();
    for (let round = 0; round < 20; round += 1) await nothingFrom(store);
    expect(door.commands).toHaveLength(2);
    expect(warnings).toEqual([NOT_USED("no answer in time")]);
  });

  it("and is silent ends what all callers wait for, at once", async () => {
    const store = await usedStoreAt(door.port);
    door.holdReplies();
    const calls = [...Array(50).keys()].map((at) => store.take(`name-${at}`, WHEN));
    await sent(51);
    vi.advanceTimersByTime(3);
    expect(await Promise.all(calls)).toEqual(Array(50).fill(undefined));
    await nothingFrom(store);
    expect(door.commands).toHaveLength(51);
    expect(warnings).toHaveLength(1);
  });

  it("and is silent while it connects is waited for once, by those who come first", async () => {
    door.holdReplies();
    await server.admin.config("SET", "requirepass", "secret");
    const store = storeAt(door.port, { url: `redis://:secret@127.0.0.1:${door.port}` });
    const calls = [store.take("a", WHEN), store.take("b", WHEN)];
    await sent(1);
    expect(await tooLate(Promise.all(calls))).toEqual([undefined, undefined]);
    await nothingFrom(store);
    expect([door.commands, warnings]).toEqual([["auth"], []]);
    door.releaseReplies();
    await eventually(async () => expect(await store.take("a", WHEN)).toBeDefined());
    expect(door.connections.all).toBe(1);
  });

  it("is not blamed for a busy process: what has arrived in time counts", async () => {
    const store = await usedStoreAt(server.port);
    await store.keep("a", FRESH);
    const call = store.take("a", WHEN);
    // Nothing else runs here meanwhile. When Redis has answered this, it has answered the call: it takes one after the other.
    expect(pingAndBlock(server.port)).toBe("PONG\n");
    expect(await tooLate(call)).toEqual({ value: VALUE, lock: undefined });
    expect(warnings).toEqual([]);
  });

  it("and answers too late is left: nobody gets the answer that was for another", async () => {
    const store = await usedStoreAt(door.port);
    await store.keep("a", { ...FRESH, value: Buffer.from("a's") });
    await store.keep("b", { ...FRESH, value: Buffer.from("b's") });
    door.holdReplies();
    const call = store.take("a", WHEN);
    await sent(4);
    expect(await tooLate(call)).toBeUndefined();
    await eventually(() => expect(door.connections).toEqual({ all: 1, open: 0 }));
    door.releaseReplies();
    waitOutThePause();
    await untilUsed(store);
    expect((await store.take("b", WHEN))?.value).toEqual(Buffer.from("b's"));
    expect(door.connections).toEqual({ all: 2, open: 1 });
  });

  it("and dies is not asked, until it is back", async () => {
    const store = await usedStoreAt(door.port);
    await server.kill();
    door.leadTo(undefined);
    await eventually(() => expect(door.connections.open).toBe(0));
    // The connection that is gone is noticed, and the next one fails.
    await eventually(async () =>
      expect([await store.take("a", WHEN), warnings.length]).toEqual([undefined, 1]),
    );
    const { all } = door.connections;
    await nothingFrom(store);
    expect(door.connections.all).toBe(all);

    server = await server.restarted();
    door.leadTo(server.port);
    await nothingFrom(store);
    expect(door.connections.all).toBe(all);
    waitOutThePause();
    await untilUsed(store);
    await store.keep("a", FRESH);
    expect(await store.peek("a")).toEqual(VALUE);
    expect(warnings).toHaveLength(1);
  });

  it("and dies while it is asked gives nothing, without an error", async () => {
    const store = await usedStoreAt(door.port);
    door.holdReplies();
    const calls = [store.take("b", WHEN), store.peek("b"), store.keep("b", FRESH), store.release("b", "x")];
    await sent(5);
    door.cut();
    expect(await Promise.all(calls)).toEqual([undefined, undefined, undefined, undefined]);
    expect(warnings).toEqual([NOT_USED("the connection ended")]);
  });

  it("and ends an idle connection has no outage: the next take makes a new one", async () => {
    const store = await usedStoreAt(door.port);
    await store.keep("a", FRESH);
    door.cut();
    await eventually(() => expect(door.connections.open).toBe(0));
    // The end is in the socket by now. The event loop reads it.
    for (let turns = 0; turns < 10; turns += 1) await nextTurn();
    expect((await store.take("a", WHEN))?.value).toEqual(VALUE);
    expect([door.connections, warnings]).toEqual([{ all: 2, open: 1 }, []]);
  });

  it("tries again after the pause, in the background, and only then", async () => {
    const store = await usedStoreAt(door.port);
    door.holdReplies();
    const call = store.take("a", WHEN);
    await sent(2);
    await tooLate(call);
    // Half of the first pause is certain.
    vi.setSystemTime(Date.now() + 2_499);
    await nothingFrom(store);
    expect(door.commands).toHaveLength(2);
    vi.setSystemTime(Date.now() + 2_501);
    await nothingFrom(store);
    await sent(3);
    // One trial at a time. It is late too.
    await nothingFrom(store);
    vi.advanceTimersByTime(3);
    await eventually(() => expect(door.connections).toEqual({ all: 2, open: 0 }));
    // The second pause is twice as long.
    vi.setSystemTime(Date.now() + 4_900);
    await nothingFrom(store);
    expect(door.commands).toHaveLength(3);
    door.releaseReplies();
    vi.setSystemTime(Date.now() + 5_100);
    await untilUsed(store);
    expect(warnings).toHaveLength(1);
  });

  it("never waits for more than a minute's pause", async () => {
    const store = storeAt(1);
    for (let failures = 0; failures < 12; failures += 1) {
      await eventually(() => expect(warnings).toHaveLength(1));
      waitOutThePause();
      await nothingFrom(store);
    }
    expect(warnings).toEqual([NOT_USED("ECONNREFUSED")]);
  });

  it("warns again about the next outage", async () => {
    const store = storeAt(door.port);
    for (const outages of [1, 2]) {
      await untilUsed(store);
      door.holdReplies();
      const before = door.commands.length;
      const call = store.peek("a");
      await sent(before + 1);
      await tooLate(call);
      door.releaseReplies();
      expect(warnings).toHaveLength(outages);
      waitOutThePause();
    }
  });

  it.each([
    ["is full", ["CONFIG", "SET", "maxmemory", "1"], "OOM", ["CONFIG", "SET", "maxmemory", "0"]],
    ["is a replica", ["REPLICAOF", "127.0.0.1", "1"], "READONLY", ["REPLICAOF", "NO", "ONE"]],
    [
      "may not be written",
      ["ACL", "SETUSER", "default", "-eval"],
      "NOPERM",
      ["ACL", "SETUSER", "default", "+eval"],
    ],
  ])("and %s is not used until it stores again", async (_case, spoil, why, mend) => {
    const store = await usedStoreAt(door.port);
    await server.admin.call(...commandOf(spoil));
    await store.keep("a", FRESH);
    expect(warnings).toEqual([NOT_USED(why)]);
    // An answer to PING would not do: it stores no better than before.
    const { all } = door.connections;
    waitOutThePause();
    await nothingFrom(store);
    await eventually(() => expect(door.connections).toEqual({ all: all + 1, open: 0 }));
    await nothingFrom(store);
    expect(warnings).toHaveLength(1);
    await server.admin.call(...commandOf(mend));
    waitOutThePause();
    await untilUsed(store);
  });

  it("keeps no process alive", () => {
    const program = `
      const { redisStore } = await import("./shared/adapters/redis-store.ts");
      const store = redisStore({ url: "redis://127.0.0.1:${server.port}", onWarning: console.log, patienceMs: 60_000 });
      console.log((await store.take("a", { nowMs: 1, lockMs: 1 })) !== undefined);`;
    const run = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    expect([run.stdout, run.stderr, run.status]).toEqual(["true\n", "", 0]);
  });

  it("answers nothing after close", async () => {
    const store = await usedStoreAt(door.port);
    await store.close();
    await eventually(() => expect(door.connections.open).toBe(0));
    waitOutThePause();
    await nothingFrom(store);
    expect([door.connections.all, warnings]).toEqual([1, []]);
  });
});

function commandOf(words: readonly string[]): [command: string, ...args: string[]] {
  const [command = "", ...args] = words;
  return [command, ...args];
}

describe.skipIf(REDIS_SERVER_PATH === undefined)("a Redis that lets nobody in", () => {
  beforeAll(async () => {
    server = await startRedisServer({ password: "right" });
  });
  afterAll(() => server.kill());

  it.each([
    ["a wrong password", ":wrong@", "", "WRONGPASS"],
    ["an unknown user", "valet:right@", "", "WRONGPASS"],
    ["no password", "", "", "NOAUTH"],
    ["a database that it has not", ":right@", "/99", "ERR"],
  ])("with %s is not used, and nothing is stored", async (_case, who, database, why) => {
    const store = storeAt(server.port, { url: `redis://${who}127.0.0.1:${server.port}${database}` });
    await store.take("a", WHEN);
    await eventually(() => expect(warnings).toEqual([NOT_USED(why)]));
    await nothingFrom(store);
    expect(await server.admin.dbsize()).toBe(0);
  });

  it("with the right password is used", async () => {
    const store = storeAt(server.port, { url: `redis://:right@127.0.0.1:${server.port}` });
    expect(await store.take("a", WHEN)).toBeDefined();
    await server.admin.flushall();
  });
});

describe.skipIf(REDIS_SERVER_PATH === undefined)("over TLS", () => {
  let ours: Authority;
  let another: Authority;
  let folder: string;
  beforeAll(async () => {
    [ours, another] = [await authority(), await authority()];
    folder = mkdtempSync(join(tmpdir(), "oss-valet-redis-tls-"));
    const files = {
      key: join(folder, "key.pem"),
      cert: join(folder, "cert.pem"),
      ca: join(folder, "ca.pem"),
    };
    writeFileSync(files.key, ours.server.key);
    writeFileSync(files.cert, ours.server.cert);
    writeFileSync(files.ca, ours.ca);
    server = await startRedisServer({ tls: files, password: "right" });
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  it.each(["localhost", "127.0.0.1"])("is used when its authority is trusted, as %s", async (host) => {
    const store = await usedStoreAt(server.port, {
      url: `rediss://:right@${host}:${server.port}`,
      ca: ours.ca,
    });
    await store.keep("a", FRESH);
    expect(await store.peek("a")).toEqual(VALUE);
  });

  it("is not used without TLS", async () => {
    storeAt(server.port, { url: `redis://:right@127.0.0.1:${server.port}` });
    await eventually(() => expect(warnings).toHaveLength(1));
  });

  it.each([
    [
      "signed by an unknown authority",
      () => ours.ca,
      () => another.server,
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ],
    ["signed by nobody that Node trusts", undefined, () => ours.server, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["of another host", () => ours.ca, () => ours.otherHost, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("sends nothing to a server with a certificate %s", async (_case, ca, certificate, why) => {
    const got: Buffer[] = [];
    const impostor = createTlsServer(certificate(), (socket) => {
      socket.on("error", () => undefined).on("data", (bytes) => got.push(bytes));
    });
    impostor.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
    const store = storeAt(portOf(impostor), {
      url: `rediss://:s3cret@127.0.0.1:${portOf(impostor)}`,
      ...(ca !== undefined && { ca: ca() }),
    });
    await eventually(() => expect(warnings).toEqual([NOT_USED(why)]));
    await nothingFrom(store);
    await closed(impostor);
    expect(got).toEqual([]);
  });
});

interface Pair {
  readonly key: string;
  readonly cert: string;
}

/** An authority for this machine, a server's certificate, and one that is for another host. PEM. */
interface Authority {
  readonly ca: string;
  readonly server: Pair;
  readonly otherHost: Pair;
}

async function authority(): Promise<Authority> {
  const root = await certificateAuthority(["localhost", "redis.example.com"], Date.now());
  const certificates = await certificatesOf(root);
  const pair = async (host: string) => {
    const { key, cert } = await certificates.for(host);
    return { key, cert };
  };
  return {
    ca: pemOf(root.certificate),
    server: await pair("localhost"),
    otherHost: await pair("redis.example.com"),
  };
}

describe("what the operator is told", () => {
  it.each([
    ["-ERR unknown command 'auth', with args beginning with: 's3cret' \r\n", "ERR"],
    ["-s3cret is wrong\r\n", "the connection ended"],
    ["this is not Redis, s3cret\r\n", "the connection ended"],
  ])("quotes nothing of %j", async (answer, why) => {
    const impostor = await serverThatAnswers(answer);
    storeAt(portOf(impostor), { url: `redis://:s3cret@127.0.0.1:${portOf(impostor)}` });
    await eventually(() => expect(warnings).toEqual([NOT_USED(why)]));
    await closed(impostor);
  });
});

async function serverThatAnswers(answer: string): Promise<Server> {
  const impostor = createServer((socket) => {
    socket.on("error", () => undefined).on("data", () => socket.write(answer));
  });
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  return impostor;
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function closed(listening: Server): Promise<void> {
  return new Promise((resolve) => listening.close(() => resolve()));
}
