import { isInside, type ObjectPrefix } from "../prefix/object-prefix.ts";
import { PERMISSIONS, type Permission } from "../ram/ram-policy.ts";
import { granted, type Refused, type Result, refused } from "../refusal.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";
import { matchedRules } from "./matched-rules.ts";
import type { Principal } from "./principal.ts";
import type { Place } from "./rule-outcome.ts";

/** The decision: what one principal may do, and for how long. Never empty. */
export interface AccessGrant {
  readonly principal: Principal;
  readonly statements: readonly GrantStatement[];
  /** The statements before the requested prefix narrowed them; undefined when no prefix was requested. */
  readonly whole: readonly GrantStatement[] | undefined;
  readonly sessionSeconds: number;
  /** Names of the rules that granted. */
  readonly rules: readonly string[];
}

/** These permissions below one prefix of one bucket. */
export interface GrantStatement {
  readonly rule: string;
  readonly bucket: string;
  readonly prefix: ObjectPrefix;
  readonly permissions: readonly Permission[];
  readonly actions: readonly string[];
  /** The only IP address that may use the credentials. */
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

/**
 * Adds up all rules that match, and narrows the sum to the request. Without a rule there is no access. Refuses with
 * ACCESS_NOT_GRANTED, CLAIM_INVALID (a claim in a matching rule's prefix is not a safe segment), TOKEN_INVALID
 * (`denied`: access.yaml denies this token), REQUEST_INVALID (a longer duration than the rules allow).
 */
export function accessGrantFor(
  principal: Principal,
  rules: AccessRules,
  wanted: Wanted,
  place: Place,
): Result<AccessGrant> {
  const matched = matchedRules(principal, rules, place);
  if (!matched.ok) return matched;
  const enforced = matched.value;
  const narrowed = enforced.flatMap(({ rule, prefix }) => {
    const whole = withPermissions(statementOf(rule, prefix, place), wanted.permissions);
    const inside = narrowedPrefix(prefix, wanted.prefix);
    return whole === undefined || inside === undefined
      ? []
      : [{ rule, whole, statement: { ...whole, prefix: inside } }];
  });
  const prefix = wanted.prefix;
  if (prefix !== undefined && !enforced.some((entry) => isInside(prefix, entry.prefix))) {
    return notGranted("the requested prefix is not inside a granted prefix");
  }
  const missing = wanted.permissions?.find(
    (permission) => !narrowed.some(({ statement }) => statement.permissions.includes(permission)),
  );
  if (missing !== undefined) return notGranted(`no rule grants ${missing} there`);
  if (narrowed.length === 0) {
    return notGranted(
      enforced.every(({ rule }) => isForFormsOnly(rule))
        ? "the rules that match allow only upload"
        : "the rules grant nothing of what was requested",
    );
  }
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
    whole: prefix === undefined ? undefined : withoutRepetition(narrowed.map((entry) => entry.whole)),
    sessionSeconds: wanted.durationSeconds ?? limit.defaultSeconds,
    rules: narrowed.map((entry) => entry.rule.name),
  });
}

function isForFormsOnly({ permissions, actions }: Rule): boolean {
  return permissions.length === 0 && actions.length === 0;
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

/** Keeps only the requested permissions; undefined when nothing is left. */
function withPermissions(
  statement: GrantStatement,
  asked: readonly Permission[] | undefined,
): GrantStatement | undefined {
  const permissions =
    asked === undefined ? statement.permissions : statement.permissions.filter((p) => asked.includes(p));
  // A request cannot name raw actions. With requested permissions, the credentials have those permissions only.
  const actions = asked === undefined ? statement.actions : [];
  return permissions.length === 0 && actions.length === 0
    ? undefined
    : { ...statement, permissions, actions };
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

/** One statement for each place: it joins the permissions of all rules with this prefix and these conditions. */
function withoutRepetition(statements: readonly GrantStatement[]): readonly GrantStatement[] {
  if (statements.length === 1) return statements;
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
