import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { ProvisionSettings } from "../provision/desired-state.ts";
import {
  AlienAnswer,
  type CloudProblem,
  cloudProblemFrom,
  problemText,
  remedyOf,
} from "../shared/cloud-problem.ts";
import type { OssClient } from "../shared/oss-client.ts";
import { bucketPolicyChecked } from "./bucket-policy.ts";
import { bucketStateOf, OSS_SUSPECTS, READ_WITH } from "./bucket-state.ts";
import { type BucketCorsRule, corsProblem, type Use } from "./cors.ts";
import type { Findings } from "./finding.ts";

/**
 * Each bucket of the rules: it is there, in the region, the account's own, private, and open to the browsers' Apps.
 * Those that are not known to be there and the account's own: nobody should be given access to such a name.
 */
export async function bucketsChecked(
  client: OssClient,
  want: {
    readonly rules: AccessRules;
    readonly settings: ProvisionSettings;
    readonly region: string;
    readonly allowedOrigins: readonly string[];
    /** Tells whether Apps reach a bucket that is as it must be. */
    readonly endpointChecked: (bucket: string) => Promise<void>;
  },
  findings: Findings,
): Promise<readonly string[]> {
  const { rules, region, allowedOrigins } = want;
  const { accountId, bucket: defaultBucket, clientRole, uploadsRole } = want.settings;
  const enforced = rules.rules.filter(({ mode }) => mode === "enforce");
  const unknown: string[] = [];
  for (const bucket of new Set([defaultBucket, ...enforced.map((rule) => rule.bucket ?? defaultBucket)])) {
    const own = enforced.filter((rule) => (rule.bucket ?? defaultBucket) === bucket);
    const keeping = own.flatMap(({ name, upload }) =>
      upload === undefined || upload.overwrite || uploadsRole === undefined ? [] : [name],
    );
    const state = await bucketStateOf(client, { bucket, region, accountId, keeping }, findings);
    if (state === "unknown") unknown.push(bucket);
    if (state !== "here") continue;
    await want.endpointChecked(bucket);
    const ground = {
      ...{ bucket, defaultBucket, accountId, rules },
      clientRole: clientRole.toLowerCase(),
      uploadsRole: uploadsRole?.toLowerCase(),
    };
    await policyChecked(client, ground, findings);
    const uses = new Set<Use>(
      own.flatMap(({ permissions, upload }): readonly Use[] =>
        upload === undefined || uploadsRole === undefined ? permissions : [...permissions, "upload"],
      ),
    );
    await corsChecked(client, { bucket, allowedOrigins, uses }, findings);
  }
  return unknown;
}

async function policyChecked(
  client: OssClient,
  ground: Parameters<typeof bucketPolicyChecked>[1],
  findings: Findings,
): Promise<void> {
  const check = `bucket policy of ${ground.bucket}`;
  let answer: Awaited<ReturnType<OssClient["getBucketPolicy"]>>;
  try {
    answer = await client.getBucketPolicy(ground.bucket);
    // ali-oss rejects no status here, and gives no policy with any but 200.
    if (![200, 403, 404].includes(answer.status)) throw new AlienAnswer(`status ${answer.status}`);
  } catch (error) {
    unreadable(check, cloudProblemFrom(error), findings);
    return;
  }
  if (answer.status === 200) bucketPolicyChecked(answer.policy, ground, findings);
  if (answer.status === 403) findings.fail(check, "AccessDenied", READ_WITH);
}

async function corsChecked(
  client: OssClient,
  want: {
    readonly bucket: string;
    readonly allowedOrigins: readonly string[];
    readonly uses: ReadonlySet<Use>;
  },
  findings: Findings,
): Promise<void> {
  const { bucket, allowedOrigins, uses } = want;
  const check = `CORS of ${bucket}`;
  if (allowedOrigins.length === 0) {
    findings.skip(check, "ALLOWED_ORIGINS is not set, so no App runs in a browser");
    return;
  }
  let rules: readonly BucketCorsRule[];
  try {
    ({ rules } = await client.getBucketCORS(bucket));
  } catch (error) {
    const problem = cloudProblemFrom(error);
    if (problem.code !== "NoSuchCORSConfiguration") {
      unreadable(check, problem, findings);
      return;
    }
    rules = [];
  }
  const problems = allowedOrigins.flatMap((origin) => corsProblem(rules, origin, uses) ?? []);
  if (problems.length === 0) findings.ok(check, `allows ${allowedOrigins.join(", ")}`);
  else if (rules.length === 0)
    findings.fail(
      check,
      "the bucket has no CORS rule, but ALLOWED_ORIGINS is set: browsers refuse every call",
      problems[0]?.fix ?? "",
    );
  else for (const { cause, fix } of problems) findings.fail(check, cause, fix);
}

function unreadable(check: string, problem: CloudProblem, findings: Findings): void {
  const fix = problem.code === "AccessDenied" ? READ_WITH : remedyOf(problem, OSS_SUSPECTS);
  findings.fail(check, problemText(problem), fix);
}
