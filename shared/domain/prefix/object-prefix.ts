import type { Problem } from "../problem.ts";

declare const brand: unique symbol;

/**
 * A key prefix that is safe in a policy's pattern: printable ASCII, whole segments, a slash at the end, and no wildcard,
 * brace, backslash or path step. RAM has no escape for `*` and `?`: only this check keeps them out.
 */
export type ObjectPrefix = string & { readonly [brand]: "ObjectPrefix" };

/** Bytes. Source: OSS object names, "1 to 1,023 bytes". */
export const MAX_PREFIX_LENGTH = 1023;

/** Together: printable ASCII without `*`, `?` (wildcards), `{`, `}` (placeholders), `\` and `/`. */
const SEGMENT = /^[\x20-\x7e]+$/;
const FORBIDDEN = /[*?{}\\/]/;

/** Joins segments; undefined when one could widen a pattern or is a path step. Repairs nothing. */
export function objectPrefixFrom(segments: readonly string[]): ObjectPrefix | undefined {
  if (segments.length === 0 || segments.some((segment) => segmentProblem(segment) !== undefined))
    return undefined;
  const prefix = `${segments.join("/")}/`;
  return prefix.length <= MAX_PREFIX_LENGTH ? (prefix as ObjectPrefix) : undefined;
}

/** Reads a prefix as an App or an operator writes it. */
export function parsedObjectPrefix(
  text: string,
): { readonly prefix: ObjectPrefix } | { readonly problem: Problem } {
  if (text === "") return unread("is empty", A_FOLDER);
  const segments = text.replace(/^\/+|\/$/g, "").split("/");
  if (segments.join() === "") return unread("would be the whole bucket", A_FOLDER);
  for (const segment of segments) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return { problem };
  }
  const instead = shown(`${segments.join("/")}/`);
  if (text.startsWith("/"))
    return unread('starts with "/", but keys do not', `write ${instead ?? "it without the slash"}`);
  // The slash stays: without it "users/al" also opens "users/alice/".
  if (!text.endsWith("/")) return unread('must end in "/"', `write ${instead ?? "one after the last name"}`);
  const prefix = objectPrefixFrom(segments);
  return prefix === undefined
    ? unread(`is longer than ${MAX_PREFIX_LENGTH} characters`, "write a shorter one")
    : { prefix };
}

/** Why a text cannot be one segment of a prefix; undefined when it can. */
export function segmentProblem(segment: string): Problem | undefined {
  if (segment === "") return { is: 'has an empty segment ("//")', fix: "write one slash" };
  if (segment === "." || segment.includes(".."))
    return { is: 'has a path step ("." or "..")', fix: "name the folder itself" };
  if (!SEGMENT.test(segment))
    return {
      is: "has a character outside printable ASCII",
      fix: "use printable ASCII only: a policy can compare nothing else safely",
    };
  const forbidden = FORBIDDEN.exec(segment);
  return forbidden === null
    ? undefined
    : {
        is: `contains ${JSON.stringify(forbidden[0])}, which is not allowed in a prefix`,
        fix: "write the folder's name without it",
      };
}

/** Whether every key below `inner` is also below `outer`. */
export function isInside(inner: ObjectPrefix, outer: ObjectPrefix): boolean {
  return inner.startsWith(outer);
}

const A_FOLDER = 'write a folder such as "photos/"';

function unread(is: string, fix: string): { readonly problem: Problem } {
  return { problem: { is, fix } };
}

/** A short text, quoted. A long one is not repeated: it may be a token in the wrong place, and the log gets this text. */
function shown(text: string): string | undefined {
  return text.length <= MAX_SHOWN_LENGTH ? JSON.stringify(text) : undefined;
}

/** Characters. */
const MAX_SHOWN_LENGTH = 100;
