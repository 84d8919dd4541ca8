/** A time in which STS is left alone. Wall clock: a frozen instance's monotonic clock may stand still. */
export function pauseUntil() {
  let endMs = 0;
  let lastsMs = 0;
  return {
    begin: (nowMs: number, ms: number): void => {
      endMs = nowMs + ms;
      lastsMs = ms;
    },
    end: (): void => {
      endMs = 0;
    },
    /** Milliseconds; 0 when it is over, or when the clock has gone back to before it began. */
    leftMs: (nowMs: number): number => {
      const leftMs = endMs - nowMs;
      return leftMs > 0 && leftMs <= lastsMs ? leftMs : 0;
    },
  };
}
