/**
 * The cloud's time. Everything in the cloud uses it, functions too. Clients are outside; most use the laptop's clock.
 * `advance` lets time pass for everybody: credentials expire, but what a client signs afterwards counts as fresh.
 * `skew` sets the cloud's clock apart from the clients' clocks: their requests are too early or too late.
 */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Cloud time minus laptop time. Passed to functions, so that they use cloud time. */
  offsetMs(): number;
  /**
   * When a client signed, in cloud time. The client's date comes from the laptop's clock, which `advance` does not
   * move, or from a clock that moved too (a function, a test's own clock, an SDK that corrected itself by ServerTime).
   * The reading that is nearer to now counts.
   */
  signedMs(timestampMs: number): number;
  /** An expiry set by a client outside, in cloud time. `advance` moves it too, so it does not come nearer. */
  endMs(timestampMs: number): number;
  advance(ms: number): void;
  /** Sets how far the cloud's clock is ahead of the clients' clocks; a negative value sets it behind. */
  skew(ms: number): void;
}

export function sandboxClock(laptopMs: () => number = Date.now): SandboxClock {
  let passedMs = 0;
  let skewMs = 0;
  const nowMs = () => laptopMs() + passedMs + skewMs;
  return {
    nowMs,
    offsetMs: () => passedMs + skewMs,
    signedMs: (timestampMs) => {
      const [stoodStill, passedAlong] = [timestampMs + passedMs, timestampMs];
      return Math.abs(nowMs() - passedAlong) < Math.abs(nowMs() - stoodStill) ? passedAlong : stoodStill;
    },
    endMs: (timestampMs) => timestampMs + passedMs,
    advance: (ms) => {
      passedMs += ms;
    },
    skew: (ms) => {
      skewMs = ms;
    },
  };
}

/** A time as answers and events show it, without milliseconds, e.g. 2015-01-23T12:33:18Z */
export function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
