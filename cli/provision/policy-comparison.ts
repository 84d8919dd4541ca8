import { isDeepStrictEqual } from "node:util";
import { canMeet, isWithin } from "../shared/evaluator.ts";
import { listOf } from "../shared/values.ts";

/** A policy of any kind, read back: lists where RAM takes one or a list. */
interface Statement {
  readonly effect: unknown;
  readonly actions: Actions;
  readonly resources: readonly string[];
  readonly principals: readonly string[];
  readonly condition: unknown;
}

/** `except` is true for NotAction. */
interface Actions {
  readonly except: boolean;
  readonly patterns: readonly string[];
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
    for (const actions of oneByOne(statement.actions)) {
      for (const target of targetsOf(statement)) {
        if (!old.some((candidate) => covers(candidate, actions, target, statement)))
          widened.push(`${actionsText(actions)} ${target}`);
      }
    }
  }
  for (const statement of old.filter(({ effect }) => effect === "Deny")) {
    const kept = (statementsOf(after) ?? []).some((candidate) => isDeepStrictEqual(candidate, statement));
    if (!kept)
      widened.push(`no longer denied: ${actionsText(statement.actions)} ${targetsOf(statement).join(", ")}`);
  }
  return widened;
}

/** {@link wideningFrom} of trust policies: who is trusted, e.g. an ARN, or `Service ecs.aliyuncs.com`. */
export function newlyTrusted(before: string, after: string): readonly string[] {
  return wideningFrom(before, after).map((what) => what.replace(/^sts:AssumeRole (RAM )?/, ""));
}

/** Each pattern by itself; what NotAction names is one thing: everything else. */
function oneByOne(actions: Actions): readonly Actions[] {
  return actions.except
    ? [actions]
    : actions.patterns.map((pattern) => ({ ...actions, patterns: [pattern] }));
}

function actionsText({ except, patterns }: Actions): string {
  return `${except ? "not " : ""}${patterns.join(", ")}`;
}

/** What it is about, or, in a trust policy, who. */
function targetsOf({ resources, principals }: Statement): readonly string[] {
  return [...resources, ...principals];
}

function covers(old: Statement, actions: Actions, target: string, statement: Statement): boolean {
  return (
    old.effect === "Allow" &&
    areActionsWithin(actions, old.actions) &&
    targetsOf(old).some((pattern) => isWithin(target, pattern) || isOfAccount(target, pattern)) &&
    conditionCovers(old.condition, statement.condition)
  );
}

/** Actions compare without regard to case. Source: RAM "Policy elements", Action. */
function areActionsWithin(narrow: Actions, wide: Actions): boolean {
  const [some, all] = [lowerCase(narrow), lowerCase(wide)];
  if (narrow.except && wide.except) return all.every((kept) => some.some((taken) => isWithin(kept, taken)));
  if (narrow.except) return all.includes("*");
  return some.every((pattern) =>
    wide.except
      ? !all.some((kept) => canMeet(kept, pattern))
      : all.some((allowed) => isWithin(pattern, allowed)),
  );
}

function lowerCase({ patterns }: Actions): readonly string[] {
  return patterns.map((pattern) => pattern.toLowerCase());
}

/** `:root` names every user and role of its account. Source: RAM "Policy elements", Principal. */
function isOfAccount(principal: string, root: string): boolean {
  const [, account] = /^(RAM acs:ram::\d+:)root$/.exec(root) ?? [];
  return (
    account !== undefined &&
    /^(user|role)\//.test(principal.slice(account.length)) &&
    principal.startsWith(account)
  );
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
  return textsOf(only[1]["oss:Prefix"]);
}

function statementsOf(document: string): readonly Statement[] | undefined {
  try {
    const { Statement: statements } = JSON.parse(document) as {
      readonly Statement: readonly Record<string, unknown>[];
    };
    return statements.map((statement) => ({
      effect: statement["Effect"],
      actions: actionsOf(statement),
      resources: [
        ...textsOf(statement["Resource"]),
        ...textsOf(statement["NotResource"]).map((resource) => `not ${resource}`),
      ].sort(),
      principals: Object.entries((statement["Principal"] ?? {}) as Record<string, unknown>)
        .flatMap(([kind, names]) => textsOf(names).map((name) => `${kind} ${name}`))
        .sort(),
      condition: normalized(statement["Condition"]),
    }));
  } catch {
    return undefined;
  }
}

function actionsOf(statement: Readonly<Record<string, unknown>>): Actions {
  const except = statement["NotAction"] !== undefined;
  return { except, patterns: [...textsOf(statement[except ? "NotAction" : "Action"])].sort() };
}

/** Single values as lists of one, so that "a" and ["a"] are the same. */
function normalized(condition: unknown): unknown {
  if (condition === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(condition as Record<string, Record<string, unknown>>).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, [...textsOf(values)].sort()])),
    ]),
  );
}

function sorted(statements: readonly Statement[]): readonly string[] {
  return statements.map((statement) => JSON.stringify(statement)).sort();
}

/** RAM compares everything as text. */
function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(String);
}
