import * as models from "@alicloud/sts20150401";
import { MIN_SESSION_SECONDS } from "../../shared/domain/ram/cloud-limits.ts";
import { type CallerIdentity, callerIdentity, stsClientWith } from "../shared/cloud-clients.ts";
import type { AccessKeys, ApiAddress } from "../shared/cloud-keys.ts";
import {
  type CloudProblem,
  cloudProblemFrom,
  problemText,
  remedyOf,
  remedyOfAccess,
  remedyOfRootKey,
  type Suspects,
} from "../shared/cloud-problem.ts";
import type { Findings } from "./finding.ts";

/** Whose keys these are; undefined: STS does not say, and nothing can be asked with them. */
export async function identityChecked(
  keys: AccessKeys,
  address: ApiAddress,
  findings: Findings,
): Promise<CallerIdentity | undefined> {
  const check = "operator's keys";
  try {
    const identity = await callerIdentity(keys, address);
    if (identity.isAccount)
      findings.warn(
        check,
        `${identity.arn}: the account's own (root) key may do everything, and nothing stops it but deleting it`,
        "create a RAM user for this, and delete the account's access keys",
      );
    else findings.ok(check, identity.arn);
    return identity;
  } catch (error) {
    const problem = cloudProblemFrom(error);
    findings.fail(check, problemText(problem), remedyOf(problem, suspects("ALIBABA_CLOUD")));
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
    const { body } = await stsClientWith(call.keys, call.address).assumeRole(
      new models.AssumeRoleRequest({
        roleArn: call.roleArn,
        roleSessionName: "oss-valet-doctor",
        durationSeconds: MIN_SESSION_SECONDS,
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
    const root = problem.code === "NoPermission" ? await rootArnOf(call) : undefined;
    if (root === undefined) findings.fail(check, problemText(problem), remedyOfCall(problem, call.roleArn));
    else
      findings.fail(check, `${problemText(problem)} (the key belongs to ${root})`, remedyOfRootKey("CALLER"));
  }
}

/** The ARN of the account where the keys are its own: STS says so more reliably than in the words of a refusal. */
async function rootArnOf(call: {
  readonly keys: AccessKeys;
  readonly address: ApiAddress;
}): Promise<string | undefined> {
  const identity = await callerIdentity(call.keys, call.address).catch(() => undefined);
  return identity?.isAccount === true ? identity.arn : undefined;
}

function remedyOfCall(problem: CloudProblem, roleArn: string): string {
  if (problem.code === "EntityNotExist.Role")
    return `${roleArn} does not exist: fix OSS_ROLE_ARN, or create the role: npm run valet -- provision apply`;
  const remedy = remedyOfAccess(problem, suspects("CALLER"));
  if (problem.code !== "NoPermission" || remedy !== undefined)
    return remedy ?? remedyOf(problem, suspects("CALLER"));
  // One code for two causes: the role does not trust the caller, or the caller may not assume it.
  return problem.policyType === "AssumeRolePolicy"
    ? "the role's trust policy does not name this caller: npm run valet -- provision apply --caller-user NAME"
    : `no policy of the caller allows sts:AssumeRole on ${roleArn}: npm run valet -- provision apply --caller-user NAME`;
}

function suspects(keys: string): Suspects {
  return { keys, address: "OSS_REGION or STS_ENDPOINT" };
}
