import { type AccessGrant, accessGrantFor, type Wanted } from "../domain/grant/access-grant.ts";
import { principalFrom } from "../domain/grant/principal.ts";
import { type Report, reportOn } from "../domain/grant/report.ts";
import { type SessionName, sessionNameFor } from "../domain/policy/session-name.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AccessRules } from "../domain/rules/rule.ts";
import type { TokenVerifier } from "../ports.ts";

/** What an App sent: parsed, but not verified. */
export interface AccessRequest {
  readonly appToken: string;
  readonly wanted: Wanted;
  /** The caller's IP address; undefined when unknown. */
  readonly sourceIp: string | undefined;
}

/** Who vouches for users, and the operator's rules. */
export interface Gate {
  readonly rules: AccessRules;
  /** OSS_BUCKET, for rules that name no bucket. */
  readonly bucket: string;
  readonly tokenVerifier: TokenVerifier;
}

export interface Authorised {
  readonly grant: AccessGrant;
  readonly sessionName: SessionName;
}

/** How a flow ends, and what it learnt on the way, so that the log line of a refusal names the user, too. */
export interface Ending<T> {
  readonly result: Result<T>;
  readonly learnt: Learnt;
}

export interface Learnt {
  readonly issuer?: string;
  readonly sessionName?: SessionName;
  readonly report?: Report;
  readonly grant?: AccessGrant;
}

/** The first half of every flow: token → claims → principal → grant. The first refusal ends it. */
export async function authorise(request: AccessRequest, gate: Gate): Promise<Ending<Authorised>> {
  const claims = await gate.tokenVerifier.verify(request.appToken);
  if (!claims.ok) return { result: claims, learnt: {} };
  const issuer = claims.value.issuer;

  const principal = principalFrom(claims.value, gate.rules);
  if (!principal.ok) return { result: principal, learnt: { issuer } };
  const sessionName = sessionNameFor(principal.value);

  const place = { bucket: gate.bucket, sourceIp: request.sourceIp };
  // The report comes first: `mode: report` matters most for users whom no other rule grants anything.
  const report = reportOn(principal.value, gate.rules, place);
  const grant = accessGrantFor(principal.value, gate.rules, request.wanted, place);
  if (!grant.ok) return { result: grant, learnt: { issuer, sessionName, report } };
  return {
    result: granted({ grant: grant.value, sessionName }),
    learnt: { issuer, sessionName, report, grant: grant.value },
  };
}
