import { type Result, refused } from "../../domain/refusal.ts";
import type { TemporaryCredentials } from "../../ports.ts";
import type { Outcome } from "./answer.ts";
import { breaker } from "./breaker.ts";
import { firstWithin } from "./first-within.ts";

/** One attempt, on a new connection or on any. It settles within `timeoutMs`. */
export type Attempt = (how: { readonly timeoutMs: number; readonly newSocket: boolean }) => Promise<Outcome>;

export interface AttemptsOptions {
  /** For the operator: one line when STS is left alone for a while. */
  readonly onWarning: (message: string) => void;
  /** Milliseconds for everything that one call does. */
  readonly budgetMs: number;
  /** Milliseconds. When an attempt has no answer by then, another one begins beside it. */
  readonly companionAfterMs: number;
  /** In [0, 1). Spreads attempts over time. */
  readonly random: () => number;
}

/** An attempt that has begun already. */
export interface Begun {
  readonly outcome: Promise<Outcome>;
  readonly startedMs: number;
}

/** Of one call. Ours: if every second attempt fails, 10 fail together in 0.1 % of the calls. In silence there is time for 8. */
const MAX_ATTEMPTS = 10;

/**
 * Further attempts that each call adds to what an instance may make, and how many it may have in store besides those of the calls
 * under way. If every second attempt
 * fails, calls need one further attempt on average. In an outage no STS gets more than two and a half attempts for each call.
 */
const FURTHER = { eachCall: 1.5, most: 20 };

/** Milliseconds. The pause after the n-th failure is random, up to 50, 100, 200, 400, 400: callers that failed together come apart. */
const JITTER_MS = { first: 50, most: 400 };

/** Milliseconds. Ours: an App can wait this long. With a longer pause, the App must come back itself. */
const LONGEST_PAUSE_MS = 1_000;

/** Milliseconds. Ours: the trial of an STS that was dead should not hold its caller for long. */
const TRIAL_MS = 1_000;

/** Milliseconds. A slow STS gets companions later: after twice the usual time of its answers, and no later than this. */
const LATEST_COMPANION_MS = 1_500;

/** How much a slower answer changes the usual time; a faster one is the new usual time. Ours: one slow answer is no slow STS. */
const SLOWER_BY = 0.3;

/**
 * Makes attempts until one gives credentials or a final answer, or the budget of time ends. A failure is followed by a pause and another
 * attempt. Beside an attempt that is silent another one begins, as nobody can tell a dead connection from a slow STS; the
 * first good answer counts. A kept connection that turns out to be dead costs nothing. Times are monotonic: a clock that is
 * set changes no budget. Never throws.
 */
export function attemptsWith({ budgetMs, companionAfterMs, random, onWarning }: AttemptsOptions) {
  const guard = breaker((because, pauseMs) =>
    onWarning(
      `STS: many calls in a row have failed (${because}); it is not asked for ${(pauseMs / 1_000).toFixed(1)} s`,
    ),
  );
  let store = FURTHER.most;
  let usualMs = 0;
  let underWayCalls = 0;

  const mayBegin = (isFree: boolean): boolean => {
    if (isFree) return true;
    if (store < 1) return false;
    store -= 1;
    return true;
  };

  const timed = async ({ outcome, startedMs }: Begun): Promise<Outcome> => {
    const ended = await outcome;
    if (ended.result.ok) {
      const tookMs = performance.now() - startedMs;
      usualMs = tookMs < usualMs ? tookMs : usualMs + (tookMs - usualMs) * SLOWER_BY;
    }
    return ended;
  };

  const call = async (attempt: Attempt, begunAlready?: Begun): Promise<Result<TemporaryCredentials>> => {
    store = Math.min(FURTHER.most + FURTHER.eachCall * underWayCalls, store + FURTHER.eachCall);
    const startedMs = begunAlready?.startedMs ?? performance.now();
    const endMs = startedMs + budgetMs;
    const patienceMs = Math.min(LATEST_COMPANION_MS, Math.max(companionAfterMs, 2 * usualMs));
    const underWay = new Set<Promise<Settled>>();
    let begun = 0;
    let failures = 0;
    let nextAtMs = startedMs;
    let isFree = true;
    let last: Outcome = NOT_IN_TIME;

    const begin = (nowMs: number): void => {
      const isTrial = guard.isTrial();
      const timeoutMs = isTrial ? Math.min(endMs - nowMs, TRIAL_MS) : endMs - nowMs;
      const newSocket = isTrial || begun > 0;
      const ofCall = begun === 0 ? begunAlready : undefined;
      begun += 1;
      if (!isTrial) nextAtMs = (ofCall?.startedMs ?? nowMs) + patienceMs;
      const settled: Promise<Settled> = guard
        .run(() => timed(ofCall ?? { outcome: attempt({ timeoutMs, newSocket }), startedMs: nowMs }))
        .then((outcome) => ({ outcome, by: settled }));
      underWay.add(settled);
    };

    for (;;) {
      const nowMs = performance.now();
      if (nowMs >= nextAtMs) {
        nextAtMs = Number.POSITIVE_INFINITY;
        if (nowMs < endMs && begun < MAX_ATTEMPTS && mayBegin(isFree)) begin(nowMs);
        isFree = false;
      }
      if (underWay.size === 0 && nextAtMs === Number.POSITIVE_INFINITY) return last.result;

      const first = await firstWithin(nextAtMs - nowMs, underWay);
      if (first === undefined) continue;
      underWay.delete(first.by);
      last = first.outcome;
      const pauseMs = pauseAfter(last, failures, random);
      if (pauseMs === undefined) return last.result;
      if (last.staleSocket) isFree = true;
      else failures += 1;
      const retryAtMs = performance.now() + pauseMs;
      if (retryAtMs < endMs) nextAtMs = Math.min(nextAtMs, retryAtMs);
      else if (underWay.size === 0) nextAtMs = Number.POSITIVE_INFINITY;
    }
  };

  return async (attempt: Attempt, begun?: Begun): Promise<Result<TemporaryCredentials>> => {
    underWayCalls += 1;
    try {
      return await call(attempt, begun);
    } finally {
      underWayCalls -= 1;
    }
  };
}

const NOT_IN_TIME: Outcome = { result: refused({ code: "STS_UNAVAILABLE", because: "timeout" }) };

interface Settled {
  readonly outcome: Outcome;
  readonly by: Promise<Settled>;
}

/** Milliseconds until another attempt can help; undefined when the outcome is final. */
function pauseAfter(
  { result, isFinal, staleSocket, retryAfterMs = 0 }: Outcome,
  failures: number,
  random: () => number,
): number | undefined {
  if (result.ok || isFinal || result.refusal.code !== "STS_UNAVAILABLE" || retryAfterMs > LONGEST_PAUSE_MS)
    return undefined;
  if (staleSocket) return 0;
  return retryAfterMs + random() * Math.min(JITTER_MS.most, JITTER_MS.first * 2 ** failures);
}
