import { claimsOf } from "../prefix/prefix-template.ts";
import type { Problem, ProblemAt } from "../problem.ts";
import type { Issuer } from "../token/issuer.ts";
import type { PlacedEntries } from "./access-references.ts";
import { isForEverybody, isMetByEverybody, isOnlyReadAndList } from "./everybody.ts";
import type { Rule } from "./rule.ts";
import { inDifferentBuckets, placesOf, type RulePlace, relationOf, shown, written } from "./rule-places.ts";
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

type Judged = Problem & { readonly kind: "problem" | "warning" };

interface OuterContext {
  /** The outer rule's issuer. */
  readonly issuer: Issuer | undefined;
  readonly isOnlyIssuer: boolean;
}

/** The problem or warning about a folder that contains other users' folders. */
function judgedReach(outer: RulePlace, inner: RulePlace, context: OuterContext): Judged {
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

function warnedReach(outer: RulePlace, inner: RulePlace, { issuer, isOnlyIssuer }: OuterContext): Judged {
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

function reachingSentence(inner: RulePlace): string {
  const which = inner.segments.some(({ kind }) => kind !== "literal") ? "every" : "the";
  return `reaches ${which} folder ${shown(inner)} of rules[${inner.index}] (${inner.rule.name})`;
}

function withTheSame({ segments }: RulePlace): string {
  const shared = segments.filter((segment) => segment.kind !== "literal").map(written);
  return shared.length === 0 ? "" : ` with the same ${shared.join(", ")}`;
}

function ableIn({ permissions, upload, actions }: Rule): string {
  return [...permissions, ...(upload === undefined ? [] : ["upload"]), ...actions].join(", ");
}

/** Whether the inner folder can belong to another principal: it depends on a claim, and the outer one has several users. */
function holdsOthers(outer: RulePlace, inner: RulePlace): boolean {
  const known = claimsOf(outer.rule.prefix);
  return (
    !known.includes(outer.userClaim) && claimsOf(inner.rule.prefix).some((claim) => !known.includes(claim))
  );
}

/**
 * Whether the inner folder is for users that its rule's `when` names, and the outer rule lets others in. A condition
 * that every token meets names nobody. The same claim of another issuer names other users.
 */
function holdsNamedUsers(outer: RulePlace, inner: RulePlace, innerIssuer: Issuer | undefined): boolean {
  if (outer.segments.length === inner.segments.length) return false;
  if (claimsOf(outer.rule.prefix).includes(outer.userClaim)) return false;
  return [...inner.rule.when].some(([claim, values]) => {
    if (isMetByEverybody(claim, values, innerIssuer)) return false;
    const demanded = outer.issuer === inner.issuer ? outer.rule.when.get(claim) : undefined;
    return demanded?.every((value) => values.includes(value)) !== true;
  });
}

function onceEach(problems: readonly ProblemAt[]): readonly ProblemAt[] {
  const seen = new Set<string>();
  return problems.filter((problem) => seen.size < seen.add(JSON.stringify(problem)).size);
}
