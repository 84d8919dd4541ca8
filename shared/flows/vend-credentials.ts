import { sha256Of } from "../domain/digest.ts";
import { accessGrantFor } from "../domain/grant/access-grant.ts";
import { provenSessionPolicy } from "../domain/policy/policy-proof.ts";
import { sessionPolicyFor } from "../domain/policy/session-policy.ts";
import { granted } from "../domain/refusal.ts";
import type { Sts, TemporaryCredentials } from "../ports.ts";
import { type AccessRequest, type Authorised, authorise, type Ending, type Gate } from "./authorise.ts";
import { stepTimer } from "./step-times.ts";

/** Everything that vending needs: the operator's rules and the outside world. */
export interface Valet extends Gate {
  readonly sts: Sts;
}

export interface CredentialsRequest extends AccessRequest {
  /** An access key that the App got, and that OSS refuses; undefined where the App names none. */
  readonly refusedKeyId: string | undefined;
}

export interface VendedCredentials extends Authorised {
  readonly credentials: TemporaryCredentials;
}

/**
 * The main flow: token → claims → principal → grant (authorise.ts) → policy → credentials. Each step takes exactly
 * the result of the step above it. The first refusal ends the flow. Throws only for bugs.
 */
export async function vendCredentials(
  request: CredentialsRequest,
  valet: Valet,
): Promise<Ending<VendedCredentials>> {
  const timer = stepTimer();
  const { result: authorised, learnt: known } = await authorise(request, valet, accessGrantFor, timer);
  if (!authorised.ok) return { result: authorised, learnt: known };
  const { grant, sessionName } = authorised.value;

  const policy = sessionPolicyFor(grant);
  if (!policy.ok) return { result: policy, learnt: known };
  const learnt = { ...known, policySha256: sha256Of(policy.value) };
  const proven = provenSessionPolicy(policy.value, grant);
  timer.ended("policy");
  if (!proven.ok) return { result: proven, learnt };

  const call = { sessionName, sessionPolicy: proven.value, durationSeconds: grant.sessionSeconds };
  const credentials = await valet.sts.assumeRole(call, request.refusedKeyId);
  timer.ended("sts");
  if (!credentials.ok) return { result: credentials, learnt };
  return { result: granted({ credentials: credentials.value, grant, sessionName }), learnt };
}
