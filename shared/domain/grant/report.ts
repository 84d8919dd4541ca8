import type { AccessRules } from "../rules/rule.ts";
import { denialOf } from "./denial.ts";
import type { Principal } from "./principal.ts";
import { type Place, ruleOutcomes } from "./rule-outcome.ts";

/** What the rules in `mode: report` would have done for a principal: for the log, and for nothing else. */
export interface Report {
  /** Names of those that match. */
  readonly reported: readonly string[];
  /** Those that would have refused the request, for a claim that is no safe path segment. */
  readonly reportedUnsafe: readonly UnsafeClaim[];
}

export interface UnsafeClaim {
  readonly rule: string;
  readonly claim: string;
  readonly problem: string;
}

/** Nothing of a denied principal: nobody asks the rules about one. */
export function reportOn(principal: Principal, rules: AccessRules, place: Place): Report {
  const denied = denialOf(principal, rules) !== undefined;
  const outcomes = denied
    ? []
    : ruleOutcomes(principal, rules, place).filter(({ rule }) => rule.mode === "report");
  return {
    reported: outcomes.flatMap(({ rule, outcome }) => (outcome.kind === "matched" ? [rule.name] : [])),
    reportedUnsafe: outcomes.flatMap(({ rule, outcome }) =>
      outcome.kind === "unsafe" ? [{ rule: rule.name, claim: outcome.claim, problem: outcome.problem }] : [],
    ),
  };
}
