import { setTimeout as passing } from "node:timers/promises";
import { backlog } from "../../domain/ram/backlog.ts";
import { pauseUntil } from "../../domain/ram/pause-until.ts";
import { type Result, refused } from "../../domain/refusal.ts";
import type { Clock, Sts, TemporaryCredentials } from "../../ports.ts";

export interface QueueOptions {
  readonly sts: Sts;
  readonly clock: Clock;
  /** Resolves after so many milliseconds. May end sooner where the signal says so. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** In [0, 1). Spreads calls over time. */
  readonly random?: () => number;
}

/** {@link Sts.assumeRole}, where STS may have answered a call already. */
export type Queue = (call: Parameters<Sts["assumeRole"]>, answered?: Answer) => Promise<Answer>;

type Answer = Result<TemporaryCredentials>;

/** Milliseconds in which a request waits for its turn. Ours: a tenth of an App's patience. */
const LONGEST_WAIT_MS = 1_000;

/**
 * Milliseconds. The pause after throttling is random, half of it at least: up to 40 for the first, each next one twice as long. Ours:
 * the quota counts calls per second, so that a longer pause than half a second would leave a part of it unused.
 */
const PAUSE_MS = { first: 40, most: 640 };

/** Calls at a time after which nobody counts them any more: the account has room again. */
const ENOUGH_SLOTS = 32;

/**
 * After throttling nobody calls STS for a pause: the one that STS has asked for, or a short one. Then one request is the scout. When
 * it is not throttled, two may call at a time, then four, and so on: many instances share one quota, and each of them should take a
 * little of it. A request that would wait for too long is refused, with the time until its turn may come.
 */
export function queueOf({ sts, clock, pause = passingTime, random = Math.random }: QueueOptions): Queue {
  const closed = pauseUntil();
  const waiting = backlog();
  /** Whether STS has asked for the pause. */
  let isNamed = false;
  /** How often in a row scouts were throttled; a success takes half of it back. */
  let level = 0;
  /** Goes up with each pause: an answer to a call from before it says nothing new. */
  let round = 0;
  let slots = Number.POSITIVE_INFINITY;
  let taken = 0;
  let turn = newTurn();

  const refusedFor = (pauseMs: number): Answer => {
    const nowMs = clock.nowMs();
    waiting.refused(nowMs);
    return refused(
      isNamed && pauseMs > 0
        ? { code: "STS_THROTTLED", retryAfterSeconds: Math.ceil(pauseMs / 1_000), stsPauseMs: pauseMs }
        : { code: "STS_THROTTLED", retryAfterSeconds: waiting.seconds(nowMs) },
    );
  };

  const learn = (result: Answer): void => {
    if (result.ok || result.refusal.code !== "STS_THROTTLED") {
      level = Math.floor(level / 2);
      slots = slots < ENOUGH_SLOTS ? slots + 1 : Number.POSITIVE_INFINITY;
      return;
    }
    const { stsPauseMs } = result.refusal;
    const shortMs = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** level) * (0.5 + random() / 2);
    closed.begin(clock.nowMs(), stsPauseMs ?? shortMs);
    isNamed = stsPauseMs !== undefined;
    level += 1;
    slots = 1;
    round += 1;
  };

  /** No timer is left behind. */
  const untilOneOf = async (event: Promise<void>, ms: number): Promise<void> => {
    const over = new AbortController();
    const time = pause(ms, over.signal).catch(() => undefined);
    await Promise.race([event, time]);
    over.abort();
  };

  const ask = async (call: Parameters<Sts["assumeRole"]>): Promise<Answer> => {
    const asOf = round;
    taken += 1;
    try {
      const result = await sts.assumeRole(...call);
      if (result.ok) waiting.served(clock.nowMs());
      if (asOf === round) learn(result);
      return result;
    } finally {
      taken -= 1;
      turn.come();
      turn = newTurn();
    }
  };

  return async (call, answered) => {
    const endMs = clock.nowMs() + LONGEST_WAIT_MS;
    // Of many calls at once that were throttled, the first one to arrive here tells it.
    if (answered !== undefined && round === 0) learn(answered);
    for (;;) {
      const nowMs = clock.nowMs();
      const pauseMs = closed.leftMs(nowMs);
      const leftMs = endMs - nowMs;
      // More than the longest wait is left: the clock has gone back.
      if (pauseMs >= leftMs || leftMs > LONGEST_WAIT_MS) return refusedFor(pauseMs);
      if (pauseMs > 0) await pause(pauseMs, new AbortController().signal);
      else if (taken >= slots) await untilOneOf(turn.came, leftMs);
      else {
        const result = await ask(call);
        if (result.ok || result.refusal.code !== "STS_THROTTLED") return result;
      }
    }
  };
}

function passingTime(ms: number, signal: AbortSignal): Promise<void> {
  return passing(ms, undefined, { signal });
}

/** The moment at which a call ends, and another may begin. */
function newTurn() {
  let come = () => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { came, come };
}
