import { unused } from "./unused.ts";

/**
 * For @darabonba/typescript's retry.js. The core asks it whether to try (again), with the retry options of its
 * configuration: there are none, since shared/adapters/aliyun-sts.ts decides on retries, and so each call is one
 * attempt. The backoff policies are never reached.
 */
export const replacement = {
  __esModule: true,
  RetryOptions: unused("@darabonba/typescript RetryOptions"),
  RetryPolicyContext,
  shouldRetry: (options: unknown, context: RetryPolicyContext): boolean => {
    if (options !== undefined)
      throw new Error("retry options were left out of the bundle; see cli/build/trim.ts");
    return context.retriesAttempted === 0;
  },
  getBackoffDelay: unused("@darabonba/typescript getBackoffDelay"),
};

interface RetryPolicyContext {
  readonly retriesAttempted: number;
  readonly exception?: unknown;
}

/** A constructor that gives its argument back: error.js tells contexts by `instanceof`, hence the prototype. */
function RetryPolicyContext(given: RetryPolicyContext): RetryPolicyContext {
  return Object.assign(Object.create(RetryPolicyContext.prototype), given);
}
