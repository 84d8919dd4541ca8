import { beforeAll, describe, expect, it } from "vitest";
import { queueingSts } from "../../../shared/adapters/queueing-sts.ts";
import { granted, type Result, refused } from "../../../shared/domain/refusal.ts";
import type { TemporaryCredentials } from "../../../shared/ports.ts";
import { virtualClock } from "../../bench/scale/virtual-clock.ts";
import { callOf } from "../../support/counted-sts.ts";

const START_MS = Date.parse("2026-11-28T10:00:00Z");
const GOOD = granted<TemporaryCredentials>({
  accessKeyId: "STS.key",
  accessKeySecret: "secret",
  securityToken: "token",
  expiresAtMs: START_MS + 3_600_000,
  stsRequestId: "call",
});
const THROTTLED = refused({ code: "STS_THROTTLED", retryAfterSeconds: 1 });

// The first throttling loads it, which takes real time.
beforeAll(() => import("../../../shared/adapters/queueing-sts/queue.ts"));

interface Ended {
  readonly name: string;
  readonly afterMs: number;
  readonly outcome: string;
}

/** Each call of STS takes 20 ms. `answer` sees the milliseconds since the start. */
function stage(answer: (ms: number) => Result<TemporaryCredentials>, random = () => 1) {
  const clock = virtualClock(START_MS);
  const calls: number[] = [];
  const ended: Ended[] = [];
  const sts = queueingSts({
    clock,
    pause: clock.pause,
    random,
    sts: {
      assumeRole: async () => {
        const ms = clock.nowMs() - START_MS;
        calls.push(ms);
        const result = answer(ms);
        await clock.pause(20);
        return result;
      },
    },
  });
  const ask = async (name: string): Promise<void> => {
    const sinceMs = clock.nowMs();
    const result = await sts.assumeRole(callOf(name));
    const outcome = result.ok
      ? "ok"
      : result.refusal.code === "STS_THROTTLED"
        ? `throttled ${result.refusal.retryAfterSeconds}`
        : result.refusal.code;
    ended.push({ name, afterMs: clock.nowMs() - sinceMs, outcome });
  };
  return {
    calls,
    ended,
    askAt: (ms: number, ...names: readonly string[]) => {
      for (const name of names) clock.at(START_MS + ms, () => void ask(name));
    },
    runFor: (ms: number) => clock.runUntil(START_MS + ms),
    clock,
  };
}

describe("a request of a throttled account", () => {
  it("waits for a short pause, and then asks again", async () => {
    const { askAt, runFor, ended, calls } = stage((ms) => (ms < 10 ? THROTTLED : GOOD));
    askAt(0, "alice");
    await runFor(5_000);
    expect(calls).toEqual([0, 60]);
    expect(ended).toEqual([{ name: "alice", afterMs: 80, outcome: "ok" }]);
  });

  it("waits twice as long after each next no, and is refused within a second", async () => {
    const { askAt, runFor, ended, calls } = stage(() => THROTTLED);
    askAt(0, "alice");
    await runFor(5_000);
    expect(calls).toEqual([0, 60, 160, 340, 680]);
    expect(ended).toEqual([{ name: "alice", afterMs: 700, outcome: "throttled 4" }]);
  });

  it("has pauses that are random from their half on", async () => {
    const { askAt, runFor, calls } = stage(
      (ms) => (ms < 10 ? THROTTLED : GOOD),
      () => 0,
    );
    askAt(0, "alice");
    await runFor(5_000);
    expect(calls).toEqual([0, 40]);
  });

  it("is refused at once, without a call, where STS has asked to be left alone for longer than it may wait", async () => {
    const { askAt, runFor, ended, calls } = stage(() =>
      refused({ code: "STS_THROTTLED", retryAfterSeconds: 7, stsPauseMs: 7_000 }),
    );
    askAt(0, "alice");
    askAt(2_000, "bob");
    await runFor(6_000);
    expect(calls).toEqual([0]);
    expect(ended).toEqual([
      { name: "alice", afterMs: 20, outcome: "throttled 7" },
      { name: "bob", afterMs: 0, outcome: "throttled 6" },
    ]);
  });

  it("waits for as long as STS asks for, where that is less than a second", async () => {
    const { askAt, runFor, ended } = stage((ms) =>
      ms < 10 ? refused({ code: "STS_THROTTLED", retryAfterSeconds: 1, stsPauseMs: 500 }) : GOOD,
    );
    askAt(0, "alice");
    await runFor(5_000);
    expect(ended).toEqual([{ name: "alice", afterMs: 540, outcome: "ok" }]);
  });
});

describe("many requests of a throttled account", () => {
  const NAMES = Array.from({ length: 200 }, (_, index) => `user${index}`);

  it("send one scout after each pause: an account that is used up gets few calls more", async () => {
    const { askAt, runFor, ended, calls } = stage(() => THROTTLED);
    askAt(0, ...NAMES);
    await runFor(5_000);
    expect(calls.length).toBe(200 + 4);
    expect(ended).toHaveLength(200);
    expect(Math.max(...ended.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(1_020);
    expect(ended.every(({ outcome }) => outcome.startsWith("throttled"))).toBe(true);
  });

  it("follow the scout when it was not throttled: two at a time, then four, and so on", async () => {
    const { askAt, runFor, ended, calls } = stage((ms) => (ms < 10 ? THROTTLED : GOOD));
    askAt(0, ...NAMES);
    await runFor(5_000);
    expect(ended).toHaveLength(200);
    expect(ended.every(({ outcome, afterMs }) => outcome === "ok" && afterMs <= 200)).toBe(true);
    const perMoment = [...new Set(calls)].map((ms) => calls.filter((other) => other === ms).length);
    expect(perMoment.slice(0, 6)).toEqual([200, 1, 2, 4, 8, 16]);
  });

  it("do not wait for a scout whose call hangs", async () => {
    const clock = virtualClock(START_MS);
    const hanging = queueingSts({
      clock,
      pause: clock.pause,
      random: () => 1,
      sts: {
        assumeRole: async () => {
          const isFirst = clock.nowMs() === START_MS;
          await clock.pause(isFirst ? 20 : 3_000);
          return THROTTLED;
        },
      },
    });
    const waits: number[] = [];
    for (const name of ["alice", "bob"])
      clock.at(START_MS, () => {
        void hanging.assumeRole(callOf(name)).then(() => waits.push(clock.nowMs() - START_MS));
      });
    await clock.runUntil(START_MS + 10_000);
    expect(waits.sort((a, b) => a - b)).toEqual([1_020, 3_060]);
  });

  it("are told to come back later, the more of them were refused for each that was served", async () => {
    let calls = 0;
    const { askAt, runFor, ended } = stage(() => (++calls % 10 === 0 ? GOOD : THROTTLED));
    for (let second = 0; second < 20; second += 1) askAt(second * 1_000, ...NAMES);
    await runFor(30_000);
    const seconds = ended
      .filter(({ outcome }) => outcome !== "ok")
      .map(({ outcome }) => Number(outcome.split(" ")[1]));
    expect(Math.max(...seconds)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...seconds)).toBeLessThanOrEqual(30);
  });
});

describe("another answer than throttling", () => {
  it("is passed on at once, and ends the scouting", async () => {
    const { askAt, runFor, ended } = stage((ms) =>
      ms < 10 ? THROTTLED : refused({ code: "STS_UNAVAILABLE", because: "timeout" }),
    );
    askAt(0, "alice");
    askAt(1, "bob");
    await runFor(5_000);
    expect(ended.map(({ outcome }) => outcome)).toEqual(["STS_UNAVAILABLE", "STS_UNAVAILABLE"]);
  });

  it("an error of ours is thrown to the one who asked, and holds nobody else", async () => {
    const clock = virtualClock(START_MS);
    let calls = 0;
    const sts = queueingSts({
      clock,
      pause: clock.pause,
      random: () => 1,
      sts: {
        assumeRole: async () => {
          calls += 1;
          if (calls === 1) return THROTTLED;
          if (calls === 2) throw new Error("a bug");
          return GOOD;
        },
      },
    });
    const outcomes: string[] = [];
    for (const name of ["alice", "bob"])
      clock.at(START_MS, () => {
        void sts.assumeRole(callOf(name)).then(
          ({ ok }) => outcomes.push(`${name} ${ok}`),
          (error: unknown) => outcomes.push(`${name} ${error}`),
        );
      });
    await clock.runUntil(START_MS + 5_000);
    expect(outcomes.sort()).toEqual(["alice Error: a bug", "bob true"]);
  });
});

it("a clock that goes back ends the pause, and holds nobody", async () => {
  let nowMs = START_MS;
  const waited: number[] = [];
  let calls = 0;
  const sts = queueingSts({
    clock: { nowMs: () => nowMs },
    pause: async (ms) => {
      waited.push(ms);
      nowMs -= 300_000;
    },
    random: () => 1,
    sts: { assumeRole: async () => (++calls === 1 ? THROTTLED : GOOD) },
  });
  expect(await sts.assumeRole(callOf("alice"))).toMatchObject({ ok: false });
  expect(await sts.assumeRole(callOf("alice"))).toMatchObject({ ok: true });
  expect(waited).toEqual([40]);
});
