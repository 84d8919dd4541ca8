import { dateText } from "../clock.ts";
import type { RpcCall, RpcOperations } from "../sts/gateway.ts";
import { type Account, addPolicy, type ManagedPolicy, type World } from "../world.ts";
import { attachmentsOf } from "./attachments.ts";
import { authorizedAccount, policyResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { defaultVersionOf, existingPolicy, policiesOf } from "./managed-policies.ts";
import { pageOf } from "./page.ts";
import {
  oneOf,
  optionalFlag,
  optionalText,
  policyNameFrom,
  policyTextFrom,
  policyTypeFrom,
} from "./parameters.ts";
import { describedVersion } from "./policy-versions.ts";

/** Custom policies of one account. Source: RAM quotas; an assumption, the figure has changed over the years. */
const MAX_POLICIES = 1500;

/** Characters. Source: CreatePolicy, Description. */
const MAX_DESCRIPTION_LENGTH = 1024;

/** CreatePolicy, GetPolicy, ListPolicies, DeletePolicy. Tags are not kept. */
export const POLICY_OPERATIONS: RpcOperations = {
  CreatePolicy: createPolicy,
  GetPolicy: getPolicy,
  ListPolicies: listPolicies,
  DeletePolicy: deletePolicy,
};

function createPolicy(world: World, call: RpcCall): object {
  const name = policyNameFrom(call);
  const document = policyTextFrom(call, "PolicyDocument", "identity");
  const description = optionalText(call, "Description", MAX_DESCRIPTION_LENGTH);
  const account = authorizedAccount(world, call, [policyResource(call, "Custom", "*")]);
  if (account.policies.has(name)) throw ramError("EntityAlreadyExists.Policy");
  if (account.policies.size >= MAX_POLICIES) throw ramError("LimitExceeded.Policy");
  const policy = addPolicy(world, account, name, document);
  policy.description = description ?? "";
  const { AttachmentCount: _count, UpdateDate: _date, ...created } = described(account, policy);
  return { Policy: created };
}

function getPolicy(world: World, call: RpcCall): object {
  const type = policyTypeFrom(call);
  const name = policyNameFrom(call);
  const account = authorizedAccount(world, call, [policyResource(call, type, name)]);
  const policy = existingPolicy(account, type, name);
  return {
    Policy: described(account, policy),
    DefaultPolicyVersion: describedVersion(defaultVersionOf(policy)),
  };
}

function listPolicies(world: World, call: RpcCall): object {
  const given = call.params.get("PolicyType") ?? "";
  const type = given === "" ? undefined : oneOf(given, ["System", "Custom"], "PolicyType");
  const account = authorizedAccount(world, call, [policyResource(call, "Custom", "*")]);
  const { items, rest } = pageOf(
    call,
    policiesOf(account, type),
    (policy) => `${policy.type}/${policy.name}`,
  );
  return { Policies: { Policy: items.map((policy) => described(account, policy)) }, ...rest };
}

/** CascadingDelete takes the other versions along, and attachments never (DeletePolicy, CascadingDelete). */
function deletePolicy(world: World, call: RpcCall): object {
  const name = policyNameFrom(call);
  const cascading = optionalFlag(call, "CascadingDelete");
  const account = authorizedAccount(world, call, [policyResource(call, "Custom", name)]);
  const policy = existingPolicy(account, "Custom", name);
  const { users, roles } = attachmentsOf(account, policy);
  if (users.length > 0) throw ramError("DeleteConflict.Policy.User");
  if (roles.length > 0) throw ramError("DeleteConflict.Policy.Role");
  if (policy.versions.length > 1 && !cascading) throw ramError("DeleteConflict.Policy.Version");
  account.policies.delete(name);
  return {};
}

function described(account: Account, policy: ManagedPolicy) {
  const { users, roles } = attachmentsOf(account, policy);
  return {
    PolicyName: policy.name,
    PolicyType: policy.type,
    Description: policy.description,
    DefaultVersion: defaultVersionOf(policy).id,
    AttachmentCount: users.length + roles.length,
    CreateDate: dateText(policy.createdMs),
    UpdateDate: dateText(policy.updatedMs),
  };
}
