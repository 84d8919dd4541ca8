import { dateText } from "../clock.ts";
import type { RpcCall, RpcOperations } from "../sts/gateway.ts";
import { type Account, addUser, type RamUser, type World } from "../world.ts";
import { authorizedAccount, userResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { pageOf } from "./page.ts";
import { optionalText, userNameFrom } from "./parameters.ts";

/** Users of one account. Source: RAM quotas; an assumption, the figure has changed over the years. */
const MAX_USERS = 1000;

/** Characters. Source: CreateUser, DisplayName and Comments. */
const MAX_TEXT_LENGTH = 128;

/** CreateUser, GetUser, ListUsers, UpdateUser, DeleteUser. E-mail and telephone are not kept. */
export const USER_OPERATIONS: RpcOperations = {
  CreateUser: createUser,
  GetUser: getUser,
  ListUsers: listUsers,
  UpdateUser: updateUser,
  DeleteUser: deleteUser,
};

/** The user. Throws EntityNotExist.User. */
export function existingUser(account: Account, name: string): RamUser {
  const user = account.users.get(name);
  if (user === undefined) throw ramError("EntityNotExist.User");
  return user;
}

/** The user that the call names; default: the calling user. Source: GetUser, CreateAccessKey. */
export function userNameOrOwn(call: RpcCall): string {
  const given = call.params.get("UserName") ?? "";
  return given === "" && call.caller.kind === "user" ? call.caller.user.name : userNameFrom(call);
}

function createUser(world: World, call: RpcCall): object {
  const name = userNameFrom(call);
  const displayName = optionalText(call, "DisplayName", MAX_TEXT_LENGTH);
  const comments = optionalText(call, "Comments", MAX_TEXT_LENGTH);
  const account = authorizedAccount(world, call, [userResource(call, "*")]);
  if (account.users.has(name)) throw ramError("EntityAlreadyExists.User");
  if (account.users.size >= MAX_USERS) throw ramError("LimitExceeded.User");
  const user = addUser(world, account, name);
  user.displayName = displayName ?? name;
  user.comments = comments ?? "";
  const { UpdateDate: _none, ...created } = described(user);
  return { User: created };
}

function getUser(world: World, call: RpcCall): object {
  const name = userNameOrOwn(call);
  const account = authorizedAccount(world, call, [userResource(call, name)]);
  return { User: described(existingUser(account, name)) };
}

function listUsers(world: World, call: RpcCall): object {
  const account = authorizedAccount(world, call, [userResource(call, "*")]);
  const { items, rest } = pageOf(call, [...account.users.values()], (user) => user.name);
  return { Users: { User: items.map(described) }, ...rest };
}

function updateUser(world: World, call: RpcCall): object {
  const name = userNameFrom(call);
  const newName = (call.params.get("NewUserName") ?? "") === "" ? name : userNameFrom(call, "NewUserName");
  const displayName = optionalText(call, "NewDisplayName", MAX_TEXT_LENGTH);
  const comments = optionalText(call, "NewComments", MAX_TEXT_LENGTH);
  const account = authorizedAccount(world, call, [userResource(call, name)]);
  const user = existingUser(account, name);
  if (newName !== name && account.users.has(newName)) throw ramError("EntityAlreadyExists.User");
  const updated: RamUser = {
    ...user,
    name: newName,
    displayName: displayName ?? user.displayName,
    comments: comments ?? user.comments,
    updatedMs: world.clock.nowMs(),
  };
  account.users.delete(name);
  account.users.set(newName, updated);
  return { User: described(updated) };
}

function deleteUser(world: World, call: RpcCall): object {
  const name = userNameFrom(call);
  const account = authorizedAccount(world, call, [userResource(call, name)]);
  const user = existingUser(account, name);
  if (user.accessKeys.length > 0) throw ramError("DeleteConflict.User.AccessKey");
  if (user.attached.length > 0) throw ramError("DeleteConflict.User.Policy");
  account.users.delete(name);
  return {};
}

function described(user: RamUser) {
  return {
    UserId: user.id,
    UserName: user.name,
    DisplayName: user.displayName,
    Comments: user.comments,
    CreateDate: dateText(user.createdMs),
    UpdateDate: dateText(user.updatedMs),
  };
}
