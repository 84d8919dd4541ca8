import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { limitedSts } from "../../../shared/adapters/limited-sts.ts";
import { memoryLimiter } from "../../../shared/adapters/rate-limit/memory-limiter.ts";
import { MAX_PRINCIPALS, principalLimit } from "../../../shared/adapters/rate-limit/principal-limit.ts";
import { sessionNameFor } from "../../../shared/domain/policy/session-name.ts";
import type { AssumeRole, FairUse, SharedScripts, Sts } from "../../../shared/ports.ts";

const THREE_A_MINUTE = { requests: 3, seconds: 60 };
const ISSUER = "https://login.example.com/";
const nameOf = (user: string, issuerUrl = ISSUER) => sessionNameFor({ issuerUrl, user });
const alice = nameOf("alice");

/** Seconds to wait, of so many requests in a row; 0: it went on. */
async function waits(fairUse: FairUse, count: number, name = alice): Promise<readonly number[]> {
  const all: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const over = await fairUse.count(name);
    if (over === undefined) all.push(0);
    else if (over.refusal.code === "RATE_LIMITED") all.push(over.refusal.retryAfterSeconds);
    else throw new Error(over.refusal.code);
  }
  return all;
}

/** Only the wall clock: timers stand still, as in an instance that Function Compute has frozen. */
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["Date", "setTimeout", "clearTimeout"],
    now: Date.parse("2026-11-28T08:00:00Z"),
  });
});
afterEach(() => void vi.useRealTimers());
const passes = (ms: number) => vi.setSystemTime(Date.now() + ms);

describe("a limit in memory", () => {
  it("lets a principal ask so often, and then says when it may ask again", async () => {
    const fairUse = principalLimit({ limit: THREE_A_MINUTE });
    expect(await waits(fairUse, 5)).toEqual([0, 0, 0, 60, 60]);
    passes(20_500);
    expect(await waits(fairUse, 1)).toEqual([40]);
    passes(39_499);
    expect(await waits(fairUse, 1)).toEqual([1]);
    passes(1);
    expect(await waits(fairUse, 4)).toEqual([0, 0, 0, 60]);
  });

  it("ends with the wall clock after a freeze, in which no timer runs", async () => {
    const fairUse = principalLimit({ limit: THREE_A_MINUTE });
    await waits(fairUse, 9);
    passes(600_000);
    expect(await waits(fairUse, 4)).toEqual([0, 0, 0, 60]);
    // The timer of the first window, late, does not end the second one.
    vi.advanceTimersByTime(30_000);
    expect(await waits(fairUse, 1)).toEqual([30]);
  });

  it("never asks for longer than its window, even when the clock has gone back", async () => {
    const fairUse = principalLimit({ limit: THREE_A_MINUTE });
    await waits(fairUse, 3);
    passes(-3_600_000);
    expect(await waits(fairUse, 1)).toEqual([60]);
    vi.advanceTimersByTime(60_000);
    expect(await waits(fairUse, 1)).toEqual([0]);
  });

  it.each([
    ["users", "alice", ISSUER, "bob", ISSUER],
    ["users of two issuers", "alice", ISSUER, "alice", "https://other.example.com/"],
    ["users whose readable names are equal", "alice!", ISSUER, "alice?", ISSUER],
    ["users with names from an object's prototype", "__proto__", ISSUER, "constructor", ISSUER],
  ])("is never shared by two %s", async (_case, one, itsIssuer, other, othersIssuer) => {
    const fairUse = principalLimit({ limit: THREE_A_MINUTE });
    expect(await waits(fairUse, 4, nameOf(one, itsIssuer))).toEqual([0, 0, 0, 60]);
    expect(await waits(fairUse, 4, nameOf(other, othersIssuer))).toEqual([0, 0, 0, 60]);
  });

  it("counts requests at the same time one by one", async () => {
    const fairUse = principalLimit({ limit: THREE_A_MINUTE });
    const all = await Promise.all(Array.from({ length: 50 }, () => fairUse.count(alice)));
    expect(all.filter((over) => over === undefined)).toHaveLength(3);
  });

  it("is kept for so many names at most, and the one in use is kept", async () => {
    const limiter = memoryLimiter(THREE_A_MINUTE, 10);
    const used = async (name: string) => (await limiter.counted(name))?.consumedPoints;
    for (let at = 0; at < 100; at += 1) {
      await limiter.consume(`other-${at}`);
      // Always among the newest: its count is never lost, wherever the memory turns over.
      await limiter.consume("alice").catch(() => undefined);
      expect(await used("alice")).toBe(at + 1);
    }
    const kept = await Promise.all(Array.from({ length: 100 }, (_, at) => used(`other-${at}`)));
    expect(kept.filter((count) => count !== undefined).length).toBeLessThan(10);
    expect(kept.at(-1)).toBe(1);
    expect(MAX_PRINCIPALS).toBe(10_000);
  });
});

describe("a limit in a store", () => {
  const options = { secret: randomBytes(32), scope: "scope" };
  const limited = (run: SharedScripts["run"], change: Partial<typeof options> = {}) =>
    principalLimit({ limit: THREE_A_MINUTE, shared: { ...options, ...change, scripts: { run } } });

  it("counts what the store says", async () => {
    let count = 0;
    const fairUse = limited(async () => {
      count += 1;
      return [count, 12_345];
    });
    expect(await waits(fairUse, 5)).toEqual([0, 0, 0, 13, 13]);
  });

  it.each<[string, SharedScripts["run"]]>([
    ["is not used", async () => undefined],
    ["answers something else", async () => "OK"],
    ["answers null", async () => null],
    ["answers no numbers", async () => ["a", "b"]],
  ])("counts in memory while the store %s", async (_case, run) => {
    expect(await waits(limited(run), 5)).toEqual([0, 0, 0, 60, 60]);
  });

  it("believes no end beyond its window: a foreign hand keeps nobody out for years", async () => {
    expect(
      await waits(
        limited(async () => [1e9, 1e12]),
        1,
      ),
    ).toEqual([60]);
  });

  it("has names that tell nothing, and are others for another user, limit, deployment or key", async () => {
    const names: string[] = [];
    const run: SharedScripts["run"] = async (_script, keys) => {
      names.push(...keys);
      return [1, 1];
    };
    await waits(limited(run), 2);
    await waits(limited(run), 1, nameOf("bob"));
    await waits(limited(run, { scope: "other" }), 1);
    await waits(limited(run, { secret: randomBytes(32) }), 1);
    await waits(
      principalLimit({ limit: { requests: 4, seconds: 60 }, shared: { ...options, scripts: { run } } }),
      1,
    );
    expect(new Set(names).size).toBe(5);
    expect(names[0]).toBe(names[1]);
    for (const name of names) expect(name).toMatch(/^oss-valet:1:rate:[\w-]{43}$/);
    expect(names.join()).not.toMatch(/alice|bob|login/);
  });
});

describe("STS behind a limit", () => {
  const call = { sessionName: alice } as AssumeRole;

  it("is not asked by who is over the limit, and gets everything else as it is", async () => {
    const asked: unknown[] = [];
    const answer = { ok: false, refusal: { code: "STS_THROTTLED", retryAfterSeconds: 2 } } as const;
    const sts: Sts = {
      assumeRole: async (...all) => {
        asked.push(all);
        return answer;
      },
    };
    const limited = limitedSts({ sts, fairUse: principalLimit({ limit: { requests: 1, seconds: 60 } }) });
    expect(await limited.assumeRole(call, "STS.refused")).toBe(answer);
    expect(await limited.assumeRole(call)).toEqual({
      ok: false,
      refusal: { code: "RATE_LIMITED", retryAfterSeconds: 60 },
    });
    expect(asked).toEqual([[call, "STS.refused"]]);
  });
});
