import { MAX_PREFIX_LENGTH, segmentProblem } from "../prefix/object-prefix.ts";
import { HASH_LENGTH, type PrefixTemplate, type TemplateSegment } from "../prefix/prefix-template.ts";
import type { Problem } from "../problem.ts";
import { flawOfClaimPath } from "./claim-path.ts";
import { placeholderIn, type Translation, translationOf } from "./foreign-placeholders.ts";
import { type KnownClaims, NOTHING_KNOWN } from "./known-claims.ts";
import { lookAlikesIn, problemWithLookAlikes, withoutLookAlikes } from "./look-alikes.ts";

/** What reading a rule's prefix gives: its template, or what is wrong with it. */
export type ReadPrefix = { readonly template: PrefixTemplate } | { readonly problem: Problem };

/**
 * Reads a rule's prefix. A prefix that a fix suggests is itself valid. `known` gives the claims that the suggestion may
 * have; a valid prefix is valid without it.
 */
export function prefixTemplateFrom(text: string, known: KnownClaims = NOTHING_KNOWN): ReadPrefix {
  if (/^[/\s]*$/.test(text)) {
    const what = text === "" ? "is empty, which would be the whole bucket" : "would be the whole bucket";
    return { problem: { is: what, fix: A_FOLDER } };
  }
  const found = lookAlikesIn(text);
  const ascii = found.length === 0 ? text : suggested(withoutLookAlikes(text), known);
  if (ascii !== text && "template" in prefixTemplateFrom(ascii, known)) {
    return { problem: { is: problemWithLookAlikes(found).is, fix: `write ${quoted(ascii)}` } };
  }
  const [, bucket, rest = ""] = /^oss:\/\/([^/]*)\/*(.*)$/s.exec(text) ?? [];
  if (bucket !== undefined)
    return {
      problem: {
        is: "names a bucket",
        fix: `write bucket: ${bucket || "examplebucket"} and prefix: ${quoted(suggested(rest || "users/{sub}/", known))}`,
      },
    };
  const parts = splitOutsideBraces(text.endsWith("/") ? text.slice(0, -1) : text);
  const kept = parts.map((part) => part.trim()).filter((part) => part !== "");
  const translation = translationOf(kept, { known, endsWithSlash: text.endsWith("/") });
  const flaw = translation === undefined ? flawOf(text, parts) : undefined;
  if (translation === undefined && flaw === undefined) return templateOf(text, parts, known);
  const segments = translation?.segments ?? kept;
  const instead = `${segments.join("/")}/`;
  if (segments.length === 0) return { problem: { is: foreignText(translation), fix: A_FOLDER } };
  const read = templateOf(instead, segments, known);
  if ("problem" in read) return read;
  return { problem: { is: flaw ?? foreignText(translation), fix: `write ${quoted(instead)}` } };
}

const A_FOLDER = 'write a folder, such as "users/{sub}/"';

/** The prefix that a second reading of the text's own advice would end with. */
function suggested(text: string, known: KnownClaims): string {
  const read = prefixTemplateFrom(text, known);
  return "template" in read ? text : (/^write "(.*\/)"$/.exec(read.problem.fix)?.[1] ?? text);
}

function foreignText(translation: Translation | undefined): string {
  const { foreign = [], hasRest = false } = translation ?? {};
  const all = foreign.map(quoted).join(", ");
  if (foreign.length > 1) return `has ${all}, which are placeholders of another product`;
  return hasRest
    ? `has ${all}, but a prefix already covers everything below it`
    : `has ${all}, which is a placeholder of another product`;
}

/** What is wrong with the whole text, when the right text is certain. */
function flawOf(text: string, parts: readonly string[]): string | undefined {
  if (text.trim() !== text) return "has spaces around it";
  if (text.startsWith("/")) return 'starts with "/", but keys do not';
  // The slash stays: without it "users/al*" also opens "users/alice/" to "al".
  if (!text.endsWith("/")) return 'must end in "/"';
  if (parts.includes("")) return 'has an empty segment ("//")';
  return parts.some((part) => part.trim() === "") ? "has a segment of spaces only" : undefined;
}

function templateOf(text: string, parts: readonly string[], known: KnownClaims): ReadPrefix {
  const segments: TemplateSegment[] = [];
  for (const part of parts) {
    const segment = segmentFrom(part, known);
    if ("is" in segment) return { problem: segment };
    segments.push(segment);
  }
  const shortest = segments.reduce((sum, segment) => sum + leastLengthOf(segment) + 1, 0);
  return shortest > MAX_PREFIX_LENGTH
    ? {
        problem: {
          is: `has at least ${shortest} characters, and a key has at most ${MAX_PREFIX_LENGTH}`,
          fix: "write a shorter prefix",
        },
      }
    : { template: { text, segments } };
}

function leastLengthOf(segment: TemplateSegment): number {
  if (segment.kind === "literal") return segment.text.length;
  return segment.kind === "hash" ? HASH_LENGTH : 1;
}

function segmentFrom(part: string, known: KnownClaims): TemplateSegment | Problem {
  if (/^[*?]+$/.test(part))
    return {
      is: `contains ${quoted(part)}, but a prefix already covers everything below it`,
      fix: `delete ${quoted(part)}, or write "{sub}" for one folder per user`,
    };
  if (!part.includes("{") && !part.includes("}")) {
    return segmentProblem(part) ?? { kind: "literal", text: part };
  }
  const inner = /^\{([^{}]+)\}$/.exec(part)?.[1];
  if (inner === undefined) {
    return {
      is: `has ${quoted(part)}, but a placeholder fills a whole segment`,
      fix: `write "${placeholderIn(part, known)}/"`,
    };
  }
  if (inner === "issuer") return { kind: "issuer" };
  // {issuer} is the issuer's short name, not a claim, and needs no digest.
  if (/^issuer(:.*)?$/i.test(inner))
    return { is: `has ${quoted(part)}, which is not a placeholder`, fix: 'write "{issuer}"' };
  // Only at the end: a claim's name may have colons of its own, as custom:team of Cognito's.
  const claim = inner.endsWith(":hash") ? inner.slice(0, -":hash".length) : inner;
  if (claim.trim() !== claim || claim === "")
    return {
      is: `has ${quoted(part)}, which is not a claim's name`,
      fix: `write the claim's name alone: "{${flawOfClaimPath(claim)?.instead ?? known.user}}"`,
    };
  const name = nameBeforeMistypedForm(claim);
  if (name !== undefined)
    return {
      is: `has ${quoted(part)}, but the only form is "hash"`,
      fix: `write "{${name}}" or "{${name}:hash}"`,
    };
  const flaw = flawOfClaimPath(claim);
  if (flaw !== undefined) {
    const instead = flaw.instead === undefined ? "sub" : inner.replace(claim, () => flaw.instead ?? "");
    return { is: `has ${quoted(part)}: ${flaw.because}`, fix: `write "{${instead}}"` };
  }
  return claim === inner ? { kind: "claim", claim } : { kind: "hash", claim };
}

/** `sub:sha3`, `https://example.com/team:Hash`, `sub:`: attempts to get a digest. Gives the claim's name alone. */
function nameBeforeMistypedForm(claim: string): string | undefined {
  const [, name, form] = /^(.*\S)\s*:\s*([\w-]*)$/s.exec(claim) ?? [];
  if (name === undefined || form === undefined) return undefined;
  return form === "" || WHOLE_NAMES.test(name) || FORMS.test(form)
    ? (nameBeforeMistypedForm(name) ?? name)
    : undefined;
}

/** Claims of JWT and OpenID Connect: none has a colon in its name. */
const WHOLE_NAMES = /^(iss|sub|aud|azp|jti|email|name|preferred_username|phone_number)$/;
const FORMS = /^(hash(ed)?|hsah|has|digest|sha-?\d*|md5|hex|base\d+(url)?|lower|upper|encoded?)$/i;

/** Splits at slashes, but not inside braces: a claim's name may be a URL. */
function splitOutsideBraces(text: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  let inside = false;
  for (const character of text) {
    if (character === "/" && !inside) {
      parts.push(part);
      part = "";
      continue;
    }
    if (character === "{") inside = true;
    if (character === "}") inside = false;
    part += character;
  }
  parts.push(part);
  return parts;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
