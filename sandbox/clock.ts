/**
 * The cloud's time. Whatever lives in the cloud goes by it, a function too; clients stand outside, most of them on the
 * laptop's clock. Two things can be moved: `advance` lets time pass for everybody (credentials expire, while what a
 * client dates afterwards counts as fresh), `skew` sets the cloud's clock apart from the clients' (their requests are
 * too early or too late).
 */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** By how much the cloud's time is ahead of the laptop's: what runs inside the cloud is told it. */
  offsetMs(): number;
  /**
   * When a client signed, on the cloud's time line. Its date comes from the laptop's clock, which stood still while
   * time passed here, or from one that passed along (a function, a test's own clock, an SDK that set itself by
   * ServerTime): of the two, whichever is nearer to now.
   */
  signedMs(timestampMs: number): number;
  /** What an end that a client set means on the cloud's time line. It moves along: `advance` brings it no nearer. */
  endMs(timestampMs: number): number;
  advance(ms: number): void;
  /** Sets by how much the cloud's clock is ahead of the clients'; negative: behind. */
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
