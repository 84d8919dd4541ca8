import type { Scene } from "./classic-world.ts";
import { readAccount } from "./seed/account.ts";
import { readBucket } from "./seed/bucket.ts";
import { SeedError, type SeedNode, type SeedReader, seedNodeFrom, seedReader } from "./seed/reader.ts";
import type { AccessKey, RamUser, World } from "./world.ts";

/**
 * Makes a world from YAML or JSON: accounts with policies, users (with keys) and roles; buckets; and `scene`, which
 * chooses what the sandbox's line shows. Throws SeedError with every mistake and its path. Names have the form, and the
 * limits are those, of the RAM and OSS APIs. docs/sandbox.md lists the members.
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

function readScene(read: SeedReader, world: World, node: SeedNode | undefined): Scene | undefined {
  if (node === undefined) {
    read.problem("scene", "is missing; write who calls, which role is assumed, and which bucket is used");
    return undefined;
  }
  const names = [
    "account",
    "caller",
    "administrator",
    "role",
    "functionRole",
    "uploadsRole",
    "bucket",
  ] as const;
  const given = read.members(node, "scene", names);
  const one = <T>(name: (typeof names)[number], of: ReadonlyMap<string, T> | undefined): T | undefined => {
    const wanted = given[name];
    const key = typeof wanted === "string" ? wanted : "";
    const found = of?.get(/role$/i.test(name) ? key.toLowerCase() : key);
    if (found === undefined)
      read.problem(`scene.${name}`, key === "" ? "is missing" : `"${key}" does not exist`);
    return found;
  };
  const account = one("account", world.accounts);
  const callerKey = activeKeyOf(read, "scene.caller", one("caller", account?.users));
  const administratorKey = activeKeyOf(read, "scene.administrator", one("administrator", account?.users));
  const role = one("role", account?.roles);
  const functionRole = one("functionRole", account?.roles);
  const uploadsRole = given.uploadsRole === undefined ? undefined : one("uploadsRole", account?.roles);
  const bucket = one("bucket", world.buckets);
  return account && callerKey && administratorKey && role && functionRole && bucket
    ? { account, callerKey, administratorKey, role, functionRole, uploadsRole, bucket }
    : undefined;
}

function activeKeyOf(read: SeedReader, path: string, user: RamUser | undefined): AccessKey | undefined {
  const key = user?.accessKeys.find(({ status }) => status === "Active");
  if (user !== undefined && key === undefined)
    read.problem(path, "has no active key; choose a user with one");
  return key;
}
