import { pauseUntil } from "../domain/ram/pause-until.ts";
import { refused } from "../domain/refusal.ts";
import type { Clock, Sts } from "../ports.ts";

/**
 * An {@link Sts} around an `Sts`, which does not ask a throttled STS again before the end of the pause that it asked for.
 * It belongs next to STS, inside every store of credentials: a user whose credentials are in a store needs no STS, and must
 * not be told to wait for it.
 */
export function restingSts({ sts, clock }: { readonly sts: Sts; readonly clock: Clock }): Sts {
  const pause = pauseUntil();
  return {
    assumeRole: async (call, refusedKeyId) => {
      const leftMs = pause.leftMs(clock.nowMs());
      if (leftMs > 0) return refused({ code: "STS_THROTTLED", retryAfterSeconds: Math.ceil(leftMs / 1_000) });
      const result = await sts.assumeRole(call, refusedKeyId);
      if (!result.ok && result.refusal.code === "STS_THROTTLED")
        pause.begin(clock.nowMs(), result.refusal.retryAfterSeconds * 1_000);
      return result;
    },
  };
}
