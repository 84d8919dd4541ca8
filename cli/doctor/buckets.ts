import { evaluate } from "../../sandbox/ram/evaluate.ts";
import { policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import type { AccessRules } from "../../shared/domain/access-rules.ts";
import type { Permission } from "../../shared/domain/ram-policy.ts";
import { type CloudProblem, cloudProblemFrom, problemText } from "../cloud-problem.ts";
import type { ossClientWith } from "../oss-client.ts";
import { remedyOf, remedyOfAccess } from "../remedy.ts";
import { corsProblem } from "./cors.ts";
import type { Findings } from "./finding.ts";

type OssClient = ReturnType<typeof ossClientWith>;

/** Each bucket of the rules: it is there, in the region, the account's own, private, and open to the browsers' Apps. */
export async function bucketsChecked(
  client: OssClient,
  want: {
    readonly rules: AccessRules;
    readonly bucket: string;
    readonly region: string;
    readonly accountId: string;
    readonly allowedOrigins: readonly string[];
  },
  findings: Findings,
): Promise<void> {
  const { rules, bucket: usual, region, accountId, allowedOrigins } = want;
  const enforced = rules.rules.filter(({ mode }) => mode === "enforce");
  for (const bucket of new Set([usual, ...enforced.map((rule) => rule.bucket ?? usual)])) {
    if (!(await isThere(client, { bucket, region, accountId }, findings))) continue;
    await policyChecked(client, bucket, findings);
    const permissions = new Set(
      enforced.filter((rule) => (rule.bucket ?? usual) === bucket).flatMap((rule) => rule.permissions),
    );
    await corsChecked(client, { bucket, allowedOrigins, permissions }, findings);
  }
}

async function isThere(
  client: OssClient,
  want: { readonly bucket: string; readonly region: string; readonly accountId: string },
  findings: Findings,
): Promise<boolean> {
  const { bucket, region, accountId } = want;
  const check = `bucket ${bucket}`;
  let info: BucketInfo;
  try {
    info = ((await client.getBucketInfo(bucket)) as { readonly bucket: BucketInfo }).bucket;
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(check, ...(await whyUnreadable(client, problem, want)));
    return false;
  }
  const actual = regionOf(info.Location);
  if (actual !== region) {
    findings.fail(check, `is in ${actual}, and OSS_REGION says ${region}`, `write OSS_REGION=${actual}`);
    return false;
  }
  const owner = info.Owner?.ID;
  if (owner !== undefined && owner !== accountId)
    findings.fail(
      check,
      `belongs to account ${owner}, and the role to ${accountId}: its policies do not reach there`,
      "name a bucket of this account, or let its owner open it to the role by a bucket policy",
    );
  const acl = info.AccessControlList?.Grant ?? "private";
  if (acl === "private") findings.ok(check, `in ${region}, private`);
  else
    findings.fail(
      check,
      `its ACL is ${acl}: anybody may ${acl === "public-read" ? "read" : "read and write"} every object, whatever access.yaml says`,
      `set the ACL of ${bucket} to private (console: Permission Control), and Block Public Access`,
    );
  return true;
}

/** OSS does not say where a bucket is that is not where it was looked for; the list of all buckets does. */
async function whyUnreadable(
  client: OssClient,
  problem: CloudProblem,
  want: { readonly bucket: string; readonly region: string },
): Promise<readonly [cause: string, fix: string]> {
  const { bucket, region } = want;
  const remedy = remedyOfAccess(problem, SUSPECTS);
  if (remedy !== undefined) return [problemText(problem), remedy];
  const listed = await locationOf(client, bucket);
  if (listed !== undefined && listed !== region)
    return [`is in ${listed}, and OSS_REGION says ${region}`, `write OSS_REGION=${listed}`];
  if (problem.code === "NoSuchBucket")
    return [
      `does not exist in ${region}, nor among the account's buckets`,
      "mend OSS_BUCKET (or bucket in access.yaml), or make the bucket: private, in the function's region",
    ];
  if (problem.code === "AccessDenied")
    return [
      problemText(problem),
      "run this with keys that may read the bucket's settings (AliyunOSSReadOnlyAccess); or the bucket is somebody else's",
    ];
  return [problemText(problem), remedyOf(problem, SUSPECTS)];
}

const SUSPECTS = { keys: "ALIBABA_CLOUD", address: "OSS_REGION or --oss-endpoint" };

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

/** A bucket policy for everybody opens it past every role. */
async function policyChecked(client: OssClient, bucket: string, findings: Findings): Promise<void> {
  const check = `bucket policy of ${bucket}`;
  let policy: unknown;
  try {
    ({ policy } = await client.getBucketPolicy(bucket));
  } catch (error) {
    findings.skip(check, problemText(cloudProblemFrom(error)));
    return;
  }
  if (policy === null) return;
  const document = JSON.stringify(policy);
  const problem = policyGrammarProblem(document, "resource");
  if (problem !== undefined) {
    findings.skip(check, `cannot be judged here: ${problem}`);
    return;
  }
  const open = ANYBODYS.filter(
    ([action, path]) =>
      evaluate(
        {
          action,
          resource: `acs:oss:*:1234567890123456:${bucket}${path}`,
          context: { "acs:SecureTransport": "true", "acs:SourceIp": "192.0.2.1" },
        },
        { identity: [], resource: { name: check, document } },
      ).effect === "Allow",
  ).map(([action]) => action);
  if (open.length === 0) findings.ok(check, "lets nobody in who is not signed in");
  else
    findings.fail(
      check,
      `allows ${open.join(", ")} to anybody, whatever access.yaml says`,
      'take the statements with Principal "*" out of it',
    );
}

const ANYBODYS = [
  ["oss:GetObject", "/oss-valet-doctor"],
  ["oss:PutObject", "/oss-valet-doctor"],
  ["oss:ListObjects", ""],
] as const;

async function corsChecked(
  client: OssClient,
  want: {
    readonly bucket: string;
    readonly allowedOrigins: readonly string[];
    readonly permissions: ReadonlySet<Permission>;
  },
  findings: Findings,
): Promise<void> {
  const { bucket, allowedOrigins, permissions } = want;
  const check = `CORS of ${bucket}`;
  if (allowedOrigins.length === 0) {
    findings.skip(check, "ALLOWED_ORIGINS is not set: no App in a browser");
    return;
  }
  try {
    const { rules } = await client.getBucketCORS(bucket);
    const problems = allowedOrigins.flatMap((origin) => corsProblem(rules, origin, permissions) ?? []);
    if (problems.length === 0) findings.ok(check, `fits ${allowedOrigins.join(", ")}`);
    for (const { cause, fix } of problems) findings.fail(check, cause, fix);
  } catch (error) {
    const problem = cloudProblemFrom(error);
    if (problem.code === "NoSuchCORSConfiguration") {
      const [missing] = allowedOrigins.flatMap((origin) => corsProblem([], origin, permissions) ?? []);
      findings.fail(
        check,
        "there is none, and ALLOWED_ORIGINS is set: browsers refuse every call",
        missing?.fix ?? "",
      );
    } else
      findings.fail(check, problemText(problem), "run this with keys that may read the bucket's settings");
  }
}

function regionOf(location: string): string {
  return location.replace(/^oss-/, "");
}

interface BucketInfo {
  readonly Location: string;
  readonly Owner?: { readonly ID?: string };
  readonly AccessControlList?: { readonly Grant?: string };
}
