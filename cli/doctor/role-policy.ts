import { evaluate } from "../../sandbox/ram/evaluate.ts";
import type { AccessRules, Rule } from "../../shared/domain/access-rules.ts";
import { LIST_ACTION, type OneOrMore } from "../../shared/domain/ram-policy.ts";
import { rolePolicyFor } from "../../shared/domain/role-policy.ts";
import { type DesiredRole, documentText } from "../provision/desired-state.ts";
import type { Findings } from "./finding.ts";
import type { RoleInRam } from "./role-in-ram.ts";
import { widerThan } from "./trust.ts";

const PROVISION = "npm run valet -- provision apply";

/** The client role's policies are the upper bound of the rules: no rule fails for lack of them, and nothing beyond. */
export function rolePolicyChecked(
  client: RoleInRam,
  want: {
    readonly desired: DesiredRole;
    readonly rules: AccessRules;
    readonly bucket: string;
    readonly accountId: string;
  },
  findings: Findings,
): void {
  const check = `policies of ${client.name}`;
  const { desired, rules, bucket, accountId } = want;
  const enforced = rules.rules.filter(({ mode }) => mode === "enforce");
  let failing = 0;
  for (const rule of enforced) {
    const denied = deniedTo(rule, { client, rules, bucket, accountId });
    if (denied.length === 0) continue;
    failing += 1;
    findings.fail(
      check,
      `too narrow for rule "${rule.name}": ${[...new Set(denied.map(({ action }) => action))].join(", ")} will fail with AccessDenied (${denied[0]?.because})`,
      `${PROVISION} --allow-widening; and look for a Deny in the role's policies`,
    );
  }
  const wider = widerThan(documentText(desired.policy.document), client.policies);
  for (const { name, what } of wider)
    findings.warn(
      check,
      `${name} allows more than the rules need: ${what}`,
      name === desired.policy.name ? PROVISION : `detach ${name} from ${client.name} unless you mean it`,
    );
  if (failing === 0 && wider.length === 0)
    findings.ok(
      check,
      `as far as ${enforced.length === 1 ? "the rule" : `the ${enforced.length} rules`}, and no further`,
    );
}

/** The role's sessions may last as long as an App may ask for. */
export function maxSessionChecked(client: RoleInRam, rules: AccessRules, findings: Findings): void {
  const check = `longest session of ${client.name}`;
  const { maxDurationSeconds } = rules.session;
  if (client.maxSessionSeconds >= maxDurationSeconds) findings.ok(check, `${client.maxSessionSeconds} s`);
  else
    findings.fail(
      check,
      `${client.maxSessionSeconds} s, and access.yaml lets Apps ask for ${maxDurationSeconds} s: STS answers InvalidParameter.DurationSeconds`,
      `${PROVISION} --allow-widening; or write session.maxDuration: ${client.maxSessionSeconds} in access.yaml`,
    );
}

/** Users that no rule names: what is open to one of them is open to any. */
const SOMEBODY = ["alice", "Zoe_9"];

/** What the rule would have to grant to somebody, and the role's policies do not allow. */
function deniedTo(
  rule: Rule,
  place: {
    readonly client: RoleInRam;
    readonly rules: AccessRules;
    readonly bucket: string;
    readonly accountId: string;
  },
): readonly { readonly action: string; readonly because: string }[] {
  const { client, rules, bucket, accountId } = place;
  const bound = rolePolicyFor({ ...rules, rules: [rule] }, bucket);
  return bound.Statement.flatMap((statement) =>
    listOf(statement.Resource).flatMap((pattern) =>
      listOf(statement.Action).flatMap((action) =>
        SOMEBODY.flatMap((name) => {
          const resource = pattern.replace("acs:oss:*:*:", `acs:oss:*:${accountId}:`);
          const prefixes = listOf(statement.Condition?.["StringLike"]?.["oss:Prefix"] ?? []);
          const asked =
            action === LIST_ACTION
              ? prefixes.map((prefix) => ({ resource, context: { "oss:Prefix": filled(prefix, name) } }))
              : [{ resource: withNames(resource, name), context: {} }];
          return asked
            .map(({ resource: what, context }) =>
              evaluate(
                { action, resource: what, context: { ...context, ...OVER_TLS } },
                { identity: client.policies },
              ),
            )
            .filter(({ effect }) => effect === "Deny")
            .map(({ because }) => ({ action, because }));
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

function listOf(values: OneOrMore): readonly string[] {
  return typeof values === "string" ? [values] : values;
}
