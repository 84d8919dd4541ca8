import { claimsOf, couldBe, type TemplateSegment } from "../prefix/prefix-template.ts";
import type { Problem, ProblemAt } from "../problem.ts";
import type { Issuer } from "../token/issuer.ts";
import type { NamedIssuer } from "./access-file.ts";
import { isBound, type Placed, type PlacedEntries } from "./access-references.ts";
import { isForEverybody, isMetByEverybody, isOnlyReadAndList } from "./everybody.ts";
import type { Rule } from "./rule.ts";
import { SIGNED_IN } from "./when.ts";

/**
 * Finds rules whose prefixes could let two principals meet. Two prefixes never meet when one segment differs for all
 * values of their placeholders. They are the same place when all segments are equal. Everything between (a name that a
 * claim of another rule could have) is a problem. A folder that contains other users' folders is a warning with a `when`
 * that names who may, or for everybody who may only read and list and is named (`when: signed-in`). Otherwise it is a
 * problem. A folder that contains a folder of users that another rule's `when` names is a warning.
 */
export function conflictsBetween({ rules, issuers, namedIssuers = [] }: PlacedEntries): {
  readonly problems: readonly ProblemAt[];
  readonly warnings: readonly ProblemAt[];
} {
  const problems: ProblemAt[] = [];
  const warnings: ProblemAt[] = [];
  const places = rules.flatMap((rule) => placesOf(rule, namedIssuers));
  for (const [position, place] of places.entries()) {
    for (const other of places.slice(position + 1)) {
      if (place.index === other.index || inDifferentBuckets(place.rule, other.rule)) continue;
      const relation = relationOf(place, other);
      if (relation.kind === "apart") continue;
      if (relation.kind === "clash") {
        problems.push({
          path: ["rules", other.index, "prefix"],
          is:
            `is ${shown(other)}, which can be the same folder as ${shown(place)} of rules[${place.index}] ` +
            `(${relation.because})`,
          fix: `put one of them into a folder of its own, such as "${place.index < other.index ? "groups" : "users"}/${other.rule.prefix.text}"`,
        });
        continue;
      }
      const [outer, inner] = place.segments.length <= other.segments.length ? [place, other] : [other, place];
      const issuer = issuers.find(({ value }) => value.name === outer.issuer)?.value;
      const innerIssuer = issuers.find(({ value }) => value.name === inner.issuer)?.value;
      const context = { issuer, isOnlyIssuer: namedIssuers.length < 2 };
      let told: Judged;
      if (holdsOthers(outer, inner)) told = judgedReach(outer, inner, context);
      else if (holdsNamedUsers(outer, inner, innerIssuer)) told = warnedReach(outer, inner, context);
      else continue;
      (told.kind === "warning" ? warnings : problems).push({
        path: ["rules", outer.index, "prefix"],
        is: told.is,
        fix: told.fix,
      });
    }
  }
  return { problems: onceEach(problems), warnings: onceEach(warnings) };
}

/** A rule's prefix for one issuer, with `{issuer}` replaced by the issuer's name. */
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
  /** Equal segments up to the shorter one's end: one contains the other, or they are equal. */
  | { readonly kind: "nested" }
  | { readonly kind: "clash"; readonly because: string };

/** Empty for a rule without an issuer when there are several issuers: that mistake must be fixed first. */
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

type Judged = Problem & { readonly kind: "problem" | "warning" };

interface OuterContext {
  /** The outer rule's issuer. */
  readonly issuer: Issuer | undefined;
  readonly isOnlyIssuer: boolean;
}

/** The problem or warning about a folder that contains other users' folders. */
function judgedReach(outer: Place, inner: Place, context: OuterContext): Judged {
  const { rule } = outer;
  const isNamed = rule.signedIn || rule.when.size > 0;
  const isSafe = isOnlyReadAndList(rule);
  if (!isForEverybody(rule, context.issuer) || (isNamed && isSafe)) return warnedReach(outer, inner, context);
  const can = isNamed ? `, who could ${ableIn(rule)} there` : "";
  const others = "add a when: that names who may, or write a folder of its own";
  return {
    kind: "problem",
    is: `is ${shown(outer)}, which ${reachingSentence(inner)}, for everybody${withTheSame(outer)}${can}`,
    fix: isSafe
      ? `write when: ${SIGNED_IN} if everybody who has signed in may ${ableIn(rule)} there; otherwise ${others}`
      : isNamed
        ? `allow only read and list, or ${others}`
        : others,
  };
}

function warnedReach(outer: Place, inner: Place, { issuer, isOnlyIssuer }: OuterContext): Judged {
  const where = isOnlyIssuer ? "" : ` at ${outer.issuer}`;
  const who = isForEverybody(outer.rule, issuer)
    ? `everybody${withTheSame(outer)} who has signed in${where}`
    : "everybody who matches this rule";
  return {
    kind: "warning",
    is: `${reachingSentence(inner)}: ${who} can ${ableIn(outer.rule)} there`,
    fix: "write a narrower prefix, unless this is intended",
  };
}

function reachingSentence(inner: Place): string {
  const which = inner.segments.some(({ kind }) => kind !== "literal") ? "every" : "the";
  return `reaches ${which} folder ${shown(inner)} of rules[${inner.index}] (${inner.rule.name})`;
}

function withTheSame({ segments }: Place): string {
  const shared = segments.filter((segment) => segment.kind !== "literal").map(written);
  return shared.length === 0 ? "" : ` with the same ${shared.join(", ")}`;
}

function ableIn({ permissions, actions }: Rule): string {
  return [...permissions, ...actions].join(", ");
}

/** Only when both rules name a bucket: OSS_BUCKET is unknown here and could be either of them. */
function inDifferentBuckets(a: Rule, b: Rule): boolean {
  return a.bucket !== undefined && b.bucket !== undefined && a.bucket !== b.bucket;
}

/** Whether the inner folder can belong to another principal: it depends on a claim, and the outer one has several users. */
function holdsOthers(outer: Place, inner: Place): boolean {
  const known = claimsOf(outer.rule.prefix);
  return (
    !known.includes(outer.userClaim) && claimsOf(inner.rule.prefix).some((claim) => !known.includes(claim))
  );
}

/**
 * Whether the inner folder is for users that its rule's `when` names, and the outer rule lets others in. A condition
 * that every token meets names nobody. The same claim of another issuer names other users.
 */
function holdsNamedUsers(outer: Place, inner: Place, innerIssuer: Issuer | undefined): boolean {
  if (outer.segments.length === inner.segments.length) return false;
  if (claimsOf(outer.rule.prefix).includes(outer.userClaim)) return false;
  return [...inner.rule.when].some(([claim, values]) => {
    if (isMetByEverybody(claim, values, innerIssuer)) return false;
    const demanded = outer.issuer === inner.issuer ? outer.rule.when.get(claim) : undefined;
    return demanded?.every((value) => values.includes(value)) !== true;
  });
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
      // A digest includes its issuer: digests of two issuers are never equal.
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

function onceEach(problems: readonly ProblemAt[]): readonly ProblemAt[] {
  const seen = new Set<string>();
  return problems.filter((problem) => seen.size < seen.add(JSON.stringify(problem)).size);
}
