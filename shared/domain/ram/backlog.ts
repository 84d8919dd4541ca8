/** Milliseconds in which a count falls to a third. Ours: long enough to see a rate, short enough to forget a push message. */
const MEMORY_MS = 4_000;

/** Seconds. Ours: nobody is sent away for longer, whatever the counts say. */
const LONGEST_SECONDS = 30;

/** How long those who were sent away would take to serve, at the rate at which others were served in the last seconds. */
export function backlog() {
  let refused = 0;
  let served = 0;
  let countedMs = 0;
  const forget = (nowMs: number): void => {
    const share = Math.exp(-Math.abs(nowMs - countedMs) / MEMORY_MS);
    refused *= share;
    served *= share;
    countedMs = nowMs;
  };
  return {
    refused: (nowMs: number): void => {
      forget(nowMs);
      refused += 1;
    },
    served: (nowMs: number): void => {
      forget(nowMs);
      served += 1;
    },
    /** Whole seconds, from 1 to 30. */
    seconds: (nowMs: number): number => {
      forget(nowMs);
      const seconds = ((refused / (served + 1)) * MEMORY_MS) / 1_000;
      return Math.min(LONGEST_SECONDS, Math.max(1, Math.round(seconds)));
    },
  };
}
