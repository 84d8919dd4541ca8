import type { Scene } from "./classic-world.ts";
import { type PolicyKind, policyGrammarProblem } from "./ram/policy-document.ts";
import { SYSTEM_POLICIES } from "./ram/system-policies.ts";
import { SeedError, type SeedNode, type SeedReader, seedNodeFrom, seedReader } from "./seed-reader.ts";
import {
  type AccessKey,
  type Account,
  addAccount,
  addBucket,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  type Bucket,
  newAccessKey,
  type RamUser,
  type Role,
  type World,
} from "./world.ts";

/**
 * A world of one's own, from YAML or JSON: accounts with policies, users (with keys) and roles; buckets; and `scene`,
 * which says whom the sandbox's line is about. Throws SeedError with every mistake and its path. The forms of names
 * are those of the RAM and OSS APIs.
 */
export function seededWorld(text: string): (world: World) => Scene {
  const root = seedNodeFrom(text);
  return (world) => {
    const read = seedReader();
    const { accounts, buckets, scene } = read.members(root, "seed", ["accounts", "buckets", "scene"]);
    for (const [id, account] of read.entries(accounts, "accounts")) readAccount(read, world, id, account);
    for (const [name, bucket] of read.entries(buckets, "buckets")) readBucket(read, world, name, bucket);
    const found = readScene(read, world, scene);
    if (found === undefined || read.problems.length > 0) throw new SeedError(read.problems);
    return found;
  };
}

function readAccount(read: SeedReader, world: World, id: string, node: SeedNode): void {
  const path = `accounts.${id}`;
  if (!/^\d{16}$/.test(id)) read.problem(path, "an account id has 16 digits");
  const account = addAccount(world, id);
  const { policies, users, roles } = read.members(node, path, ["policies", "users", "roles"]);
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
  for (const [at, key] of read.list(keys, `${path}.keys`).entries()) {
    user.accessKeys.push(accessKey(read, world, key, `${path}.keys.${at}`));
  }
  attach(read, world, account, user, policies, `${path}.policies`);
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

/** A name of the account's own policies, or of a system policy. */
function attach(
  read: SeedReader,
  world: World,
  account: Account,
  to: RamUser | Role,
  node: SeedNode | undefined,
  path: string,
): void {
  for (const [at, name] of read.list(node, path).entries()) {
    if (typeof name === "string" && account.policies.has(name)) attachPolicy(world, to, "Custom", name);
    else if (typeof name === "string" && SYSTEM_POLICIES.has(name)) attachPolicy(world, to, "System", name);
    else {
      const own = [...account.policies.keys(), ...SYSTEM_POLICIES.keys()].join(", ");
      read.problem(`${path}.${at}`, `there is no policy ${JSON.stringify(name)}; there are ${own}`);
    }
  }
}

function readBucket(read: SeedReader, world: World, name: string, node: SeedNode): void {
  const path = `buckets.${name}`;
  read.text(
    name,
    path,
    /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    "named with 3 to 63 lower-case letters, digits and hyphens, none of these at an end",
  );
  const { owner, region, acl, policy } = read.members(node, path, ["owner", "region", "acl", "policy"]);
  const ownerId = read.text(owner, `${path}.owner`, /^\d{16}$/, "an account id");
  if (ownerId !== "" && !world.accounts.has(ownerId)) {
    read.problem(`${path}.owner`, `there is no account ${ownerId}`);
  }
  const bucket = addBucket(world, {
    name,
    ownerId,
    region: read.text(region, `${path}.region`, /^[a-z]+(-[a-z0-9]+)+$/, "a region, e.g. cn-hangzhou"),
  });
  if (acl !== undefined) {
    const acls = /^(private|public-read|public-read-write)$/;
    bucket.acl = read.text(
      acl,
      `${path}.acl`,
      acls,
      "private, public-read or public-read-write",
    ) as Bucket["acl"];
  }
  if (policy !== undefined) bucket.policy = policyText(read, policy, `${path}.policy`, "resource");
}

/** A policy stands in the file as an object, or as its text. */
function policyText(read: SeedReader, node: SeedNode | undefined, path: string, kind: PolicyKind): string {
  if (node === undefined) {
    read.problem(path, "is missing");
    return "";
  }
  const text = typeof node === "string" ? node : JSON.stringify(node);
  const problem = policyGrammarProblem(text, kind);
  if (problem !== undefined) read.problem(path, problem);
  return text;
}

function readScene(read: SeedReader, world: World, node: SeedNode | undefined): Scene | undefined {
  if (node === undefined) {
    read.problem("scene", "is missing: who calls, which role is assumed, in which bucket");
    return undefined;
  }
  const names = ["account", "caller", "administrator", "role", "functionRole", "bucket"] as const;
  const given = read.members(node, "scene", names);
  const one = <T>(name: (typeof names)[number], of: ReadonlyMap<string, T> | undefined): T | undefined => {
    const wanted = given[name];
    const key = typeof wanted === "string" ? wanted : "";
    const found = of?.get(name === "role" || name === "functionRole" ? key.toLowerCase() : key);
    if (found === undefined) read.problem(`scene.${name}`, key === "" ? "is missing" : `there is no ${key}`);
    return found;
  };
  const account = one("account", world.accounts);
  const caller = one("caller", account?.users);
  const administrator = one("administrator", account?.users);
  const role = one("role", account?.roles);
  const functionRole = one("functionRole", account?.roles);
  const bucket = one("bucket", world.buckets);
  const callerKey = caller?.accessKeys[0];
  const administratorKey = administrator?.accessKeys[0];
  if (caller !== undefined && callerKey === undefined) read.problem("scene.caller", "has no key");
  if (administrator !== undefined && administratorKey === undefined) {
    read.problem("scene.administrator", "has no key");
  }
  return account && callerKey && administratorKey && role && functionRole && bucket
    ? { account, callerKey, administratorKey, role, functionRole, bucket }
    : undefined;
}
