import { couldBe, type TemplateSegment } from "../prefix/prefix-template.ts";
import type { NamedIssuer } from "./access-file.ts";
import { isBound, type Placed } from "./access-references.ts";
import type { Rule } from "./rule.ts";

/** A rule's prefix for one issuer, with `{issuer}` replaced by the issuer's name. */
export interface RulePlace {
  readonly rule: Rule;
  readonly index: number;
  readonly issuer: string;
  /** The claim that tells this issuer's users apart. */
  readonly userClaim: string;
  readonly segments: readonly Exclude<TemplateSegment, { readonly kind: "issuer" }>[];
}

export type Relation =
  | { readonly kind: "apart" }
  /** Equal segments up to the shorter one's end: one contains the other, or they are equal. */
  | { readonly kind: "nested" }
  | { readonly kind: "clash"; readonly because: string };

/** Empty for a rule without an issuer when there are several issuers: that mistake must be fixed first. */
export function placesOf(
  { index, value: rule }: Placed<Rule>,
  issuers: readonly NamedIssuer[],
): readonly RulePlace[] {
  if (issuers.length > 1 && !isBound(rule)) return [];
  return issuers
    .filter((issuer) => rule.issuer === undefined || rule.issuer === issuer.name)
    .map((issuer) => ({
      rule,
      index,
      issuer: issuer.name,
      userClaim: issuer.user,
      segments: rule.prefix.segments.map((segment) =>
        segment.kind === "issuer" ? ({ kind: "literal", text: issuer.name } as const) : segment,
      ),
    }));
}

/** How two places lie to each other. */
export function relationOf(a: RulePlace, b: RulePlace): Relation {
  let clash: string | undefined;
  for (let i = 0; i < Math.min(a.segments.length, b.segments.length); i++) {
    const [left, right] = [a.segments[i], b.segments[i]];
    if (left === undefined || right === undefined) break;
    if (left.kind === "literal" && right.kind === "literal") {
      if (left.text !== right.text) return { kind: "apart" };
    } else if (left.kind === "literal" || right.kind === "literal") {
      const [literal, placeholder] = left.kind === "literal" ? [left, right] : [right, left];
      if (literal.kind !== "literal" || placeholder.kind === "literal") continue;
      if (!couldBe(literal.text, placeholder.kind)) return { kind: "apart" };
      clash ??= `${written(placeholder)} can be "${literal.text}"`;
    } else if (left.kind !== right.kind || left.claim !== right.claim) {
      clash ??= `${written(left)} of one user can be ${written(right)} of another`;
    } else if (a.issuer !== b.issuer) {
      // A digest includes its issuer: digests of two issuers are never equal.
      if (left.kind === "hash") return { kind: "apart" };
      clash ??= `${written(left)} of issuer ${a.issuer} can be ${written(right)} of issuer ${b.issuer}`;
    }
  }
  return clash === undefined ? { kind: "nested" } : { kind: "clash", because: clash };
}

export function written(segment: TemplateSegment): string {
  if (segment.kind === "literal") return segment.text;
  if (segment.kind === "issuer") return "{issuer}";
  return segment.kind === "hash" ? `{${segment.claim}:hash}` : `{${segment.claim}}`;
}

export function shown(place: RulePlace): string {
  return JSON.stringify(place.rule.prefix.text);
}

/** Only when both rules name a bucket: OSS_BUCKET is unknown here and could be either of them. */
export function inDifferentBuckets(a: Rule, b: Rule): boolean {
  return a.bucket !== undefined && b.bucket !== undefined && a.bucket !== b.bucket;
}
