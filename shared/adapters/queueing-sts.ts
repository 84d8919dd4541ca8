import type { Clock, Sts } from "../ports.ts";
import type { Queue } from "./queueing-sts/queue.ts";

export interface QueueingStsOptions {
  readonly sts: Sts;
  readonly clock: Clock;
  /** Resolves after so many milliseconds. May end sooner where the signal says so. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** In [0, 1). Spreads calls over time. */
  readonly random?: () => number;
}

/**
 * An {@link Sts} around an `Sts`, in which requests queue for a moment while the account's quota is used up. It belongs next to STS,
 * inside every store of credentials: a user whose credentials are in a store need not queue. The queue is a file of its own,
 * which the first throttling loads.
 */
export function queueingSts(options: QueueingStsOptions): Sts {
  let queue: Queue | undefined;
  return {
    assumeRole: async (...call) => {
      if (queue !== undefined) return queue(call);
      const result = await options.sts.assumeRole(...call);
      if (result.ok || result.refusal.code !== "STS_THROTTLED") return result;
      const { queueOf } = await import("./queueing-sts/queue.ts");
      queue ??= queueOf(options);
      return queue(call, result);
    },
  };
}
