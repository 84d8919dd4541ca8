import { $OpenApiUtil } from "@alicloud/openapi-core";
import ram, * as models from "@alicloud/ram20150501";
import type { DesiredState } from "./desired-state.ts";
import { type ActualState, type Attachment, documentText, type Step } from "./plan.ts";

/** The keys and the address that RAM is called with. */
export interface RamAccess {
  /** host[:port] */
  readonly endpoint: string;
  readonly protocol: "https" | "http";
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export type RamAccount = InstanceType<typeof Client>;

/** A key that was just made: its secret is shown once, here and by RAM. */
export interface MadeAccessKey {
  readonly user: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** The default of a CommonJS module is its exports for Node, and the class itself for vitest. */
const Client = "default" in ram ? ram.default : ram;

export function ramAccountWith(access: RamAccess): RamAccount {
  return new Client(
    new $OpenApiUtil.Config({ ...access, ...(access.securityToken === undefined ? {} : { type: "sts" }) }),
  );
}

/** Reads what the desired state names. Rejects with the SDK's error where the caller may not. */
export async function actualStateOf(account: RamAccount, desired: DesiredState): Promise<ActualState> {
  const users: [string, { attached: readonly Attachment[]; accessKeys: number }][] = [];
  for (const { name } of desired.users) {
    const user = await unlessMissing(account.getUser(new models.GetUserRequest({ userName: name })));
    if (user === undefined) continue;
    const attached = await account.listPoliciesForUser(
      new models.ListPoliciesForUserRequest({ userName: name }),
    );
    const keys = await account.listAccessKeys(new models.ListAccessKeysRequest({ userName: name }));
    users.push([
      name,
      {
        attached: attachmentsFrom(attached.body?.policies?.policy),
        accessKeys: keys.body?.accessKeys?.accessKey?.length ?? 0,
      },
    ]);
  }
  const roles: [
    string,
    { trustPolicy: string; maxSessionSeconds: number; attached: readonly Attachment[] },
  ][] = [];
  for (const { name } of desired.roles) {
    const found = await unlessMissing(account.getRole(new models.GetRoleRequest({ roleName: name })));
    const role = found?.body?.role;
    if (role === undefined) continue;
    const attached = await account.listPoliciesForRole(
      new models.ListPoliciesForRoleRequest({ roleName: name }),
    );
    roles.push([
      name.toLowerCase(),
      {
        trustPolicy: role.assumeRolePolicyDocument ?? "",
        maxSessionSeconds: role.maxSessionDuration ?? 0,
        attached: attachmentsFrom(attached.body?.policies?.policy),
      },
    ]);
  }
  const policies: [string, { document: string; versions: { id: string; isDefault: boolean }[] }][] = [];
  for (const name of new Set([...desired.users, ...desired.roles].map(({ policy }) => policy.name))) {
    const which = { policyName: name, policyType: "Custom" };
    const found = await unlessMissing(account.getPolicy(new models.GetPolicyRequest(which)));
    if (found === undefined) continue;
    const versions = await account.listPolicyVersions(new models.ListPolicyVersionsRequest(which));
    policies.push([
      name,
      {
        document: found.body?.defaultPolicyVersion?.policyDocument ?? "",
        versions: (versions.body?.policyVersions?.policyVersion ?? []).map(
          ({ versionId, isDefaultVersion }) => ({
            id: versionId ?? "",
            isDefault: isDefaultVersion === true,
          }),
        ),
      },
    ]);
  }
  return { users: new Map(users), roles: new Map(roles), policies: new Map(policies) };
}

/** Makes one change. Resolves to the key where it made one. Rejects with the SDK's error. */
export async function applyStep(account: RamAccount, step: Step): Promise<MadeAccessKey | undefined> {
  switch (step.kind) {
    case "create user": {
      const { name, description } = step.user;
      await account.createUser(
        new models.CreateUserRequest({ userName: name, displayName: name, comments: description }),
      );
      return undefined;
    }
    case "create access key": {
      const made = await account.createAccessKey(
        new models.CreateAccessKeyRequest({ userName: step.user.name }),
      );
      const key = made.body?.accessKey;
      return {
        user: step.user.name,
        accessKeyId: key?.accessKeyId ?? "",
        accessKeySecret: key?.accessKeySecret ?? "",
      };
    }
    case "create role": {
      const { name, description, trustPolicy, maxSessionSeconds } = step.role;
      await account.createRole(
        new models.CreateRoleRequest({
          roleName: name,
          description,
          assumeRolePolicyDocument: documentText(trustPolicy),
          maxSessionDuration: maxSessionSeconds,
        }),
      );
      return undefined;
    }
    case "change trust policy":
      await account.updateRole(
        new models.UpdateRoleRequest({
          roleName: step.role.name,
          newAssumeRolePolicyDocument: documentText(step.role.trustPolicy),
        }),
      );
      return undefined;
    case "change maximum session":
      await account.updateRole(
        new models.UpdateRoleRequest({
          roleName: step.role.name,
          newMaxSessionDuration: step.role.maxSessionSeconds,
        }),
      );
      return undefined;
    case "create policy": {
      const { name, description, document } = step.policy;
      await account.createPolicy(
        new models.CreatePolicyRequest({
          policyName: name,
          description,
          policyDocument: documentText(document),
        }),
      );
      return undefined;
    }
    case "change policy": {
      const { name, document } = step.policy;
      if (step.obsoleteVersion !== undefined) {
        await account.deletePolicyVersion(
          new models.DeletePolicyVersionRequest({ policyName: name, versionId: step.obsoleteVersion }),
        );
      }
      await account.createPolicyVersion(
        new models.CreatePolicyVersionRequest({
          policyName: name,
          policyDocument: documentText(document),
          setAsDefault: true,
        }),
      );
      return undefined;
    }
    case "attach policy": {
      const which = { policyName: step.policy, policyType: "Custom" };
      if (step.to === "user")
        await account.attachPolicyToUser(
          new models.AttachPolicyToUserRequest({ ...which, userName: step.name }),
        );
      else
        await account.attachPolicyToRole(
          new models.AttachPolicyToRoleRequest({ ...which, roleName: step.name }),
        );
      return undefined;
    }
  }
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (/^EntityNotExist\./.test(String((error as { readonly code?: unknown }).code))) return undefined;
    throw error;
  }
}

function attachmentsFrom(
  policies: readonly { readonly policyType?: string; readonly policyName?: string }[] | undefined,
): readonly Attachment[] {
  return (policies ?? []).map(({ policyType, policyName }) => ({
    type: policyType ?? "",
    name: policyName ?? "",
  }));
}
