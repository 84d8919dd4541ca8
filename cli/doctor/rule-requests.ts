import type { AccessRequest } from "../../sandbox/ram/evaluate.ts";
import { LIST_ACTION, type RamPolicy } from "../../shared/domain/ram/ram-policy.ts";
import type { AccessRules, Rule } from "../../shared/domain/rules/rule.ts";
import { listOf } from "../shared/values.ts";

/** Users that no rule names: what is open to one of them is open to any. */
const SOMEBODY = ["alice", "Zoe_9"];

/** What rules need of a role: rolePolicyFor of the client role, uploadsPolicyFor of the role that signs. */
export type BoundOf = (rules: AccessRules, defaultBucket: string) => RamPolicy;

/** The OSS requests that the rule allows to a user by way of a role: each action, in each of its prefixes. */
export function requestsUnder(
  rule: Rule,
  place: {
    readonly rules: AccessRules;
    readonly boundOf: BoundOf;
    readonly bucket: string;
    readonly accountId: string;
  },
): readonly AccessRequest[] {
  const { rules, boundOf, bucket, accountId } = place;
  const bound = boundOf({ ...rules, rules: [rule] }, bucket);
  const allowing = bound.Statement.filter(({ Effect: effect }) => effect === "Allow");
  return allowing.flatMap((statement) =>
    listOf(statement.Resource).flatMap((pattern) =>
      listOf(statement.Action).flatMap((action) =>
        SOMEBODY.flatMap((name): readonly AccessRequest[] => {
          const resource = pattern.replace("acs:oss:*:*:", `acs:oss:*:${accountId}:`);
          if (action !== LIST_ACTION)
            return [{ action, resource: withNames(resource, name), context: OVER_TLS }];
          const prefixes = listOf(statement.Condition?.["StringLike"]?.["oss:Prefix"] ?? []);
          return prefixes.map((prefix) => ({
            action,
            resource,
            context: { ...OVER_TLS, "oss:Prefix": filled(prefix, name) },
          }));
        }),
      ),
    ),
  );
}

/** An address of the documentation's own: a policy that names addresses will not have it. */
const OVER_TLS = { "acs:SecureTransport": "true", "acs:SourceIp": "192.0.2.1" };

function withNames(resource: string, name: string): string {
  const [arn = "", ...path] = resource.split("/");
  return [arn, ...path.map((step) => filled(step, name))].join("/");
}

function filled(pattern: string, name: string): string {
  return pattern.replaceAll("*", name);
}
