import * as models from "@alicloud/ram20150501";
import type { RamAccount } from "../shared/cloud-clients.ts";
import { AlienAnswer } from "../shared/cloud-problem.ts";
import { type DesiredState, policiesOf } from "./desired-state.ts";

/** What RAM has, of the entities that the desired state names. Names of roles in lower case. */
export interface ActualState {
  readonly users: ReadonlyMap<string, ActualUser>;
  readonly roles: ReadonlyMap<string, ActualRole>;
  readonly policies: ReadonlyMap<string, ActualPolicy>;
}

export interface ActualUser {
  /** The user's comment. */
  readonly description: string;
  readonly attached: readonly Attachment[];
  readonly accessKeys: readonly ActualAccessKey[];
}

export interface ActualRole {
  readonly description: string;
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
  readonly attached: readonly Attachment[];
}

export interface ActualPolicy {
  /** Of the default version. */
  readonly document: string;
  readonly versions: readonly PolicyVersion[];
}

export interface Attachment {
  readonly type: string;
  readonly name: string;
}

export interface ActualAccessKey {
  readonly id: string;
  readonly isActive: boolean;
  /** As RAM writes it, e.g. 2026-11-23T09:00:00Z */
  readonly createdAt: string;
}

export interface PolicyVersion {
  /** `v` and a number, which only grows. */
  readonly id: string;
  readonly isDefault: boolean;
}

/** Reads what the desired state names. Rejects with the SDK's error where the caller may not, or AlienAnswer. */
export async function actualStateOf(account: RamAccount, desired: DesiredState): Promise<ActualState> {
  const users = new Map<string, ActualUser>();
  for (const { name } of desired.users) put(users, name, await userIn(account, name));
  const roles = new Map<string, ActualRole>();
  for (const { name } of desired.roles) put(roles, name.toLowerCase(), await roleIn(account, name));
  const policies = new Map<string, ActualPolicy>();
  for (const { name } of policiesOf(desired)) put(policies, name, await policyIn(account, name));
  return { users, roles, policies };
}

function put<T>(map: Map<string, T>, name: string, found: T | undefined): void {
  if (found !== undefined) map.set(name, found);
}

async function userIn(account: RamAccount, userName: string): Promise<ActualUser | undefined> {
  const found = await unlessMissing(account.getUser(new models.GetUserRequest({ userName })));
  if (found === undefined) return undefined;
  const user = given(found.body?.user, "user");
  const attached = await account.listPoliciesForUser(new models.ListPoliciesForUserRequest({ userName }));
  const keys = await account.listAccessKeys(new models.ListAccessKeysRequest({ userName }));
  return {
    description: user.comments ?? "",
    attached: attachmentsFrom(attached.body?.policies),
    accessKeys: (given(keys.body?.accessKeys, "list of access keys").accessKey ?? []).map(
      ({ accessKeyId, status, createDate }) => ({
        id: accessKeyId ?? "",
        isActive: status === "Active",
        createdAt: createDate ?? "",
      }),
    ),
  };
}

async function roleIn(account: RamAccount, roleName: string): Promise<ActualRole | undefined> {
  const found = await unlessMissing(account.getRole(new models.GetRoleRequest({ roleName })));
  if (found === undefined) return undefined;
  const role = given(found.body?.role, "role");
  const attached = await account.listPoliciesForRole(new models.ListPoliciesForRoleRequest({ roleName }));
  return {
    description: role.description ?? "",
    trustPolicy: given(role.assumeRolePolicyDocument, "trust policy"),
    maxSessionSeconds: given(role.maxSessionDuration, "maximum session duration"),
    attached: attachmentsFrom(attached.body?.policies),
  };
}

async function policyIn(account: RamAccount, policyName: string): Promise<ActualPolicy | undefined> {
  const which = { policyName, policyType: "Custom" };
  const found = await unlessMissing(account.getPolicy(new models.GetPolicyRequest(which)));
  if (found === undefined) return undefined;
  const versions = await account.listPolicyVersions(new models.ListPolicyVersionsRequest(which));
  return {
    document: given(found.body?.defaultPolicyVersion?.policyDocument, "policy document"),
    versions: (given(versions.body?.policyVersions, "list of versions").policyVersion ?? []).map(
      ({ versionId, isDefaultVersion }) => ({ id: versionId ?? "", isDefault: isDefaultVersion === true }),
    ),
  };
}

/** What RAM's answer must hold: to take its lack for "there is none" would have provision make it. */
function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AlienAnswer(`it has no ${what}`);
  return value;
}

/** RAM also refuses to look up a name that no new role may have, such as one with an underscore: then no role has it. */
async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const code = String((error as { readonly code?: unknown }).code);
    if (/^EntityNotExist\.|^InvalidParameter\.RoleName\.InvalidChars$/.test(code)) return undefined;
    throw error;
  }
}

function attachmentsFrom(
  policies:
    | { readonly policy?: readonly { readonly policyType?: string; readonly policyName?: string }[] }
    | undefined,
): readonly Attachment[] {
  return (given(policies, "list of policies").policy ?? []).map(({ policyType, policyName }) => ({
    type: policyType ?? "",
    name: policyName ?? "",
  }));
}
