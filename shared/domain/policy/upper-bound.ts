import { plainClaimProblem } from "../prefix/prefix-template.ts";
import type { RamStatement } from "../ram/ram-policy.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";

/** For rules that need nothing of a role: RAM takes no policy without a statement. */
export const NOTHING: RamStatement = { Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" };

/** `users/{sub}/` → a `*` between slashes. One pattern for each possible `{issuer}` and each value that `when` names. */
export function prefixPatternsOf(rule: Rule, rules: AccessRules): readonly string[] {
  const issuers = rules.issuers
    .map(({ name }) => name)
    .filter((name) => rule.issuer === undefined || rule.issuer === name);
  let patterns: readonly string[] = [""];
  for (const segment of rule.prefix.segments) {
    const choices =
      segment.kind === "literal"
        ? [segment.text]
        : segment.kind === "issuer"
          ? issuers
          : segment.kind === "claim"
            ? valuesOf(segment.claim, rule)
            : ["*"];
    patterns = patterns.flatMap((pattern) => choices.map((choice) => `${pattern}${choice}/`));
  }
  return patterns;
}

/** What a claim can be when the rule matches: one of the values that `when` names, or anything. */
function valuesOf(claim: string, rule: Rule): readonly string[] {
  const named = rule.when.get(claim);
  // With a value that a prefix cannot contain (a number, a text with a wildcard), the request is refused anyway.
  return named?.filter((value) => plainClaimProblem(value) === undefined).map(String) ?? ["*"];
}

export function into(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

/** Sorted keys and values, so that equal rules give equal text. */
export function sorted(
  map: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...map.keys()].sort().map((key) => [key, [...(map.get(key) ?? [])].sort()]));
}
