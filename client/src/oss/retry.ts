import type { ValetError } from "../valet-error.ts";

/** How often a request is tried, the first time included. */
const TRIES = 5;

/** Milliseconds before the second try; each later pause is twice as long: 7.5 seconds in all, at most. */
const FIRST_PAUSE_MS = 500;

/** Tries again after errors that can pass. Throws the last error; the signal's reason. */
export async function retried<T>(signal: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      const error = thrown as Partial<ValetError> | undefined;
      if (error?.retryable !== true || tries === TRIES) throw thrown;
      // Uploads that failed together do not come back together.
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2);
      await paused(Math.max(pauseMs, error.retryAfterMs ?? 0), signal);
    }
  }
}

function paused(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
