import { describe, expect, it } from "vitest";
import { virtualClock, withTimersOf } from "../../bench/scale/virtual-clock.ts";

describe("virtualClock", () => {
  it("runs events in the order of their times, and those of one time in the order in which they came", async () => {
    const clock = virtualClock(1000);
    const ran: string[] = [];
    for (const [name, atMs] of [
      ["late", 3000],
      ["first of two", 2000],
      ["early", 1500],
      ["second of two", 2000],
    ] as const) {
      clock.at(atMs, () => ran.push(`${name} at ${clock.nowMs()}`));
    }
    await clock.runUntil(4000);
    expect(ran).toEqual(["early at 1500", "first of two at 2000", "second of two at 2000", "late at 3000"]);
    expect(clock.nowMs()).toBe(4000);
  });

  it("keeps its order for many events", async () => {
    const clock = virtualClock(0);
    const ran: number[] = [];
    for (let index = 0; index < 1000; index += 1) {
      const atMs = (index * 7919) % 1000;
      clock.at(atMs, () => ran.push(atMs));
    }
    await clock.runUntil(1000);
    expect(ran).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  });

  it("leaves what is later for later", async () => {
    const clock = virtualClock(0);
    const ran: string[] = [];
    clock.at(100, () => ran.push("due"));
    clock.at(101, () => ran.push("later"));
    await clock.runUntil(100);
    expect(ran).toEqual(["due"]);
  });

  it("lets promises come to their end before the next event", async () => {
    const clock = virtualClock(0);
    const ran: string[] = [];
    clock.at(1, async () => {
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      ran.push("end of the first");
      await clock.pause(5);
      ran.push(`after its pause at ${clock.nowMs()}`);
    });
    clock.at(2, () => ran.push("second"));
    await clock.runUntil(10);
    expect(ran).toEqual(["end of the first", "second", "after its pause at 6"]);
  });

  it("does not run what was called off", async () => {
    const clock = virtualClock(0);
    const ran: string[] = [];
    clock.at(1, () => ran.push("called off"))();
    await clock.runUntil(10);
    expect(ran).toEqual([]);
  });

  it("throws what an event rejects with", async () => {
    const clock = virtualClock(0);
    clock.at(1, async () => {
      throw new Error("a bug");
    });
    await expect(clock.runUntil(10)).rejects.toThrow("a bug");
  });

  it("takes the place of setTimeout, and gives it back", async () => {
    const { setTimeout: real } = globalThis;
    const clock = virtualClock(0);
    const ran: string[] = [];
    await withTimersOf(clock, async () => {
      setTimeout(() => ran.push("an hour later"), 3_600_000);
      clearTimeout(setTimeout(() => ran.push("cleared"), 10));
      await clock.runUntil(3_600_000);
    });
    expect(ran).toEqual(["an hour later"]);
    expect(setTimeout).toBe(real);
  });
});
