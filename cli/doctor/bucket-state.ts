import {
  AlienAnswer,
  type CloudProblem,
  cloudProblemFrom,
  problemText,
  remedyOf,
  remedyOfAccess,
} from "../shared/cloud-problem.ts";
import type { OssClient } from "../shared/oss-client.ts";
import type { Findings } from "./finding.ts";

/** The settings to check when OSS does not answer. */
export const OSS_SUSPECTS = { keys: "ALIBABA_CLOUD", address: "OSS_REGION or --oss-endpoint" };

export const READ_WITH = "run this with keys that may read the bucket's settings (AliyunOSSReadOnlyAccess)";

/** here: the account's own, in the region; elsewhere: its own, in another; unknown: none that is known to be its own. */
type BucketState = "here" | "elsewhere" | "unknown";

/** Whether a bucket is there, in the region, the account's own, and private; and keeps files that forms must not replace. */
export async function bucketStateOf(
  client: OssClient,
  want: {
    readonly bucket: string;
    readonly region: string;
    readonly accountId: string;
    /** Names of the rules whose forms must not replace a file there. */
    readonly keeping: readonly string[];
  },
  findings: Findings,
): Promise<BucketState> {
  const { bucket, region, accountId, keeping } = want;
  const check = `bucket ${bucket}`;
  let info: BucketInfo;
  try {
    info = bucketInfoFrom(await client.getBucketInfo(bucket));
  } catch (error) {
    return await whyUnreadable(client, cloudProblemFrom(error), want, findings);
  }
  if (info.owner !== accountId) {
    findings.fail(
      check,
      `belongs to account ${info.owner}, but the role belongs to account ${accountId}: the role's policies have no effect there`,
      "use a bucket of this account, or ask its owner for a bucket policy that allows the role",
    );
    return "unknown";
  }
  if (info.region !== region) {
    findings.fail(
      check,
      `is in ${info.region}, but OSS_REGION is ${region}`,
      `write OSS_REGION=${info.region}`,
    );
    return "elsewhere";
  }
  if (info.acl === "private") findings.ok(check, `in ${region}, private`);
  else
    findings.fail(
      check,
      `its ACL is ${info.acl}: anybody can ${info.acl === "public-read" ? "read" : "read and write"} every object, whatever access.yaml says`,
      `set the ACL of ${bucket} to private (console: Permission Control), and switch on Block Public Access`,
    );
  if (info.keepsVersions && keeping.length > 0)
    findings.warn(
      `versions in ${bucket}`,
      `the bucket keeps versions, and so OSS ignores overwrite: false of ${keeping.join(", ")}: a form can be posted again until it ends, and replaces the file with a new version`,
      "use a bucket without versioning for these rules, unless it is enough that the older version can be restored",
    );
  return "here";
}

interface BucketInfo {
  readonly region: string;
  readonly owner: string;
  readonly acl: string;
  /** Enabled, or Suspended: x-oss-forbid-overwrite has no effect. Source: OSS, PutObject, request headers. */
  readonly keepsVersions: boolean;
}

/** ali-oss has no types for this answer. Throws AlienAnswer when it is not an answer of GetBucketInfo. */
function bucketInfoFrom(answer: unknown): BucketInfo {
  const { bucket } = Object(answer) as { readonly bucket?: unknown };
  const {
    Location: location,
    Owner: owner,
    AccessControlList: list,
    Versioning: versioning,
  } = Object(bucket) as Readonly<Record<string, unknown>>;
  const { ID: id } = Object(owner) as { readonly ID?: unknown };
  const { Grant: grant } = Object(list) as { readonly Grant?: unknown };
  if (typeof location !== "string" || typeof id !== "string" || typeof grant !== "string")
    throw new AlienAnswer("it lacks the bucket's location, owner or ACL");
  const keepsVersions = versioning === "Enabled" || versioning === "Suspended";
  return { region: regionOf(location), owner: id, acl: grant, keepsVersions };
}

/** OSS does not say where a bucket is that is not where it was looked for; the list of all buckets does. */
async function whyUnreadable(
  client: OssClient,
  problem: CloudProblem,
  want: { readonly bucket: string; readonly region: string },
  findings: Findings,
): Promise<BucketState> {
  const { bucket, region } = want;
  const check = `bucket ${bucket}`;
  if (remedyOfAccess(problem, OSS_SUSPECTS) === undefined) {
    const listed = await locationOf(client, bucket);
    if (listed !== undefined && listed !== region) {
      findings.fail(check, `is in ${listed}, but OSS_REGION is ${region}`, `write OSS_REGION=${listed}`);
      return "elsewhere";
    }
  }
  if (problem.code === "NoSuchBucket")
    findings.fail(
      check,
      `does not exist in ${region}, and the account has no bucket of that name`,
      "fix OSS_BUCKET (or bucket in access.yaml), or create the bucket: private, in the function's region",
    );
  else if (problem.code === "AccessDenied")
    findings.fail(check, problemText(problem), `${READ_WITH}; or the bucket belongs to somebody else`);
  else findings.fail(check, problemText(problem), remedyOf(problem, OSS_SUSPECTS));
  return "unknown";
}

async function locationOf(client: OssClient, bucket: string): Promise<string | undefined> {
  try {
    // The types say a list, the code gives it in a field.
    const answer = (await client.listBuckets({ prefix: bucket })) as unknown as {
      readonly buckets: readonly { readonly name: string; readonly region: string }[] | null;
    };
    const found = answer.buckets?.find(({ name }) => name === bucket);
    return found === undefined ? undefined : regionOf(found.region);
  } catch {
    return undefined;
  }
}

function regionOf(location: string): string {
  return location.replace(/^oss-/, "");
}
