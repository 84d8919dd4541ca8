/**
 * The sandbox's time. Two things can be moved apart: `advance` lets time pass for everybody (credentials expire,
 * while requests of clients on the unmoved laptop clock still count as fresh), `skew` makes the cloud's clock
 * differ from the clients' (their requests are too early or too late).
 */
export interface SandboxClock {
  /** The cloud's time, milliseconds since the epoch. */
  nowMs(): number;
  /** What a timestamp that a client took from its own clock means on the cloud's time line. */
  fromClientMs(timestampMs: number): number;
  advance(ms: number): void;
  /** Sets by how much the cloud's clock is ahead of the clients'; negative: behind. */
  skew(ms: number): void;
}

export function sandboxClock(laptopMs: () => number = Date.now): SandboxClock {
  let passedMs = 0;
  let skewMs = 0;
  return {
    nowMs: () => laptopMs() + passedMs + skewMs,
    fromClientMs: (timestampMs) => timestampMs + passedMs,
    advance: (ms) => {
      passedMs += ms;
    },
    skew: (ms) => {
      skewMs = ms;
    },
  };
}
