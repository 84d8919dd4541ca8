import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { type DesiredPolicy, documentText } from "../provision/desired-state.ts";
import { type PolicyHolder, widerThan } from "./attached-policies.ts";
import type { Findings } from "./finding.ts";
import type { RamView } from "./ram-view.ts";

/** Who calls AssumeRole may assume the client role, and do nothing else. Whether it may. */
export function mayAssumeChecked(
  holder: PolicyHolder,
  want: { readonly desired: DesiredPolicy; readonly view: RamView },
  findings: Findings,
): boolean {
  const check = `policies of ${holder.name}`;
  const { desired, view } = want;
  const { mending, settings } = view;
  if (!view.actual.roles.has(settings.clientRole.toLowerCase())) {
    findings.skip(check, `there is no ${settings.clientRole} to assume`);
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
        ? `take that Deny away from ${holder.name}; provision leaves it alone`
        : mending.apply,
    );
    return false;
  }
  const more = widerThan(documentText(desired.document), holder);
  if (more.length === 0) findings.ok(check, `sts:AssumeRole on ${clientRoleArn}, nothing else`);
  for (const { name, what } of more)
    findings.warn(
      check,
      `${name} allows more than to assume the client role: ${what}`,
      name === desired.name ? mending.apply : mending.detach(name, holder.name),
    );
  return true;
}
