import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
} from "yaml";
import type { Problem } from "../../shared/domain/problem.ts";
import { type Spotted, TAGGED } from "./yaml-problems.ts";

/**
 * Problems: valid YAML that this file may not use (anchors, aliases, merge keys, tags, a %YAML line, numbers that lose
 * digits, an empty audience). Warnings: values that YAML reads differently than their author may think.
 */
export function contentProblemsIn(
  document: Document.Parsed,
  text: string,
): {
  readonly problems: readonly Spotted[];
  readonly warnings: readonly Spotted[];
} {
  const problems: Spotted[] = [...emptyAudiencesIn(document)];
  const warnings: Spotted[] = [];
  const add = (list: Spotted[], node: unknown, problem: Problem): void => {
    list.push({ offset: propertyOffsetOf(node, text), where: "", ...problem });
  };
  if (document.directives.yaml.explicit)
    add(problems, undefined, { is: "has a %YAML line", fix: "delete it" });
  visit(document, (key, node, path) => {
    const foreign = foreignIn(node);
    if (foreign !== undefined) add(problems, isPair(node) ? node.key : node, foreign);
    if (key === "key" || !isScalar(node)) return;
    const source = node.source ?? String(node.value);
    if (typeof node.value === "number") {
      if (isInexact(node.value))
        add(problems, node, {
          is: "is a number that cannot be kept exactly",
          fix: `write ${isClaim(path) ? "it" : "a text"} in quotes`,
        });
      else if (String(node.value) !== source)
        add(warnings, node, {
          is: `${source} is read as the number ${node.value}`,
          // Only a claim can be a number or a text. Every other field that takes this number takes nothing else.
          fix: isClaim(path) ? `write a text in quotes: "${source}"` : `write ${node.value}`,
        });
    } else if (node.type === "PLAIN" && /^(yes|no|on|off)$/i.test(source) && isClaim(path)) {
      const truth = /^(yes|on)$/i.test(source);
      add(warnings, node, {
        is: `${source} is read as a text`,
        fix: `write ${truth} for the boolean, or the text in quotes: "${source}"`,
      });
    }
  });
  return { problems, warnings };
}

function foreignIn(node: unknown): Problem | undefined {
  if (isPair(node))
    return isScalar(node.key) && node.key.source === "<<"
      ? { is: "<< (a merge key) is not read here", fix: "write the fields out" }
      : undefined;
  if (isAlias(node))
    return { is: "an alias (*…) is not read here", fix: "write the value out, or in quotes" };
  if (!isNode(node)) return undefined;
  if (node.tag !== undefined) return TAGGED;
  return "anchor" in node && node.anchor !== undefined
    ? { is: "an anchor (&…) is not read here", fix: "write the value without it" }
    : undefined;
}

function isInexact(value: number): boolean {
  return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
}

/** Whether the value is below `when` or `claims`: there it is compared with a claim, which is a text, a number or a boolean. */
function isClaim(path: readonly (Document | Node | Pair)[]): boolean {
  return path.some(
    (step) => isPair(step) && isScalar(step.key) && ["when", "claims"].includes(String(step.key.value)),
  );
}

/** YAML reads an empty value and `~` as null. But the audience check may be switched off only by a visible `null`. */
function emptyAudiencesIn(document: Document.Parsed): readonly Spotted[] {
  const issuers = document.get("issuers", true);
  if (!isSeq(issuers)) return [];
  return issuers.items.flatMap((issuer, index) => {
    const audience = isMap(issuer) ? issuer.items.find(isAudience) : undefined;
    return audience === undefined || !isHiddenNull(audience.value)
      ? []
      : [
          {
            offset: offsetOf(audience.key),
            where: `issuers[${index}].audience`,
            is: "is empty",
            fix: "write the token's aud, or null to switch the check off",
          },
        ];
  });
}

function isAudience({ key }: Pair): boolean {
  return isScalar(key) && key.value === "audience";
}

function isHiddenNull(value: unknown): value is Scalar {
  return value === null || (isScalar(value) && value.value === null && value.source !== "null");
}

/** Where a node begins, including its tag and anchor, which may be on a line above. */
function propertyOffsetOf(node: unknown, text: string): number {
  const offset = offsetOf(node);
  if (!isNode(node) || (node.tag === undefined && !("anchor" in node && node.anchor !== undefined)))
    return offset;
  const from = Math.max(0, offset - MAX_PROPERTIES_LENGTH);
  const properties = /(?<![^\s[{,])(?:[!&]\S*\s+)*[!&]\S*\s*$/.exec(text.slice(from, offset));
  return properties === null ? offset : from + properties.index;
}

/** Characters. Ours: a tag and an anchor are words. */
const MAX_PROPERTIES_LENGTH = 200;

function offsetOf(node: unknown): number {
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
}
