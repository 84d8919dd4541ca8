import { granted, refused } from "../../../shared/domain/refusal.ts";
import type { Sts } from "../../../shared/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

export interface SimulatedSts extends Sts {
  /** Calls that reached it, whatever it answered. */
  readonly calls: number;
  readonly throttled: number;
  /** While true it answers nobody. */
  down: boolean;
  /** While false it has no quota. */
  limited: boolean;
}

/** Milliseconds from a call to its answer. Assumption. */
const LATENCY_MS = 20;

/** Seconds. What shared/adapters/aliyun-sts says when STS names no pause. */
const RETRY_AFTER_SECONDS = 1;

/**
 * STS for one account: so many AssumeRole calls a second, and no more than one second's calls at once. The real quota is
 * 100 a second for each account (Alibaba Cloud, notice ram20220829). `Infinity`: no quota.
 */
export function simulatedSts(clock: VirtualClock, callsPerSecond: number): SimulatedSts {
  const atOnce = Math.max(1, callsPerSecond);
  let left = atOnce;
  let countedMs = clock.nowMs();
  const withinQuota = (): boolean => {
    if (!sts.limited || callsPerSecond === Number.POSITIVE_INFINITY) return true;
    left = Math.min(atOnce, left + ((clock.nowMs() - countedMs) / 1000) * callsPerSecond);
    countedMs = clock.nowMs();
    if (left < 1) return false;
    left -= 1;
    return true;
  };
  const sts: { -readonly [Field in keyof SimulatedSts]: SimulatedSts[Field] } = {
    calls: 0,
    throttled: 0,
    down: false,
    limited: true,
    assumeRole: async ({ durationSeconds }) => {
      sts.calls += 1;
      const number = sts.calls;
      const isDown = sts.down;
      const isThrottled = !isDown && !withinQuota();
      if (isThrottled) sts.throttled += 1;
      await clock.pause(LATENCY_MS);
      if (isDown) return refused({ code: "STS_UNAVAILABLE", because: "network" });
      if (isThrottled) return refused({ code: "STS_THROTTLED", retryAfterSeconds: RETRY_AFTER_SECONDS });
      return granted({
        accessKeyId: `STS.key${number}`,
        accessKeySecret: `secret${number}`,
        securityToken: `token${number}`,
        // STS gives whole seconds.
        expiresAtMs: Math.floor(clock.nowMs() / 1000 + durationSeconds) * 1000,
        stsRequestId: `call-${number}`,
      });
    },
  };
  return sts;
}
