import type { Bug } from "./bug.ts";

/** Which folder a user gets. */
export const prefixBugs: readonly Bug[] = [
  {
    name: "prefix without the closing slash",
    in: "objectPrefixFrom",
    find: 'const prefix = `${segments.join("/")}/`;',
    replace: 'const prefix = `${segments.join("/")}`;',
    killedBy: ["unit/domain/policy/policy-size"],
  },
  {
    name: "wildcards pass in a prefix",
    in: "FORBIDDEN",
    find: `const FORBIDDEN = /[*?{}\\\\/]/;`,
    replace: `const FORBIDDEN = /[{}\\\\/]/;`,
    killedBy: ["unit/domain/prefix/object-prefix"],
  },
  {
    name: "path steps pass in a prefix",
    in: "segmentProblem",
    find: `if (segment === "." || segment.includes(".."))`,
    replace: `if (segment === ".")`,
    killedBy: ["unit/functions/request"],
  },
  {
    name: "inside compares the wrong way round",
    in: "isInside",
    find: `return inner.startsWith(outer);`,
    replace: `return outer.startsWith(inner);`,
    killedBy: ["attack/request-edge"],
  },
  {
    name: "a claim may hold a slash",
    in: "SAFE_CLAIM",
    find: `const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~-]*$/;`,
    replace: `const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~/-]*$/;`,
    killedBy: ["unit/domain/grant/access-grant"],
  },
  {
    name: "a claim may end in a line end",
    in: "SAFE_CLAIM",
    find: `const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~-]*$/;`,
    replace: `const SAFE_CLAIM = /^[A-Za-z0-9_@|+=~-][A-Za-z0-9._@|+=~-]*$/m;`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "a claim may hold ..",
    in: "plainClaimProblem",
    find: `return value.includes("..") ? 'contains ".."' : undefined;`,
    replace: `return undefined;`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "a claim that is no text is made one",
    in: "plainClaimProblem",
    find: `export function plainClaimProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return \`is \${kindOf(value)}, not a string\`;`,
    replace: `export function plainClaimProblem(given: unknown): string | undefined {
  const value = String(given);`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "lone surrogates share one digest",
    in: "hashedClaimProblem",
    find: `if (!value.isWellFormed()) return "is not well-formed Unicode";`,
    replace: ``,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "the digest leaves the issuer out",
    in: "hashSegment",
    find: `base32Of(digestOf(issuerUrl, value))`,
    replace: `base32Of(digestOf(value))`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "a claim is cleaned up instead of refused",
    in: "renderedPrefix",
    find: `segment.kind === "claim" ? String(value) :`,
    replace: `segment.kind === "claim" ? String(value).toLowerCase() :`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "a missing claim becomes an empty folder",
    in: "renderedPrefix",
    find: `if (value === undefined) return { kind: "missing", claim: segment.claim };`,
    replace: `if (value === undefined) continue;`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "digest without lengths",
    in: "digestOf",
    find: '`${Buffer.byteLength(text, "utf8")}:${text}`',
    replace: `text`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "base32 loses bits",
    in: "base32Of",
    find: `held &= (1 << bits) - 1;`,
    replace: `held = 0;`,
    killedBy: ["unit/domain/prefix/prefix-template"],
  },
  {
    name: "a user may be any text that is left",
    in: "problemOfUser",
    find: `: hashedClaimProblem(user);`,
    replace: `: typeof user === "string" ? undefined : hashedClaimProblem(user);`,
    killedBy: ["unit/domain/grant/principal"],
  },
];
