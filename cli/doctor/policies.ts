import { evaluate } from "../../sandbox/ram/evaluate.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { type DesiredPolicy, documentText } from "../provision/desired-state.ts";
import { type PolicyHolder, widerThan } from "./attached-policies.ts";
import type { Findings } from "./finding.ts";
import type { Mending } from "./mending.ts";
import { requestsUnder } from "./rule-requests.ts";

/** The client role's policies are the upper bound of the rules: no rule fails for lack of them, and nothing beyond. */
export function rolePolicyChecked(
  client: PolicyHolder,
  want: {
    readonly desired: DesiredPolicy;
    readonly rules: AccessRules;
    readonly bucket: string;
    readonly accountId: string;
    readonly mending: Mending;
  },
  findings: Findings,
): void {
  const check = `policies of ${client.name}`;
  const { desired, rules, mending } = want;
  const enforced = rules.rules.filter(({ mode }) => mode === "enforce");
  const failing = enforced.flatMap((rule) => {
    const denied = requestsUnder(rule, want)
      .map((request) => ({ ...evaluate(request, { identity: client.policies }), action: request.action }))
      .filter(({ effect }) => effect === "Deny");
    return denied.length === 0 ? [] : [{ rule, denied }];
  });
  if (failing.length > 0 && !client.policies.some(({ name }) => name === desired.name))
    findings.fail(
      check,
      `${desired.name} is not among them: ${failing.length === enforced.length ? "every rule" : `"${failing.map(({ rule }) => rule.name).join('", "')}"`} will fail with AccessDenied`,
      `${mending.apply}, unless somebody took it away to stop everything`,
    );
  else
    for (const { rule, denied } of failing)
      findings.fail(
        check,
        `too narrow for rule "${rule.name}": ${[...new Set(denied.map(({ action }) => action))].join(", ")} will fail with AccessDenied (${denied[0]?.because})`,
        denied.every(({ kind }) => kind === "ExplicitDeny")
          ? `take that Deny away from ${client.name}, unless you mean it; provision leaves it alone`
          : mending.apply,
      );
  const wider = widerThan(documentText(desired.document), client);
  for (const { name, what } of wider)
    findings.warn(
      check,
      `${name} allows more than the rules need: ${what}`,
      name === desired.name ? mending.apply : mending.detach(name, client.name),
    );
  if (failing.length === 0 && wider.length === 0)
    findings.ok(
      check,
      `as far as ${enforced.length === 1 ? "the rule" : `the ${enforced.length} rules`}, and no further`,
    );
}

/** The role's sessions may last as long as an App may ask for. */
export function maxSessionChecked(
  client: { readonly name: string; readonly maxSessionSeconds: number },
  { rules, mending }: { readonly rules: AccessRules; readonly mending: Mending },
  findings: Findings,
): void {
  const check = `longest session of ${client.name}`;
  const { maxDurationSeconds } = rules.session;
  if (client.maxSessionSeconds >= maxDurationSeconds) findings.ok(check, `${client.maxSessionSeconds} s`);
  else
    findings.fail(
      check,
      `${client.maxSessionSeconds} s, and access.yaml lets Apps ask for ${maxDurationSeconds} s: STS answers InvalidParameter.DurationSeconds`,
      `${mending.apply}; or write session.maxDuration: ${client.maxSessionSeconds} in access.yaml`,
    );
}
