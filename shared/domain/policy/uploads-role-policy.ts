import { canBeSigned } from "../grant/signed-grant.ts";
import { allow, grouped, objectsResource, type RamPolicy } from "../ram/ram-policy.ts";
import type { AccessRules } from "../rules/rule.ts";
import { into, NOTHING, prefixPatternsOf, sorted } from "./upper-bound.ts";

/**
 * The upper bound of all forms and signed URLs: exactly what the role of the function `uploads` must allow, as what it signs
 * works with its own permissions. Storing objects where rules allow `upload`, getting them where rules allow `read`.
 */
export function uploadsPolicyFor(rules: AccessRules, defaultBucket: string): RamPolicy {
  const actionsByResource = new Map<string, Set<string>>();
  for (const rule of rules.rules.filter((one) => one.mode === "enforce" && canBeSigned(one))) {
    for (const pattern of prefixPatternsOf(rule, rules)) {
      const resource = objectsResource(rule.bucket ?? defaultBucket, pattern);
      if (rule.upload !== undefined) into(actionsByResource, resource, "oss:PutObject");
      if (rule.permissions.includes("read")) into(actionsByResource, resource, "oss:GetObject");
    }
  }
  const statements = grouped(sorted(actionsByResource)).map(({ keys: resources, values: actions }) =>
    allow(actions, resources),
  );
  return { Version: "1", Statement: statements.length > 0 ? statements : [NOTHING] };
}
