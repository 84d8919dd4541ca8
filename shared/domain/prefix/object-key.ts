import type { Problem } from "../problem.ts";

declare const brand: unique symbol;

/**
 * The key of one object, as OSS will store it: no client, browser or form changes it on the way. It may have any
 * characters that are no control characters; it is never used as a pattern.
 */
export type ObjectKey = string & { readonly [brand]: "ObjectKey" };

/** UTF-8 bytes. Source: OSS, "Object naming conventions". */
export const MAX_KEY_BYTES = 1023;

/** Reads the key of an object. Repairs nothing. */
export function parsedObjectKey(text: string): { readonly key: ObjectKey } | { readonly problem: Problem } {
  const problem = objectKeyProblem(text);
  return problem === undefined ? { key: text as ObjectKey } : { problem };
}

function objectKeyProblem(text: string): Problem | undefined {
  if (text === "") return { is: "is empty", fix: "send a key such as photos/a.jpg" };
  // A lone surrogate has no UTF-8: what is signed would not be what is sent.
  if (!text.isWellFormed()) return { is: "is not well-formed Unicode", fix: "send whole characters" };
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes > MAX_KEY_BYTES)
    return { is: `has ${bytes} bytes`, fix: `send ${MAX_KEY_BYTES} bytes of UTF-8 or fewer` };
  // Browsers change line breaks in the fields of a form.
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) return { is: "has a control character", fix: "send it without" };
  if (text.includes("\\")) return { is: 'has a "\\"', fix: 'separate folders by "/"' };
  // OSS puts the file's own name in its place, and so into another folder.
  if (text.includes("${")) return { is: 'has "${"', fix: "send the whole key, without placeholders" };
  const steps = text.split("/");
  if (steps.at(-1) === "") return { is: 'ends in "/"', fix: "send the key of a file" };
  if (steps.includes("")) return { is: 'has an empty step ("//", or "/" first)', fix: "send one slash" };
  // HTTP clients resolve them before they send a URL (RFC 3986, section 5.2.4).
  return steps.some((step) => step === "." || step === "..")
    ? { is: 'has a path step ("." or "..")', fix: "name the folder itself" }
    : undefined;
}
