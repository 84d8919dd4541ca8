import { randomBytes } from "node:crypto";
import type { CredentialsBody } from "../../shared/wire.ts";
import { cloudProblemFrom, problemText } from "../shared/cloud-problem.ts";
import { ossClientWith } from "../shared/oss-client.ts";

/** What the endpoint vended, as far as OSS needs it. */
export type VendedAccess = Pick<
  CredentialsBody,
  | "AccessKeyId"
  | "AccessKeySecret"
  | "SecurityToken"
  | "KeyPrefix"
  | "Permissions"
  | "OssBucket"
  | "OssRegion"
  | "OssEndpoint"
>;

/** One thing that was tried; undefined: it could not be. */
export type Tell = (what: string, ok: boolean | undefined, seen: string) => void;

/**
 * The user's folder opens as far as the permissions say, and nothing beside it: a neighbour's folder, the whole
 * bucket. Writes one small object of a name that nothing else has, and deletes it where it may.
 */
export async function triedOnOss(
  access: VendedAccess,
  options: {
    readonly neighbour: string | undefined;
    readonly ossEndpoint: string | undefined;
    readonly readOnly: boolean;
  },
  tell: Tell,
): Promise<void> {
  const client = ossClientWith({
    keys: {
      accessKeyId: access.AccessKeyId,
      accessKeySecret: access.AccessKeySecret,
      securityToken: access.SecurityToken,
    },
    region: access.OssRegion,
    endpoint: options.ossEndpoint ?? access.OssEndpoint,
    bucket: access.OssBucket,
  });
  const may = new Set(access.Permissions.split(","));
  const writes = may.has("write") && !options.readOnly;
  const name = `oss-valet-smoke-${randomBytes(6).toString("hex")}.txt`;
  const key = `${access.KeyPrefix}${name}`;
  const content = Buffer.from("smoke\n");
  const neighbour =
    options.neighbour ??
    (access.KeyPrefix === "" ? undefined : `${access.KeyPrefix.slice(0, -1)}-neighbour/`);

  const opens = async (permission: string, what: string, run: () => Promise<unknown>): Promise<void> => {
    if (!may.has(permission)) return tell(what, undefined, `the rules do not grant ${permission}`);
    const problem = await problemOf(run());
    // Where nothing was written there is nothing to read, and to learn that takes the permission.
    const opened = problem === undefined || (problem.code === "NoSuchKey" && !writes);
    tell(what, opened, problem === undefined ? "done" : opened ? "allowed" : problemText(problem));
  };
  const stays = async (what: string, run: () => Promise<unknown>): Promise<void> => {
    const problem = await problemOf(run());
    const allowed = problem === undefined || problem.code === "NoSuchKey";
    const seen = allowed ? "it was allowed: the rules or the role grant too much" : problemText(problem);
    tell(`${what} is forbidden`, problem?.code === "AccessDenied", seen);
  };

  if (options.readOnly) tell(`write ${key}`, undefined, "--read-only");
  else await opens("write", `write ${key}`, () => client.put(key, content));
  await opens("read", `read ${key}`, () => client.get(key));
  await opens("list", `list ${access.KeyPrefix}`, () =>
    client.list({ prefix: access.KeyPrefix, "max-keys": 1 }, {}),
  );
  if (neighbour === undefined)
    tell("what lies outside the user's folder", undefined, "the user's folder is the whole bucket");
  else {
    await stays(`read in ${neighbour}`, () => client.get(`${neighbour}a.txt`));
    await stays(`list ${neighbour}`, () => client.list({ prefix: neighbour, "max-keys": 1 }, {}));
    await stays("list the whole bucket", () => client.list({ "max-keys": 1 }, {}));
  }
  if (neighbour !== undefined && writes) {
    await stays(`write in ${neighbour}`, async () => {
      await client.put(`${neighbour}${name}`, content);
      await client.delete(`${neighbour}${name}`).catch(() => undefined);
    });
  }
  if (!writes) return;
  if (may.has("delete")) await opens("delete", `delete ${key}`, () => client.delete(key));
  else tell(`delete ${key}`, undefined, "the rules do not grant delete: the object stays");
}

async function problemOf(call: Promise<unknown>) {
  try {
    await call;
    return undefined;
  } catch (error) {
    return cloudProblemFrom(error);
  }
}
