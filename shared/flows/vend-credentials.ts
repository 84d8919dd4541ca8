import { type AccessGrant, accessGrantFor, type Wanted } from "../domain/grant/access-grant.ts";
import { principalFrom } from "../domain/grant/principal.ts";
import { type Report, reportOn } from "../domain/grant/report.ts";
import { provenSessionPolicy } from "../domain/policy/policy-proof.ts";
import { type SessionName, sessionNameFor } from "../domain/policy/session-name.ts";
import { sessionPolicyFor } from "../domain/policy/session-policy.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AccessRules } from "../domain/rules/rule.ts";
import type { Sts, TemporaryCredentials, TokenVerifier } from "../ports.ts";

/** What an App sent: parsed, but not verified. */
export interface CredentialsRequest {
  readonly appToken: string;
  readonly wanted: Wanted;
  /** The caller's IP address; undefined when unknown. */
  readonly sourceIp: string | undefined;
}

/** Everything that vending needs: the operator's rules and the outside world. */
export interface Valet {
  readonly rules: AccessRules;
  /** OSS_BUCKET, for rules that name no bucket. */
  readonly bucket: string;
  readonly tokenVerifier: TokenVerifier;
  readonly sts: Sts;
}

export interface VendedCredentials {
  readonly credentials: TemporaryCredentials;
  readonly grant: AccessGrant;
  readonly sessionName: SessionName;
}

/** The result, and what the steps learnt: the log line of a refusal names the user, too. */
export interface Vending {
  readonly result: Result<VendedCredentials>;
  readonly learnt: Learnt;
}

export interface Learnt {
  readonly issuer?: string;
  readonly sessionName?: SessionName;
  readonly report?: Report;
  readonly grant?: AccessGrant;
}

/**
 * The main flow: token → claims → principal → grant → policy → credentials. Each step takes exactly the
 * result of the step above it. The first refusal ends the flow. Throws only for bugs.
 */
export async function vendCredentials(request: CredentialsRequest, valet: Valet): Promise<Vending> {
  const claims = await valet.tokenVerifier.verify(request.appToken);
  if (!claims.ok) return { result: claims, learnt: {} };
  const issuer = claims.value.issuer;

  const principal = principalFrom(claims.value, valet.rules);
  if (!principal.ok) return { result: principal, learnt: { issuer } };
  const sessionName = sessionNameFor(principal.value);

  const place = { bucket: valet.bucket, sourceIp: request.sourceIp };
  // Before the grant: `mode: report` matters most for users who get nothing from any other rule.
  const report = reportOn(principal.value, valet.rules, place);
  const grant = accessGrantFor(principal.value, valet.rules, request.wanted, place);
  if (!grant.ok) return { result: grant, learnt: { issuer, sessionName, report } };
  const learnt: Learnt = { issuer, sessionName, report, grant: grant.value };

  const policy = sessionPolicyFor(grant.value);
  if (!policy.ok) return { result: policy, learnt };
  const proven = provenSessionPolicy(policy.value, grant.value);
  if (!proven.ok) return { result: proven, learnt };

  const credentials = await valet.sts.assumeRole({
    sessionName,
    sessionPolicy: proven.value,
    durationSeconds: grant.value.sessionSeconds,
  });
  if (!credentials.ok) return { result: credentials, learnt };
  return { result: granted({ credentials: credentials.value, grant: grant.value, sessionName }), learnt };
}
