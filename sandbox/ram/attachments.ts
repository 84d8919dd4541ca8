import { dateText } from "../clock.ts";
import type { RpcCall, RpcOperations } from "../sts/gateway.ts";
import {
  type Account,
  attachPolicy,
  type ManagedPolicy,
  type PolicyReference,
  type RamUser,
  type Role,
  roleArn,
  type World,
} from "../world.ts";
import { authorizedAccount, policyResource, roleResource, userResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { defaultVersionOf, existingPolicy } from "./managed-policies.ts";
import { policyNameFrom, policyTypeFrom, roleNameFrom, userNameFrom } from "./parameters.ts";
import { existingRole } from "./roles.ts";
import { existingUser } from "./users.ts";

/**
 * Policies of one type that a user or role can have. Source: RAM "Error messages", LimitExceeded.User.Policy and
 * LimitExceeded.Role.Policy (2021; today's quota may be higher).
 */
export const MAX_ATTACHED: Readonly<Record<PolicyReference["type"], number>> = { System: 20, Custom: 5 };

/** Attaching, detaching, and who has what. */
export const ATTACHMENT_OPERATIONS: RpcOperations = {
  AttachPolicyToUser: (world, call) => attach(world, call, USER),
  AttachPolicyToRole: (world, call) => attach(world, call, ROLE),
  DetachPolicyFromUser: (world, call) => detach(world, call, USER),
  DetachPolicyFromRole: (world, call) => detach(world, call, ROLE),
  ListPoliciesForUser: (world, call) => listPolicies(world, call, USER),
  ListPoliciesForRole: (world, call) => listPolicies(world, call, ROLE),
  ListEntitiesForPolicy: listEntities,
};

/** Whom the policy is attached to, and by which reference. */
export function attachmentsOf(
  account: Account,
  policy: ManagedPolicy,
): {
  readonly users: readonly (readonly [RamUser, PolicyReference])[];
  readonly roles: readonly (readonly [Role, PolicyReference])[];
} {
  const having = <Entity extends RamUser | Role>(entities: Iterable<Entity>) =>
    [...entities].flatMap((entity) => {
      const reference = referenceTo(entity, policy);
      return reference === undefined ? [] : [[entity, reference] as const];
    });
  return { users: having(account.users.values()), roles: having(account.roles.values()) };
}

/** User and role attachments share one implementation; this holds what differs. */
interface EntityKind {
  readonly kind: "User" | "Role";
  readonly nameFrom: (call: RpcCall) => string;
  readonly resource: (call: RpcCall, name: string) => string;
  readonly existing: (account: Account, name: string) => RamUser | Role;
}

const USER: EntityKind = {
  kind: "User",
  nameFrom: (call) => userNameFrom(call),
  resource: userResource,
  existing: existingUser,
};
const ROLE: EntityKind = {
  kind: "Role",
  nameFrom: roleNameFrom,
  resource: roleResource,
  existing: existingRole,
};

function attach(world: World, call: RpcCall, to: EntityKind): object {
  const { entity, policy } = authorizedPair(world, call, to);
  if (referenceTo(entity, policy) !== undefined) throw ramError(`EntityAlreadyExists.${to.kind}.Policy`);
  const sameType = entity.attached.filter(({ type }) => type === policy.type);
  if (sameType.length >= MAX_ATTACHED[policy.type]) throw ramError(`LimitExceeded.${to.kind}.Policy`);
  attachPolicy(world, entity, policy.type, policy.name);
  return {};
}

function detach(world: World, call: RpcCall, from: EntityKind): object {
  const { entity, policy } = authorizedPair(world, call, from);
  const reference = referenceTo(entity, policy);
  if (reference === undefined) throw ramError(`EntityNotExist.${from.kind}.Policy`);
  entity.attached.splice(entity.attached.indexOf(reference), 1);
  return {};
}

function listPolicies(world: World, call: RpcCall, of: EntityKind): object {
  const name = of.nameFrom(call);
  const account = authorizedAccount(world, call, [of.resource(call, name)]);
  const described = of.existing(account, name).attached.map((reference) => {
    const policy = existingPolicy(account, reference.type, reference.name);
    return {
      PolicyName: policy.name,
      PolicyType: policy.type,
      Description: policy.description,
      DefaultVersion: defaultVersionOf(policy).id,
      AttachDate: dateText(reference.attachedMs),
    };
  });
  return { Policies: { Policy: described } };
}

function listEntities(world: World, call: RpcCall): object {
  const type = policyTypeFrom(call);
  const name = policyNameFrom(call);
  const account = authorizedAccount(world, call, [policyResource(call, type, name)]);
  const { users, roles } = attachmentsOf(account, existingPolicy(account, type, name));
  return {
    Groups: { Group: [] },
    Users: {
      User: users.map(([user, { attachedMs }]) => ({
        UserId: user.id,
        UserName: user.name,
        DisplayName: user.displayName,
        AttachDate: dateText(attachedMs),
      })),
    },
    Roles: {
      Role: roles.map(([role, { attachedMs }]) => ({
        RoleId: role.id,
        RoleName: role.name,
        Arn: roleArn(account.id, role),
        Description: role.description,
        AttachDate: dateText(attachedMs),
      })),
    },
  };
}

/** Both ends need the permission. Source: AttachPolicyToUser, "Required permissions": the user's and the policy's ARN. */
function authorizedPair(
  world: World,
  call: RpcCall,
  of: EntityKind,
): { readonly entity: RamUser | Role; readonly policy: ManagedPolicy } {
  const name = of.nameFrom(call);
  const type = policyTypeFrom(call);
  const policyName = policyNameFrom(call);
  const resources = [of.resource(call, name), policyResource(call, type, policyName)];
  const account = authorizedAccount(world, call, resources);
  return { entity: of.existing(account, name), policy: existingPolicy(account, type, policyName) };
}

function referenceTo(entity: RamUser | Role, policy: ManagedPolicy): PolicyReference | undefined {
  return entity.attached.find(({ type, name }) => type === policy.type && name === policy.name);
}
