import { evaluate, trusts } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { type DesiredRole, documentText } from "../provision/desired-state.ts";
import { wideningFrom } from "../provision/policy-comparison.ts";
import type { Findings } from "./finding.ts";
import type { RoleInRam } from "./role-in-ram.ts";

const PROVISION = "npm run valet -- provision apply";

/** The client role is assumed by exactly the function's role (and the caller user, where there is one). */
export function clientTrustChecked(
  client: RoleInRam,
  want: { readonly desired: DesiredRole; readonly functionRoleArn: string; readonly accountId: string },
  findings: Findings,
): void {
  const check = `trust policy of ${client.name}`;
  if (!isReadable(client, check, findings)) return;
  const { desired, functionRoleArn, accountId } = want;
  const decision = trusts(client.trustPolicy, { arn: functionRoleArn, accountId }, {});
  const others = wideningFrom(documentText(desired.trustPolicy), client.trustPolicy).map((what) =>
    what.replace(/^sts:AssumeRole (RAM )?/, ""),
  );
  if (decision.effect === "Deny") {
    const trusted = others.length === 0 ? "nobody" : others.join(", ");
    findings.fail(
      check,
      `does not trust ${functionRoleArn}, but ${trusted}: STS answers NoPermission (AssumeRolePolicy)`,
      `${PROVISION} --allow-widening; or name the function's role with --function-role`,
    );
    return;
  }
  const root = `acs:ram::${accountId}:root`;
  const foreign = others.filter(
    (who) => /^acs:ram::\d/.test(who) && !who.startsWith(`acs:ram::${accountId}:`),
  );
  if (foreign.length > 0)
    findings.fail(
      check,
      `trusts another account: ${foreign.join(", ")} may hold all that access.yaml grants to anybody`,
      `${PROVISION}: it leaves the function's role alone`,
    );
  const own = others.filter((who) => !foreign.includes(who));
  if (own.length > 0)
    findings.warn(
      check,
      own.includes(root)
        ? `trusts ${root}: every user and role of the account that may call AssumeRole, not the function's role alone`
        : `trusts also ${own.join(", ")}`,
      `${PROVISION}: it leaves the function's role alone (--caller-user NAME keeps a user)`,
    );
  if (others.length === 0) findings.ok(check, `${functionRoleArn}, and nobody else that should not`);
}

/** Function Compute may take the function's role on. */
export function functionTrustChecked(role: RoleInRam, findings: Findings): void {
  const check = `trust policy of ${role.name}`;
  if (!isReadable(role, check, findings)) return;
  const decision = trusts(role.trustPolicy, { service: "fc.aliyuncs.com" }, {});
  if (decision.effect === "Allow") findings.ok(check, "fc.aliyuncs.com");
  else
    findings.fail(
      check,
      "does not trust fc.aliyuncs.com: Function Compute cannot run the function with it",
      `${PROVISION} --allow-widening`,
    );
}

/** The function's role may assume the client role, and do nothing else. */
export function mayAssumeChecked(
  role: RoleInRam,
  want: { readonly desired: DesiredRole; readonly clientRoleArn: string },
  findings: Findings,
): void {
  const check = `policies of ${role.name}`;
  const { desired, clientRoleArn } = want;
  const decision = evaluate(
    { action: "sts:AssumeRole", resource: clientRoleArn, context: { "acs:SecureTransport": "true" } },
    { identity: role.policies },
  );
  if (decision.effect === "Deny") {
    findings.fail(
      check,
      `may not assume ${clientRoleArn} (${decision.because}): STS answers NoPermission`,
      `${PROVISION} --allow-widening`,
    );
    return;
  }
  const more = widerThan(documentText(desired.policy.document), role.policies);
  if (more.length === 0) findings.ok(check, `sts:AssumeRole on ${clientRoleArn}, nothing else`);
  for (const { name, what } of more)
    findings.warn(
      check,
      `${name} allows more than to assume the client role: ${what}`,
      name === desired.policy.name ? PROVISION : `detach ${name} from ${role.name}`,
    );
}

/** Of each policy, what it allows beyond `bound`; those that keep within it are left out. */
export function widerThan(
  bound: string,
  policies: RoleInRam["policies"],
): readonly { readonly name: string; readonly what: string }[] {
  return policies.flatMap(({ name, document }) => {
    // What was denied cannot be missing here: the bound has no Deny.
    const more = wideningFrom(bound, document);
    if (more.length === 0) return [];
    const rest = more.length > SHOWN ? `, and ${more.length - SHOWN} more` : "";
    return [{ name, what: `${more.slice(0, SHOWN).join(", ")}${rest}` }];
  });
}

/** Of a long list, how many are told. */
const SHOWN = 3;

function isReadable(role: RoleInRam, check: string, findings: Findings): boolean {
  const problem = policyGrammarProblem(role.trustPolicy, "trust");
  if (problem === undefined) return true;
  findings.fail(check, `cannot be read: ${problem}`, PROVISION);
  return false;
}
