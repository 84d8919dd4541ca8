import { type AccessGrant, accessGrantFor, type Wanted } from "../../shared/domain/grant/access-grant.ts";
import { denialOf } from "../../shared/domain/grant/denial.ts";
import { type Principal, principalFrom } from "../../shared/domain/grant/principal.ts";
import { type Place, type RuleOutcome, ruleOutcomes } from "../../shared/domain/grant/rule-outcome.ts";
import { provenSessionPolicy } from "../../shared/domain/policy/policy-proof.ts";
import { rolePolicyFor } from "../../shared/domain/policy/role-policy.ts";
import { type SessionName, sessionNameFor } from "../../shared/domain/policy/session-name.ts";
import { type SessionPolicy, sessionPolicyFor } from "../../shared/domain/policy/session-policy.ts";
import { hashSegment } from "../../shared/domain/prefix/prefix-template.ts";
import type { Refusal } from "../../shared/domain/refusal.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { claimsVerifiedFor } from "../../shared/domain/token/verified-claims.ts";
import { type Judgement, judge, type Question, sentKey } from "../shared/evaluator.ts";
import {
  type FormFolder,
  type FormJudgement,
  type FormQuestion,
  formFoldersOf,
  formJudgement,
  onlyByForm,
} from "../shared/form-judgement.ts";
import type { VisibleCheck } from "./unverified-token.ts";

/** What somebody would be granted, step by step as far as it goes, and why. */
export interface Explanation {
  /** Only for a token: what of its checks can be seen. Its signature cannot. */
  readonly checks?: readonly VisibleCheck[] | undefined;
  readonly principal?: Principal;
  readonly sessionName?: SessionName;
  /** What the claim that names the user becomes in a prefix, e.g. `{sub:hash}` and its 32 characters. */
  readonly userHash?: { readonly placeholder: string; readonly segment: string };
  readonly rules?: readonly {
    readonly rule: string;
    readonly mode: string;
    /** `when: signed-in`, for everybody with a valid token. */
    readonly signedIn: boolean;
    readonly outcome: RuleOutcome;
  }[];
  /** The folders that take forms; absent when there are none. */
  readonly forms?: readonly FormFolder[];
  readonly wanted: Wanted;
  readonly grant?: Omit<AccessGrant, "principal" | "whole">;
  readonly policy?: { readonly text: SessionPolicy; readonly bytes: number };
  /** Where the walk ended early. */
  readonly refusal?: Refusal;
  /** The entry of `deny` that made it end. */
  readonly denial?: { readonly index: number; readonly reason: string | undefined };
  /** What was asked, where there are no credentials to answer for. */
  readonly question?: Question | undefined;
  /** Why there is no `write` where the user may upload. */
  readonly hint?: string | undefined;
  /** The answer about one form. */
  readonly form?: FormJudgement & { readonly question: FormQuestion };
  readonly decision?: { readonly question: Question; readonly sent: string; readonly judgement: Judgement };
}

export interface Asked {
  readonly issuer: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly checks?: readonly VisibleCheck[] | undefined;
  readonly wanted: Wanted;
  readonly place: Place;
  readonly question: Question | undefined;
  readonly form: FormQuestion | undefined;
  /** JSON text; derived from the rules where undefined. */
  readonly rolePolicy: string | undefined;
}

/** Walks the product's own steps, from claims on, and asks the sandbox's evaluator about one key. */
export function explanationOf(asked: Asked, rules: AccessRules): Explanation {
  const { claims, issuer, wanted, place, checks, question } = asked;
  const base = { checks, wanted };
  const principal = principalFrom(claimsVerifiedFor(issuer, claims), rules);
  if (!principal.ok) return { ...base, refusal: principal.refusal };
  const known = {
    ...base,
    principal: principal.value,
    sessionName: sessionNameFor(principal.value),
    userHash: userHashOf(principal.value, rules),
    rules: ruleOutcomes(principal.value, rules, place).map(({ rule, outcome }) => ({
      rule: rule.name,
      mode: rule.mode,
      signedIn: rule.signedIn,
      outcome,
    })),
    ...aboutForms(principal.value, asked, rules),
  };
  const hint = question === undefined ? undefined : onlyByForm(question, known.forms ?? []);
  const decided = accessGrantFor(principal.value, rules, wanted, place);
  if (!decided.ok) {
    const denial = denialOf(principal.value, rules);
    const entry =
      denial === undefined ? {} : { denial: { index: rules.deny.indexOf(denial), reason: denial.reason } };
    return { ...known, refusal: decided.refusal, ...entry, question, hint };
  }
  const { principal: _principal, whole: _whole, ...grant } = decided.value;
  const rendered = sessionPolicyFor(decided.value);
  if (!rendered.ok) return { ...known, grant, refusal: rendered.refusal };
  const proven = provenSessionPolicy(rendered.value, decided.value);
  if (!proven.ok) return { ...known, grant, refusal: proven.refusal };
  const policy = { text: proven.value, bytes: Buffer.byteLength(proven.value, "utf8") };
  if (question === undefined) return { ...known, grant, policy };
  const role = asked.rolePolicy ?? JSON.stringify(rolePolicyFor(rules, place.bucket));
  const judgement = judge(
    question,
    { session: proven.value, role },
    { sourceIp: place.sourceIp ?? UNKNOWN_ADDRESS },
  );
  const decision = { question, sent: sentKey(question), judgement };
  return { ...known, grant, policy, decision, hint: judgement.verdict === "allowed" ? undefined : hint };
}

function aboutForms(
  principal: Principal,
  { place, form }: Asked,
  rules: AccessRules,
): Pick<Explanation, "forms" | "form"> {
  const forms = formFoldersOf(principal, rules, place);
  return {
    ...(forms.length === 0 ? {} : { forms }),
    ...(form === undefined
      ? {}
      : { form: { question: form, ...formJudgement(form, principal, rules, place) } }),
  };
}

function userHashOf(
  { issuer, issuerUrl, user }: Principal,
  rules: AccessRules,
): NonNullable<Explanation["userHash"]> {
  const claim = rules.issuers.find(({ name }) => name === issuer)?.userClaim ?? "sub";
  return { placeholder: `{${claim}:hash}`, segment: hashSegment(issuerUrl, user) };
}

/** Source: RFC 5737, TEST-NET-1. */
const UNKNOWN_ADDRESS = "192.0.2.1";

/** Whether what was asked about would be granted: a key, a form, or anything at all. */
export function isGranted(explanation: Explanation): boolean {
  const { checks, refusal, question, decision, form } = explanation;
  if (checks?.some(({ holds }) => !holds) === true) return false;
  if (form !== undefined) return form.granted;
  if (refusal !== undefined) return question === undefined && getsFormsOnly(explanation);
  return decision === undefined || decision.judgement.verdict === "allowed";
}

/** Whether the user gets no credentials, as the rules that match allow `upload` and nothing else. */
export function getsFormsOnly({ forms, refusal, wanted }: Explanation): boolean {
  const asksForLess = Object.keys(wanted).length > 0;
  return forms !== undefined && refusal?.code === "ACCESS_NOT_GRANTED" && !asksForLess;
}
