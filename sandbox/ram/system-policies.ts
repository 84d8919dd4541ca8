/** A policy that Alibaba Cloud manages: every account can attach it, none can change it. */
export interface SystemPolicy {
  readonly description: string;
  readonly document: string;
  /** The id of its one version that counts, e.g. v1. */
  readonly version: string;
}

/**
 * The system policies that the sandbox knows, by name. The first three as their pages print them (RAM developer
 * reference, one page a policy); the others' pages were not at hand: their effect is as their description says, the
 * exact text an assumption.
 */
export const SYSTEM_POLICIES: ReadonlyMap<string, SystemPolicy> = new Map([
  [
    "AliyunSTSAssumeRoleAccess",
    systemPolicy("Provides access to the AssumeRole API of Security Token Service.", ["sts:AssumeRole"]),
  ],
  [
    "AliyunOSSReadOnlyAccess",
    systemPolicy("Provides read-only access to Object Storage Service.", ["oss:Get*", "oss:List*"]),
  ],
  [
    "AliyunRAMReadOnlyAccess",
    systemPolicy(
      "Provides read-only access to Resource Access Management.",
      [
        "ram:Get*",
        "ram:List*",
        "ram:GenerateCredentialReport",
        "accessanalyzer:Get*",
        "accessanalyzer:List*",
      ],
      "v3",
    ),
  ],
  ["AliyunOSSFullAccess", systemPolicy("Provides full access to Object Storage Service.", ["oss:*"])],
  ["AliyunRAMFullAccess", systemPolicy("Provides full access to Resource Access Management.", ["ram:*"])],
  ["AdministratorAccess", systemPolicy("Provides full access to all services and resources.", ["*"])],
]);

function systemPolicy(description: string, actions: readonly string[], version = "v1"): SystemPolicy {
  const statement = { Effect: "Allow", Action: actions, Resource: "*" };
  return { description, version, document: JSON.stringify({ Version: "1", Statement: [statement] }) };
}
