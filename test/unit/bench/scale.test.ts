import { describe, expect, it, vi } from "vitest";
import { EVENT_FORMULAS, eventCheck, isClose, steadyCheck } from "../../bench/scale/checks.ts";
import { steadyCalls, termsOf } from "../../bench/scale/closed-form.ts";
import {
  BUILT_IN_RUNTIME,
  CUSTOM_RUNTIME,
  type Design,
  FORMS,
  NO_CACHE,
  SHARED_CACHE,
  WITH_STS,
} from "../../bench/scale/designs.ts";
import { OUTAGE, PUSH } from "../../bench/scale/patterns.ts";
import { seededRandom } from "../../bench/scale/random.ts";
import { service } from "../../bench/scale/service.ts";
import { type Simulation, simulate } from "../../bench/scale/simulate.ts";
import { simulatedSts } from "../../bench/scale/simulated-sts.ts";
import { virtualClock } from "../../bench/scale/virtual-clock.ts";

// Milliseconds. They compute for a second; beside other jobs that may be a minute.
vi.setConfig({ testTimeout: 120_000 });

const START_MS = Date.UTC(2026, 10, 27);

/** So many asks of one user at the same time, at all instances in turn. */
async function equalAsks(design: Design, { instances, asks }: { instances: number; asks: number }) {
  const clock = virtualClock(START_MS);
  const sts = simulatedSts(clock, 100);
  const random = seededRandom(1);
  const server = service({ design, clock, sts, random, instances, lifeSeconds: 3600, scale: 1 });
  const answers = Promise.all(Array.from({ length: asks }, (_, ask) => server.answerIn(ask % instances, 7)));
  await clock.runUntil(START_MS + 10_000);
  const keys = (await answers).map((result) => (result.ok ? result.value.accessKeyId : result.refusal.code));
  return { calls: sts.calls, keys: new Set(keys) };
}

describe("equal asks at the same time, with the function's own caches", () => {
  it.each([1, 2, 500])("%i at one instance are one call to STS", async (asks) => {
    const { calls, keys } = await equalAsks(CUSTOM_RUNTIME, { instances: 1, asks });
    expect({ calls, keys }).toEqual({ calls: 1, keys: new Set(["STS.key1"]) });
  });

  it.each([10, 500])("%i at ten instances with a shared cache are one call to STS", async (asks) => {
    const { calls, keys } = await equalAsks(SHARED_CACHE, { instances: 10, asks });
    expect({ calls, keys }).toEqual({ calls: 1, keys: new Set(["STS.key1"]) });
  });

  it("at ten instances without a shared cache they are ten", async () => {
    expect(await equalAsks(BUILT_IN_RUNTIME, { instances: 10, asks: 100 })).toMatchObject({ calls: 10 });
  });

  it("without a cache each is one", async () => {
    expect(await equalAsks(NO_CACHE, { instances: 10, asks: 50 })).toMatchObject({ calls: 50 });
  });
});

describe("the simulated STS", () => {
  it("takes a second's calls at once, and then as many as time gives", async () => {
    const clock = virtualClock(START_MS);
    const sts = simulatedSts(clock, 100);
    const call = { sessionName: "u1", sessionPolicy: "{}", durationSeconds: 900 } as never;
    const ask = (count: number) => Promise.all(Array.from({ length: count }, () => sts.assumeRole(call)));
    const burst = ask(103);
    await clock.runUntil(START_MS + 50);
    const after = ask(6);
    await clock.runUntil(START_MS + 100);
    const throttled = { ok: false, refusal: { code: "STS_THROTTLED", retryAfterSeconds: 1 } };
    const refusedOf = async (results: typeof burst) => (await results).filter(({ ok }) => !ok);
    expect(await refusedOf(burst)).toEqual([throttled, throttled, throttled]);
    expect(await refusedOf(after)).toEqual([throttled]);
    expect(sts).toMatchObject({ calls: 109, throttled: 4 });
  });
});

describe("the simulation", () => {
  // With few asks, counts are less exact than those of `npm run bench:scale`; the seed makes them the same each time.
  it.each(WITH_STS)("of $name counts as many calls to STS as the formula says", async (design) => {
    const check = await steadyCheck(design, { asksPerHour: 12, lifeSeconds: 3600 }, 2000);
    expect(check).toSatisfy(isClose);
  });

  it.each(EVENT_FORMULAS.map((formula) => [formula.pattern.name, formula] as const))(
    "of instance caches agrees with the formula when %s",
    async (_event, formula) => {
      expect(await eventCheck(BUILT_IN_RUNTIME, formula, 8000)).toSatisfy(isClose);
    },
  );

  it("notices credentials that are handed out for longer than the formula says", async () => {
    const check = await steadyCheck(SHARED_CACHE, { asksPerHour: 12, lifeSeconds: 7200 }, 2000);
    const calls = (lifeSeconds: number) =>
      steadyCalls(termsOf(SHARED_CACHE, { asksPerHour: 12, lifeSeconds, instances: 1 }));
    const wrong = { ...check, expected: (check.expected * calls(3600)) / calls(7200) };
    expect([isClose(check), isClose(wrong)]).toEqual([true, false]);
  });

  it.each([
    [95.1, true],
    [104.9, true],
    [94.9, false],
    [105.1, false],
  ])("a count of %d is close to 100: %s", (counted, close) => {
    expect(isClose({ of: "calls", counted, expected: 100 })).toBe(close);
  });

  const small: Simulation = {
    design: SHARED_CACHE,
    pattern: PUSH,
    users: 100,
    scale: 100,
    asksPerHour: 12,
    lifeSeconds: 3600,
    instances: 3,
    stsCallsPerSecond: 100,
    device: "client",
    warmUpSeconds: 600,
    warmUp: "asks",
    countedSeconds: 120,
    seed: 1,
  };

  it("gives the same for the same seed, and something else for another", async () => {
    const first = await simulate(small);
    expect(first.stsThrottled).toBeGreaterThan(0);
    expect(await simulate(small)).toEqual(first);
    expect(await simulate({ ...small, seed: 2 })).not.toEqual(first);
  });

  it("with forms nobody calls STS, and an outage of it refuses nobody", async () => {
    const { asks, served, refused, stsCalls } = await simulate({ ...small, design: FORMS, pattern: OUTAGE });
    expect(asks).toBeGreaterThan(0);
    expect({ served, refused, stsCalls }).toEqual({ served: asks, refused: 0, stsCalls: 0 });
  });
});
