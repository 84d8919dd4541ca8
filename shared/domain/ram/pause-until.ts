/** Milliseconds. aliyunSts passes on no longer pause: with a longer one here, the clock has gone back. */
const LONGEST_PAUSE_MS = 600_000;

/** A time in which STS is left alone. Wall clock: a frozen instance's monotonic clock may stand still. */
export function pauseUntil() {
  let endMs = 0;
  return {
    begin: (nowMs: number, lastsMs: number): void => {
      endMs = nowMs + lastsMs;
    },
    end: (): void => {
      endMs = 0;
    },
    /** Milliseconds; 0 when it is over, or when the clock has gone back. */
    leftMs: (nowMs: number): number => {
      const leftMs = endMs - nowMs;
      return leftMs > 0 && leftMs <= LONGEST_PAUSE_MS ? leftMs : 0;
    },
  };
}
