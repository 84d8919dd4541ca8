import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleAll,
} from "cockatiel";
import type { RedisAddress } from "./address.ts";
import { type Connection, connect } from "./connection.ts";
import { TooLate, within } from "./deadline.ts";

export interface GuardedRedisOptions {
  readonly address: RedisAddress;
  /** Milliseconds for one call, waiting for the connection included. */
  readonly patienceMs: number;
  /** Shows whether a new connection is good. Has `patienceMs` too. */
  readonly trial: Exchange<unknown>;
  /** Once for an outage, and not twice within a minute. One late answer is none: a trial follows, and tells. */
  readonly onOutage: (error: unknown) => void;
}

/** Sends something to Redis, and gets its answer. */
export type Exchange<T> = (to: Connection) => Promise<T>;

/** Redis, used only while it answers in time. Nothing here throws. */
export interface GuardedRedis {
  /** The answer; undefined when there is none in time, or when Redis is not used now. */
  ask<T>(exchange: Exchange<T>): Promise<T | undefined>;
  /**
   * The same, and it looks after the connection: it makes the one that is missing, and waits for it for half of the
   * patience. While Redis is not used, it starts the trial when its time has come, and answers at once.
   */
  askAndConnect<T>(exchange: Exchange<T>): Promise<T | undefined>;
  /** Resolves when the socket is closed. Afterwards there is no answer to anything. */
  close(): Promise<void>;
}

/**
 * Milliseconds. Ours. The first pause is 100 to 200 ms, each next one twice as long, the longest 30 to 60 s. The first one is
 * short because a good Redis, too, is late once in a while, and a busy instance would then miss it for long. Only a trial
 * ends a pause, and no request waits for a trial.
 */
const PAUSE_MS = { initialDelay: 200, maxDelay: 60_000 };

/** Milliseconds between two lines for the operator: a Redis may be good and bad by turns, such as one that is almost full. */
const TOLD_EVERY_MS = 60_000;

/**
 * The first failure ends the use of Redis, for a pause and a trial: no answer in time, a broken connection, an error reply.
 * The pause is measured with the wall clock, as Function Compute freezes idle instances. It connects at once.
 */
export function guardedRedis({ address, patienceMs, trial, onOutage }: GuardedRedisOptions): GuardedRedis {
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(1),
    halfOpenAfter: new ExponentialBackoff({ ...PAUSE_MS, generator: halfJitterGenerator }),
  });
  let current: Connection | undefined;
  /** Ends when `current` is made, or when nobody should wait for it any longer. */
  let patience: Promise<unknown> | undefined;
  let isTold = false;
  let isTrial = false;
  let toldAtMs = Number.NEGATIVE_INFINITY;
  breaker.onBreak((reason) => {
    // Its late replies must reach nobody. And it may be a dead one, from before the instance was frozen.
    void current?.drop();
    current = undefined;
    if (!("error" in reason) || (reason.error instanceof TooLate && !isTrial)) return;
    tell(reason.error);
  });
  breaker.onHalfOpen(() => {
    isTrial = true;
  });
  breaker.onReset(() => {
    isTrial = false;
    isTold = false;
  });
  connectAnew();

  return {
    ask: (exchange) => ask(exchange, patienceMs),
    askAndConnect: async (exchange) => {
      if (breaker.state === CircuitState.Open) void attempt(tried);
      if (breaker.state !== CircuitState.Closed) return undefined;
      const connection = current === undefined || current.state() === "over" ? connectAnew() : current;
      if (connection.state() === "ready") return ask(exchange, patienceMs);
      patience ??= within(connection.made, patienceMs / 2).catch(() => undefined);
      await patience;
      return ask(exchange, patienceMs / 2);
    },
    close: async () => {
      const last = current;
      breaker.isolate();
      await last?.drop();
    },
  };

  function tell(error: unknown): void {
    // The breaker's clock.
    const nowMs = Date.now();
    if (isTold || Math.abs(nowMs - toldAtMs) < TOLD_EVERY_MS) return;
    isTold = true;
    toldAtMs = nowMs;
    onOutage(error);
  }

  async function ask<T>(exchange: Exchange<T>, ms: number): Promise<T | undefined> {
    const to = current;
    if (breaker.state !== CircuitState.Closed || to?.state() !== "ready") return undefined;
    return attempt(() => within(exchange(to), ms));
  }

  function connectAnew(): Connection {
    const made = newConnection();
    void attempt(() => made.made);
    return made;
  }

  /** No request waits for it. */
  async function tried(): Promise<void> {
    const made = newConnection();
    await made.made;
    await within(trial(made), patienceMs);
  }

  function newConnection(): Connection {
    const made = connect(address, () => {
      if (current === made) current = undefined;
    });
    current = made;
    patience = undefined;
    return made;
  }

  /** A failure opens the breaker. Also undefined while the breaker's pause lasts. */
  async function attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    try {
      return await breaker.execute(action);
    } catch {
      return undefined;
    }
  }
}
