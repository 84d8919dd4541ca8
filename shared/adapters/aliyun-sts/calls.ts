import type { Result } from "../../domain/refusal.ts";
import type { AssumeRole, CallerCredentials, TemporaryCredentials } from "../../ports.ts";
import type { Attempt, AttemptsOptions, attemptsWith } from "./attempts.ts";
import { firstWithin } from "./first-within.ts";
import { attemptsWithSdk, type SdkOptions } from "./sdk.ts";

/**
 * AssumeRole as often as it takes. Loading this module loads the SDK: import it when a request needs STS. What decides on further
 * attempts is a file of its own, which the first failure or the first silence loads: an STS that is well costs no byte of it.
 */
export function callsToSts(
  options: SdkOptions & AttemptsOptions,
): (call: AssumeRole, caller: CallerCredentials) => Promise<Result<TemporaryCredentials>> {
  const withSdk = attemptsWithSdk(options);
  let attempts: ReturnType<typeof attemptsWith> | undefined;
  return async (call, caller) => {
    const attempt: Attempt = (how) => withSdk({ call, caller, ...how });
    if (attempts !== undefined) return attempts(attempt);
    const startedMs = performance.now();
    const first = attempt({ timeoutMs: options.budgetMs, newSocket: false });
    const early = await firstWithin(options.companionAfterMs, [first]);
    if (early !== undefined && (early.result.ok || early.result.refusal.code !== "STS_UNAVAILABLE"))
      return early.result;
    const { attemptsWith } = await import("./attempts.ts");
    attempts ??= attemptsWith(options);
    return attempts(attempt, { outcome: first, startedMs });
  };
}
