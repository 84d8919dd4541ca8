import { randomBytes } from "node:crypto";
import { ossNameFrom } from "../../shared/domain/oss-endpoint.ts";
import type { CredentialsBody } from "../../shared/wire.ts";
import { type CloudProblem, cloudProblemFrom, problemText, remedyOfAccess } from "../shared/cloud-problem.ts";
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
  | "OssCname"
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
    ...(options.ossEndpoint === undefined
      ? { endpoint: access.OssEndpoint, cname: access.OssCname === "true" }
      : { endpoint: options.ossEndpoint }),
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

  let unreachable = false;
  const opens = async (permission: string, what: string, run: () => Promise<unknown>): Promise<void> => {
    if (unreachable) return;
    if (!may.has(permission)) return tell(what, undefined, `the rules do not grant ${permission}`);
    const problem = await problemOf(run());
    const fix = problem === undefined ? undefined : fixOfEndpoint(problem, access);
    if (problem !== undefined && fix !== undefined) {
      unreachable = true;
      tell(what, false, `${problemText(problem).replace(/\.$/, "")}; ${fix}`);
      return tell("everything else on OSS", undefined, `${access.OssEndpoint} gives no object to an App`);
    }
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
  if (unreachable) return;
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

/** What to do where no App reaches the endpoint; undefined: the reason is another. */
function fixOfEndpoint(problem: CloudProblem, { OssEndpoint, OssCname }: VendedAccess): string | undefined {
  if (problem.code === "PublicEndpointForbidden")
    return remedyOfAccess(problem, { keys: "", address: "OSS_ENDPOINT" });
  if (problem.kind === "refused") return undefined;
  const { hostname } = new URL(OssEndpoint);
  if (ossNameFrom(hostname)?.internal === true)
    return `${hostname} can be reached only inside Alibaba Cloud: write the public endpoint, or the bucket's own domain, into OSS_ENDPOINT`;
  return OssCname === "true"
    ? `npm run valet -- doctor says whether ${hostname} leads to the bucket and has a certificate`
    : "fix OSS_ENDPOINT, or this machine's connection to it";
}

async function problemOf(call: Promise<unknown>) {
  try {
    await call;
    return undefined;
  } catch (error) {
    return cloudProblemFrom(error);
  }
}
