import { describe, expect, it } from "vitest";
import { cachingSts } from "../../../shared/adapters/caching-sts.ts";
import { queueingSts } from "../../../shared/adapters/queueing-sts.ts";
import type { SessionName } from "../../../shared/domain/policy/session-name.ts";
import type { SessionPolicy } from "../../../shared/domain/policy/session-policy.ts";
import { type Refusal, refused } from "../../../shared/domain/refusal.ts";
import type { AssumeRole, Sts } from "../../../shared/ports.ts";
import { callOf, countedSts } from "../../support/counted-sts.ts";

const START_MS = Date.parse("2026-11-27T10:00:00Z");
const THROTTLED: Refusal = { code: "STS_THROTTLED", retryAfterSeconds: 7, stsPauseMs: 7_000 };
const GONE: Refusal = { code: "STS_UNAVAILABLE", because: "timeout" };
const DENIED: Refusal = { code: "STS_DENIED", stsCode: "NoPermission" };

function stage(maxEntries = 1_000) {
  let nowMs = START_MS;
  const inner = countedSts(() => nowMs);
  const clock = { nowMs: () => nowMs };
  const pause = async (ms: number): Promise<void> => {
    nowMs += ms;
  };
  const sts = cachingSts({ sts: queueingSts({ sts: inner, clock, pause }), clock, maxEntries });
  return {
    inner,
    sts,
    ask: (call: AssumeRole = callOf("alice"), refusedKeyId?: string) => outcomeOf(sts, call, refusedKeyId),
    /** Seconds. */
    pass: (seconds: number) => {
      nowMs += seconds * 1_000;
    },
  };
}

/** The key and where it was kept, or the refusal's code. */
async function outcomeOf(sts: Sts, call: AssumeRole, refusedKeyId?: string): Promise<string> {
  const result = await sts.assumeRole(call, refusedKeyId);
  if (!result.ok) {
    const { refusal } = result;
    return refusal.code === "STS_THROTTLED" ? `${refusal.code} ${refusal.retryAfterSeconds}` : refusal.code;
  }
  return `${result.value.accessKeyId} ${result.value.cachedIn ?? "asked"}`;
}

describe("how long credentials are handed out again", () => {
  // Seconds of life asked for → seconds after which STS is asked again: while half of the life and 20 minutes remain.
  it.each([
    [3_600, 1_800],
    [2_400, 1_200],
    [43_200, 21_600],
    [2_500, 1_250],
    [2_399, 30],
    [1_800, 30],
    [900, 30],
  ])("of %i s: for %i s", async (durationSeconds, reuse) => {
    const { ask, pass } = stage();
    const call = callOf("alice", { durationSeconds });
    expect(await ask(call)).toBe("STS.1 asked");
    pass(reuse);
    expect(await ask(call)).toBe("STS.1 memory");
    pass(1);
    expect(await ask(call)).toBe("STS.2 asked");
  });

  it("is shorter when STS gives less life than was asked for", async () => {
    const { inner, ask, pass } = stage();
    inner.answer((call) => ({
      ok: true,
      value: {
        accessKeyId: `STS.${inner.calls.length}`,
        accessKeySecret: "s",
        securityToken: "t",
        expiresAtMs: START_MS + (call.durationSeconds / 2 + 600) * 1_000,
        stsRequestId: "r",
      },
    }));
    await ask();
    pass(600);
    expect(await ask()).toBe("STS.1 memory");
    pass(1);
    expect(await ask()).toBe("STS.2 asked");
  });

  it("ends when the clock goes back: credentials that seem to live longer than they can are not trusted", async () => {
    const { ask, pass } = stage();
    await ask();
    pass(-60);
    expect(await ask()).toBe("STS.1 memory");
    pass(-1);
    expect(await ask()).toBe("STS.2 asked");
  });
});

describe("whose credentials are handed out again", () => {
  const call = callOf("alice");
  it.each<[string, AssumeRole]>([
    ["another session name", { ...call, sessionName: "bob-0123456789abcdef0123" as SessionName }],
    ["another policy", { ...call, sessionPolicy: callOf("bob").sessionPolicy }],
    [
      "a policy that differs at its end",
      { ...call, sessionPolicy: `${call.sessionPolicy} ` as SessionPolicy },
    ],
    ["another duration", { ...call, durationSeconds: 3_601 }],
    [
      "parts that give the same text when they are put one after the other",
      { ...call, sessionName: `${call.sessionName}3` as SessionName, durationSeconds: 600 },
    ],
    [
      "a name that ends where the next part begins",
      { ...call, sessionName: `${call.sessionName}",3600,"` as SessionName },
    ],
  ])("not those of %s", async (_, other) => {
    const { inner, ask } = stage();
    await ask(call);
    expect(await ask(other)).toBe("STS.2 asked");
    expect(await ask(call)).toBe("STS.1 memory");
    expect(await ask(other)).toBe("STS.2 memory");
    expect(inner.calls).toEqual([call, other]);
  });

  it("not those of a user whose name is that of an object's property", async () => {
    const { ask } = stage();
    for (const [index, user] of ["__proto__", "constructor", "toString"].entries())
      expect(await ask(callOf(user))).toBe(`STS.${index + 1} asked`);
  });
});

describe("equal calls at the same time", () => {
  it("are one call, whose result all of them get", async () => {
    const { inner, ask } = stage();
    const outcomes = await Promise.all(Array.from({ length: 500 }, () => ask()));
    expect(inner.calls).toHaveLength(1);
    expect(outcomes).toEqual(["STS.1 asked", ...Array.from({ length: 499 }, () => "STS.1 memory")]);
  });

  it("of different users stay apart", async () => {
    const { inner, sts } = stage();
    const users = Array.from({ length: 200 }, (_, index) => `user${index % 20}`);
    const results = await Promise.all(users.map((user) => sts.assumeRole(callOf(user))));
    expect(inner.calls).toHaveLength(20);
    for (const [index, result] of results.entries())
      expect(result.ok && result.value.securityToken).toContain(`token of ${users[index]}-`);
  });

  it("share a refusal, and nobody after them does", async () => {
    const { inner, ask } = stage();
    inner.answer(() => refused(DENIED));
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["STS_DENIED", "STS_DENIED", "STS_DENIED"]);
    expect(inner.calls).toHaveLength(1);
    inner.answer();
    expect(await ask()).toBe("STS.2 asked");
  });

  it("share an unexpected error, which leaves nothing behind", async () => {
    const { inner, sts, ask } = stage();
    inner.answer(() => {
      throw new Error("a bug");
    });
    const outcomes = await Promise.allSettled([
      sts.assumeRole(callOf("alice")),
      sts.assumeRole(callOf("alice")),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    inner.answer();
    expect(await ask()).toBe("STS.2 asked");
  });

  it.each([
    ["was frozen", 11],
    ["has a clock that went back", -11],
  ])("do not wait for the call of an instance that %s", async (_, seconds) => {
    const { inner, ask, pass } = stage();
    inner.answer(() => new Promise(() => {}));
    void ask();
    await Promise.resolve();
    pass(seconds);
    inner.answer();
    expect(await ask()).toBe("STS.2 asked");
    expect(await ask()).toBe("STS.2 memory");
  });
});

describe("a key that OSS refuses, as the App says", () => {
  it("is not handed out again, and neither is it to the others of its user", async () => {
    const { ask } = stage();
    expect(await ask()).toBe("STS.1 asked");
    expect(await ask(callOf("alice"), "STS.1")).toBe("STS.2 asked");
    expect(await ask(callOf("alice"), "STS.1")).toBe("STS.2 memory");
    expect(await ask()).toBe("STS.2 memory");
  });

  it("does not bridge an outage or a pause either", async () => {
    const { inner, ask } = stage();
    await ask();
    inner.answer(() => refused(GONE));
    expect(await ask(callOf("alice"), "STS.1")).toBe("STS_UNAVAILABLE");
    inner.answer(() => refused(THROTTLED));
    expect(await ask(callOf("alice"), "STS.1")).toBe("STS_THROTTLED 7");
    expect(await ask(callOf("alice"), "STS.1")).toBe("STS_THROTTLED 7");
  });

  it("is one call to STS for a herd that has it", async () => {
    const { inner, ask } = stage();
    await ask();
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => ask(callOf("alice"), "STS.1")));
    expect(new Set(outcomes)).toEqual(new Set(["STS.2 asked", "STS.2 memory"]));
    expect(inner.calls).toHaveLength(2);
  });

  it("is not handed out because another request is just being given it", async () => {
    const { inner, ask } = stage();
    const made: string[] = [];
    inner.answer(({ durationSeconds }) => {
      const accessKeyId = made.length === 0 ? "STS.kept elsewhere" : `STS.new ${made.length}`;
      made.push(accessKeyId);
      const expiresAtMs = START_MS + durationSeconds * 1_000;
      return {
        ok: true,
        value: { accessKeyId, accessKeySecret: "s", securityToken: "t", expiresAtMs, stsRequestId: "r" },
      };
    });
    const [first, ...others] = await Promise.all([
      ask(),
      ...Array.from({ length: 10 }, () => ask(callOf("alice"), "STS.kept elsewhere")),
    ]);
    expect(first).toBe("STS.kept elsewhere asked");
    expect(new Set(others)).toEqual(new Set(["STS.new 1 asked", "STS.new 1 memory"]));
    expect(inner.calls).toHaveLength(2);
  });
});

describe("a throttled STS", () => {
  it("is not asked again before the pause that it asked for is over, and each request is told what is left of it", async () => {
    const { inner, ask, pass } = stage();
    inner.answer(() => refused(THROTTLED));
    expect(await ask()).toBe("STS_THROTTLED 7");
    inner.answer();
    pass(3.5);
    expect(await ask(callOf("bob"))).toBe("STS_THROTTLED 4");
    pass(2.4);
    expect(await ask()).toBe("STS_THROTTLED 2");
    expect(inner.calls).toHaveLength(1);
    pass(1.1);
    expect(await ask()).toBe("STS.2 asked");
  });

  it("does not keep those from being served whose credentials still live", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    pass(1_801);
    inner.answer(() => refused(THROTTLED));
    expect(await ask()).toBe("STS.1 bridge");
    expect(await ask()).toBe("STS.1 bridge");
    expect(await ask(callOf("bob"))).toBe("STS_THROTTLED 7");
    expect(inner.calls).toHaveLength(2);
  });

  it("is asked again when the clock has gone back beyond any pause", async () => {
    const { inner, ask, pass } = stage();
    inner.answer(() => refused(THROTTLED));
    await ask();
    inner.answer();
    pass(-600);
    expect(await ask()).toBe("STS.2 asked");
  });
});

describe("an STS that is gone", () => {
  it("is bridged with credentials that live for at least a minute, and asked once in five seconds by those", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    inner.answer(() => refused(GONE));
    pass(1_801);
    expect(await ask()).toBe("STS.1 bridge");
    expect(await ask()).toBe("STS.1 bridge");
    expect(inner.calls).toHaveLength(2);
    pass(5);
    expect(await ask()).toBe("STS.1 bridge");
    expect(inner.calls).toHaveLength(3);
    pass(3_600 - 60 - 1_801 - 5);
    expect(await ask()).toBe("STS.1 bridge");
    pass(1);
    expect(await ask()).toBe("STS_UNAVAILABLE");
  });

  it("is asked by those who have no credentials, and by all when it is back", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    pass(1_801);
    inner.answer(() => refused(GONE));
    expect(await ask(callOf("bob"))).toBe("STS_UNAVAILABLE");
    expect(await ask(callOf("carol"))).toBe("STS_UNAVAILABLE");
    expect(inner.calls).toHaveLength(3);
    expect(await ask()).toBe("STS.1 bridge");
    inner.answer();
    expect(await ask(callOf("bob"))).toBe("STS.4 asked");
    expect(await ask()).toBe("STS.5 asked");
  });

  it("is left alone for longer when it asked for that", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    pass(1_801);
    inner.answer(() => refused({ ...GONE, retryAfterSeconds: 60 }));
    expect(await ask()).toBe("STS.1 bridge");
    pass(59);
    expect(await ask()).toBe("STS.1 bridge");
    expect(inner.calls).toHaveLength(2);
    pass(1);
    await ask();
    expect(inner.calls).toHaveLength(3);
  });

  it("is not bridged with credentials that seem to live longer than they can", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    inner.answer(() => refused(GONE));
    pass(-61);
    expect(await ask()).toBe("STS_UNAVAILABLE");
  });
});

describe("a denial of STS", () => {
  it("is never bridged, and the credentials before it are forgotten", async () => {
    const { inner, ask, pass } = stage();
    await ask();
    pass(1_801);
    inner.answer(() => refused(DENIED));
    expect(await ask()).toBe("STS_DENIED");
    inner.answer(() => refused(GONE));
    expect(await ask()).toBe("STS_UNAVAILABLE");
  });
});

describe("the memory that it takes", () => {
  it("is bounded: the credentials that were unused for longest go first", async () => {
    const { ask } = stage(100);
    for (let user = 0; user < 1_000; user += 1) {
      await ask(callOf(`user${user}`));
      expect(await ask(callOf("user0"))).toBe("STS.1 memory");
    }
    const again = [];
    for (let user = 999; user > 0; user -= 1) again.push(await ask(callOf(`user${user}`)));
    const kept = again.filter((outcome) => outcome.endsWith("memory")).length;
    expect(kept).toBeGreaterThanOrEqual(45);
    expect(kept).toBeLessThanOrEqual(100);
    expect(again.slice(0, kept).every((outcome) => outcome.endsWith("memory"))).toBe(true);
  });
});
