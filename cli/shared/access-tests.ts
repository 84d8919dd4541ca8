import { accessGrantFor } from "../../shared/domain/grant/access-grant.ts";
import { type Principal, principalFrom } from "../../shared/domain/grant/principal.ts";
import { type Place, ruleOutcomes } from "../../shared/domain/grant/rule-outcome.ts";
import { provenSessionPolicy } from "../../shared/domain/policy/policy-proof.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { type SessionPolicy, sessionPolicyFor } from "../../shared/domain/policy/session-policy.ts";
import type { Path } from "../../shared/domain/problem.ts";
import type { Result } from "../../shared/domain/refusal.ts";
import type {
  AccessRules,
  AccessTest,
  CredentialsPromise,
  UploadPromise,
} from "../../shared/domain/rules/rule.ts";
import { claimsVerifiedFor } from "../../shared/domain/token/verified-claims.ts";
import { type Judgement, judge, sentKey, voiceText } from "./evaluator.ts";
import { formFoldersOf, formJudgement, onlyByForm } from "./form-judgement.ts";
import { refusalText } from "./refusal-text.ts";

/** One promise of access.yaml's `tests`, kept or broken. */
export interface PromiseOutcome {
  /** Where it stands: tests, 0, can, 1. */
  readonly path: Path;
  /** The test's name, or its claims. */
  readonly test: string;
  /** e.g. `write users/alice/a.jpg` */
  readonly promise: string;
  readonly expected: "can" | "cannot";
  /** partly: some actions of the permission only. Keeps neither promise. */
  readonly got: "can" | "cannot" | "partly";
  readonly kept: boolean;
  /** By which rule and statement, or why not. */
  readonly because: string;
}

export interface AccessTestOptions {
  /** What stands for OSS_BUCKET. */
  readonly bucket?: string;
  /** Claims without `iat` count as issued now. */
  readonly nowMs?: number;
}

/** Stands for a bucket that is not known yet: no bucket can be called so, hence no rule's. */
export const UNKNOWN_BUCKET = "OSS_BUCKET";

/** The caller's IP address in the tests, for rules with `sourceIp: request`. Source: RFC 5737, TEST-NET-1. */
const SOURCE_IP = "192.0.2.1";

/**
 * Keeps access.yaml to its word: each promise is judged by two voices, the product's (claims → grant → session
 * policy) and the sandbox's evaluator, with the role's policy as it is derived from the rules.
 */
export function runAccessTests(
  rules: AccessRules,
  options: AccessTestOptions = {},
): readonly PromiseOutcome[] {
  const place = { bucket: options.bucket ?? UNKNOWN_BUCKET, sourceIp: SOURCE_IP };
  return rules.tests.flatMap((test, index) => {
    const session = sessionOf(test, rules, place, options.nowMs ?? 0);
    return (["can", "cannot"] as const).flatMap((expected) =>
      test[expected].map((promise, position): PromiseOutcome => {
        const { got, because } =
          promise.permission === "upload"
            ? judgedForm(promise, session, rules, place)
            : judged(promise, session, rules, place);
        return {
          path: ["tests", index, expected, position],
          test: test.name ?? JSON.stringify(Object.fromEntries(test.claims)),
          promise: promise.text,
          expected,
          got,
          kept: got === expected,
          because,
        };
      }),
    );
  });
}

/** Claims that say nothing of it count as issued now: else a denial by `issuedBefore` would hit all that are tried. */
export function issuedNow(
  claims: Readonly<Record<string, unknown>>,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  return { iat: Math.floor(nowMs / 1000), ...claims };
}

interface Session {
  /** undefined when the claims make nobody. */
  readonly principal: Principal | undefined;
  readonly policy: Result<SessionPolicy>;
}

function sessionOf(test: AccessTest, rules: AccessRules, place: Place, nowMs: number): Session {
  const issuer = test.issuer ?? rules.issuers[0]?.name ?? "";
  const claims = issuedNow(Object.fromEntries(test.claims), nowMs);
  const principal = principalFrom(claimsVerifiedFor(issuer, claims), rules);
  if (!principal.ok) return { principal: undefined, policy: principal };
  const grant = accessGrantFor(principal.value, rules, {}, place);
  if (!grant.ok) return { principal: principal.value, policy: grant };
  const policy = sessionPolicyFor(grant.value);
  return {
    principal: principal.value,
    policy: policy.ok ? provenSessionPolicy(policy.value, grant.value) : policy,
  };
}

function judged(
  promise: CredentialsPromise,
  { principal, policy }: Session,
  rules: AccessRules,
  place: Place & { readonly sourceIp: string },
): Pick<PromiseOutcome, "got" | "because"> {
  const bucket = promise.bucket ?? place.bucket;
  const folders = principal === undefined ? [] : formFoldersOf(principal, rules, place);
  const hint = onlyByForm({ ...promise, bucket }, folders);
  const inForms = hint === undefined ? "" : `; ${hint}`;
  if (!policy.ok || principal === undefined) {
    const reason = policy.ok ? "" : `no credentials: ${refusalText(policy.refusal)}`;
    return { got: "cannot", because: `${reason}${inForms}` };
  }
  const judgement = judge(
    { permission: promise.permission, bucket, key: promise.key },
    { session: policy.value, role: JSON.stringify(rolePolicyFor(rules, place.bucket)) },
    place,
  );
  const sent = sentKey(promise);
  const resolved = sent === promise.key ? "" : `sent as ${sent}; `;
  switch (judgement.verdict) {
    case "allowed":
      return {
        got: "can",
        because: `${resolved}${rulesThatReach(sent, promise, bucket, principal, rules, place)}${voicesOf(judgement, true)}`,
      };
    case "denied":
      return {
        got: "cannot",
        because: `${resolved}${voicesOf(judgement, false)}${inForms}`,
      };
    case "partly":
      return {
        got: "partly",
        because: `${resolved}${voicesOf(judgement, true)}; ${voicesOf(judgement, false)}`,
      };
  }
}

/** A form is judged by the product's decision, and by the evaluator with the policy of the role that signs it. */
function judgedForm(
  promise: UploadPromise,
  { principal, policy }: Session,
  rules: AccessRules,
  place: Place,
): Pick<PromiseOutcome, "got" | "because"> {
  if (principal === undefined)
    return { got: "cannot", because: policy.ok ? "" : `no form: ${refusalText(policy.refusal)}` };
  const bucket = promise.bucket ?? place.bucket;
  const { because, granted } = formJudgement({ ...promise, bucket }, principal, rules, place);
  return { got: granted ? "can" : "cannot", because };
}

function rulesThatReach(
  key: string,
  { permission }: CredentialsPromise,
  bucket: string,
  principal: Principal,
  rules: AccessRules,
  place: Place,
): string {
  const names = ruleOutcomes(principal, rules, place).flatMap(({ rule, outcome }) =>
    rule.mode === "enforce" &&
    outcome.kind === "matched" &&
    rule.permissions.includes(permission) &&
    (rule.bucket ?? place.bucket) === bucket &&
    key.startsWith(outcome.prefix)
      ? [rule.name]
      : [],
  );
  return names.length === 0 ? "" : `${names.join(", ")}; `;
}

/** The statement that allows, or the first policy that does not. */
function voicesOf({ actions }: Judgement, allowed: boolean): string {
  const action = actions.find((candidate) => candidate.allowed === allowed);
  const voice = action?.voices.find(({ effect }) => (effect === "Allow") === allowed);
  return action === undefined || voice === undefined ? "" : voiceText(voice, action.action);
}
