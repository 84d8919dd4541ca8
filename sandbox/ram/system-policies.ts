/** A policy that Alibaba Cloud manages: every account can attach it, none can change it. */
interface SystemPolicy {
  readonly description: string;
  readonly document: string;
  /** The id of its one version that counts, e.g. v1. */
  readonly version: string;
}

/**
 * The system policies that the sandbox knows, by name. The first three are printed so in Alibaba Cloud's help
 * (RAM, one page for each system policy). The others do what their description says; their exact text is an assumption.
 */
export const SYSTEM_POLICIES: ReadonlyMap<string, SystemPolicy> = new Map<string, SystemPolicy>([
  [
    "AliyunSTSAssumeRoleAccess",
    {
      description: "Provides access to the AssumeRole API of Security Token Service.",
      version: "v1",
      document: allowing("sts:AssumeRole"),
    },
  ],
  [
    "AliyunOSSReadOnlyAccess",
    {
      description: "Provides read-only access to Object Storage Service.",
      version: "v1",
      document: allowing(["oss:Get*", "oss:List*"]),
    },
  ],
  [
    "AliyunRAMReadOnlyAccess",
    {
      description: "Provides read-only access to Resource Access Management.",
      version: "v3",
      document: allowing(
        ["ram:Get*", "ram:List*", "ram:GenerateCredentialReport"],
        ["accessanalyzer:Get*", "accessanalyzer:List*"],
      ),
    },
  ],
  [
    "AliyunOSSFullAccess",
    {
      description: "Provides full access to Object Storage Service.",
      version: "v1",
      document: allowing("oss:*"),
    },
  ],
  [
    "AliyunLogReadOnlyAccess",
    {
      description: "Provides read-only access to Log Service.",
      version: "v1",
      document: allowing(["log:Get*", "log:List*"]),
    },
  ],
  [
    "AliyunRAMFullAccess",
    {
      description: "Provides full access to Resource Access Management.",
      version: "v1",
      document: allowing("ram:*"),
    },
  ],
  [
    "AdministratorAccess",
    {
      description: "Provides full access to all services and resources.",
      version: "v1",
      document: allowing("*"),
    },
  ],
]);

/** One statement for each of them. */
function allowing(...actions: readonly (string | readonly string[])[]): string {
  const statements = actions.map((action) => ({ Effect: "Allow", Action: action, Resource: "*" }));
  return JSON.stringify({ Version: "1", Statement: statements });
}
