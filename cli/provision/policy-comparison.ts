import { isDeepStrictEqual } from "node:util";
import { matches } from "../../sandbox/ram/match.ts";

/** A policy of any kind, read back: lists where RAM takes one or a list. */
interface Statement {
  readonly effect: unknown;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  readonly condition: unknown;
}

/** Whether two policy documents (texts) say the same, whatever their order of members and their spacing. */
export function saySame(a: string, b: string): boolean {
  const [one, other] = [statementsOf(a), statementsOf(b)];
  return one !== undefined && other !== undefined && isDeepStrictEqual(sorted(one), sorted(other));
}

/**
 * What `after` allows and `before` does not, in words; empty where it only narrows. Patterns are compared as
 * texts: a new one counts as covered where an old pattern matches it letter by letter, so that in doubt it widens.
 */
export function wideningFrom(before: string, after: string): readonly string[] {
  const old = statementsOf(before) ?? [];
  const widened: string[] = [];
  for (const statement of (statementsOf(after) ?? []).filter(({ effect }) => effect === "Allow")) {
    for (const action of statement.actions) {
      for (const target of targetsOf(statement)) {
        if (!old.some((candidate) => covers(candidate, action, target, statement)))
          widened.push(`${action} ${target}`);
      }
    }
  }
  for (const statement of old.filter(({ effect }) => effect === "Deny")) {
    const kept = (statementsOf(after) ?? []).some((candidate) => isDeepStrictEqual(candidate, statement));
    if (!kept)
      widened.push(`no longer denied: ${statement.actions.join(", ")} ${targetsOf(statement).join(", ")}`);
  }
  return widened;
}

/** What it is about, or, in a trust policy, who. */
function targetsOf({ resources, principals }: Statement): readonly string[] {
  return [...resources, ...principals];
}

function covers(old: Statement, action: string, target: string, statement: Statement): boolean {
  return (
    old.effect === "Allow" &&
    old.actions.some((pattern) => isWithin(action.toLowerCase(), pattern.toLowerCase())) &&
    targetsOf(old).some((pattern) => isWithin(target, pattern)) &&
    conditionCovers(old.condition, statement.condition)
  );
}

/** Whether a pattern lies within another, as a text; `?` stands for one character, and never for a `*`. */
function isWithin(narrow: string, wide: string): boolean {
  return narrow === wide || (matches(wide, narrow) && !(wide.includes("?") && narrow.includes("*")));
}

/** The old statement has no condition, the same, or one oss:Prefix list that matches every new pattern. */
function conditionCovers(old: unknown, now: unknown): boolean {
  if (old === undefined || isDeepStrictEqual(old, now)) return true;
  const [before, after] = [prefixesOf(old), prefixesOf(now)];
  return (
    before !== undefined &&
    after?.every((prefix) => before.some((pattern) => isWithin(prefix, pattern))) === true
  );
}

function prefixesOf(condition: unknown): readonly string[] | undefined {
  const operators = Object.entries((condition ?? {}) as Record<string, Record<string, unknown>>);
  const [only] = operators;
  if (operators.length !== 1 || only?.[0] !== "StringLike" || Object.keys(only[1]).join() !== "oss:Prefix")
    return undefined;
  return listOf(only[1]["oss:Prefix"]);
}

function statementsOf(document: string): readonly Statement[] | undefined {
  try {
    const { Statement: statements } = JSON.parse(document) as {
      readonly Statement: readonly Record<string, unknown>[];
    };
    return statements.map((statement) => ({
      effect: statement["Effect"],
      actions: [
        ...listOf(statement["Action"]),
        ...listOf(statement["NotAction"]).map((action) => `not ${action}`),
      ].sort(),
      resources: [
        ...listOf(statement["Resource"]),
        ...listOf(statement["NotResource"]).map((resource) => `not ${resource}`),
      ].sort(),
      principals: Object.entries((statement["Principal"] ?? {}) as Record<string, unknown>)
        .flatMap(([kind, names]) => listOf(names).map((name) => `${kind} ${name}`))
        .sort(),
      condition: normalized(statement["Condition"]),
    }));
  } catch {
    return undefined;
  }
}

/** Single values as lists of one, so that "a" and ["a"] are the same. */
function normalized(condition: unknown): unknown {
  if (condition === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(condition as Record<string, Record<string, unknown>>).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, [...listOf(values)].sort()])),
    ]),
  );
}

function sorted(statements: readonly Statement[]): readonly string[] {
  return statements.map((statement) => JSON.stringify(statement)).sort();
}

function listOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map(String);
}
