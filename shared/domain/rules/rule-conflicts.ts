import { claimsOf, couldBe, type TemplateSegment } from "../prefix/prefix-template.ts";
import type { NamedIssuer } from "./access-file.ts";
import { isBound, type Placed, type PlacedEntries } from "./access-references.ts";
import type { Rule } from "./rule.ts";
import type { Problem, Warning } from "./shape.ts";

/**
 * Rules whose prefixes could let two principals meet. Two prefixes keep apart where at some segment they differ
 * for every value that their placeholders can take; they are one place where all their segments are the same.
 * Everything between (a name that another rule's claim could take) is refused; a folder that holds other
 * people's folders is refused without a `when`, and reported with one.
 */
export function conflictsBetween({ rules, namedIssuers = [] }: PlacedEntries): {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];
} {
  const problems: Problem[] = [];
  const warnings: Warning[] = [];
  const places = rules.flatMap((rule) => placesOf(rule, namedIssuers));
  for (const [position, place] of places.entries()) {
    for (const other of places.slice(position + 1)) {
      if (place.index === other.index || inDifferentBuckets(place.rule, other.rule)) continue;
      const relation = relationOf(place, other);
      if (relation.kind === "apart") continue;
      if (relation.kind === "clash") {
        problems.push({
          path: ["rules", other.index, "prefix"],
          problem:
            `is ${shown(other)}, which can be the same folder as ${shown(place)} of rules[${place.index}] ` +
            `(${relation.because}); put one of them under a name of its own, such as "${place.index < other.index ? "groups" : "users"}/${other.rule.prefix.text}"`,
        });
        continue;
      }
      const [outer, inner] = place.segments.length <= other.segments.length ? [place, other] : [other, place];
      if (!holdsOthers(outer, inner)) continue;
      const path = ["rules", outer.index, "prefix"];
      const reach = `reaches every folder ${shown(inner)} of rules[${inner.index}] (${inner.rule.name})`;
      if (outer.rule.when.size > 0) {
        const able = [...outer.rule.permissions, ...outer.rule.actions].join(", ");
        warnings.push({
          path,
          warning: `${reach}: everybody for whom this rule matches can ${able} there`,
        });
      } else {
        const shared = outer.segments.filter((segment) => segment.kind !== "literal").map(written);
        const whom = shared.length === 0 ? "everybody" : `everybody with the same ${shared.join(", ")}`;
        problems.push({
          path,
          problem: `is ${shown(outer)}, which ${reach}, for ${whom}; add a when: that names who may, or write a folder of its own`,
        });
      }
    }
  }
  return { problems: onceEach(problems, "problem"), warnings: onceEach(warnings, "warning") };
}

/** A rule's prefix for one issuer: `{issuer}` is a name that is known now. */
interface Place {
  readonly rule: Rule;
  readonly index: number;
  readonly issuer: string;
  /** The claim that tells this issuer's users apart. */
  readonly userClaim: string;
  readonly segments: readonly Exclude<TemplateSegment, { readonly kind: "issuer" }>[];
}

type Relation =
  | { readonly kind: "apart" }
  /** The same segments as far as both go: one holds the other, or they are equal. */
  | { readonly kind: "nested" }
  | { readonly kind: "clash"; readonly because: string };

/** None of a rule that is bound to no issuer where there are several: that is what has to be mended first. */
function placesOf({ index, value: rule }: Placed<Rule>, issuers: readonly NamedIssuer[]): readonly Place[] {
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

/** Only where both are named: the deployment's own bucket is not known here and could be either. */
function inDifferentBuckets(a: Rule, b: Rule): boolean {
  return a.bucket !== undefined && b.bucket !== undefined && a.bucket !== b.bucket;
}

/** Whether an inner folder can be another principal's: it depends on a claim, and the outer one is no one user's. */
function holdsOthers(outer: Place, inner: Place): boolean {
  const known = claimsOf(outer.rule.prefix);
  return (
    !known.includes(outer.userClaim) && claimsOf(inner.rule.prefix).some((claim) => !known.includes(claim))
  );
}

function relationOf(a: Place, b: Place): Relation {
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
      // A digest has its issuer in it: those of two issuers never meet.
      if (left.kind === "hash") return { kind: "apart" };
      clash ??= `${written(left)} of issuer ${a.issuer} can be ${written(right)} of issuer ${b.issuer}`;
    }
  }
  return clash === undefined ? { kind: "nested" } : { kind: "clash", because: clash };
}

function written(segment: TemplateSegment): string {
  if (segment.kind === "literal") return segment.text;
  if (segment.kind === "issuer") return "{issuer}";
  return segment.kind === "hash" ? `{${segment.claim}:hash}` : `{${segment.claim}}`;
}

function shown(place: Place): string {
  return JSON.stringify(place.rule.prefix.text);
}

function onceEach<T extends { readonly path: Problem["path"] }>(
  entries: readonly T[],
  text: keyof T,
): readonly T[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    const key = JSON.stringify([entry.path, entry[text]]);
    return seen.size < seen.add(key).size;
  });
}
