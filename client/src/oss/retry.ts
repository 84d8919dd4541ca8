import type { ValetError } from "../valet-error.ts";

/** How often a request is tried, the first time included. */
const TRIES = 5;

/** Milliseconds before the second try; each later pause is twice as long: 7.5 seconds in all, at most. */
const FIRST_PAUSE_MS = 500;

/** Milliseconds. A service that asks for a longer pause is left alone: the error says how long. */
const LONGEST_PAUSE_MS = 30_000;

/** Tries again after errors that can pass. Throws the last error; the signal's reason. */
export async function retried<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      signal?.throwIfAborted();
      const { retryable, retryAfterMs = 0 } = thrown as Partial<ValetError>;
      if (!retryable || tries === TRIES || retryAfterMs > LONGEST_PAUSE_MS) throw thrown;
      // At random: uploads that failed together do not come back together.
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
      await paused(Math.max(pauseMs, retryAfterMs), signal);
      signal?.throwIfAborted();
    }
  }
}

/** Ends early when the signal is aborted. Leaves no listener on it: the signal may live as long as the page. */
function paused(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
