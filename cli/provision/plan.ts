import type { ActualRole, ActualState, ActualUser, Attachment, PolicyVersion } from "./actual-state.ts";
import {
  type DesiredPolicy,
  type DesiredRole,
  type DesiredState,
  type DesiredUser,
  documentText,
  policiesOf,
} from "./desired-state.ts";
import { noticesFor } from "./notices.ts";
import { saySame, wideningFrom } from "./policy-comparison.ts";

/** One change. `widens`: what it allows that was not allowed before, of something that exists already. */
export type Step =
  | { readonly kind: "create user"; readonly user: DesiredUser }
  | { readonly kind: "create access key"; readonly user: DesiredUser; readonly widens: readonly string[] }
  | { readonly kind: "finish user"; readonly user: DesiredUser }
  | { readonly kind: "create role"; readonly role: DesiredRole }
  | { readonly kind: "finish role"; readonly role: DesiredRole }
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
      readonly policy: DesiredPolicy;
      readonly to: "user" | "role";
      readonly name: string;
      readonly widens: readonly string[];
    };

export interface Plan {
  readonly steps: readonly Step[];
  /** What a person should know beside the steps. */
  readonly notices: readonly string[];
}

/**
 * A role's description (a user's comment) from its making until all that belongs to it is there. It tells an apply
 * that was interrupted from a policy that somebody took away, to stop everything: what still says this is completed
 * as if it were new; what does not has been complete, and to give it something back widens.
 */
export const UNFINISHED = "Being set up by oss-valet: provision apply goes on here";

/** Versions. Source: RAM CreatePolicyVersion, "a policy can have up to five versions". */
const MAX_POLICY_VERSIONS = 5;

/**
 * The changes that lead from what is to what must be, in the order of their making. Nothing is ever deleted but the
 * oldest version of a policy that has five.
 */
export function planFor(desired: DesiredState, actual: ActualState): Plan {
  return {
    steps: [
      ...policiesOf(desired).flatMap((policy) => policySteps(policy, actual)),
      ...desired.users.flatMap((user) => userSteps(user, actual.users.get(user.name))),
      ...desired.roles.flatMap((role) => roleSteps(role, actual.roles.get(role.name.toLowerCase()))),
    ],
    notices: noticesFor(desired, actual),
  };
}

/** What a step allows beyond what exists; empty for a new role, user or policy. */
export function wideningOf(step: Step): readonly string[] {
  return "widens" in step ? step.widens : [];
}

function policySteps(policy: DesiredPolicy, actual: ActualState): readonly Step[] {
  const present = actual.policies.get(policy.name);
  if (present === undefined) return [{ kind: "create policy", policy }];
  const after = documentText(policy.document);
  if (saySame(present.document, after)) return [];
  return [
    {
      kind: "change policy",
      policy,
      before: present.document,
      widens: wideningFrom(present.document, after),
      obsoleteVersion:
        present.versions.length >= MAX_POLICY_VERSIONS ? oldestSpare(present.versions)?.id : undefined,
    },
  ];
}

function userSteps(user: DesiredUser, present: ActualUser | undefined): readonly Step[] {
  const state = stateOf(present);
  const attach = user.policies.flatMap((policy) => attachSteps(policy, "user", user.name, present));
  const hasKey = present?.accessKeys.some(({ isActive }) => isActive) === true;
  const widens = state === "complete" ? [`a long-lived key, for a user that has no active one`] : [];
  return [
    ...(state === "absent" ? [{ kind: "create user", user } as const] : []),
    ...attach,
    ...(hasKey ? [] : [{ kind: "create access key", user, widens } as const]),
    ...(state === "complete" ? [] : [{ kind: "finish user", user } as const]),
  ];
}

function roleSteps(role: DesiredRole, present: ActualRole | undefined): readonly Step[] {
  return [
    ...(present === undefined ? [{ kind: "create role", role } as const] : changesOf(role, present)),
    ...role.policies.flatMap((policy) => attachSteps(policy, "role", role.name, present)),
    ...(stateOf(present) === "complete" ? [] : [{ kind: "finish role", role } as const]),
  ];
}

function changesOf(role: DesiredRole, present: ActualRole): readonly Step[] {
  const trust = documentText(role.trustPolicy);
  const before = present.maxSessionSeconds;
  const after = role.maxSessionSeconds;
  return [
    ...(saySame(present.trustPolicy, trust)
      ? []
      : [
          {
            kind: "change trust policy",
            role,
            before: present.trustPolicy,
            widens: wideningFrom(present.trustPolicy, trust),
          } as const,
        ]),
    ...(before === after
      ? []
      : [
          {
            kind: "change maximum session",
            role,
            before,
            widens: after > before ? [`sessions of ${after} s instead of ${before} s`] : [],
          } as const,
        ]),
  ];
}

function attachSteps(
  policy: DesiredPolicy,
  to: "user" | "role",
  name: string,
  present: ActualRole | ActualUser | undefined,
): readonly Step[] {
  if (present?.attached.some((one) => isOf(policy, one)) === true) return [];
  const widens =
    stateOf(present) === "complete" ? [`the whole policy, for a ${to} that exists without it`] : [];
  return [{ kind: "attach policy", policy, to, name, widens }];
}

function isOf(policy: DesiredPolicy, { type, name }: Attachment): boolean {
  return type === "Custom" && name === policy.name;
}

function stateOf(present: ActualRole | ActualUser | undefined): "absent" | "unfinished" | "complete" {
  if (present === undefined) return "absent";
  return present.description === UNFINISHED ? "unfinished" : "complete";
}

/** Of the versions that are not in force, the one with the lowest number: RAM counts up, and lists in no said order. */
function oldestSpare(versions: readonly PolicyVersion[]): PolicyVersion | undefined {
  const numberOf = ({ id }: PolicyVersion): number => Number(id.slice(1));
  return versions.filter(({ isDefault }) => !isDefault).sort((a, b) => numberOf(a) - numberOf(b))[0];
}
