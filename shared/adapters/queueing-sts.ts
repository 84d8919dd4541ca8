import type { Sts } from "../ports.ts";
import type { Queue, QueueOptions } from "./queueing-sts/queue.ts";

/**
 * An {@link Sts} around an `Sts`, in which requests queue for a moment while the account's quota is used up. It belongs next to STS,
 * inside every store of credentials: a user whose credentials are in a store need not queue. The queue is a file of its own,
 * which the first throttling loads.
 */
export function queueingSts(options: QueueOptions): Sts {
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
