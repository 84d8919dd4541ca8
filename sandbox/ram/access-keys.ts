import { dateText } from "../clock.ts";
import { type RpcCall, type RpcOperations, requiredParameter } from "../sts/gateway.ts";
import { type AccessKey, newAccessKey, type RamUser, type World } from "../world.ts";
import { authorizedAccount, userResource } from "./authorization.ts";
import { ramError } from "./errors.ts";
import { oneOf } from "./parameters.ts";
import { existingUser, userNameOrOwn } from "./users.ts";

/** Access keys of one user. Source: RAM "Error messages", LimitExceeded.User.AccessKey. */
export const MAX_ACCESS_KEYS = 2;

/** CreateAccessKey, ListAccessKeys, UpdateAccessKey, DeleteAccessKey: of RAM users, not of the account's root. */
export const ACCESS_KEY_OPERATIONS: RpcOperations = {
  CreateAccessKey: createAccessKey,
  ListAccessKeys: listAccessKeys,
  UpdateAccessKey: updateAccessKey,
  DeleteAccessKey: deleteAccessKey,
};

/** The one answer that holds the secret. */
function createAccessKey(world: World, call: RpcCall): object {
  const user = authorizedUser(world, call);
  if (user.accessKeys.length >= MAX_ACCESS_KEYS) throw ramError("LimitExceeded.User.AccessKey");
  const key = newAccessKey(world);
  user.accessKeys.push(key);
  return { AccessKey: { ...described(key), AccessKeySecret: key.secret } };
}

function listAccessKeys(world: World, call: RpcCall): object {
  const user = authorizedUser(world, call);
  return { AccessKeys: { AccessKey: user.accessKeys.map(described) } };
}

function updateAccessKey(world: World, call: RpcCall): object {
  const id = requiredParameter(call, "UserAccessKeyId");
  const status = oneOf(requiredParameter(call, "Status"), ["Active", "Inactive"], "Status");
  existingKey(authorizedUser(world, call), id).status = status;
  return {};
}

function deleteAccessKey(world: World, call: RpcCall): object {
  const id = requiredParameter(call, "UserAccessKeyId");
  const user = authorizedUser(world, call);
  user.accessKeys.splice(user.accessKeys.indexOf(existingKey(user, id)), 1);
  return {};
}

function authorizedUser(world: World, call: RpcCall): RamUser {
  const name = userNameOrOwn(call);
  return existingUser(authorizedAccount(world, call, [userResource(call, name)]), name);
}

function existingKey(user: RamUser, id: string): AccessKey {
  const key = user.accessKeys.find((candidate) => candidate.id === id);
  if (key === undefined) throw ramError("EntityNotExist.User.AccessKey");
  return key;
}

function described(key: AccessKey) {
  return { AccessKeyId: key.id, Status: key.status, CreateDate: dateText(key.createdMs) };
}
