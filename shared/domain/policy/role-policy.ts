import { plainClaimProblem } from "../prefix/prefix-template.ts";
import {
  allow,
  bucketResource,
  grouped,
  LIST_ACTION,
  OBJECT_ACTIONS,
  oneOrMore,
  type RamPolicy,
  type RamStatement,
} from "../ram/ram-policy.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";

/** Characters. Source: RAM CreatePolicy, PolicyDocument, "1 to 6,144 characters". */
export const MAX_ROLE_POLICY_LENGTH = 6144;

/**
 * The upper bound of all rules: what the client role must allow so that any principal's session policy can be
 * effective, and nothing more. A wildcard stands only in place of a claim whose values the rules do not name.
 * Rules in `mode: report` grant nothing and add nothing.
 */
export function rolePolicyFor(rules: AccessRules, defaultBucket: string): RamPolicy {
  const actionsByResource = new Map<string, Set<string>>();
  const prefixesByBucket = new Map<string, Set<string>>();
  for (const rule of rules.rules.filter(({ mode }) => mode === "enforce")) {
    const bucket = rule.bucket ?? defaultBucket;
    for (const pattern of prefixPatternsOf(rule, rules)) {
      const resource = `${bucketResource(bucket)}/${pattern}*`;
      const actions = [
        ...rule.permissions.flatMap((p) => (p === "list" ? [] : OBJECT_ACTIONS[p])),
        ...rule.actions,
      ];
      for (const action of actions) into(actionsByResource, resource, action);
      if (rule.permissions.includes("list")) into(prefixesByBucket, bucket, `${pattern}*`);
    }
  }
  const statements: readonly RamStatement[] = [
    ...grouped(sorted(actionsByResource)).map(({ keys: resources, values: actions }) =>
      allow(actions, resources),
    ),
    ...grouped(sorted(prefixesByBucket)).map(({ keys: buckets, values: prefixes }) =>
      allow([LIST_ACTION], buckets.map(bucketResource), {
        StringLike: { "oss:Prefix": oneOrMore(prefixes) },
      }),
    ),
  ];
  return { Version: "1", Statement: statements.length > 0 ? statements : [NOTHING] };
}

/** Where every rule is for report alone: RAM takes no policy without a statement. */
const NOTHING: RamStatement = { Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" };

/** `users/{sub}/` → a `*` between slashes, one pattern for each issuer that `{issuer}` can be and each value that `when` names. */
function prefixPatternsOf(rule: Rule, rules: AccessRules): readonly string[] {
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

/** What a claim can be where the rule matches: the values that `when` names, or anything. */
function valuesOf(claim: string, rule: Rule): readonly string[] {
  const named = rule.when.get(claim);
  // A value that no prefix takes (a number, a text with a wildcard) never gets as far as a grant.
  return named?.filter((value) => plainClaimProblem(value) === undefined).map(String) ?? ["*"];
}

function into(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

/** Sorted keys and values, so that equal rules give equal text. */
function sorted(map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  return new Map([...map.keys()].sort().map((key) => [key, [...(map.get(key) ?? [])].sort()]));
}
