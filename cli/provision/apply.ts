import * as models from "@alicloud/ram20150501";
import type { RamAccount } from "../shared/cloud-clients.ts";
import { AlienAnswer, cloudProblemFrom, problemText } from "../shared/cloud-problem.ts";
import type { Terminal } from "../shared/command.ts";
import { headline } from "./describe.ts";
import { documentText } from "./desired-state.ts";
import { type Plan, type Step, UNFINISHED } from "./plan.ts";

/** Makes the changes one after the other, up to the first that fails. Exit code 0: all are made; 1: not all. */
export async function applied(plan: Plan, account: RamAccount, terminal: Terminal): Promise<number> {
  for (const [index, step] of plan.steps.entries()) {
    try {
      const key = await applyStep(account, step);
      terminal.out(`done: ${headline(step)}`);
      if (key !== undefined) {
        // Not by the names of the administrator's own keys, which a paste would overwrite.
        terminal.out(
          `Save this key now: it is never shown again. Give it to the function as ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET:\n  CALLER_ACCESS_KEY_ID=${key.accessKeyId}\n  CALLER_ACCESS_KEY_SECRET=${key.accessKeySecret}`,
        );
      }
    } catch (error) {
      const problem = cloudProblemFrom(error);
      terminal.error(
        [
          `failed: ${headline(step)}: ${problemText(problem)}`,
          ...(problem.kind === "refused" ? [] : afterSilence(step)),
          `${index} of ${plan.steps.length} changes done. Fix the problem, then run the same command again; it continues from here.`,
        ].join("\n"),
      );
      return 1;
    }
  }
  return 0;
}

/** Where no answer came the change may have been made all the same; a key is the one that cannot be looked up. */
function afterSilence(step: Step): readonly string[] {
  if (step.kind !== "create access key") return [];
  return [
    `RAM may have created a key, and its secret is lost: look at the access keys of ${step.user.name} in RAM, and delete that key first.`,
  ];
}

/** A key that was just made: its secret is shown once, here and by RAM. */
interface MadeAccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** Makes one change. Resolves to the key where it made one. Rejects with the SDK's error, or AlienAnswer. */
async function applyStep(account: RamAccount, step: Step): Promise<MadeAccessKey | undefined> {
  switch (step.kind) {
    case "create user": {
      const { name } = step.user;
      await account.createUser(
        new models.CreateUserRequest({ userName: name, displayName: name, comments: UNFINISHED }),
      );
      return undefined;
    }
    case "create access key":
      return await accessKeyFor(account, step.user.name);
    case "finish user":
      await account.updateUser(
        new models.UpdateUserRequest({ userName: step.user.name, newComments: step.user.description }),
      );
      return undefined;
    case "create role": {
      const { name, trustPolicy, maxSessionSeconds } = step.role;
      await account.createRole(
        new models.CreateRoleRequest({
          roleName: name,
          description: UNFINISHED,
          assumeRolePolicyDocument: documentText(trustPolicy),
          maxSessionDuration: maxSessionSeconds,
        }),
      );
      return undefined;
    }
    case "finish role":
      await account.updateRole(
        new models.UpdateRoleRequest({ roleName: step.role.name, newDescription: step.role.description }),
      );
      return undefined;
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
      const which = { policyName: step.policy.name, policyType: "Custom" };
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

async function accessKeyFor(account: RamAccount, userName: string): Promise<MadeAccessKey> {
  const made = await account.createAccessKey(new models.CreateAccessKeyRequest({ userName }));
  const { accessKeyId, accessKeySecret } = made.body?.accessKey ?? {};
  if (!accessKeyId || !accessKeySecret) throw new AlienAnswer("it has no access key");
  return { accessKeyId, accessKeySecret };
}
