declare const brand: unique symbol;

/**
 * A key prefix that can stand in a policy's pattern: printable ASCII, whole segments, its closing slash, and no
 * wildcard, brace, backslash or path step. RAM has no escape for `*` and `?`, so refusing them here is the wall.
 */
export type ObjectPrefix = string & { readonly [brand]: "ObjectPrefix" };

/** Bytes. Source: OSS object names, "1 to 1,023 bytes". */
export const MAX_PREFIX_LENGTH = 1023;

/** Printable ASCII but `*`, `?` (wildcards), `{`, `}` (placeholders), `\` and `/`. */
const SEGMENT = /^[\x20-\x7e]+$/;
const FORBIDDEN = /[*?{}\\/]/;

/** Joins segments; undefined where one could widen a pattern or is a path step. Nothing is cleaned up. */
export function objectPrefixFrom(segments: readonly string[]): ObjectPrefix | undefined {
  if (segments.length === 0 || segments.some((segment) => segmentProblem(segment) !== undefined))
    return undefined;
  const prefix = `${segments.join("/")}/`;
  return prefix.length <= MAX_PREFIX_LENGTH ? (prefix as ObjectPrefix) : undefined;
}

/** Reads a prefix as an App or an operator writes it. Gives what is wrong, in words that say what to write. */
export function parsedObjectPrefix(
  text: string,
): { readonly prefix: ObjectPrefix } | { readonly problem: string } {
  if (text === "") return { problem: 'is empty; write a folder such as "photos/"' };
  const segments = text.replace(/^\/+|\/$/g, "").split("/");
  if (segments.join() === "")
    return { problem: 'would be the whole bucket; write a folder such as "photos/"' };
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return { problem };
  }
  const instead = shown(`${segments.join("/")}/`);
  if (text.startsWith("/"))
    return { problem: `starts with "/"; keys do not: write ${instead ?? "it without"}` };
  // The slash stays: without it "users/al" also opens "users/alice/".
  if (!text.endsWith("/"))
    return { problem: `must end in "/": write ${instead ?? "it behind the last name"}` };
  const prefix = objectPrefixFrom(segments);
  return prefix === undefined ? { problem: `is longer than ${MAX_PREFIX_LENGTH} characters` } : { prefix };
}

/** Why a text cannot be one segment of a prefix; undefined where it can. */
export function segmentProblem(segment: string): string | undefined {
  if (segment === "") return 'has an empty segment ("//"); write one slash';
  if (segment === "." || segment.includes(".."))
    return 'has a path step ("." or ".."); name the folder itself';
  if (!SEGMENT.test(segment))
    return "has a character outside printable ASCII; only those are safe to compare in a policy";
  const forbidden = FORBIDDEN.exec(segment);
  return forbidden === null
    ? undefined
    : `holds ${JSON.stringify(forbidden[0])}, which is not allowed in a prefix; write a folder's name without it`;
}

/** Whether every key below `inner` is also below `outer`. */
export function isInside(inner: ObjectPrefix, outer: ObjectPrefix): boolean {
  return inner.startsWith(outer);
}

/** A short text, quoted. A long one is left out: what is refused goes into a log, and may be a token in the wrong place. */
function shown(text: string): string | undefined {
  return text.length <= MAX_SHOWN_LENGTH ? JSON.stringify(text) : undefined;
}

/** Characters. */
const MAX_SHOWN_LENGTH = 100;
