import type { AccessGrant, Wanted } from "../domain/grant/access-grant.ts";
import { type Principal, principalFrom } from "../domain/grant/principal.ts";
import { type Report, reportOn } from "../domain/grant/report.ts";
import type { Place } from "../domain/grant/rule-outcome.ts";
import { type SessionName, sessionNameFor } from "../domain/policy/session-name.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AccessRules } from "../domain/rules/rule.ts";
import type { StepTimes, TokenVerifier } from "../ports.ts";
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

export interface Learnt<G = AccessGrant> {
  readonly issuer?: string;
  readonly sessionName?: SessionName;
  readonly report?: Report;
  readonly grant?: G;
  readonly steps?: StepTimes;
}

/** The first half of every flow: token → claims → principal → grant. The first refusal ends it. */
export async function authorise<W, G>(
  request: AccessRequest<W>,
  gate: Gate,
  decide: Decide<W, G>,
  timer: StepTimer = stepTimer(),
): Promise<Ending<Authorised<G>, G>> {
  const steps = timer.times;
  const claims = await gate.tokenVerifier.verify(request.appToken);
  timer.ended("token");
  if (!claims.ok) return { result: claims, learnt: { steps } };
  const issuer = claims.value.issuer;

  const principal = principalFrom(claims.value, gate.rules);
  if (!principal.ok) return { result: principal, learnt: { issuer, steps } };
  const sessionName = sessionNameFor(principal.value);

  const place = { bucket: gate.bucket, sourceIp: request.sourceIp };
  // The report comes first: `mode: report` matters most for users whom no other rule grants anything.
  const report = reportOn(principal.value, gate.rules, place);
  const grant = decide(principal.value, gate.rules, request.wanted, place);
  timer.ended("grant");
  if (!grant.ok) return { result: grant, learnt: { issuer, sessionName, report, steps } };
  return {
    result: granted({ grant: grant.value, sessionName }),
    learnt: { issuer, sessionName, report, grant: grant.value, steps },
  };
}
