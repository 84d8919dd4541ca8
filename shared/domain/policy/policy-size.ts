import { accessGrantFor } from "../grant/access-grant.ts";
import type { Attribute } from "../grant/principal.ts";
import { claimsOf, MAX_CLAIM_LENGTH } from "../prefix/prefix-template.ts";
import type { RamPolicy } from "../ram/ram-policy.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";
import type { Issuer } from "../token/issuer.ts";
import { MAX_SESSION_POLICY_BYTES, ramPolicyFor } from "./session-policy.ts";

/** The largest session policy that rules can make, and its parts. */
export interface LargestPolicy {
  /** UTF-8 bytes; 0 when no rule grants anything. Above MAX_SESSION_POLICY_BYTES, requests are refused. */
  readonly bytes: number;
  /** The parts, their sum, and what would make it fit; one line each. */
  readonly arithmetic: readonly string[];
}

/** The longest IP address: IPv6 without abbreviation. */
const LONGEST_ADDRESS = "2001:0db8:0000:0000:0000:8a2e:0370:7334";

/** Combinations of claim values to try for one issuer. With more, every `when` counts as met. */
const MAX_COMBINATIONS = 64;

/** With up to so many rules, every subset is tried. With more, there would be too many subsets. */
const MAX_CHOSEN_RULES = 5;

/**
 * The worst case over all rules that one principal can match together, with the longest possible values. A claim in a
 * matching rule's prefix has one value: one that `when` names, or any of 128 characters. Every other claim can be a list
 * that meets every `when`. `bucket` is for rules that name none.
 */
export function largestPolicyFor(rules: AccessRules, bucket: string): LargestPolicy {
  let worst: Case | undefined;
  for (const issuer of rules.issuers) {
    const own = rules.rules.filter(
      (rule) => rule.mode === "enforce" && (rule.issuer === undefined || rule.issuer === issuer.name),
    );
    for (const start of casesFor(issuer, own)) {
      const found = grownOf(start, rules, bucket);
      if (sizeOf(found, rules, bucket) > (worst === undefined ? 0 : sizeOf(worst, rules, bucket)))
        worst = found;
    }
  }
  return worst === undefined
    ? { bytes: 0, arithmetic: ["no rule grants anything"] }
    : { bytes: sizeOf(worst, rules, bucket), arithmetic: arithmeticOf(worst, rules, bucket) };
}

/** One kind of principal: its claims, and the rules that may match it. */
interface Case {
  readonly issuer: Issuer;
  readonly rules: readonly Rule[];
  /** Of the claims in prefixes. */
  readonly values: ReadonlyMap<string, ClaimValue>;
  /** Characters of a value that is `anything`. */
  readonly length: number;
}

type ClaimValue =
  | { readonly kind: "named"; readonly value: string }
  | { readonly kind: "anything" }
  /** Meets every `when`. But rules with this claim in their prefix do not match. */
  | { readonly kind: "list" };

/** All choices of values that differ in which rules match; of equal ones, the longest. */
function casesFor(issuer: Issuer, rules: readonly Rule[]): readonly Case[] {
  let choices: ReadonlyMap<string, ClaimValue>[] = [new Map()];
  for (const claim of new Set(rules.flatMap((rule) => claimsOf(rule.prefix)))) {
    const values = valuesOf(claim, rules);
    choices = choices.flatMap((chosen) => values.map((value) => new Map([...chosen, [claim, value]])));
    if (choices.length > MAX_COMBINATIONS) {
      const unconditional = rules.map((rule) => ({ ...rule, when: new Map<string, never>() }));
      return [{ issuer, rules: unconditional, values: new Map(), length: MAX_CLAIM_LENGTH }];
    }
  }
  return choices.map((values) => ({
    issuer,
    rules: rules.filter((rule) => claimsOf(rule.prefix).every((claim) => values.get(claim)?.kind !== "list")),
    values,
    length: MAX_CLAIM_LENGTH,
  }));
}

function valuesOf(claim: string, rules: readonly Rule[]): readonly ClaimValue[] {
  const named = new Map<string, string>();
  for (const value of rules.flatMap((rule) => rule.when.get(claim) ?? [])) {
    if (typeof value !== "string") continue;
    const matches = rules.map((rule) => rule.when.get(claim)?.includes(value) ?? "any").join();
    if (value.length > (named.get(matches)?.length ?? 0)) named.set(matches, value);
  }
  // A rule that always matches with this claim in its prefix refuses a list (CLAIM_INVALID).
  const needed = rules.some(({ when, prefix }) => when.size === 0 && claimsOf(prefix).join() === claim);
  return [
    { kind: "anything" },
    ...[...named.values()].map((value) => ({ kind: "named", value }) as const),
    ...(named.size === 0 || needed ? [] : [{ kind: "list" } as const]),
  ];
}

/**
 * Drops rules that make the policy shorter: their folder contains another one, or has the same permissions as another
 * one. With few rules, tries every subset. With many, drops one rule at a time.
 */
function grownOf(start: Case, rules: AccessRules, bucket: string): Case {
  let largest = start;
  // Several claims in one prefix may together be longer than the longest prefix.
  while (largest.length > 1 && policyOf(largest, rules, bucket) === undefined)
    largest = { ...largest, length: largest.length - 1 };
  const optional = largest.rules.filter(({ when, prefix }) => when.size > 0 || claimsOf(prefix).length > 0);
  if (optional.length <= MAX_CHOSEN_RULES) {
    const always = largest.rules.filter((rule) => !optional.includes(rule));
    let choices: readonly (readonly Rule[])[] = [always];
    for (const rule of optional) choices = choices.flatMap((some) => [some, [...some, rule]]);
    return largestOf(
      choices.map((chosen) => ({ ...largest, rules: chosen })),
      rules,
      bucket,
    );
  }
  for (;;) {
    const smaller = optional.map((left) => ({
      ...largest,
      rules: largest.rules.filter((rule) => rule !== left),
    }));
    const found = largestOf([largest, ...smaller], rules, bucket);
    if (found === largest) return largest;
    largest = found;
  }
}

function largestOf(cases: readonly Case[], rules: AccessRules, bucket: string): Case {
  const [first, ...others] = cases.map((of) => ({ of, bytes: sizeOf(of, rules, bucket) }));
  if (first === undefined) throw new Error("unreachable: there is a case to compare");
  return others.reduce((largest, next) => (next.bytes > largest.bytes ? next : largest), first).of;
}

function sizeOf(of: Case, rules: AccessRules, bucket: string): number {
  const policy = policyOf(of, rules, bucket)?.policy;
  return policy === undefined ? 0 : bytesOf(policy);
}

/** The policy as at run time; undefined when this principal gets nothing. */
function policyOf(
  of: Case,
  rules: AccessRules,
  bucket: string,
): { readonly policy: RamPolicy; readonly granting: readonly string[] } | undefined {
  const attributes = new Map<string, Attribute>();
  for (const rule of of.rules) {
    for (const [claim, values] of rule.when) {
      attributes.set(claim, [...((attributes.get(claim) ?? []) as readonly string[]), ...values]);
    }
  }
  const { userClaim, userType } = of.issuer;
  for (const claim of of.rules.flatMap(({ prefix }) => claimsOf(prefix))) {
    // A user's number may meet every `when`, and is a text in the prefix.
    if (claim !== userClaim || userType === "text") attributes.set(claim, textOf(claim, of));
  }
  const principal = {
    issuer: of.issuer.name,
    issuerUrl: of.issuer.issuer,
    userClaim,
    user: textOf(userClaim, of),
    attributes,
    tokenId: undefined,
    issuedAtMs: undefined,
  };
  const place = { bucket, sourceIp: LONGEST_ADDRESS };
  const grant = accessGrantFor(principal, { ...rules, rules: of.rules, deny: [] }, {}, place);
  return grant.ok ? { policy: ramPolicyFor(grant.value.statements), granting: grant.value.rules } : undefined;
}

function textOf(claim: string, of: Case): string {
  const value = of.values.get(claim);
  return value?.kind === "named" ? value.value : "x".repeat(of.length);
}

function arithmeticOf(worst: Case, rules: AccessRules, bucket: string): readonly string[] {
  const found = policyOf(worst, rules, bucket);
  if (found === undefined) return [];
  const { policy, granting } = found;
  const claims = new Set(
    worst.rules
      .filter(({ name }) => granting.includes(name))
      .flatMap(({ prefix }) =>
        prefix.segments.flatMap((segment) => {
          if (segment.kind === "hash") return [`{${segment.claim}:hash} 32`];
          if (segment.kind !== "claim") return [];
          return [`{${segment.claim}} ${textOf(segment.claim, worst).length}`];
        }),
      ),
  );
  const statements = policy.Statement.map(
    (statement, index) =>
      `statement ${index}: ${bytesOf(statement)} bytes (${count(statement.Action, "action")} on ${count(statement.Resource, "resource")})`,
  );
  const frame = bytesOf(policy) - policy.Statement.reduce((sum, statement) => sum + bytesOf(statement), 0);
  return [
    `rules that can meet: ${granting.join(", ")}`,
    ...(claims.size === 0 ? [] : [`characters of claims at their longest: ${[...claims].join(", ")}`]),
    `frame and commas: ${frame} bytes`,
    ...statements,
    `sum: ${bytesOf(policy)} of ${MAX_SESSION_POLICY_BYTES} bytes`,
    ...(bytesOf(policy) > MAX_SESSION_POLICY_BYTES ? [remedyOf(worst, rules, bucket)] : []),
  ];
}

/** How long claims may be. Tries from the longest: a longer claim never makes a shorter policy. */
function remedyOf(worst: Case, rules: AccessRules, bucket: string): string {
  const fits = (length: number): boolean =>
    sizeOf({ ...worst, length }, rules, bucket) <= MAX_SESSION_POLICY_BYTES;
  let length = MAX_CLAIM_LENGTH;
  while (length > 0 && !fits(length)) length -= 1;
  return length === 0
    ? "it never fits: let fewer rules match one user, or give them one prefix or the same permissions"
    : `it fits while no claim in a prefix has more than ${length} characters; longer ones are refused (500)`;
}

function bytesOf(json: unknown): number {
  return Buffer.byteLength(JSON.stringify(json), "utf8");
}

function count(values: string | readonly string[], noun: string): string {
  const number = typeof values === "string" ? 1 : values.length;
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
