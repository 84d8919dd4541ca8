import { granted, type Result, refused } from "../refusal.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";

/** Seconds. Ours: shorter than a slow upload begins is of no use. */
export const MIN_SIGNED_SECONDS = 60;

/** Seconds. Ours: what is signed can be taken back by nobody. */
export const MAX_SIGNED_SECONDS = 3600;

/**
 * Whether what is signed can keep a rule's conditions: neither a form nor a signed URL can be bound to an address or to
 * TLS, so a rule with such a condition gives none.
 */
export function canBeSigned({ sourceIp, secureTransport }: Rule): boolean {
  return sourceIp === undefined && secureTransport === undefined;
}

/**
 * How many seconds forms or URLs live: what is wanted, or what is usual. Never longer than credentials of the same rules may.
 * Refuses with REQUEST_INVALID (`expiresSeconds`).
 */
export function signedSeconds(
  contributing: readonly Rule[],
  rules: AccessRules,
  { wanted, usual }: { readonly wanted: number | undefined; readonly usual: number },
): Result<number> {
  const limits = contributing.map(({ durationSeconds }) => durationSeconds ?? Number.POSITIVE_INFINITY);
  const max = Math.min(MAX_SIGNED_SECONDS, rules.session.maxDurationSeconds, ...limits);
  return wanted === undefined || wanted <= max
    ? granted(wanted ?? Math.min(usual, max))
    : refused({
        code: "REQUEST_INVALID",
        field: "expiresSeconds",
        problem: `is more than the rules allow; ask for ${max} or less`,
      });
}
