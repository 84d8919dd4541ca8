import type { Scene } from "./classic-world.ts";
import { readAccount } from "./seed/account.ts";
import { readBucket } from "./seed/bucket.ts";
import { SeedError, type SeedNode, type SeedReader, seedNodeFrom, seedReader } from "./seed/reader.ts";
import type { AccessKey, RamUser, World } from "./world.ts";

/**
 * A world of one's own, from YAML or JSON: accounts with policies, users (with keys) and roles; buckets; and `scene`,
 * which says whom the sandbox's line is about. Throws SeedError with every mistake and its path. The forms of names,
 * and the limits, are those of the RAM and OSS APIs. Its members: docs/sandbox.md.
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
  const callerKey = activeKeyOf(read, "scene.caller", one("caller", account?.users));
  const administratorKey = activeKeyOf(read, "scene.administrator", one("administrator", account?.users));
  const role = one("role", account?.roles);
  const functionRole = one("functionRole", account?.roles);
  const bucket = one("bucket", world.buckets);
  return account && callerKey && administratorKey && role && functionRole && bucket
    ? { account, callerKey, administratorKey, role, functionRole, bucket }
    : undefined;
}

function activeKeyOf(read: SeedReader, path: string, user: RamUser | undefined): AccessKey | undefined {
  const key = user?.accessKeys.find(({ status }) => status === "Active");
  if (user !== undefined && key === undefined) read.problem(path, "has no active key");
  return key;
}
