import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { uploadsPolicyFor } from "../../shared/domain/policy/uploads-role-policy.ts";
import type { RamPolicy } from "../../shared/domain/ram/ram-policy.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";

/** What must exist in RAM, derived from access.yaml and the settings; the one source of apply, Terraform and ROS. */
export interface DesiredState {
  readonly accountId: string;
  readonly roles: readonly DesiredRole[];
  readonly users: readonly DesiredUser[];
}

export interface DesiredRole {
  readonly name: string;
  readonly description: string;
  readonly trustPolicy: TrustPolicy;
  readonly maxSessionSeconds: number;
  readonly policies: readonly DesiredPolicy[];
}

export interface DesiredUser {
  readonly name: string;
  readonly description: string;
  readonly policies: readonly DesiredPolicy[];
}

export interface DesiredPolicy {
  readonly name: string;
  readonly description: string;
  readonly document: RamPolicy;
}

export interface TrustPolicy {
  readonly Version: "1";
  readonly Statement: readonly {
    readonly Effect: "Allow";
    readonly Action: "sts:AssumeRole";
    readonly Principal: { readonly Service: readonly string[] } | { readonly RAM: readonly string[] };
  }[];
}

export interface ProvisionSettings {
  readonly accountId: string;
  /** Of OSS_ROLE_ARN: what is assumed for each user. */
  readonly clientRole: string;
  /** What the function runs as; s.yaml names it. */
  readonly functionRole: string;
  /** What the function `uploads` runs as, and signs with; undefined when it is not deployed. */
  readonly uploadsRole: string | undefined;
  /** The guide's variant, for callers outside Function Compute: a RAM user that may assume the client role. */
  readonly callerUser: string | undefined;
  readonly bucket: string;
}

/** Seconds. Source: RAM CreateRole, MaxSessionDuration, "3600 to 43200". */
const SHORTEST_MAX_SESSION_SECONDS = 3600;

/**
 * The function's role, which may assume exactly the client role; the client role, which trusts exactly the
 * function's (and the caller user) and may do what all rules together may; the role of forms and signed URLs, which may do
 * what they may; and the user where one is asked for: outside Function Compute one key assumes the role and signs.
 * In the order of their making: a trust policy may only name who exists.
 */
export function desiredStateFor(rules: AccessRules, settings: ProvisionSettings): DesiredState {
  const { accountId, clientRole, functionRole, uploadsRole, callerUser } = settings;
  const clientRoleArn = `acs:ram::${accountId}:role/${clientRole.toLowerCase()}`;
  // A role's name may have dots and underscores, a policy's may not. Source: RAM CreateRole, CreatePolicy.
  const policyName = (purpose: string): string => `${clientRole.replaceAll(/[._]/g, "-")}-${purpose}`;
  const mayAssume: DesiredPolicy = {
    name: policyName("assume"),
    description: `Assume the role ${clientRole}, and nothing else`,
    document: {
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: clientRoleArn }],
    },
  };
  const maySign: DesiredPolicy = {
    name: policyName("uploads"),
    description: "The upper bound of forms and signed URLs of access.yaml",
    document: uploadsPolicyFor(rules, settings.bucket),
  };
  const trusted = [
    `acs:ram::${accountId}:role/${functionRole.toLowerCase()}`,
    ...(callerUser === undefined ? [] : [`acs:ram::${accountId}:user/${callerUser}`]),
  ];
  return {
    accountId,
    users:
      callerUser === undefined
        ? []
        : [
            {
              name: callerUser,
              description: "oss-valet outside Function Compute: assumes the client role",
              policies: uploadsRole === undefined ? [mayAssume] : [mayAssume, maySign],
            },
          ],
    roles: [
      {
        name: functionRole,
        description: "What the oss-valet function runs as",
        trustPolicy: trustOf({ Service: ["fc.aliyuncs.com"] }),
        maxSessionSeconds: SHORTEST_MAX_SESSION_SECONDS,
        policies: [mayAssume],
      },
      {
        name: clientRole,
        description: "What the App's users may do, all together; oss-valet narrows it for each",
        trustPolicy: trustOf({ RAM: trusted }),
        maxSessionSeconds: Math.max(SHORTEST_MAX_SESSION_SECONDS, rules.session.maxDurationSeconds),
        policies: [
          {
            name: policyName("access"),
            description: "The upper bound of access.yaml",
            document: rolePolicyFor(rules, settings.bucket),
          },
        ],
      },
      ...(uploadsRole === undefined
        ? []
        : [
            {
              name: uploadsRole,
              description: "What the oss-valet function of forms and signed URLs runs as, and signs with",
              trustPolicy: trustOf({ Service: ["fc.aliyuncs.com"] }),
              maxSessionSeconds: SHORTEST_MAX_SESSION_SECONDS,
              policies: [maySign],
            },
          ]),
    ],
  };
}

/** Every policy, each name once. */
export function policiesOf({ users, roles }: DesiredState): readonly DesiredPolicy[] {
  const all = [...users, ...roles].flatMap(({ policies }) => policies);
  return [...new Map(all.map((policy) => [policy.name, policy])).values()];
}

/** The text that RAM is given. */
export function documentText(document: RamPolicy | TrustPolicy): string {
  return JSON.stringify(document);
}

function trustOf(principal: TrustPolicy["Statement"][number]["Principal"]): TrustPolicy {
  return { Version: "1", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal }] };
}
