import type { Clock } from "../../../shared/ports.ts";
import { type EventQueue, eventQueue } from "./event-queue.ts";

/** Time that passes only when {@link VirtualClock.runUntil} says so, and then at once. */
export interface VirtualClock extends Clock {
  /** Runs `event` at a time, in milliseconds. Those of one time run in the order in which they were planned. Gives what calls it off. */
  at(ms: number, event: () => unknown): () => void;
  pause(ms: number): Promise<void>;
  /**
   * Lets time pass. Whatever an event starts, and whatever that resolves, has run before the next event. Throws what an
   * event throws, or rejects with.
   */
  runUntil(ms: number): Promise<void>;
}

export function virtualClock(startMs: number): VirtualClock {
  const events: EventQueue = eventQueue();
  let nowMs = startMs;
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
  };
  const at: VirtualClock["at"] = (ms, event) => events.add(Math.max(ms, nowMs), event);
  return {
    nowMs: () => nowMs,
    at,
    pause: (ms) => new Promise((resolve) => at(nowMs + ms, () => resolve())),
    runUntil: async (ms) => {
      for (let next = events.takeUntil(ms); next !== undefined; next = events.takeUntil(ms)) {
        nowMs = next.atMs;
        // `then` of a value that is no promise would cost each event a turn.
        const done = next.run();
        if (done instanceof Promise) done.catch(fail);
        await settled();
        if (failure) throw failure.error;
      }
      nowMs = ms;
    },
  };
}

/** A timer of Node's own: it fires after everything that promises still have to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Runs `work` with the clock in the place of `setTimeout`, which the client uses for its pauses and its time limit. Nothing
 * else of the process may use timers meanwhile.
 */
export async function withTimersOf<T>(clock: VirtualClock, work: () => Promise<T>): Promise<T> {
  const { setTimeout, clearTimeout } = globalThis;
  const timers = {
    setTimeout: (event: () => void, ms = 0) => clock.at(clock.nowMs() + ms, event),
    clearTimeout: (callOff?: () => void) => callOff?.(),
  };
  Object.assign(globalThis, timers);
  try {
    return await work();
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
