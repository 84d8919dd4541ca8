import { describe, expect, it } from "vitest";
import { cachingSts } from "../../../shared/adapters/caching-sts.ts";
import { queueingSts } from "../../../shared/adapters/queueing-sts.ts";
import { sharedCacheSts } from "../../../shared/adapters/shared-cache-sts.ts";
import { type Refusal, refused } from "../../../shared/domain/refusal.ts";
import type { AssumeRole, Sts } from "../../../shared/ports.ts";
import { callOf, countedSts } from "../../support/counted-sts.ts";
import { memoryStore } from "../../support/memory-store.ts";

const START_MS = Date.parse("2026-11-27T10:00:00Z");
const KEY = Buffer.alloc(32, 1);
const NEW_KEY = Buffer.alloc(32, 2);
const THROTTLED: Refusal = { code: "STS_THROTTLED", retryAfterSeconds: 7, stsPauseMs: 7_000 };
const GONE: Refusal = { code: "STS_UNAVAILABLE", because: "timeout" };
const DENIED: Refusal = { code: "STS_DENIED", stsCode: "NoPermission" };

function stage() {
  let nowMs = START_MS;
  const clock = { nowMs: () => nowMs };
  const inner = countedSts(clock.nowMs);
  const store = memoryStore(clock.nowMs);
  let pauses = 0;
  const pause = async (ms: number): Promise<void> => {
    nowMs += ms;
    // Lets the others go on, as real time would.
    await new Promise((resolve) => setImmediate(resolve));
  };
  const instance = ({
    keys = [KEY],
    scope = "sts role",
  }: {
    keys?: readonly [Buffer, ...Buffer[]];
    scope?: string;
  } = {}): Sts =>
    sharedCacheSts({
      sts: queueingSts({ sts: inner, clock, pause }),
      store,
      clock,
      scope,
      keys,
      pause: async (ms) => {
        pauses += 1;
        await pause(ms);
      },
    });
  return {
    inner,
    store,
    clock,
    instance,
    pauses: () => pauses,
    /** Seconds. */
    pass: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
  };
}

async function outcomeOf(
  sts: Sts,
  call: AssumeRole = callOf("alice"),
  refusedKeyId?: string,
): Promise<string> {
  const result = await sts.assumeRole(call, refusedKeyId);
  if (!result.ok) {
    const { refusal } = result;
    return refusal.code === "STS_THROTTLED" ? `${refusal.code} ${refusal.retryAfterSeconds}` : refusal.code;
  }
  return `${result.value.accessKeyId} ${result.value.cachedIn ?? "asked"}`;
}

describe("credentials that another instance got", () => {
  it("are handed out while half of their life and 20 minutes remain", async () => {
    const { instance, pass } = stage();
    expect(await outcomeOf(instance())).toBe("STS.1 asked");
    pass(1_799);
    expect(await outcomeOf(instance())).toBe("STS.1 shared");
    pass(2);
    expect(await outcomeOf(instance())).toBe("STS.2 asked");
    expect(await outcomeOf(instance())).toBe("STS.2 shared");
  });

  it("are those of the same call, the same role and the same STS alone", async () => {
    const { instance, inner } = stage();
    const call = callOf("alice");
    const calls = [
      call,
      callOf("bob"),
      { ...call, durationSeconds: 3_601 },
      { ...call, sessionPolicy: callOf("b").sessionPolicy },
    ];
    for (const [index, other] of calls.entries())
      expect(await outcomeOf(instance(), other)).toBe(`STS.${index + 1} asked`);
    expect(await outcomeOf(instance({ scope: "sts other-role" }), call)).toBe("STS.5 asked");
    for (const [index, other] of calls.entries())
      expect(await outcomeOf(instance(), other)).toBe(`STS.${index + 1} shared`);
    expect(inner.calls).toHaveLength(5);
  });

  it("live in the store as long as they live at all", async () => {
    const { instance, store } = stage();
    await outcomeOf(instance());
    expect([...store.values.values()]).toMatchObject([
      { freshUntilMs: START_MS + 1_800_000, endMs: START_MS + 3_600_000 },
    ]);
  });

  it("are kept by the memory of an instance too", async () => {
    const { instance, clock, inner } = stage();
    const memory = cachingSts({ sts: instance(), clock, maxEntries: 10 });
    await outcomeOf(instance());
    expect(await outcomeOf(memory)).toBe("STS.1 shared");
    expect(await outcomeOf(memory)).toBe("STS.1 memory");
    expect(inner.calls).toHaveLength(1);
  });
});

describe("a key that OSS refuses, as the App says", () => {
  it("is not handed out again by any instance", async () => {
    const { instance } = stage();
    await outcomeOf(instance());
    expect(await outcomeOf(instance(), callOf("alice"), "STS.1")).toBe("STS.2 asked");
    expect(await outcomeOf(instance())).toBe("STS.2 shared");
  });

  it("does not bridge an outage either", async () => {
    const { instance, inner } = stage();
    await outcomeOf(instance());
    inner.answer(() => refused(GONE));
    expect(await outcomeOf(instance(), callOf("alice"), "STS.1")).toBe("STS_UNAVAILABLE");
  });
});

describe("who can write to the store", () => {
  it("cannot give a user the credentials of another", async () => {
    const { instance, store } = stage();
    await outcomeOf(instance(), callOf("alice"));
    const [[alice, entry] = ["", undefined]] = store.values;
    await outcomeOf(instance(), callOf("mallory"));
    const mallory = [...store.values.keys()].find((name) => name !== alice) ?? "";
    expect(mallory).not.toBe("");
    if (entry !== undefined) store.values.set(mallory, entry);
    expect(await outcomeOf(instance(), callOf("mallory"))).toBe("STS.3 asked");
  });

  it("cannot make credentials up, or lengthen their life", async () => {
    const { instance, store, pass } = stage();
    await outcomeOf(instance());
    const [[name, entry] = ["", undefined]] = store.values;
    const text = Buffer.from('["STS.evil","secret","token",9999999999999,"request"]');
    store.values.set(name, {
      value: text,
      freshUntilMs: Number.MAX_SAFE_INTEGER,
      endMs: Number.MAX_SAFE_INTEGER,
    });
    expect(await outcomeOf(instance())).toBe("STS.2 asked");
    if (entry !== undefined)
      store.values.set(name, {
        ...entry,
        freshUntilMs: Number.MAX_SAFE_INTEGER,
        endMs: Number.MAX_SAFE_INTEGER,
      });
    pass(1_801);
    expect(await outcomeOf(instance())).toBe("STS.3 asked");
  });

  it("reads no secret, user or role there", async () => {
    const { instance, store } = stage();
    await outcomeOf(instance(), callOf("alice"));
    const all = [...store.values].map(([name, { value }]) => name + value.toString("latin1")).join();
    for (const text of ["STS.1", "secret 1", "token of", "alice", "role", "GetObject"])
      expect(all).not.toContain(text);
  });
});

describe("a key that is replaced", () => {
  it("goes on opening what it sealed while it is the second one, and nothing after that", async () => {
    const { instance } = stage();
    expect(await outcomeOf(instance())).toBe("STS.1 asked");
    expect(await outcomeOf(instance({ keys: [KEY, NEW_KEY] }))).toBe("STS.1 shared");
    expect(await outcomeOf(instance({ keys: [NEW_KEY, KEY] }))).toBe("STS.1 shared");
    expect(await outcomeOf(instance({ keys: [NEW_KEY] }))).toBe("STS.2 asked");
  });

  it("leaves no lock behind where the older key's entry is used", async () => {
    const { instance, store } = stage();
    await outcomeOf(instance());
    await outcomeOf(instance({ keys: [NEW_KEY, KEY] }));
    expect(store.locks.size).toBe(0);
  });
});

describe("equal calls of ten instances at the same time", () => {
  it("are one call to STS", async () => {
    const { instance, clock, inner, pauses, store } = stage();
    const instances = Array.from({ length: 10 }, () =>
      cachingSts({ sts: instance(), clock, maxEntries: 10 }),
    );
    const all = instances.flatMap((sts) => Array.from({ length: 20 }, () => outcomeOf(sts)));
    const outcomes = await Promise.all(all);
    expect(inner.calls).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => outcome.split(" ")[0]))).toEqual(new Set(["STS.1"]));
    expect(outcomes.filter((outcome) => outcome.endsWith("asked"))).toHaveLength(1);
    expect(pauses()).toBeGreaterThan(0);
    expect(store.locks.size).toBe(0);
  });

  it("do not wait for an instance that died with the lock for more than two seconds", async () => {
    const { instance, inner, clock } = stage();
    inner.answer(() => new Promise(() => {}));
    void instance().assumeRole(callOf("alice"));
    await new Promise((resolve) => setImmediate(resolve));
    inner.answer();
    expect(await outcomeOf(instance())).toBe("STS.2 asked");
    expect(clock.nowMs() - START_MS).toBeGreaterThanOrEqual(2_000);
    expect(clock.nowMs() - START_MS).toBeLessThanOrEqual(2_050);
  });

  it("ask STS themselves when others hold the lock again and again", async () => {
    const { instance, inner, store, clock } = stage();
    const name = await nameOfAlice();
    store.locks.set(name, { token: "of somebody else", endMs: Number.MAX_SAFE_INTEGER });
    expect(await outcomeOf(instance())).toBe("STS.1 asked");
    expect(inner.calls).toHaveLength(1);
    expect(clock.nowMs() - START_MS).toBeLessThanOrEqual(2_550);
    expect(store.locks.get(name)?.token).toBe("of somebody else");
  });

  it.each<[string, Refusal]>([
    ["refuses", DENIED],
    ["is gone", GONE],
    ["is throttled", THROTTLED],
  ])("free the lock when STS %s", async (_, refusal) => {
    const { instance, inner, store } = stage();
    inner.answer(() => refused(refusal));
    await outcomeOf(instance());
    expect(store.locks.size).toBe(0);
  });

  it("free the lock after an unexpected error, and pass it on", async () => {
    const { instance, inner, store } = stage();
    inner.answer(() => {
      throw new Error("a bug");
    });
    await expect(instance().assumeRole(callOf("alice"))).rejects.toThrow("a bug");
    expect(store.locks.size).toBe(0);
  });
});

describe("a throttled STS", () => {
  it("is left alone by all instances until the end of the pause that one of them was told", async () => {
    const { instance, inner, pass } = stage();
    inner.answer(() => refused(THROTTLED));
    expect(await outcomeOf(instance())).toBe("STS_THROTTLED 7");
    inner.answer();
    pass(2.5);
    expect(await outcomeOf(instance(), callOf("bob"))).toBe("STS_THROTTLED 5");
    expect(inner.calls).toHaveLength(1);
    pass(4.5);
    expect(await outcomeOf(instance(), callOf("bob"))).toBe("STS.2 asked");
  });

  it("is not left alone for a pause that nobody can have been told, nor for one that is not sealed", async () => {
    const { instance, inner, store, pass } = stage();
    inner.answer(() => refused(THROTTLED));
    await outcomeOf(instance());
    inner.answer();
    for (const kept of store.values.values()) kept.endMs = Number.MAX_SAFE_INTEGER;
    pass(-600);
    expect(await outcomeOf(instance())).toBe("STS.2 asked");
    pass(600);
    for (const [name] of store.values)
      store.values.set(name, {
        value: Buffer.from(String(START_MS + 60_000)),
        freshUntilMs: 0,
        endMs: Number.MAX_SAFE_INTEGER,
      });
    expect(await outcomeOf(instance(), callOf("bob"))).toBe("STS.3 asked");
  });

  it("keeps nobody waiting whose credentials are in the store, not even in the instance that was told", async () => {
    const { instance, clock, inner, store, pass } = stage();
    await outcomeOf(instance(), callOf("bob"));
    const told = cachingSts({ sts: instance(), clock, maxEntries: 10 });
    inner.answer(() => refused(THROTTLED));
    expect(await outcomeOf(told)).toBe("STS_THROTTLED 7");
    expect(await outcomeOf(told, callOf("bob"))).toBe("STS.1 shared");
    // Without the store it is left alone all the same.
    store.use(false);
    pass(2);
    expect(await outcomeOf(told)).toBe("STS_THROTTLED 5");
    expect(inner.calls).toHaveLength(2);
  });

  it("is bridged, in all instances, with credentials that still live", async () => {
    const { instance, inner, pass, store } = stage();
    await outcomeOf(instance());
    pass(1_801);
    inner.answer(() => refused(THROTTLED));
    expect(await outcomeOf(instance())).toBe("STS.1 bridge");
    expect(await outcomeOf(instance())).toBe("STS.1 bridge");
    expect(inner.calls).toHaveLength(2);
    expect(store.locks.size).toBe(0);
  });
});

describe("an STS that is gone", () => {
  it("is bridged with credentials that another instance got, to a minute before their end", async () => {
    const { instance, inner, pass } = stage();
    await outcomeOf(instance());
    inner.answer(() => refused(GONE));
    pass(3_540);
    expect(await outcomeOf(instance())).toBe("STS.1 bridge");
    pass(1);
    expect(await outcomeOf(instance())).toBe("STS_UNAVAILABLE");
  });

  it("that denies is not bridged", async () => {
    const { instance, inner, pass } = stage();
    await outcomeOf(instance());
    inner.answer(() => refused(DENIED));
    pass(1_801);
    expect(await outcomeOf(instance())).toBe("STS_DENIED");
  });
});

describe("a store that is gone", () => {
  it("is as good as none", async () => {
    const { instance, store, inner } = stage();
    store.use(false);
    expect(await outcomeOf(instance())).toBe("STS.1 asked");
    inner.answer(() => refused(THROTTLED));
    expect(await outcomeOf(instance())).toBe("STS_THROTTLED 7");
    expect(store.values.size).toBe(0);
  });

  it("keeps what is got once it is back", async () => {
    const { instance, store, inner } = stage();
    store.use(false);
    const made = countedSts(() => START_MS);
    inner.answer((call) => {
      store.use(true);
      return made.assumeRole(call);
    });
    await outcomeOf(instance());
    expect(await outcomeOf(instance())).toBe("STS.1 shared");
  });
});

/** The name under which the store has what alice's call gives. */
async function nameOfAlice(): Promise<string> {
  const { instance, store } = stage();
  await outcomeOf(instance());
  return [...store.values.keys()][0] ?? "";
}
