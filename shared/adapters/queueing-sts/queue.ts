import { setTimeout as passing } from "node:timers/promises";
import { backlog } from "../../domain/ram/backlog.ts";
import { pauseUntil } from "../../domain/ram/pause-until.ts";
import { type Result, refused } from "../../domain/refusal.ts";
import type { Sts, TemporaryCredentials } from "../../ports.ts";
import type { QueueingStsOptions } from "../queueing-sts.ts";

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

/**
 * After throttling nobody calls STS for a pause: the one that STS has asked for, or a short one. Then one request is the scout, and
 * the others follow when it was not throttled. A request that would wait for too long is refused, with the time until its turn may
 * come.
 */
export function queueOf({ sts, clock, pause = passing, random = Math.random }: QueueingStsOptions): Queue {
  const closed = pauseUntil();
  const waiting = backlog();
  /** Whether STS has asked for the pause. */
  let isNamed = false;
  let throttledInARow = 0;
  /** Goes up with each pause: an answer to a call from before it says nothing new. */
  let round = 0;
  let scout: Promise<unknown> | undefined;

  const refusedFor = (pauseMs: number): Answer => {
    const nowMs = clock.nowMs();
    waiting.refused(nowMs);
    return refused(
      isNamed && pauseMs > 0
        ? { code: "STS_THROTTLED", retryAfterSeconds: Math.ceil(pauseMs / 1_000), stsPauseMs: pauseMs }
        : { code: "STS_THROTTLED", retryAfterSeconds: waiting.seconds(nowMs) },
    );
  };

  const ask = async (call: Parameters<Sts["assumeRole"]>, answered?: Answer): Promise<Answer> => {
    const asOf = answered === undefined ? round : 0;
    const result = answered ?? (await sts.assumeRole(...call));
    if (result.ok) waiting.served(clock.nowMs());
    if (asOf !== round) return result;
    if (result.ok || result.refusal.code !== "STS_THROTTLED") {
      throttledInARow = 0;
      return result;
    }
    const { stsPauseMs } = result.refusal;
    const shortMs = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** throttledInARow) * (0.5 + random() / 2);
    closed.begin(clock.nowMs(), stsPauseMs ?? shortMs);
    isNamed = stsPauseMs !== undefined;
    throttledInARow += 1;
    round += 1;
    return result;
  };

  return async (call, answered) => {
    const endMs = clock.nowMs() + LONGEST_WAIT_MS;
    if (answered !== undefined) await ask(call, answered);
    for (;;) {
      const nowMs = clock.nowMs();
      const pauseMs = closed.leftMs(nowMs);
      const leftMs = endMs - nowMs;
      // More than the longest wait is left: the clock has gone back.
      if (pauseMs >= leftMs || leftMs > LONGEST_WAIT_MS) return refusedFor(pauseMs);
      if (pauseMs > 0) await pause(pauseMs);
      else if (scout !== undefined) await Promise.race([scout, pause(leftMs)]);
      else {
        const asked = ask(call);
        if (throttledInARow > 0)
          scout = asked
            .catch(() => undefined)
            .finally(() => {
              scout = undefined;
            });
        const result = await asked;
        if (result.ok || result.refusal.code !== "STS_THROTTLED") return result;
      }
    }
  };
}
