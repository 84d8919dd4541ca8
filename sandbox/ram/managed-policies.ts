import type { Account, ManagedPolicy, PolicyReference, PolicyVersion } from "../world.ts";
import { ramError } from "./errors.ts";
import { SYSTEM_POLICIES } from "./system-policies.ts";

/** Milliseconds since the epoch. Source: the pages of AliyunOSSReadOnlyAccess and AliyunRAMReadOnlyAccess. */
const SYSTEM_POLICIES_SINCE_MS = Date.UTC(2015, 3, 28, 16, 15, 45);

/** The account's policies and the system's, or those of one type alone. */
export function policiesOf(account: Account, type?: PolicyReference["type"]): readonly ManagedPolicy[] {
  return [
    ...(type === "System" ? [] : account.policies.values()),
    ...(type === "Custom" ? [] : SYSTEM_POLICIES_AS_MANAGED.values()),
  ];
}

/** The policy. Throws EntityNotExist.Policy. */
export function existingPolicy(account: Account, type: PolicyReference["type"], name: string): ManagedPolicy {
  const policy = type === "System" ? SYSTEM_POLICIES_AS_MANAGED.get(name) : account.policies.get(name);
  if (policy === undefined) throw ramError("EntityNotExist.Policy");
  return policy;
}

/** The version. Throws EntityNotExist.Policy.Version. */
export function existingVersion(policy: ManagedPolicy, id: string): PolicyVersion {
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (version === undefined) throw ramError("EntityNotExist.Policy.Version");
  return version;
}

/** The version that counts: every policy has exactly one. */
export function defaultVersionOf(policy: ManagedPolicy): PolicyVersion {
  const version = policy.versions.find((candidate) => candidate.isDefault);
  if (version === undefined) throw new Error(`policy ${policy.name} has no default version`);
  return version;
}

const SYSTEM_POLICIES_AS_MANAGED: ReadonlyMap<string, ManagedPolicy> = new Map(
  [...SYSTEM_POLICIES].map(([name, { description, document, version }]): [string, ManagedPolicy] => [
    name,
    {
      type: "System",
      name,
      description,
      versions: [{ id: version, document, isDefault: true, createdMs: SYSTEM_POLICIES_SINCE_MS }],
      versionCount: 1,
      createdMs: SYSTEM_POLICIES_SINCE_MS,
      updatedMs: SYSTEM_POLICIES_SINCE_MS,
    },
  ]),
);
