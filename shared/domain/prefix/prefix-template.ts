import { base32Of, digestOf } from "../digest.ts";
import { MAX_PREFIX_LENGTH, type ObjectPrefix, objectPrefixFrom } from "./object-prefix.ts";

/** A rule's prefix with placeholders, such as `users/{sub}/`, segment by segment. */
export interface PrefixTemplate {
  /** As the operator wrote it. */
  readonly text: string;
  readonly segments: readonly TemplateSegment[];
}

export type TemplateSegment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "issuer" }
  /** The claim's own text, if it is a safe path segment. */
  | { readonly kind: "claim"; readonly claim: string }
  /** A digest of the claim, which may be any text. */
  | { readonly kind: "hash"; readonly claim: string };

/** Characters of a rendered `{claim:hash}`: 160 bits in base32. */
export const HASH_LENGTH = 32;

/** Characters of a claim for `{claim}`, at most. */
export const MAX_CLAIM_LENGTH = 128;

/** UTF-8 bytes of a claim for `{claim:hash}`, at most. */
export const MAX_HASHED_CLAIM_BYTES = 1024;

const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~-]*$/;
const HASH = /^[a-z2-7]{32}$/;

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

/** Fills a template with a principal's values: whole segments only, in one pass. Unsafe values are refused, not repaired. */
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
  if (prefix !== undefined) return { kind: "prefix", prefix };
  // Each segment is safe, and the literal segments fit. So the claims together are too long.
  const claim = claimsOf(template).join(", ");
  return { kind: "unsafe", claim, problem: `makes a prefix of more than ${MAX_PREFIX_LENGTH} characters` };
}

/**
 * Whether a value is a user's number: whole, 0 or more, and exact. Larger ones may be their neighbour's. -0 is refused:
 * its digits are those of 0.
 */
export function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && !Object.is(value, -0);
}

/** Why a prefix cannot contain a value unchanged; undefined when it can. */
export function plainClaimProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return `is ${kindOf(value)}, not a string`;
  if (value.length === 0) return "is empty";
  if (value.length > MAX_CLAIM_LENGTH) return `has ${value.length} characters, more than ${MAX_CLAIM_LENGTH}`;
  if (!SAFE_CLAIM.test(value))
    return "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot";
  return value.includes("..") ? 'contains ".."' : undefined;
}

/** Why a prefix cannot contain the hash of a value; undefined when it can. */
export function hashedClaimProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return `is ${kindOf(value)}, not a string`;
  if (value.length === 0) return "is empty";
  // All lone surrogates encode to U+FFFD: two users could share a folder.
  if (!value.isWellFormed()) return "is not well-formed Unicode";
  const bytes = Buffer.byteLength(value, "utf8");
  return bytes > MAX_HASHED_CLAIM_BYTES
    ? `has ${bytes} bytes, more than ${MAX_HASHED_CLAIM_BYTES}`
    : undefined;
}

/** Whether a literal segment could also be the value of a placeholder. */
export function couldBe(literal: string, placeholder: "claim" | "hash"): boolean {
  return placeholder === "hash" ? HASH.test(literal) : plainClaimProblem(literal) === undefined;
}

/** The segment for `{claim:hash}`: 32 characters of lower-case base32 of SHA-256 over issuer and value. */
export function hashSegment(issuerUrl: string, value: string): string {
  return base32Of(digestOf(issuerUrl, value)).slice(0, HASH_LENGTH);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
