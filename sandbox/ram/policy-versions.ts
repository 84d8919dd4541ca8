import { dateText } from "../clock.ts";
import type { RpcCall, RpcOperations } from "../sts/gateway.ts";
import type { ManagedPolicy, PolicyVersion, World } from "../world.ts";
import { authorizedAccount, policyResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { existingPolicy, existingVersion } from "./managed-policies.ts";
import {
  oneOf,
  optionalFlag,
  policyNameFrom,
  policyTextFrom,
  policyTypeFrom,
  versionIdFrom,
} from "./parameters.ts";

/** Versions of one policy. Source: RAM "Error messages", LimitExceeded.Policy.Version. */
const MAX_VERSIONS = 5;

/** CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, SetDefaultPolicyVersion, DeletePolicyVersion. */
export const POLICY_VERSION_OPERATIONS: RpcOperations = {
  CreatePolicyVersion: createPolicyVersion,
  GetPolicyVersion: getPolicyVersion,
  ListPolicyVersions: listPolicyVersions,
  SetDefaultPolicyVersion: setDefaultPolicyVersion,
  DeletePolicyVersion: deletePolicyVersion,
};

/** A version as answers show it. */
export function describedVersion(version: PolicyVersion) {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.isDefault,
    PolicyDocument: version.document,
    CreateDate: dateText(version.createdMs),
  };
}

function createPolicyVersion(world: World, call: RpcCall): object {
  const name = policyNameFrom(call);
  const document = policyTextFrom(call, "PolicyDocument", "identity");
  const asDefault = optionalFlag(call, "SetAsDefault");
  const rotates = rotatesFrom(call);
  const policy = authorizedPolicy(world, call, name);
  if (policy.versions.length >= MAX_VERSIONS) {
    const oldest = policy.versions.find((version) => !version.isDefault);
    if (!rotates || oldest === undefined) throw ramError("LimitExceeded.Policy.Version");
    policy.versions.splice(policy.versions.indexOf(oldest), 1);
  }
  policy.versionCount += 1;
  policy.updatedMs = world.clock.nowMs();
  const version: PolicyVersion = {
    id: `v${policy.versionCount}`,
    document,
    isDefault: false,
    createdMs: policy.updatedMs,
  };
  policy.versions.push(version);
  if (asDefault) makeDefault(policy, version);
  return { PolicyVersion: describedVersion(version) };
}

function getPolicyVersion(world: World, call: RpcCall): object {
  const type = policyTypeFrom(call);
  const name = policyNameFrom(call);
  const versionId = versionIdFrom(call);
  const account = authorizedAccount(world, call, [policyResource(call, type, name)]);
  const policy = existingPolicy(account, type, name);
  return { PolicyVersion: describedVersion(existingVersion(policy, versionId)) };
}

function listPolicyVersions(world: World, call: RpcCall): object {
  const type = policyTypeFrom(call);
  const name = policyNameFrom(call);
  const account = authorizedAccount(world, call, [policyResource(call, type, name)]);
  const { versions } = existingPolicy(account, type, name);
  return { PolicyVersions: { PolicyVersion: versions.map(describedVersion) } };
}

function setDefaultPolicyVersion(world: World, call: RpcCall): object {
  const name = policyNameFrom(call);
  const versionId = versionIdFrom(call);
  const policy = authorizedPolicy(world, call, name);
  makeDefault(policy, existingVersion(policy, versionId));
  policy.updatedMs = world.clock.nowMs();
  return {};
}

function deletePolicyVersion(world: World, call: RpcCall): object {
  const name = policyNameFrom(call);
  const versionId = versionIdFrom(call);
  const policy = authorizedPolicy(world, call, name);
  const version = existingVersion(policy, versionId);
  if (version.isDefault) throw ramError("DeleteConflict.Policy.Version.Default");
  policy.versions.splice(policy.versions.indexOf(version), 1);
  policy.updatedMs = world.clock.nowMs();
  return {};
}

/** Source: CreatePolicyVersion, RotateStrategy. */
function rotatesFrom(call: RpcCall): boolean {
  const strategy = call.params.get("RotateStrategy") ?? "";
  if (strategy === "") return false;
  const known = ["None", "DeleteOldestNonDefaultVersionWhenLimitExceeded"] as const;
  return oneOf(strategy, known, "RotateStrategy") !== "None";
}

function authorizedPolicy(world: World, call: RpcCall, name: string): ManagedPolicy {
  const account = authorizedAccount(world, call, [policyResource(call, "Custom", name)]);
  return existingPolicy(account, "Custom", name);
}

function makeDefault(policy: ManagedPolicy, chosen: PolicyVersion): void {
  for (const version of policy.versions) version.isDefault = version === chosen;
}
