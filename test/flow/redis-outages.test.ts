import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRedisDoor, type RedisDoor } from "../support/redis-door.ts";
import { outputWithRedisStore } from "../support/redis-program.ts";
import {
  pingAndBlock,
  REDIS_SERVER_PATH,
  type RedisServer,
  startRedisServer,
} from "../support/redis-server.ts";
import {
  eventually,
  FRESH,
  nothingFrom,
  notUsed,
  redisStores,
  type Store,
  socketsAreRead,
  VALUE,
  WHEN,
} from "../support/redis-stores.ts";

const stores = redisStores();
let server: RedisServer;
let door: RedisDoor;

/** The longest pause of the breaker is over. */
function waitOutThePause(): void {
  vi.setSystemTime(Date.now() + 60_000);
}

/** Until the trial that a call has started has succeeded. */
async function untilUsed(store: Store): Promise<void> {
  await store.take("until-used", WHEN);
  await eventually(async () => expect(await store.take("until-used", WHEN)).toBeDefined());
}

/** Of the only failing call: the deadline has passed, and the event loop has looked for an answer. */
async function tooLate<T>(call: Promise<T>): Promise<T> {
  vi.advanceTimersByTime(3);
  return call;
}

async function sent(commands: number): Promise<void> {
  await eventually(() => expect(door.commands.length).toBe(commands));
}

describe.skipIf(REDIS_SERVER_PATH === undefined)("a Redis that fails", () => {
  beforeEach(async () => {
    server = await startRedisServer();
    door = await openRedisDoor(server.port);
  });
  afterEach(async () => {
    await stores.close();
    await door.close();
    server.signal("SIGCONT");
    await server.kill();
  });

  it("and is silent costs one wait, and then nothing", async () => {
    const store = await stores.usedAt(door.port);
    server.signal("SIGSTOP");
    const call = store.take("b", WHEN);
    await sent(2);
    expect(await tooLate(call)).toBeUndefined();
    for (let round = 0; round < 20; round += 1) await nothingFrom(store);
    expect(door.commands).toHaveLength(2);
    expect(stores.warnings).toEqual([]);
    // The trial, which no call waits for, is late too: now it is an outage.
    waitOutThePause();
    await nothingFrom(store);
    await sent(3);
    vi.advanceTimersByTime(3);
    await eventually(() => expect(stores.warnings).toEqual([notUsed("no answer in time")]));
    for (let round = 0; round < 20; round += 1) await nothingFrom(store);
    expect(door.commands).toHaveLength(3);
  });

  it("and is silent ends what all callers wait for, at once", async () => {
    const store = await stores.usedAt(door.port);
    door.holdReplies();
    const calls = [...Array(50).keys()].map((at) => store.take(`name-${at}`, WHEN));
    await sent(51);
    vi.advanceTimersByTime(3);
    expect(await Promise.all(calls)).toEqual(Array(50).fill(undefined));
    await nothingFrom(store);
    expect(door.commands).toHaveLength(51);
  });

  it("and is silent while it connects is waited for once, by those who come first", async () => {
    door.holdReplies();
    await server.admin.config("SET", "requirepass", "secret");
    const store = stores.at(door.port, { url: `redis://:secret@127.0.0.1:${door.port}` });
    const calls = [store.take("a", WHEN), store.take("b", WHEN)];
    await sent(1);
    expect(await tooLate(Promise.all(calls))).toEqual([undefined, undefined]);
    await nothingFrom(store);
    expect([door.commands, stores.warnings]).toEqual([["auth"], []]);
    door.releaseReplies();
    await eventually(async () => expect(await store.take("a", WHEN)).toBeDefined());
    expect(door.connections.all).toBe(1);
  });

  it("is not blamed for a busy process: what has arrived in time counts", async () => {
    const store = await stores.usedAt(server.port);
    await store.keep("a", FRESH);
    const call = store.take("a", WHEN);
    // Nothing else runs here meanwhile. When Redis has answered this, it has answered the call: it takes one after the other.
    expect(pingAndBlock(server.port)).toBe("PONG\n");
    expect(await tooLate(call)).toEqual({ value: VALUE, lock: undefined });
    expect(stores.warnings).toEqual([]);
  });

  it("and answers too late is left: nobody gets the answer that was for another", async () => {
    const store = await stores.usedAt(door.port);
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
    const store = await stores.usedAt(door.port);
    await server.kill();
    door.leadTo(undefined);
    await eventually(() => expect(door.connections.open).toBe(0));
    // The connection that is gone is noticed, and the next one fails.
    await eventually(async () =>
      expect([await store.take("a", WHEN), stores.warnings.length]).toEqual([undefined, 1]),
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
    expect(stores.warnings).toHaveLength(1);
  });

  it("and dies while it is asked gives nothing, without an error", async () => {
    const store = await stores.usedAt(door.port);
    door.holdReplies();
    const calls = [store.take("b", WHEN), store.peek("b"), store.keep("b", FRESH), store.release("b", "x")];
    await sent(5);
    door.cut();
    expect(await Promise.all(calls)).toEqual([undefined, undefined, undefined, undefined]);
    expect(stores.warnings).toEqual([notUsed("the connection ended")]);
  });

  it("and ends an idle connection has no outage: the next take makes a new one", async () => {
    const store = await stores.usedAt(door.port);
    await store.keep("a", FRESH);
    door.cut();
    await eventually(() => expect(door.connections.open).toBe(0));
    await socketsAreRead();
    expect((await store.take("a", WHEN))?.value).toEqual(VALUE);
    expect([door.connections, stores.warnings]).toEqual([{ all: 2, open: 1 }, []]);
  });

  it("tries again after the pause, in the background, and only then", async () => {
    const store = await stores.usedAt(door.port);
    door.holdReplies();
    const call = store.take("a", WHEN);
    await sent(2);
    await tooLate(call);
    // Half of the first pause is certain.
    vi.setSystemTime(Date.now() + 99);
    await nothingFrom(store);
    expect(door.commands).toHaveLength(2);
    vi.setSystemTime(Date.now() + 101);
    await nothingFrom(store);
    await sent(3);
    // One trial at a time. It is late too.
    await nothingFrom(store);
    vi.advanceTimersByTime(3);
    await eventually(() => expect(door.connections).toEqual({ all: 2, open: 0 }));
    // The second pause is twice as long.
    vi.setSystemTime(Date.now() + 199);
    await nothingFrom(store);
    expect(door.commands).toHaveLength(3);
    door.releaseReplies();
    vi.setSystemTime(Date.now() + 201);
    await untilUsed(store);
    expect(stores.warnings).toHaveLength(1);
  });

  it("is tried once a minute at least, however long it has been gone", async () => {
    door.leadTo(undefined);
    const store = stores.at(door.port);
    for (let trials = 1; trials <= 12; trials += 1) {
      await eventually(() => expect(door.connections).toEqual({ all: trials, open: 0 }));
      await socketsAreRead();
      waitOutThePause();
      await nothingFrom(store);
    }
    expect(stores.warnings).toEqual([notUsed("the connection ended")]);
  });

  it("and is late once is no outage that the operator is told about", async () => {
    const store = await stores.usedAt(door.port);
    door.holdReplies();
    const call = store.peek("a");
    await sent(2);
    await tooLate(call);
    door.releaseReplies();
    waitOutThePause();
    await untilUsed(store);
    expect(stores.warnings).toEqual([]);
  });

  it("and recovers by turns is told about once a minute", async () => {
    const store = await stores.usedAt(door.port);
    const fails = async () => {
      await server.admin.config("SET", "maxmemory", "1");
      await store.keep("a", FRESH);
      await server.admin.config("SET", "maxmemory", "0");
    };
    await fails();
    expect(stores.warnings).toHaveLength(1);
    vi.setSystemTime(Date.now() + 200);
    await untilUsed(store);
    await fails();
    expect(stores.warnings).toHaveLength(1);
    waitOutThePause();
    await untilUsed(store);
    await fails();
    expect(stores.warnings).toHaveLength(2);
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
    const store = await stores.usedAt(door.port);
    await server.admin.call(...commandOf(spoil));
    await store.keep("a", FRESH);
    expect(stores.warnings).toEqual([notUsed(why)]);
    // An answer to PING would not do: it stores no better than before.
    const { all } = door.connections;
    waitOutThePause();
    await nothingFrom(store);
    await eventually(() => expect(door.connections).toEqual({ all: all + 1, open: 0 }));
    await nothingFrom(store);
    expect(stores.warnings).toHaveLength(1);
    await server.admin.call(...commandOf(mend));
    waitOutThePause();
    await untilUsed(store);
  });

  it("keeps no process alive", async () => {
    const { stdout, stderr } = await outputWithRedisStore(
      `const url = "redis://127.0.0.1:${server.port}";
      const store = redisStore({ url, onWarning: console.log, patienceMs: 60_000 });
      console.log((await store.take("a", { nowMs: 1, lockMs: 1 })) !== undefined);`,
    );
    expect([stdout, stderr]).toEqual(["true\n", ""]);
  });

  it("answers nothing after close", async () => {
    const store = await stores.usedAt(door.port);
    await store.close();
    await eventually(() => expect(door.connections.open).toBe(0));
    waitOutThePause();
    await nothingFrom(store);
    expect([door.connections.all, stores.warnings]).toEqual([1, []]);
  });
});

function commandOf(words: readonly string[]): [command: string, ...args: string[]] {
  const [command = "", ...args] = words;
  return [command, ...args];
}
