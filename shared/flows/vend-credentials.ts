import { type AccessGrant, accessGrantFor, type Wanted } from "../domain/grant/access-grant.ts";
import { principalFrom } from "../domain/grant/principal.ts";
import { type Report, reportOn } from "../domain/grant/report.ts";
import { provenSessionPolicy } from "../domain/policy/policy-proof.ts";
import { type SessionName, sessionNameFor } from "../domain/policy/session-name.ts";
import { sessionPolicyFor } from "../domain/policy/session-policy.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AccessRules } from "../domain/rules/rule.ts";
import type { Sts, TemporaryCredentials, TokenVerifier } from "../ports.ts";

/** What an App sent, read but not yet believed. */
export interface CredentialsRequest {
  readonly appToken: string;
  readonly wanted: Wanted;
  /** Whence the request came; undefined: unknown. */
  readonly sourceIp: string | undefined;
}

/** Everything that vending needs: the operator's rules and the outside world. */
export interface Valet {
  readonly rules: AccessRules;
  /** Where a rule names no bucket. */
  readonly bucket: string;
  readonly tokenVerifier: TokenVerifier;
  readonly sts: Sts;
}

export interface VendedCredentials {
  readonly credentials: TemporaryCredentials;
  readonly grant: AccessGrant;
  readonly sessionName: SessionName;
}

/** The end of the walk, and what was learnt on the way: a refusal's log line names the user, too. */
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
 * The main flow: token → claims → principal → grant → policy → credentials. Each step takes exactly what the step
 * above it gave; the first refusal ends it. Throws only for bugs.
 */
export async function vendCredentials(request: CredentialsRequest, valet: Valet): Promise<Vending> {
  const claims = await valet.tokenVerifier.verify(request.appToken);
  if (!claims.ok) return { result: claims, learnt: {} };
  const issuer = claims.value.issuer;

  const principal = principalFrom(claims.value, valet.rules);
  if (!principal.ok) return { result: principal, learnt: { issuer } };
  const sessionName = sessionNameFor(principal.value);

  const place = { bucket: valet.bucket, sourceIp: request.sourceIp };
  // Before the grant: a rule is tried out on those, above all, whom no other rule gives anything.
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
