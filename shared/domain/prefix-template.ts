import { base32Of, digestOf } from "./digest.ts";
import { type ObjectPrefix, objectPrefixFrom, segmentProblem } from "./object-prefix.ts";

/** A rule's prefix with its placeholders: `users/{sub}/`, segment by segment. */
export interface PrefixTemplate {
  /** As the operator wrote it. */
  readonly text: string;
  readonly segments: readonly TemplateSegment[];
}

export type TemplateSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "issuer" }
  /** The claim's own text, where it is a safe path segment. */
  | { readonly kind: "claim"; readonly claim: string }
  /** A digest of the claim: takes any text. */
  | { readonly kind: "hash"; readonly claim: string };

/** Characters of `{claim:hash}`: 160 bits in base32. */
export const HASH_LENGTH = 32;

/** Characters that `{claim}` takes at the most. */
export const MAX_CLAIM_LENGTH = 128;

/** UTF-8 bytes that `{claim:hash}` takes at the most. */
export const MAX_HASHED_CLAIM_BYTES = 1024;

const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~-]*$/;
const HASH = /^[a-z2-7]{32}$/;

/** Reads a rule's prefix. Gives what is wrong, in words that say what to write instead. */
export function prefixTemplateFrom(
  text: string,
): { readonly template: PrefixTemplate } | { readonly problem: string } {
  if (text === "")
    return { problem: 'is empty, which would be the whole bucket; write a folder, such as "users/{sub}/"' };
  if (text.startsWith("/"))
    return { problem: `starts with "/"; keys do not: write ${quoted(text.replace(/^\/+/, ""))}` };
  // The slash stays: without it "users/al*" also opens "users/alice/" to "al".
  if (!text.endsWith("/")) return { problem: `must end in "/": write ${quoted(`${text}/`)}` };
  const segments: TemplateSegment[] = [];
  for (const part of splitOutsideBraces(text.slice(0, -1))) {
    const segment = segmentFrom(part);
    if (typeof segment === "string") return { problem: segment };
    segments.push(segment);
  }
  return { template: { text, segments } };
}

/** The claims that a template needs, each once. */
export function claimsOf(template: PrefixTemplate): readonly string[] {
  return [
    ...new Set(template.segments.flatMap((s) => (s.kind === "claim" || s.kind === "hash" ? [s.claim] : []))),
  ];
}

export type RenderedPrefix =
  | { readonly kind: "prefix"; readonly prefix: ObjectPrefix }
  | { readonly kind: "missing"; readonly claim: string }
  | { readonly kind: "unsafe"; readonly claim: string; readonly problem: string };

/** Puts a principal's values into a template: whole segments only, in one pass, refused rather than repaired. */
export function renderedPrefix(
  template: PrefixTemplate,
  principal: {
    readonly issuer: string;
    readonly issuerUrl: string;
    readonly claim: (name: string) => unknown;
  },
): RenderedPrefix {
  const segments: string[] = [];
  for (const segment of template.segments) {
    if (segment.kind === "literal") segments.push(segment.text);
    else if (segment.kind === "issuer") segments.push(principal.issuer);
    else {
      const value = principal.claim(segment.claim);
      if (value === undefined) return { kind: "missing", claim: segment.claim };
      const problem = segment.kind === "claim" ? plainClaimProblem(value) : hashedClaimProblem(value);
      if (problem !== undefined) return { kind: "unsafe", claim: segment.claim, problem };
      segments.push(
        segment.kind === "claim" ? String(value) : hashSegment(principal.issuerUrl, String(value)),
      );
    }
  }
  const prefix = objectPrefixFrom(segments);
  if (prefix === undefined)
    return { kind: "unsafe", claim: claimsOf(template)[0] ?? "", problem: "makes no safe prefix" };
  return { kind: "prefix", prefix };
}

/** Why a value cannot stand in a prefix as it is; undefined where it can. */
export function plainClaimProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return `is ${kindOf(value)}, not a string`;
  if (value.length === 0) return "is empty";
  if (value.length > MAX_CLAIM_LENGTH)
    return `has ${value.length} characters; ${MAX_CLAIM_LENGTH} are the most`;
  if (!SAFE_CLAIM.test(value))
    return "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot";
  return value.includes("..") ? 'holds ".."' : undefined;
}

/** Why a value cannot be hashed into a prefix; undefined where it can. */
export function hashedClaimProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return `is ${kindOf(value)}, not a string`;
  if (value.length === 0) return "is empty";
  // All lone surrogates encode to U+FFFD: two users would share a folder.
  if (!value.isWellFormed()) return "is not well-formed Unicode";
  const bytes = Buffer.byteLength(value, "utf8");
  return bytes > MAX_HASHED_CLAIM_BYTES
    ? `has ${bytes} bytes; ${MAX_HASHED_CLAIM_BYTES} are the most`
    : undefined;
}

/** Whether a literal segment could also be the value of a placeholder. */
export function couldBe(literal: string, placeholder: "claim" | "hash"): boolean {
  return placeholder === "hash" ? HASH.test(literal) : plainClaimProblem(literal) === undefined;
}

/** The segment that `{claim:hash}` becomes: 32 characters of lower-case base32 of SHA-256 over issuer and value. */
export function hashSegment(issuerUrl: string, value: string): string {
  return base32Of(digestOf(issuerUrl, value)).slice(0, HASH_LENGTH);
}

function segmentFrom(part: string): TemplateSegment | string {
  if (!part.includes("{") && !part.includes("}")) {
    return segmentProblem(part) ?? { kind: "literal", text: part };
  }
  const inner = /^\{([^{}]+)\}$/.exec(part)?.[1];
  if (inner === undefined) {
    const name = /\{([^{}]+)\}/.exec(part)?.[1] ?? "sub";
    return `has ${quoted(part)}: a placeholder fills a whole segment; write "{${name}}/"`;
  }
  if (inner === "issuer") return { kind: "issuer" };
  const claim = inner.endsWith(":hash") ? inner.slice(0, -":hash".length) : inner;
  if (claim.trim() !== claim || claim === "")
    return `has ${quoted(part)}: write the claim's name, as in "{sub}"`;
  if (claim !== inner) return { kind: "hash", claim };
  // `custom:team` is a name of Cognito's; `sub:sha256` is somebody who wants a digest.
  const [, name = "", form = ""] = /^([\w.-]+):([\w-]+)$/.exec(claim) ?? [];
  if (MISTYPED_FORMS.has(form.toLowerCase())) {
    return `has ${quoted(part)}: the only form is "hash"; write "{${name}}" or "{${name}:hash}"`;
  }
  return { kind: "claim", claim };
}

const MISTYPED_FORMS: ReadonlySet<string> = new Set(
  "hash hashed hsah has digest sha sha1 sha256 sha512 md5 hex base32 base64 base64url lower upper encode encoded".split(
    " ",
  ),
);

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

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
