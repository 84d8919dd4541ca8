import type { AccessRules } from "../rules/rule.ts";
import { denialOf } from "./denial.ts";
import type { Principal } from "./principal.ts";
import { type Place, ruleOutcomes } from "./rule-outcome.ts";

/** What rules in `mode: report` would have done for a principal. Only the log gets it. */
export interface Report {
  /** Names of the rules that match. */
  readonly reported: readonly string[];
  /** Rules that would have refused the request, because a claim is not a safe path segment. */
  readonly reportedUnsafe: readonly UnsafeClaim[];
}

export interface UnsafeClaim {
  readonly rule: string;
  readonly claim: string;
  readonly problem: string;
}

/** Empty for a denied principal: the rules do not count for it. */
export function reportOn(principal: Principal, rules: AccessRules, place: Place): Report {
  const denied = denialOf(principal, rules) !== undefined;
  const outcomes = denied ? [] : ruleOutcomes(principal, rules, place, "report");
  return {
    reported: outcomes.flatMap(({ rule, outcome }) => (outcome.kind === "matched" ? [rule.name] : [])),
    reportedUnsafe: outcomes.flatMap(({ rule, outcome }) =>
      outcome.kind === "unsafe" ? [{ rule: rule.name, claim: outcome.claim, problem: outcome.problem }] : [],
    ),
  };
}
