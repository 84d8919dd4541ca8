import type { ObjectPrefix } from "../prefix/object-prefix.ts";
import { granted, type Result, refused } from "../refusal.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";
import { denialOf, refusalOfDenied } from "./denial.ts";
import type { Principal } from "./principal.ts";
import { type Place, ruleOutcomes } from "./rule-outcome.ts";

/** A rule that counts for a principal, and the folder that it gives. */
export interface MatchedRule {
  readonly rule: Rule;
  readonly prefix: ObjectPrefix;
}

/**
 * The enforced rules that match a principal, in the file's order: what every decision begins with. Never empty. Refuses
 * with ACCESS_NOT_GRANTED, CLAIM_INVALID (a claim in a matching rule's prefix is not a safe segment), TOKEN_INVALID
 * (`denied`: access.yaml denies this token).
 */
export function matchedRules(
  principal: Principal,
  rules: AccessRules,
  place: Place,
): Result<readonly MatchedRule[]> {
  const denial = denialOf(principal, rules);
  if (denial !== undefined) return refusalOfDenied(denial);
  const outcomes = ruleOutcomes(principal, rules, place, "enforce");
  for (const { outcome } of outcomes) {
    if (outcome.kind === "unsafe") {
      return refused({ code: "CLAIM_INVALID", claim: outcome.claim, problem: outcome.problem });
    }
  }
  const matched = outcomes.flatMap(({ rule, outcome }) =>
    outcome.kind === "matched" ? [{ rule, prefix: outcome.prefix }] : [],
  );
  return matched.length === 0
    ? refused({ code: "ACCESS_NOT_GRANTED", because: "no rule matches" })
    : granted(matched);
}
