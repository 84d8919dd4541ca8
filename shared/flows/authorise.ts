import { sha256Of } from "../domain/digest.ts";
import type { AccessGrant, Wanted } from "../domain/grant/access-grant.ts";
import { type Principal, principalFrom } from "../domain/grant/principal.ts";
import { type Report, reportOn } from "../domain/grant/report.ts";
import type { Place } from "../domain/grant/rule-outcome.ts";
import { type SessionName, sessionNameFor } from "../domain/policy/session-name.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AccessRules } from "../domain/rules/rule.ts";
import type { AuditFacts, TokenVerifier } from "../ports.ts";
import { type StepTimer, stepTimer } from "./step-times.ts";

/** What an App sent: parsed, but not verified. `W`: what it wants. */
export interface AccessRequest<W = Wanted> {
  readonly appToken: string;
  readonly wanted: W;
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

/** `G`: the kind of grant that a flow gives. */
export interface Authorised<G = AccessGrant> {
  readonly grant: G;
  readonly sessionName: SessionName;
}

/** The decision of a flow: what the rules grant a principal of what it wants. */
export type Decide<W, G> = (principal: Principal, rules: AccessRules, wanted: W, place: Place) => Result<G>;

/** How a flow ends, and what it learnt on the way, so that the log line of a refusal names the user, too. */
export interface Ending<T, G = AccessGrant> {
  readonly result: Result<T>;
  readonly learnt: Learnt<G>;
}

/** What the log gets as it is, and what becomes facts for it (functions/http/facts-of-caller.ts). */
export interface Learnt<G = AccessGrant>
  extends Pick<AuditFacts, "issuer" | "sessionName" | "tokenId" | "tokenSha256" | "policySha256" | "steps"> {
  readonly report?: Report;
  readonly grant?: G;
}

/** Characters. Ours: a UUID has 36, and no line gets longer than its reader expects. */
const MAX_TOKEN_ID_LENGTH = 128;

/** The first half of every flow: token → claims → principal → grant. The first refusal ends it. */
export async function authorise<W, G>(
  request: AccessRequest<W>,
  gate: Gate,
  decide: Decide<W, G>,
  timer: StepTimer = stepTimer(),
): Promise<Ending<Authorised<G>, G>> {
  // Also of a refused token: whoever tries a stolen one is found by it, and no other field of the line can be trusted.
  const ofToken = { steps: timer.times, tokenSha256: sha256Of(request.appToken) };
  const claims = await gate.tokenVerifier.verify(request.appToken);
  timer.ended("token");
  if (!claims.ok) return { result: claims, learnt: ofToken };
  const issuer = claims.value.issuer;

  const principal = principalFrom(claims.value, gate.rules);
  if (!principal.ok) return { result: principal, learnt: { issuer, ...ofToken } };
  const sessionName = sessionNameFor(principal.value);
  const { tokenId } = principal.value;

  const place = { bucket: gate.bucket, sourceIp: request.sourceIp };
  // The report comes first: `mode: report` matters most for users whom no other rule grants anything.
  const report = reportOn(principal.value, gate.rules, place);
  const grant = decide(principal.value, gate.rules, request.wanted, place);
  timer.ended("grant");
  const learnt = {
    issuer,
    sessionName,
    // A longer one is left out: cut off, it could be another token's.
    ...(tokenId !== undefined && tokenId.length <= MAX_TOKEN_ID_LENGTH ? { tokenId } : {}),
    ...ofToken,
    report,
  };
  if (!grant.ok) return { result: grant, learnt };
  return {
    result: granted({ grant: grant.value, sessionName }),
    learnt: { ...learnt, grant: grant.value },
  };
}
