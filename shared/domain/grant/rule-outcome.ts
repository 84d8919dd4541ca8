import type { ObjectPrefix } from "../prefix/object-prefix.ts";
import { renderedPrefix } from "../prefix/prefix-template.ts";
import type { AccessRules, Rule } from "../rules/rule.ts";
import type { Attribute, Principal } from "./principal.ts";

/** The facts of a decision that do not come from the token. */
export interface Place {
  /** OSS_BUCKET, for rules that name no bucket. */
  readonly bucket: string;
  /** The caller's IP address; undefined when unknown: then rules with `sourceIp: request` do not match. */
  readonly sourceIp: string | undefined;
}

export type RuleOutcome =
  | { readonly kind: "matched"; readonly prefix: ObjectPrefix }
  | { readonly kind: "no match"; readonly because: string }
  /** The rule matches, but a claim in its prefix is unusable: the request is refused, not repaired. */
  | { readonly kind: "unsafe"; readonly claim: string; readonly problem: string };

/** The outcome of each rule for a principal, in the file's order; with a mode, of the rules in this mode only. */
export function ruleOutcomes(
  principal: Principal,
  rules: AccessRules,
  place: Place,
  mode?: Rule["mode"],
): readonly { readonly rule: Rule; readonly outcome: RuleOutcome }[] {
  return rules.rules
    .filter((rule) => mode === undefined || rule.mode === mode)
    .map((rule) => ({ rule, outcome: outcomeOf(rule, principal, place) }));
}

function outcomeOf(rule: Rule, principal: Principal, place: Place): RuleOutcome {
  if (rule.issuer !== undefined && rule.issuer !== principal.issuer) {
    return noMatch(
      () => `the rule is for issuer ${rule.issuer}, but the token comes from ${principal.issuer}`,
    );
  }
  for (const [claim, values] of rule.when) {
    const attribute = principal.attributes.get(claim);
    if (attribute === undefined) return noMatch(() => `the token has no claim ${claim}`);
    if (!values.some((value) => fits(attribute, value)))
      return noMatch(() => mismatchOf(claim, attribute, values));
  }
  if (rule.sourceIp === "request" && place.sourceIp === undefined) {
    return noMatch(() => "the rule needs the caller's IP address, which is unknown");
  }
  const rendered = renderedPrefix(rule.prefix, {
    issuer: principal.issuer,
    issuerUrl: principal.issuerUrl,
    // The user's own claim may be a number; of other claims, a prefix takes texts only.
    claim: (name) => (name === principal.userClaim ? principal.user : principal.attributes.get(name)),
  });
  switch (rendered.kind) {
    case "prefix":
      return { kind: "matched", prefix: rendered.prefix };
    case "missing":
      return noMatch(() => `the token has no claim ${rendered.claim}`);
    case "unsafe":
      return rendered;
  }
}

/** The sentence is made when somebody reads it: `explain` does, a request does not. */
function noMatch(because: () => string): RuleOutcome {
  return {
    kind: "no match",
    get because() {
      return because();
    },
  };
}

/** Where only the kinds differ, the sentence says so: "true" and true look the same to a reader. */
function mismatchOf(
  claim: string,
  attribute: Attribute,
  values: readonly (string | number | boolean)[],
): string {
  for (const part of Array.isArray(attribute) ? attribute : [attribute]) {
    const alike = values.find((value) => String(value) === String(part));
    if (part !== null && alike !== undefined)
      return `claim ${claim} is ${withKind(part)}, the rule wants ${withKind(alike)}`;
  }
  return `claim ${claim} is none of ${values.map((value) => JSON.stringify(value)).join(", ")}`;
}

function withKind(value: string | number | boolean): string {
  return typeof value === "string" ? `the text ${JSON.stringify(value)}` : String(value);
}

/** Equal, or a list that contains it. The types must agree: "1" is not 1. */
function fits(attribute: Attribute, value: string | number | boolean): boolean {
  return Array.isArray(attribute) ? attribute.includes(value) : attribute === value;
}
