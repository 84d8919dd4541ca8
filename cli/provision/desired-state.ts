import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
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
  readonly policy: DesiredPolicy;
}

export interface DesiredUser {
  readonly name: string;
  readonly description: string;
  readonly policy: DesiredPolicy;
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
  /** The guide's variant, for callers outside Function Compute: a RAM user that may assume the client role. */
  readonly callerUser: string | undefined;
  readonly bucket: string;
}

/** Seconds. Source: RAM CreateRole, MaxSessionDuration, "3600 to 43200". */
const SHORTEST_MAX_SESSION_SECONDS = 3600;

/**
 * The function's role, which may assume exactly the client role; the client role, which trusts exactly the
 * function's (and the caller user) and may do what all rules together may; and the user where one is asked for.
 * In the order of their making: a trust policy may only name who exists.
 */
export function desiredStateFor(rules: AccessRules, settings: ProvisionSettings): DesiredState {
  const { accountId, clientRole, functionRole, callerUser } = settings;
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
              policy: mayAssume,
            },
          ],
    roles: [
      {
        name: functionRole,
        description: "What the oss-valet function runs as",
        trustPolicy: trustOf({ Service: ["fc.aliyuncs.com"] }),
        maxSessionSeconds: SHORTEST_MAX_SESSION_SECONDS,
        policy: mayAssume,
      },
      {
        name: clientRole,
        description: "What the App's users may do, all together; oss-valet narrows it for each",
        trustPolicy: trustOf({ RAM: trusted }),
        maxSessionSeconds: Math.max(SHORTEST_MAX_SESSION_SECONDS, rules.session.maxDurationSeconds),
        policy: {
          name: policyName("access"),
          description: "The upper bound of access.yaml",
          document: rolePolicyFor(rules, settings.bucket),
        },
      },
    ],
  };
}

/** The text that RAM is given. */
export function documentText(document: RamPolicy | TrustPolicy): string {
  return JSON.stringify(document);
}

function trustOf(principal: TrustPolicy["Statement"][number]["Principal"]): TrustPolicy {
  return { Version: "1", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: principal }] };
}
