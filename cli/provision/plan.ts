import type { RamPolicy } from "../../shared/domain/ram-policy.ts";
import type { DesiredPolicy, DesiredRole, DesiredState, DesiredUser } from "./desired-state.ts";
import { saySame, wideningFrom } from "./policy-comparison.ts";

/** What RAM has, of the entities that the desired state names. Names of roles in lower case. */
export interface ActualState {
  readonly users: ReadonlyMap<
    string,
    { readonly attached: readonly Attachment[]; readonly accessKeys: number }
  >;
  readonly roles: ReadonlyMap<
    string,
    {
      readonly trustPolicy: string;
      readonly maxSessionSeconds: number;
      readonly attached: readonly Attachment[];
    }
  >;
  readonly policies: ReadonlyMap<
    string,
    { readonly document: string; readonly versions: readonly PolicyVersion[] }
  >;
}

export interface Attachment {
  readonly type: string;
  readonly name: string;
}

export interface PolicyVersion {
  readonly id: string;
  readonly isDefault: boolean;
}

/** One change. `widens`: what it allows that was not allowed before, of something that exists already. */
export type Step =
  | { readonly kind: "create user"; readonly user: DesiredUser }
  | { readonly kind: "create access key"; readonly user: DesiredUser }
  | { readonly kind: "create role"; readonly role: DesiredRole }
  | {
      readonly kind: "change trust policy";
      readonly role: DesiredRole;
      readonly before: string;
      readonly widens: readonly string[];
    }
  | {
      readonly kind: "change maximum session";
      readonly role: DesiredRole;
      readonly before: number;
      readonly widens: readonly string[];
    }
  | { readonly kind: "create policy"; readonly policy: DesiredPolicy }
  | {
      readonly kind: "change policy";
      readonly policy: DesiredPolicy;
      readonly before: string;
      readonly widens: readonly string[];
      /** RAM keeps five versions: the one to delete first. */
      readonly obsoleteVersion: string | undefined;
    }
  | {
      readonly kind: "attach policy";
      readonly policy: string;
      readonly to: "user" | "role";
      readonly name: string;
    };

export interface Plan {
  readonly steps: readonly Step[];
  /** What is there beside the desired state, and left alone. */
  readonly notices: readonly string[];
}

/** Versions. Source: RAM CreatePolicyVersion, "a policy can have up to five versions". */
const MAX_POLICY_VERSIONS = 5;

/** The changes that lead from what is to what must be, in the order of their making. Nothing is ever deleted. */
export function planFor(desired: DesiredState, actual: ActualState): Plan {
  const policies = uniqueByName([...desired.users, ...desired.roles].map(({ policy }) => policy));
  return {
    steps: [
      ...policies.flatMap((policy) => policySteps(policy, actual)),
      ...desired.users.flatMap((user) => userSteps(user, actual)),
      ...desired.roles.flatMap((role) => roleSteps(role, actual)),
    ],
    notices: noticesFor(desired, actual),
  };
}

/** The text that RAM is given. */
export function documentText(document: RamPolicy | DesiredRole["trustPolicy"]): string {
  return JSON.stringify(document);
}

function policySteps(policy: DesiredPolicy, actual: ActualState): readonly Step[] {
  const present = actual.policies.get(policy.name);
  if (present === undefined) return [{ kind: "create policy", policy }];
  const after = documentText(policy.document);
  if (saySame(present.document, after)) return [];
  const oldest = present.versions.findLast(({ isDefault }) => !isDefault);
  return [
    {
      kind: "change policy",
      policy,
      before: present.document,
      widens: wideningFrom(present.document, after),
      obsoleteVersion: present.versions.length >= MAX_POLICY_VERSIONS ? oldest?.id : undefined,
    },
  ];
}

function userSteps(user: DesiredUser, actual: ActualState): readonly Step[] {
  const present = actual.users.get(user.name);
  return [
    ...(present === undefined ? [{ kind: "create user", user } as const] : []),
    ...attachSteps(user.policy, present?.attached ?? [], "user", user.name),
    ...((present?.accessKeys ?? 0) === 0 ? [{ kind: "create access key", user } as const] : []),
  ];
}

function roleSteps(role: DesiredRole, actual: ActualState): readonly Step[] {
  const present = actual.roles.get(role.name.toLowerCase());
  const attach = attachSteps(role.policy, present?.attached ?? [], "role", role.name);
  if (present === undefined) return [{ kind: "create role", role }, ...attach];
  const trust = documentText(role.trustPolicy);
  const steps: Step[] = [];
  if (!saySame(present.trustPolicy, trust)) {
    steps.push({
      kind: "change trust policy",
      role,
      before: present.trustPolicy,
      widens: wideningFrom(present.trustPolicy, trust),
    });
  }
  if (present.maxSessionSeconds !== role.maxSessionSeconds) {
    const longer = role.maxSessionSeconds > present.maxSessionSeconds;
    steps.push({
      kind: "change maximum session",
      role,
      before: present.maxSessionSeconds,
      widens: longer
        ? [`sessions of ${role.maxSessionSeconds} s instead of ${present.maxSessionSeconds} s`]
        : [],
    });
  }
  return [...steps, ...attach];
}

function attachSteps(
  policy: DesiredPolicy,
  attached: readonly Attachment[],
  to: "user" | "role",
  name: string,
): readonly Step[] {
  const present = attached.some(
    (attachment) => attachment.type === "Custom" && attachment.name === policy.name,
  );
  return present ? [] : [{ kind: "attach policy", policy: policy.name, to, name }];
}

function noticesFor(desired: DesiredState, actual: ActualState): readonly string[] {
  const found = [
    ...desired.users.map(({ name, policy }) => ({
      what: `user ${name}`,
      own: policy.name,
      attached: actual.users.get(name)?.attached ?? [],
    })),
    ...desired.roles.map(({ name, policy }) => ({
      what: `role ${name}`,
      own: policy.name,
      attached: actual.roles.get(name.toLowerCase())?.attached ?? [],
    })),
  ];
  return found.flatMap(({ what, own, attached }) =>
    attached
      .filter((attachment) => attachment.name !== own)
      .map(
        ({ type, name }) =>
          `${what} also has the ${type.toLowerCase()} policy ${name}: it may do more than access.yaml needs; detach it unless you mean it`,
      ),
  );
}

function uniqueByName(policies: readonly DesiredPolicy[]): readonly DesiredPolicy[] {
  return [...new Map(policies.map((policy) => [policy.name, policy])).values()];
}
