import type { AccessRules, Denial, Rule } from "./access-rules.ts";
import { isInside, type ObjectPrefix } from "./object-prefix.ts";
import { renderedPrefix } from "./prefix-template.ts";
import type { Attribute, Principal } from "./principal.ts";
import { PERMISSIONS, type Permission } from "./ram-policy.ts";
import { granted, type Refused, type Result, refused } from "./refusal.ts";

/** The decision: what one principal may do, and for how long. Never empty. */
export interface AccessGrant {
  readonly principal: Principal;
  readonly statements: readonly GrantStatement[];
  readonly sessionSeconds: number;
  /** Names of the rules that granted. */
  readonly rules: readonly string[];
  /** Names of the rules in `mode: report` that would have. */
  readonly reported: readonly string[];
}

/** These permissions below one prefix of one bucket. */
export interface GrantStatement {
  readonly rule: string;
  readonly bucket: string;
  readonly prefix: ObjectPrefix;
  readonly permissions: readonly Permission[];
  readonly actions: readonly string[];
  /** The one address that the credentials may come from. */
  readonly sourceIp: string | undefined;
  readonly secureTransport: boolean;
}

/** What a request asks for. Each part only narrows. */
export interface Wanted {
  readonly permissions?: readonly Permission[];
  readonly prefix?: ObjectPrefix;
  /** 900 or more. */
  readonly durationSeconds?: number;
}

/** The deployment's side of a decision. */
export interface Place {
  /** OSS_BUCKET: where a rule names no bucket. */
  readonly bucket: string;
  /** Whence the request came; undefined: unknown, and rules with `sourceIp: request` do not match. */
  readonly sourceIp: string | undefined;
}

/**
 * Adds up every rule that matches, and narrows the sum to what was asked for. No rule, no access. Refuses with
 * ACCESS_NOT_GRANTED, CLAIM_INVALID (a claim in a matching rule's prefix is no safe segment), TOKEN_INVALID
 * (`denied`: this very token), REQUEST_INVALID (a longer duration than the rules allow).
 */
export function accessGrantFor(
  principal: Principal,
  rules: AccessRules,
  wanted: Wanted,
  place: Place,
): Result<AccessGrant> {
  const denial = rules.deny.find((entry) => denies(entry, principal));
  if (denial !== undefined) return deniedBy(denial);
  const outcomes = ruleOutcomes(principal, rules, place);
  for (const { rule, outcome } of outcomes) {
    if (outcome.kind === "unsafe" && rule.mode === "enforce") {
      return refused({ code: "CLAIM_INVALID", claim: outcome.claim, problem: outcome.problem });
    }
  }
  const matched = outcomes.flatMap(({ rule, outcome }) =>
    outcome.kind === "matched" ? [{ rule, prefix: outcome.prefix }] : [],
  );
  const enforced = matched.filter(({ rule }) => rule.mode === "enforce");
  if (enforced.length === 0) return notGranted("no rule matches");
  const narrowed = enforced.flatMap(({ rule, prefix }) => {
    const statement = narrowedStatement(statementOf(rule, prefix, place), wanted);
    return statement === undefined ? [] : [{ rule, statement }];
  });
  const prefix = wanted.prefix;
  if (prefix !== undefined && !enforced.some((entry) => isInside(prefix, entry.prefix))) {
    return notGranted("the prefix asked for is inside no granted prefix");
  }
  const missing = wanted.permissions?.find(
    (permission) => !narrowed.some(({ statement }) => statement.permissions.includes(permission)),
  );
  if (missing !== undefined) return notGranted(`no rule grants ${missing} there`);
  if (narrowed.length === 0) return notGranted("nothing is left of the grant");
  const limit = durationLimit(
    narrowed.map((entry) => entry.rule),
    rules,
  );
  if (wanted.durationSeconds !== undefined && wanted.durationSeconds > limit.maxSeconds) {
    return refused({
      code: "REQUEST_INVALID",
      field: "durationSeconds",
      problem: `is more than the rules allow; ask for ${limit.maxSeconds} or less`,
    });
  }
  return granted({
    principal,
    statements: withoutRepetition(narrowed.map((entry) => entry.statement)),
    sessionSeconds: wanted.durationSeconds ?? limit.defaultSeconds,
    rules: narrowed.map((entry) => entry.rule.name),
    reported: matched.filter(({ rule }) => rule.mode === "report").map(({ rule }) => rule.name),
  });
}

export type RuleOutcome =
  | { readonly kind: "matched"; readonly prefix: ObjectPrefix }
  | { readonly kind: "no match"; readonly because: string }
  /** Everything else fits, but a claim in its prefix is there and unusable: the request is refused, not repaired. */
  | { readonly kind: "unsafe"; readonly claim: string; readonly problem: string };

/** What each rule says of a principal, in the file's order, with the reason. */
export function ruleOutcomes(
  principal: Principal,
  rules: AccessRules,
  place: Place,
): readonly { readonly rule: Rule; readonly outcome: RuleOutcome }[] {
  return rules.rules.map((rule) => ({ rule, outcome: outcomeOf(rule, principal, place) }));
}

function outcomeOf(rule: Rule, principal: Principal, place: Place): RuleOutcome {
  if (rule.issuer !== undefined && rule.issuer !== principal.issuer) {
    return {
      kind: "no match",
      because: `it is for issuer ${rule.issuer}, the token is of ${principal.issuer}`,
    };
  }
  for (const [claim, values] of rule.when) {
    const attribute = principal.attributes.get(claim);
    if (attribute === undefined) return { kind: "no match", because: `the token has no claim ${claim}` };
    if (!values.some((value) => fits(attribute, value))) {
      return {
        kind: "no match",
        because: `claim ${claim} is none of ${values.map((v) => JSON.stringify(v)).join(", ")}`,
      };
    }
  }
  if (rule.sourceIp === "request" && place.sourceIp === undefined) {
    return { kind: "no match", because: "it binds to the caller's address, which is unknown" };
  }
  const rendered = renderedPrefix(rule.prefix, {
    issuer: principal.issuer,
    issuerUrl: principal.issuerUrl,
    claim: (name) => principal.attributes.get(name),
  });
  switch (rendered.kind) {
    case "prefix":
      return { kind: "matched", prefix: rendered.prefix };
    case "missing":
      return { kind: "no match", because: `the token has no claim ${rendered.claim}` };
    case "unsafe":
      return rendered;
  }
}

/** Equal, or a list that contains it. The types must agree: "1" is not 1. */
function fits(attribute: Attribute, value: string | number | boolean): boolean {
  return Array.isArray(attribute) ? attribute.includes(value) : attribute === value;
}

function denies(entry: Denial, principal: Principal): boolean {
  if (entry.issuer !== undefined && entry.issuer !== principal.issuer) return false;
  if (entry.user !== undefined && entry.user !== principal.user) return false;
  if (entry.tokenId !== undefined && entry.tokenId !== principal.tokenId) return false;
  if (entry.issuedBeforeMs === undefined) return true;
  // A token that does not say when it was issued may be as old as any.
  return principal.issuedAtMs === undefined || principal.issuedAtMs < entry.issuedBeforeMs;
}

/** A denied user may not (403); a denied token is no token any more (401), and a fresh one may be. */
function deniedBy(entry: Denial): Refused {
  return entry.tokenId === undefined && entry.issuedBeforeMs === undefined
    ? notGranted("denied in access.yaml")
    : refused({ code: "TOKEN_INVALID", check: "denied" });
}

function statementOf(rule: Rule, prefix: ObjectPrefix, place: Place): GrantStatement {
  return {
    rule: rule.name,
    bucket: rule.bucket ?? place.bucket,
    prefix,
    permissions: rule.permissions,
    actions: rule.actions,
    sourceIp: rule.sourceIp === "request" ? place.sourceIp : undefined,
    secureTransport: rule.secureTransport === true,
  };
}

/** The part of a statement that was asked for; undefined where nothing is left. */
function narrowedStatement(statement: GrantStatement, wanted: Wanted): GrantStatement | undefined {
  const prefix = narrowedPrefix(statement.prefix, wanted.prefix);
  if (prefix === undefined) return undefined;
  const asked = wanted.permissions;
  const permissions =
    asked === undefined ? statement.permissions : statement.permissions.filter((p) => asked.includes(p));
  // Raw actions have no name that a request could ask for: whoever asks for permissions gets those alone.
  const actions = asked === undefined ? statement.actions : [];
  return permissions.length === 0 && actions.length === 0
    ? undefined
    : { ...statement, prefix, permissions, actions };
}

function narrowedPrefix(given: ObjectPrefix, wanted: ObjectPrefix | undefined): ObjectPrefix | undefined {
  if (wanted === undefined || isInside(given, wanted)) return given;
  return isInside(wanted, given) ? wanted : undefined;
}

function durationLimit(
  contributing: readonly Rule[],
  rules: AccessRules,
): { readonly defaultSeconds: number; readonly maxSeconds: number } {
  const shortest = Math.min(...contributing.map((rule) => rule.durationSeconds ?? Number.POSITIVE_INFINITY));
  return {
    defaultSeconds: Math.min(rules.session.durationSeconds, shortest),
    maxSeconds: Math.min(rules.session.maxDurationSeconds, shortest),
  };
}

/** One statement for each place: permissions of rules that meet in one prefix (and condition) are united. */
function withoutRepetition(statements: readonly GrantStatement[]): readonly GrantStatement[] {
  const byPlace = new Map<string, GrantStatement>();
  for (const statement of statements) {
    const key = JSON.stringify([
      statement.bucket,
      statement.prefix,
      statement.sourceIp ?? null,
      statement.secureTransport,
    ]);
    const present = byPlace.get(key);
    byPlace.set(key, present === undefined ? statement : united(present, statement));
  }
  return [...byPlace.values()];
}

function united(a: GrantStatement, b: GrantStatement): GrantStatement {
  return {
    ...a,
    permissions: PERMISSIONS.filter(
      (permission) => a.permissions.includes(permission) || b.permissions.includes(permission),
    ),
    actions: [...new Set([...a.actions, ...b.actions])].sort(),
  };
}

function notGranted(because: string): Refused {
  return refused({ code: "ACCESS_NOT_GRANTED", because });
}
