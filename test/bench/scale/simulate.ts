import type { Terms } from "./closed-form.ts";
import type { Design } from "./designs.ts";
import { type Ask, clientDevice, simpleDevice } from "./devices.ts";
import { ageOfPlace } from "./equilibrium.ts";
import { formDevices } from "./forms.ts";
import { OUTAGE_SECONDS, type Pattern, PUSH_SECONDS } from "./patterns.ts";
import { exponential, type Random, seededRandom } from "./random.ts";
import { type Service, service } from "./service.ts";
import { type SimulatedSts, simulatedSts } from "./simulated-sts.ts";
import { type VirtualClock, virtualClock, withTimersOf } from "./virtual-clock.ts";

export interface Simulation {
  readonly design: Design;
  readonly pattern: Pattern;
  /** Users that are simulated. */
  readonly users: number;
  /** How many users each of them stands for: so many times less are the quota and the memory of an instance. */
  readonly scale: number;
  readonly asksPerHour: number;
  readonly lifeSeconds: number;
  readonly instances: number;
  /** Of the whole account; `Infinity`: none. */
  readonly stsCallsPerSecond: number;
  /** "simple": an ask is one request. "client": the project's client, which tries again. */
  readonly device: "simple" | "client";
  /** Seconds that pass before anything is counted. */
  readonly warmUpSeconds: number;
  /**
   * How caches are filled in this time. "asks": by everybody's asks. A formula: each place gets credentials once, at the time
   * that the formula says. That takes a tenth of the asks.
   */
  readonly warmUp: "asks" | Terms;
  readonly countedSeconds: number;
  readonly seed: number;
}

/** What was counted, of the simulated users. Asks count at the time when they were made. */
export interface Outcome {
  readonly asks: number;
  readonly served: number;
  /** Asks that ended without what the App asked for. */
  readonly refused: number;
  /** Seconds, of an ask that was served. */
  readonly worstWaitSeconds: number;
  readonly stsCalls: number;
  readonly stsThrottled: number;
  /** Of each minute: its asks, and how many of them were refused. */
  readonly minutes: readonly { readonly asks: number; readonly refused: number }[];
}

/** 2026-11-27T00:00:00Z */
const START_MS = Date.UTC(2026, 10, 27);

/** Seconds after the counted time, in which everybody goes on, and asks that wait come to an end. */
const TAIL_SECONDS = 240;

/** The same simulation gives the same outcome on every machine. */
export function simulate(simulation: Simulation): Promise<Outcome> {
  const clock = virtualClock(START_MS);
  return withTimersOf(clock, () => simulated(simulation, clock));
}

async function simulated(simulation: Simulation, clock: VirtualClock): Promise<Outcome> {
  const { users, scale, asksPerHour, pattern, warmUpSeconds, countedSeconds } = simulation;
  const random = seededRandom(simulation.seed);
  const sts = simulatedSts(clock, simulation.stsCallsPerSecond / scale);
  const server = service({ ...simulation, clock, sts, random });
  const eventMs = START_MS + warmUpSeconds * 1000;
  const endMs = eventMs + countedSeconds * 1000;
  const counts = counting(clock, eventMs, endMs);
  const formOf = formDevices(clock);
  const deviceOf = (user: number): Ask => {
    const { function: kind, device } = simulation.design;
    if (kind === "forms") return formOf(user);
    const simple = simulation.device === "simple" && device === "asks";
    return simple ? simpleDevice(server, user) : clientDevice(server, user, { device, clock, random });
  };
  const devices = Array.from({ length: users }, (_, user) => counts.counted(deviceOf(user)));
  const next = (ask: Ask): void => {
    clock.at(clock.nowMs() + exponential(random, 3_600_000 / asksPerHour), () => {
      next(ask);
      return ask();
    });
  };
  const { warmUp } = simulation;
  // What the formula fills in has been asked for in time.
  sts.limited = warmUp === "asks";
  for (const [user, ask] of devices.entries()) {
    // Everybody comes at a time of their own: caches of users who came together stay in step for long.
    const firstMs = START_MS + (random() * warmUpSeconds * 1000) / WARM_UP_CYCLES;
    clock.at(warmUp === "asks" ? firstMs : eventMs, () => next(ask));
    if (warmUp === "asks" || warmUp.freshHours === 0) continue;
    for (let place = 0; place < warmUp.places; place += 1) {
      const atMs = eventMs - ageOfPlace(warmUp, random) * 3_600_000;
      if (atMs > START_MS) clock.at(atMs, () => server.answerIn(place, user));
    }
  }
  clock.at(eventMs, () => {
    sts.limited = true;
    happen(pattern, { server, sts, clock, random, devices });
  });
  await clock.runUntil(eventMs - 1);
  const callsBefore = sts.calls;
  const throttledBefore = sts.throttled;
  await clock.runUntil(endMs);
  const stsCalls = sts.calls - callsBefore;
  const stsThrottled = sts.throttled - throttledBefore;
  if (simulation.device === "client") await clock.runUntil(endMs + TAIL_SECONDS * 1000);
  return { ...counts.outcome(), stsCalls, stsThrottled };
}

/** The warm-up is so many times as long as caches need to settle. Everybody has come after the first of them. */
export const WARM_UP_CYCLES = 2.5;

function happen(
  pattern: Pattern,
  {
    server,
    sts,
    clock,
    random,
    devices,
  }: {
    server: Service;
    sts: SimulatedSts;
    clock: VirtualClock;
    random: Random;
    devices: readonly Ask[];
  },
): void {
  switch (pattern.event) {
    case "none":
      return;
    case "push":
      for (const ask of devices) clock.at(clock.nowMs() + random() * PUSH_SECONDS * 1000, ask);
      return;
    case "deploy":
      server.deploy();
      return;
    case "outage":
      sts.down = true;
      clock.at(clock.nowMs() + OUTAGE_SECONDS * 1000, () => {
        sts.down = false;
      });
      return;
  }
}

function counting(clock: VirtualClock, fromMs: number, untilMs: number) {
  const minutes = Array.from({ length: Math.ceil((untilMs - fromMs) / 60_000) }, () => ({
    asks: 0,
    refused: 0,
  }));
  let worstWaitMs = 0;
  let served = 0;
  return {
    counted:
      (ask: Ask): Ask =>
      async () => {
        const askedMs = clock.nowMs();
        const ok = await ask();
        const minute = minutes[Math.floor((askedMs - fromMs) / 60_000)];
        if (minute === undefined) return ok;
        minute.asks += 1;
        if (ok) served += 1;
        else minute.refused += 1;
        if (ok) worstWaitMs = Math.max(worstWaitMs, clock.nowMs() - askedMs);
        return ok;
      },
    outcome: () => {
      const sum = (of: "asks" | "refused") => minutes.reduce((total, minute) => total + minute[of], 0);
      return {
        asks: sum("asks"),
        served,
        refused: sum("refused"),
        worstWaitSeconds: worstWaitMs / 1000,
        minutes,
      };
    },
  };
}
