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
 * The upper bound of all rules: exactly what the client role must allow so that every principal's session policy can
 * work. It has a wildcard only for a claim whose values the rules do not name. Rules in `mode: report` add nothing.
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

/** For files with `mode: report` rules only: RAM takes no policy without a statement. */
const NOTHING: RamStatement = { Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" };

/** `users/{sub}/` → a `*` between slashes. One pattern for each possible `{issuer}` and each value that `when` names. */
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

/** What a claim can be when the rule matches: one of the values that `when` names, or anything. */
function valuesOf(claim: string, rule: Rule): readonly string[] {
  const named = rule.when.get(claim);
  // With a value that a prefix cannot contain (a number, a text with a wildcard), the request is refused anyway.
  return named?.filter((value) => plainClaimProblem(value) === undefined).map(String) ?? ["*"];
}

function into(map: Map<string, Set<string>>, key: string, value: string): void {
  map.set(key, (map.get(key) ?? new Set()).add(value));
}

/** Sorted keys and values, so that equal rules give equal text. */
function sorted(map: ReadonlyMap<string, ReadonlySet<string>>): ReadonlyMap<string, readonly string[]> {
  return new Map([...map.keys()].sort().map((key) => [key, [...(map.get(key) ?? [])].sort()]));
}
