import type { Step, StepTimes } from "../ports.ts";

/** Takes the time of one request's steps. */
export interface StepTimer {
  readonly times: StepTimes;
  /** The step that began when the one before it ended is over. */
  ended(step: Step): void;
}

/** Begins now. Monotonic: neither a clock that is set nor the sandbox's clock changes what a step takes. */
export function stepTimer(): StepTimer {
  const times: Partial<Record<Step, number>> = {};
  let lastMs = performance.now();
  return {
    times,
    ended: (step) => {
      const nowMs = performance.now();
      times[step] = Math.round((nowMs - lastMs) * 100) / 100;
      lastMs = nowMs;
    },
  };
}
