import type { Issuer } from "../token/issuer.ts";
import type { Rule } from "./rule.ts";

/**
 * Whether a rule is for everybody who has signed in at the issuer: it has no `when`, or one that every valid token meets
 * (`iss`, the audience). `issuer` is undefined when its entry cannot be used.
 */
export function isForEverybody({ when }: Rule, issuer: Issuer | undefined): boolean {
  return [...when].every(([claim, values]) => isMetByEverybody(claim, values, issuer));
}

/** Whether every valid token of the issuer meets one condition of a `when`. */
export function isMetByEverybody(
  claim: string,
  values: readonly unknown[],
  issuer: Issuer | undefined,
): boolean {
  const always =
    claim === "iss" ? [issuer?.issuer] : claim === issuer?.audienceClaim ? issuer.audience : null;
  return always?.every((value) => value !== undefined && values.includes(value)) === true;
}

/** Whether a rule only shows objects. Actions may do more: an old version is what its owner has deleted. */
export function isOnlyReadAndList({ permissions, upload, actions }: Rule): boolean {
  return (
    actions.length === 0 &&
    upload === undefined &&
    permissions.every((one) => one === "read" || one === "list")
  );
}
