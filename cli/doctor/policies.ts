import { type AccessRequest, evaluate } from "../../sandbox/ram/evaluate.ts";
import type { AccessRules, Rule } from "../../shared/domain/rules/rule.ts";
import { type DesiredPolicy, documentText } from "../provision/desired-state.ts";
import { wideningFrom } from "../provision/policy-comparison.ts";
import type { Findings } from "./finding.ts";
import type { Fixes, PolicyHolder, RamView } from "./ram-view.ts";
import { type BoundOf, requestsUnder } from "./rule-requests.ts";

/** Who calls AssumeRole may assume the client role, and do nothing that no desired policy allows. Whether it may. */
export function mayAssumeChecked(
  holder: PolicyHolder,
  want: { readonly desired: readonly DesiredPolicy[]; readonly view: RamView },
  findings: Findings,
): boolean {
  const check = `policies of ${holder.name}`;
  const { desired, view } = want;
  const { fixes, settings } = view;
  if (!view.actual.roles.has(settings.clientRole.toLowerCase())) {
    findings.skip(check, `the client role ${settings.clientRole} does not exist`);
    return false;
  }
  const clientRoleArn = `acs:ram::${settings.accountId}:role/${settings.clientRole.toLowerCase()}`;
  const decision = evaluate(
    { action: "sts:AssumeRole", resource: clientRoleArn, context: { "acs:SecureTransport": "true" } },
    { identity: holder.policies },
  );
  if (decision.effect === "Deny") {
    findings.fail(
      check,
      `may not assume ${clientRoleArn} (${decision.because}): STS answers NoPermission`,
      decision.kind === "ExplicitDeny"
        ? `remove that Deny from ${holder.name}; provision does not change it`
        : fixes.apply,
    );
    return false;
  }
  const others = desired.slice(1);
  const more = widerThan(mergedText(desired), holder);
  const beyond = others.length === 0 ? "" : " and signing";
  if (more.length === 0)
    findings.ok(
      check,
      others.length === 0
        ? `sts:AssumeRole on ${clientRoleArn}, nothing else`
        : `nothing but sts:AssumeRole on ${clientRoleArn} and what forms and signed URLs need`,
    );
  for (const { name, what } of more)
    findings.warn(
      check,
      `${name} allows more than assuming the client role${beyond}: ${what}`,
      desired.some((policy) => policy.name === name) ? fixes.apply : fixes.detach(name, holder.name),
    );
  return true;
}

/** What a role's policies are held against. */
export interface RuleBound {
  readonly desired: DesiredPolicy;
  readonly boundOf: BoundOf;
  readonly rules: AccessRules;
  readonly bucket: string;
  readonly accountId: string;
  readonly fixes: Fixes;
}

/** A role's policies are the upper bound of the rules: no rule fails for lack of them, and nothing beyond. */
export function rolePolicyChecked(holder: PolicyHolder, want: RuleBound, findings: Findings): void {
  const check = `policies of ${holder.name}`;
  const { desired, fixes } = want;
  const isWide = policyWideEnough(holder, want, findings);
  const wider = widerThan(documentText(desired.document), holder);
  for (const { name, what } of wider)
    findings.warn(
      check,
      `${name} allows more than the rules need: ${what}`,
      name === desired.name ? fixes.apply : fixes.detach(name, holder.name),
    );
  if (!isWide || wider.length > 0) return;
  const { length } = rulesInNeed(want);
  findings.ok(
    check,
    length === 0
      ? "allow nothing: no rule needs it"
      : `allow exactly what ${length === 1 ? "the rule needs" : `the ${length} rules need`}`,
  );
}

/** No rule fails for lack of a policy of the holder. */
export function policyWideEnough(holder: PolicyHolder, want: RuleBound, findings: Findings): boolean {
  const check = `policies of ${holder.name}`;
  const { desired, fixes } = want;
  const needing = rulesInNeed(want);
  const failing = needing.flatMap(({ rule, requests }) => {
    const denied = requests
      .map((request) => ({ ...evaluate(request, { identity: holder.policies }), action: request.action }))
      .filter(({ effect }) => effect === "Deny");
    return denied.length === 0 ? [] : [{ rule, denied }];
  });
  if (failing.length > 0 && !holder.policies.some(({ name }) => name === desired.name))
    findings.fail(
      check,
      `${desired.name} is not attached: ${failing.length === needing.length ? "every rule" : `"${failing.map(({ rule }) => rule.name).join('", "')}"`} will fail with AccessDenied`,
      `${fixes.apply}, unless somebody detached it to stop everything`,
    );
  else
    for (const { rule, denied } of failing)
      findings.fail(
        check,
        `too narrow for rule "${rule.name}": ${[...new Set(denied.map(({ action }) => action))].join(", ")} will fail with AccessDenied (${denied[0]?.because})`,
        denied.every(({ kind }) => kind === "ExplicitDeny")
          ? `remove that Deny from ${holder.name}, unless you want it; provision does not change it`
          : fixes.apply,
      );
  return failing.length === 0;
}

/** The rules that need something of the role, with requests that it must allow. */
function rulesInNeed(want: RuleBound): readonly {
  readonly rule: Rule;
  readonly requests: readonly AccessRequest[];
}[] {
  return want.rules.rules
    .filter(({ mode }) => mode === "enforce")
    .map((rule) => ({ rule, requests: requestsUnder(rule, want) }))
    .filter(({ requests }) => requests.length > 0);
}

/** What several policies allow together, as one text. */
function mergedText(policies: readonly DesiredPolicy[]): string {
  return documentText({
    Version: "1",
    Statement: policies.flatMap(({ document }) => document.Statement),
  });
}

/** The role's sessions may last as long as an App may ask for. */
export function maxSessionChecked(
  client: { readonly name: string; readonly maxSessionSeconds: number },
  { rules, fixes }: { readonly rules: AccessRules; readonly fixes: Fixes },
  findings: Findings,
): void {
  const check = `longest session of ${client.name}`;
  const { maxDurationSeconds } = rules.session;
  if (client.maxSessionSeconds >= maxDurationSeconds) findings.ok(check, `${client.maxSessionSeconds} s`);
  else
    findings.fail(
      check,
      `${client.maxSessionSeconds} s, but access.yaml lets Apps ask for ${maxDurationSeconds} s: STS answers InvalidParameter.DurationSeconds`,
      `${fixes.apply}; or write session.maxDuration: ${client.maxSessionSeconds} in access.yaml`,
    );
}

/** Of each policy, what it allows beyond `bound`; those that keep within it are left out. */
export function widerThan(
  bound: string,
  { policies }: PolicyHolder,
): readonly { readonly name: string; readonly what: string }[] {
  return policies.flatMap(({ name, document }) => {
    // What was denied cannot be missing here: the bound has no Deny.
    const more = wideningFrom(bound, document);
    if (more.length === 0) return [];
    const rest = more.length > SHOWN ? `, and ${more.length - SHOWN} more` : "";
    return [{ name, what: `${more.slice(0, SHOWN).join(", ")}${rest}` }];
  });
}

/** Of a long list, how many are shown. */
const SHOWN = 3;
