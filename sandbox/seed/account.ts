import { MAX_ACCESS_KEYS } from "../ram/access-keys.ts";
import { MAX_ATTACHED } from "../ram/attachments.ts";
import { SYSTEM_POLICIES } from "../ram/system-policies.ts";
import {
  type AccessKey,
  type Account,
  addAccount,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  callerWith,
  newAccessKey,
  type RamUser,
  type Role,
  type World,
} from "../world.ts";
import { policyText } from "./policy.ts";
import type { SeedNode, SeedReader } from "./reader.ts";

/** Adds an account with its root keys, policies, users and roles. Names and limits are those of the RAM API. */
export function readAccount(read: SeedReader, world: World, id: string, node: SeedNode): void {
  const path = `accounts.${id}`;
  if (!/^\d{16}$/.test(id)) read.problem(path, "must be an account id of 16 digits");
  const account = addAccount(world, id);
  const { rootKeys, policies, users, roles, newToOss } = read.members(node, path, [
    "rootKeys",
    "policies",
    "users",
    "roles",
    "newToOss",
  ]);
  account.newToOss =
    newToOss !== undefined &&
    read.text(newToOss, `${path}.newToOss`, /^(true|false)$/, "true or false") === "true";
  readKeys(read, world, account.rootKeys, rootKeys, `${path}.rootKeys`);
  for (const [name, document] of read.entries(policies, `${path}.policies`)) {
    const at = `${path}.policies.${name}`;
    read.text(name, at, /^[A-Za-z0-9-]{1,128}$/, "named with 1 to 128 letters, digits and hyphens");
    addPolicy(world, account, name, policyText(read, document, at, "identity"));
  }
  for (const [name, user] of read.entries(users, `${path}.users`)) readUser(read, world, account, name, user);
  for (const [name, role] of read.entries(roles, `${path}.roles`)) readRole(read, world, account, name, role);
}

function readUser(read: SeedReader, world: World, account: Account, name: string, node: SeedNode): void {
  const path = `accounts.${account.id}.users.${name}`;
  read.text(name, path, /^[A-Za-z0-9._-]{1,64}$/, "named with 1 to 64 letters, digits and . _ -");
  const { keys, policies } = read.members(node, path, ["keys", "policies"]);
  const user = addUser(world, account, name);
  if (keys === undefined) user.accessKeys.push(newAccessKey(world));
  readKeys(read, world, user.accessKeys, keys, `${path}.keys`);
  attach(read, world, account, user, policies, `${path}.policies`);
}

/** Reads the keys of one owner. With the same key id at two owners, the sandbox could not tell who signed. */
function readKeys(
  read: SeedReader,
  world: World,
  to: AccessKey[],
  node: SeedNode | undefined,
  path: string,
): void {
  const listed = read.list(node, path);
  if (listed.length > MAX_ACCESS_KEYS)
    read.problem(path, `has too many keys; the limit is ${MAX_ACCESS_KEYS}`);
  for (const [at, one] of listed.entries()) {
    const key = accessKey(read, world, one, `${path}.${at}`);
    if (callerWith(world, key.id) !== undefined) {
      read.problem(`${path}.${at}.id`, `the key ${key.id} exists already; write another id`);
    }
    to.push(key);
  }
}

function accessKey(read: SeedReader, world: World, node: SeedNode, path: string): AccessKey {
  const { id, secret, status } = read.members(node, path, ["id", "secret", "status"]);
  const made = newAccessKey(world);
  return {
    ...made,
    id:
      id === undefined ? made.id : read.text(id, `${path}.id`, /^[A-Za-z0-9]{4,128}$/, "letters and digits"),
    secret:
      secret === undefined
        ? made.secret
        : read.text(secret, `${path}.secret`, /^\S{8,128}$/, "8 characters or more"),
    status:
      status === undefined ||
      read.text(status, `${path}.status`, /^(Active|Inactive)$/, "Active or Inactive") === "Active"
        ? "Active"
        : "Inactive",
  };
}

function readRole(read: SeedReader, world: World, account: Account, name: string, node: SeedNode): void {
  const path = `accounts.${account.id}.roles.${name}`;
  read.text(name, path, /^[A-Za-z0-9.-]{1,64}$/, "named with 1 to 64 letters, digits and . -");
  const same = account.roles.get(name.toLowerCase());
  if (same !== undefined)
    read.problem(path, `a role ${same.name} exists already; role names do not differ by case`);
  const { trust, maxSessionSeconds, policies } = read.members(node, path, [
    "trust",
    "maxSessionSeconds",
    "policies",
  ]);
  const seconds =
    maxSessionSeconds === undefined
      ? 3600
      : Number(read.text(maxSessionSeconds, `${path}.maxSessionSeconds`, /^\d{1,5}$/, "a number of seconds"));
  if (seconds < 3600 || seconds > 43_200) {
    read.problem(`${path}.maxSessionSeconds`, "must be from 3600 to 43200");
  }
  const role = addRole(world, account, {
    name,
    trustPolicy: policyText(read, trust, `${path}.trust`, "trust"),
    maxSessionSeconds: seconds,
  });
  attach(read, world, account, role, policies, `${path}.policies`);
}

/** Attaches policies by name: the account's own, or system policies. */
function attach(
  read: SeedReader,
  world: World,
  account: Account,
  to: RamUser | Role,
  node: SeedNode | undefined,
  path: string,
): void {
  for (const [at, name] of read.list(node, path).entries()) {
    const known = typeof name === "string" ? name : "";
    const type = account.policies.has(known) ? "Custom" : SYSTEM_POLICIES.has(known) ? "System" : undefined;
    if (type === undefined) {
      const own = [...account.policies.keys(), ...SYSTEM_POLICIES.keys()].join(", ");
      read.problem(`${path}.${at}`, `unknown policy ${JSON.stringify(name)}; write one of ${own}`);
      continue;
    }
    if (to.attached.some((one) => one.type === type && one.name === known)) {
      read.problem(`${path}.${at}`, `${known} is attached twice; write it once`);
    }
    attachPolicy(world, to, type, known);
  }
  for (const type of ["System", "Custom"] as const) {
    if (to.attached.filter((one) => one.type === type).length > MAX_ATTACHED[type]) {
      read.problem(path, `has too many ${type} policies; the limit is ${MAX_ATTACHED[type]}`);
    }
  }
}
