import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { uploadsPolicyFor } from "../../shared/domain/policy/uploads-role-policy.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { DesiredRole, DesiredUser, ProvisionSettings } from "../provision/desired-state.ts";
import type { RamAccount } from "../shared/cloud-clients.ts";
import type { Findings } from "./finding.ts";
import {
  maxSessionChecked,
  mayAssumeChecked,
  policyWideEnough,
  type RuleBound,
  rolePolicyChecked,
} from "./policies.ts";
import { found, type RamView, ramViewOf } from "./ram-view.ts";
import { trustChecked } from "./trust.ts";

/**
 * The roles and the caller user, with their trust and their policies, against what provision would make of
 * access.yaml. Why a caller outside Function Compute need not try AssumeRole; undefined: it may work.
 */
export async function rolesChecked(
  account: RamAccount,
  want: {
    readonly settings: ProvisionSettings;
    readonly rules: AccessRules;
    /** What must be fixed before provision is run; undefined: nothing. */
    readonly first: string | undefined;
  },
  findings: Findings,
): Promise<string | undefined> {
  const view = await ramViewOf(account, want, findings);
  if (view === undefined) return undefined;
  const clientIsSound = clientRoleChecked(view, findings);
  functionRoleChecked(view, findings);
  uploadsRoleChecked(view, findings);
  const callers = view.desired.users.map((user) => callerUserChecked(user, view, findings));
  if (!clientIsSound) return "fix the client role first";
  return callers.every(Boolean) ? undefined : "fix the caller user first";
}

/** Whether the role exists and trusts the right callers. */
function clientRoleChecked(view: RamView, findings: Findings): boolean {
  const { settings, rules, actual, fixes, first } = view;
  const { clientRole } = settings;
  const desired = view.desired.roles.find(({ name }) => name === clientRole);
  const role = found(
    actual.roles.get(clientRole.toLowerCase()),
    { name: clientRole, purpose: "client role", named: "OSS_ROLE_ARN", view },
    findings,
  );
  if (role === undefined || desired === undefined) return false;
  const isTrustSound = clientTrustChecked(role, desired, view, findings);
  const bound = ruleBoundOf(desired, rolePolicyFor, view);
  if (first === undefined && bound !== undefined) rolePolicyChecked(role, bound, findings);
  else findings.skip(`policies of ${role.name}`, `fix ${first} first`);
  maxSessionChecked(role, { rules, fixes }, findings);
  return isTrustSound;
}

/** A user that is not there is its own finding: the role should trust another name, or will be made to trust this one. */
function clientTrustChecked(
  role: { readonly name: string; readonly trustPolicy: string },
  desired: DesiredRole,
  view: RamView,
  findings: Findings,
): boolean {
  const missing = view.desired.users.filter(({ name }) => !view.actual.users.has(name));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    findings.skip(`trust policy of ${role.name}`, `fix caller user ${names} first`);
    return false;
  }
  return trustChecked(
    role,
    {
      desired,
      accountId: view.settings.accountId,
      consequence: "STS answers NoPermission (AssumeRolePolicy)",
      gain: "get everything that access.yaml grants to anyone",
      apply: view.fixes.apply,
    },
    findings,
  );
}

function functionRoleChecked(view: RamView, findings: Findings): void {
  const { settings, actual, fixes } = view;
  const { accountId, functionRole } = settings;
  const desired = view.desired.roles.find(({ name }) => name === functionRole);
  const role = found(
    actual.roles.get(functionRole.toLowerCase()),
    { name: functionRole, purpose: "function's role", named: "--function-role (and role in s.yaml)", view },
    findings,
  );
  if (role === undefined || desired === undefined) return;
  trustChecked(
    role,
    {
      desired,
      accountId,
      consequence: "Function Compute cannot run the function with it",
      gain: "assume the client role like the function, and get everything that access.yaml grants to anyone",
      apply: fixes.apply,
    },
    findings,
  );
  mayAssumeChecked(role, { desired: desired.policies, view }, findings);
}

/** The role of the function that signs: what it may do, every form and URL may do, and whoever else gets its keys. */
function uploadsRoleChecked(view: RamView, findings: Findings): void {
  const { settings, actual, fixes, first } = view;
  const { accountId, uploadsRole } = settings;
  const desired = view.desired.roles.find(({ name }) => name === uploadsRole);
  if (uploadsRole === undefined || desired === undefined) return;
  const role = found(
    actual.roles.get(uploadsRole.toLowerCase()),
    {
      name: uploadsRole,
      purpose: "role of uploads",
      named: "--uploads-role (and role in s.yaml)",
      view,
      orWithout: "add --no-uploads if the function uploads is not deployed",
    },
    findings,
  );
  if (role === undefined) return;
  trustChecked(
    role,
    {
      desired,
      accountId,
      consequence: "Function Compute cannot run the function with it",
      gain: "store and get everything that forms and signed URLs of access.yaml may",
      apply: fixes.apply,
    },
    findings,
  );
  const bound = ruleBoundOf(desired, uploadsPolicyFor, view);
  if (first === undefined && bound !== undefined) rolePolicyChecked(role, bound, findings);
  else findings.skip(`policies of ${role.name}`, `fix ${first} first`);
}

/** The last of the policies is the one that the rules make. */
function ruleBoundOf(
  { policies }: { readonly policies: DesiredRole["policies"] },
  boundOf: RuleBound["boundOf"],
  { settings: { bucket, accountId }, rules, fixes }: RamView,
): RuleBound | undefined {
  const desired = policies.at(-1);
  return desired && { desired, boundOf, rules, bucket, accountId, fixes };
}

/**
 * The RAM user of a caller outside Function Compute: it is there, has a key that works, and may assume the client
 * role. Whether all of it holds; that the client role trusts the user is the trust policy's check.
 */
function callerUserChecked(desired: DesiredUser, view: RamView, findings: Findings): boolean {
  const { name, policies } = desired;
  const user = found(
    view.actual.users.get(name),
    { name, purpose: "caller user", named: "--caller-user", view },
    findings,
  );
  if (user === undefined) return false;
  const hasKey = user.accessKeys.some(({ isActive }) => isActive);
  if (!hasKey) {
    const { apply } = view.fixes;
    if (user.accessKeys.length === 0)
      findings.fail(`caller user ${name}`, "has no access key", `create one: ${apply}`);
    else
      findings.fail(
        `caller user ${name}`,
        "has no access key that is enabled",
        `enable one in RAM, or create another: ${apply}`,
      );
  }
  const mayAssume = mayAssumeChecked(user, { desired: policies, view }, findings);
  const bound = view.settings.uploadsRole && ruleBoundOf(desired, uploadsPolicyFor, view);
  // Who may not even assume has lost all policies, or waits for the same fix.
  if (mayAssume && bound && view.first === undefined) policyWideEnough(user, bound, findings);
  return mayAssume && hasKey;
}
