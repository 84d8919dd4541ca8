import { dateText } from "../clock.ts";
import type { RpcCall, RpcOperations } from "../sts/gateway.ts";
import { type Account, addRole, type Role, roleArn, type World } from "../world.ts";
import { authorizedAccount, roleResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { pageOf } from "./page.ts";
import { optionalNumber, optionalText, policyTextFrom, roleNameFrom } from "./parameters.ts";

/** Roles of one account. Source: RAM quotas; an assumption, the figure has changed over the years. */
const MAX_ROLES = 1000;

/** Characters. Source: CreateRole, Description. */
const MAX_DESCRIPTION_LENGTH = 1024;

/** Seconds. Source: CreateRole, MaxSessionDuration; default 3600. */
const SESSION_SECONDS = { min: 3600, max: 43_200 };

/** CreateRole, GetRole, ListRoles, UpdateRole, DeleteRole. Tags are not kept. */
export const ROLE_OPERATIONS: RpcOperations = {
  CreateRole: createRole,
  GetRole: getRole,
  ListRoles: listRoles,
  UpdateRole: updateRole,
  DeleteRole: deleteRole,
};

/** The role, whatever the case of its name. Throws EntityNotExist.Role. */
export function existingRole(account: Account, name: string): Role {
  const role = account.roles.get(name.toLowerCase());
  if (role === undefined) throw ramError("EntityNotExist.Role");
  return role;
}

function createRole(world: World, call: RpcCall): object {
  const name = roleNameFrom(call);
  const description = optionalText(call, "Description", MAX_DESCRIPTION_LENGTH);
  const trustPolicy = policyTextFrom(call, "AssumeRolePolicyDocument", "trust");
  const maxSessionSeconds = optionalNumber(call, "MaxSessionDuration", SESSION_SECONDS);
  const account = authorizedAccount(world, call, [roleResource(call, "*")]);
  if (account.roles.has(name.toLowerCase())) throw ramError("EntityAlreadyExists.Role");
  if (account.roles.size >= MAX_ROLES) throw ramError("LimitExceeded.Role");
  const role = addRole(world, account, {
    name,
    trustPolicy,
    description: description ?? "",
    maxSessionSeconds: maxSessionSeconds ?? SESSION_SECONDS.min,
  });
  const { UpdateDate: _none, ...created } = detailed(account, role);
  return { Role: created };
}

function getRole(world: World, call: RpcCall): object {
  const name = roleNameFrom(call);
  const account = authorizedAccount(world, call, [roleResource(call, name)]);
  return { Role: detailed(account, existingRole(account, name)) };
}

function listRoles(world: World, call: RpcCall): object {
  const account = authorizedAccount(world, call, [roleResource(call, "*")]);
  const { items, rest } = pageOf(call, [...account.roles.values()], (role) => role.name.toLowerCase());
  return { Roles: { Role: items.map((role) => described(account, role)) }, ...rest };
}

function updateRole(world: World, call: RpcCall): object {
  const name = roleNameFrom(call);
  const description = optionalText(call, "NewDescription", MAX_DESCRIPTION_LENGTH);
  const parameter = "NewAssumeRolePolicyDocument";
  const trustPolicy =
    (call.params.get(parameter) ?? "") === "" ? undefined : policyTextFrom(call, parameter, "trust");
  const maxSessionSeconds = optionalNumber(call, "NewMaxSessionDuration", SESSION_SECONDS);
  const account = authorizedAccount(world, call, [roleResource(call, name)]);
  const role = existingRole(account, name);
  role.description = description ?? role.description;
  role.trustPolicy = trustPolicy ?? role.trustPolicy;
  role.maxSessionSeconds = maxSessionSeconds ?? role.maxSessionSeconds;
  role.updatedMs = world.clock.nowMs();
  return { Role: detailed(account, role) };
}

/** Ends the role's sessions with it: whoever asks for their policies finds none. */
function deleteRole(world: World, call: RpcCall): object {
  const name = roleNameFrom(call);
  const account = authorizedAccount(world, call, [roleResource(call, name)]);
  if (existingRole(account, name).attached.length > 0) throw ramError("DeleteConflict.Role.Policy");
  account.roles.delete(name.toLowerCase());
  return {};
}

function detailed(account: Account, role: Role) {
  return { ...described(account, role), AssumeRolePolicyDocument: role.trustPolicy };
}

function described(account: Account, role: Role) {
  return {
    RoleId: role.id,
    RoleName: role.name,
    Arn: roleArn(account.id, role),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    CreateDate: dateText(role.createdMs),
    UpdateDate: dateText(role.updatedMs),
  };
}
