import type { DesiredUser } from "../provision/desired-state.ts";
import type { Findings } from "./finding.ts";
import { mayAssumeChecked } from "./may-assume.ts";
import { found, type RamView } from "./ram-view.ts";

/**
 * The RAM user of a caller outside Function Compute: it is there, has a key that works, and may assume the client
 * role. Whether all of it holds; that the client role trusts the user is the trust policy's check.
 */
export function callerUserChecked(desired: DesiredUser, view: RamView, findings: Findings): boolean {
  const { name, policy } = desired;
  const user = found(
    view.actual.users.get(name),
    { name, purpose: "caller user", named: "--caller-user", view },
    findings,
  );
  if (user === undefined) return false;
  const hasKey = user.accessKeys.some(({ isActive }) => isActive);
  if (!hasKey) {
    const { apply } = view.mending;
    if (user.accessKeys.length === 0)
      findings.fail(`caller user ${name}`, "has no access key", `make one: ${apply}`);
    else
      findings.fail(
        `caller user ${name}`,
        "has no access key that is enabled",
        `enable one in RAM, or make another: ${apply}`,
      );
  }
  return mayAssumeChecked(user, { desired: policy, view }, findings) && hasKey;
}
