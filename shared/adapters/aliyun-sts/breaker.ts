import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleWhenResult,
  type IBackoff,
  type IBackoffFactory,
} from "cockatiel";
import { refused } from "../../domain/refusal.ts";
import { isOutage, type Outcome } from "./answer.ts";

/** Keeps calls from an STS that does not answer. */
export interface Breaker {
  /** The outcome of the attempt; at once, a final refusal that says for how long, while STS is left alone. */
  run(attempt: () => Promise<Outcome>): Promise<Outcome>;
  /** Whether the next attempt is the trial that ends a pause, or begins a longer one. */
  isTrial(): boolean;
}

/** `because`: our own word. `pauseMs`: how long STS is left alone. */
export type OnBreak = (because: string, pauseMs: number) => void;

/**
 * Failed attempts in a row after which STS is left alone. Ours: if every second attempt fails, 16 in a row happen once in
 * 65,000 attempts; and a dead STS holds an instance that takes one request at a time for two requests.
 */
const FAILED_IN_A_ROW = 16;

/** Milliseconds. The first pause is 0.5 to 1 s, each next one twice as long, the longest 5 to 10 s: half of an App's patience. */
const PAUSE_MS = { initialDelay: 1_000, maxDelay: 10_000, generator: halfJitterGenerator };

/**
 * A circuit breaker. It counts outages (answer.ts). The pauses are measured with the wall clock, as Function Compute freezes idle instances. After a pause one
 * attempt is the trial.
 */
export function breaker(onBreak: OnBreak): Breaker {
  let opened = { atMs: 0, forMs: 0 };
  let openings = 0;
  const make = () => {
    const policy = circuitBreaker(
      handleWhenResult((outcome) => isOutage(outcome as Outcome)),
      {
        breaker: new ConsecutiveBreaker(FAILED_IN_A_ROW),
        halfOpenAfter: watched(new ExponentialBackoff(PAUSE_MS), (forMs) => {
          opened = { atMs: Date.now(), forMs };
          openings += 1;
        }),
      },
    );
    policy.onBreak((reason) =>
      onBreak("value" in reason ? whyOf(reason.value as Outcome) : "", opened.forMs),
    );
    return policy;
  };
  let policy = make();

  const leftMs = () => opened.atMs + opened.forMs - Date.now();

  return {
    isTrial: () => policy.state === CircuitState.Open,
    run: async (attempt) => {
      // The clock has gone back: the pause would last for as long.
      if (policy.state === CircuitState.Open && leftMs() > opened.forMs) policy = make();
      if (policy.state === CircuitState.Open && leftMs() > 0) return leftAlone(leftMs());
      // Open: this is the trial. Half open: it waits for the trial, and goes on if that succeeds.
      if (policy.state !== CircuitState.Closed)
        return policy.execute(attempt).catch(() => leftAlone(leftMs()));
      const asOf = openings;
      const outcome = await attempt();
      // An attempt from before a pause says nothing of the time after it.
      if (asOf === openings) await policy.execute(async () => outcome);
      return outcome;
    },
  };
}

function whyOf({ result }: Outcome): string {
  return !result.ok && result.refusal.code === "STS_UNAVAILABLE" ? result.refusal.because : "";
}

function leftAlone(leftMs: number): Outcome {
  const retryAfterSeconds = Math.max(1, Math.ceil(leftMs / 1_000));
  return {
    result: refused({ code: "STS_UNAVAILABLE", because: "left alone", retryAfterSeconds }),
    isFinal: true,
  };
}

/** The backoff itself, which tells how long each pause is. */
function watched(
  factory: IBackoffFactory<unknown>,
  tell: (pauseMs: number) => void,
): IBackoffFactory<unknown> {
  return {
    next: (context) => {
      const backoff: IBackoff<unknown> = factory.next(context);
      tell(backoff.duration);
      return { duration: backoff.duration, next: watched(backoff, tell).next };
    },
  };
}
