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
import type { AccessRules } from "../rules/rule.ts";
import { into, NOTHING, prefixPatternsOf, sorted } from "./upper-bound.ts";

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
