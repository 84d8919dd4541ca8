import { $OpenApiUtil } from "@alicloud/openapi-core";
import sts, * as models from "@alicloud/sts20150401";
import { cloudProblemFrom, problemText } from "../cloud-problem.ts";
import type { AccessKeys, ApiAddress } from "../operator-access.ts";
import { remedyOf } from "../remedy.ts";
import type { Findings } from "./finding.ts";

/** The default of a CommonJS module is its exports for Node, and the class itself for vitest. */
const Client = "default" in sts ? sts.default : sts;

/** Milliseconds. */
const TIMEOUT_MS = 10_000;

/** Milliseconds. Source: help, signature method V3: a request is good for 15 minutes. */
const MAX_SKEW_MS = 15 * 60_000;

/** Milliseconds from which a clock is worth a word: tokens' times are checked with 30 s of tolerance. */
const NOTABLE_SKEW_MS = 30_000;

/** Whether STS answers, and by how much this machine's clock differs from its. No request is signed for it. */
export async function clockChecked(
  { endpoint, protocol }: ApiAddress,
  clock: { readonly nowMs: () => number },
  findings: Findings,
): Promise<"reachable" | "unreachable"> {
  const startedAtMs = clock.nowMs();
  let theirs: number;
  try {
    const response = await fetch(`${protocol}://${endpoint}/`, {
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.arrayBuffer();
    theirs = Date.parse(response.headers.get("date") ?? "");
  } catch (error) {
    findings.fail(
      "STS",
      `${endpoint} does not answer (${cloudProblemFrom(error).words})`,
      "mend OSS_REGION or STS_ENDPOINT, or this machine's way to the internet; sts-vpc.… answers inside its VPC alone",
    );
    return "unreachable";
  }
  findings.ok("STS", `${endpoint} answers`);
  // The header has whole seconds; half of the way there and back is their answer's.
  const skewMs = theirs + 500 - (startedAtMs + clock.nowMs()) / 2;
  const what = `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? "behind" : "ahead of"} STS's`;
  if (Number.isNaN(skewMs)) findings.skip("clock", "STS's answer has no Date");
  else if (Math.abs(skewMs) > MAX_SKEW_MS)
    findings.fail(
      "clock",
      `this machine's is ${what}: every signed request is refused (InvalidTimeStamp.Expired)`,
      "set this machine's clock (NTP)",
    );
  else if (Math.abs(skewMs) > NOTABLE_SKEW_MS)
    findings.warn("clock", `this machine's is ${what}`, "set this machine's clock (NTP)");
  else findings.ok("clock", `within ${NOTABLE_SKEW_MS / 1000} s of STS's`);
  return "reachable";
}

/** Whose keys these are; undefined: STS refuses them, and nothing can be asked with them. */
export async function identityChecked(
  keys: AccessKeys,
  address: ApiAddress,
  findings: Findings,
): Promise<{ readonly accountId: string; readonly arn: string } | undefined> {
  try {
    const { body } = await clientWith(keys, address).getCallerIdentity();
    const { accountId = "", arn = "", identityType } = body ?? {};
    if (identityType === "Account") {
      findings.warn(
        "operator's keys",
        `${arn}: the account's own key may do everything, and nothing can take it back but deleting it`,
        "make a RAM user for this, and delete the account's access keys",
      );
    } else findings.ok("operator's keys", arn);
    return { accountId, arn };
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(
      "operator's keys",
      problemText(problem),
      remedyOf(problem, { keys: "ALIBABA_CLOUD", address: "OSS_REGION or STS_ENDPOINT" }),
    );
    return undefined;
  }
}

/**
 * AssumeRole itself, with the keys of who calls it outside Function Compute. What is vended can do nothing: its
 * session policy denies everything.
 */
export async function assumeRoleChecked(
  call: { readonly keys: AccessKeys; readonly address: ApiAddress; readonly roleArn: string },
  findings: Findings,
): Promise<void> {
  const check = "AssumeRole with CALLER_ACCESS_KEY_ID";
  try {
    const { body } = await clientWith(call.keys, call.address).assumeRole(
      new models.AssumeRoleRequest({
        roleArn: call.roleArn,
        roleSessionName: "oss-valet-doctor",
        durationSeconds: 900,
        policy: JSON.stringify({
          Version: "1",
          Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
        }),
      }),
    );
    if (body?.credentials?.accessKeyId?.startsWith("STS.") === true)
      findings.ok(check, body.assumedRoleUser?.arn ?? call.roleArn);
    else
      findings.fail(check, "STS answered without credentials", "run it again; STS may be throttling (302)");
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(check, problemText(problem), remedyOfCall(problem, call.roleArn));
  }
}

function remedyOfCall(problem: ReturnType<typeof cloudProblemFrom>, roleArn: string): string {
  if (problem.code === "EntityNotExist.Role")
    return `${roleArn} does not exist: mend OSS_ROLE_ARN, or make the role with: npm run valet -- provision apply`;
  if (problem.code !== "NoPermission")
    return remedyOf(problem, { keys: "CALLER", address: "OSS_REGION or STS_ENDPOINT" });
  // Two gates with one code: whom the role trusts, and what the caller may do.
  return problem.policyType === "AssumeRolePolicy"
    ? "the role's trust policy does not name this caller: npm run valet -- provision apply --caller-user NAME"
    : `no policy of the caller allows sts:AssumeRole on ${roleArn}: npm run valet -- provision apply --caller-user NAME`;
}

function clientWith(keys: AccessKeys, address: ApiAddress): InstanceType<typeof Client> {
  return new Client(
    new $OpenApiUtil.Config({
      ...keys,
      ...address,
      ...(keys.securityToken === undefined ? {} : { type: "sts" }),
      connectTimeout: TIMEOUT_MS,
      readTimeout: TIMEOUT_MS,
    }),
  );
}
