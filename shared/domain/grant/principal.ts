import { claimsOf, hashedClaimProblem, isWholeNumber } from "../prefix/prefix-template.ts";
import { granted, type Result, refused } from "../refusal.ts";
import type { AccessRules } from "../rules/rule.ts";
import { claimAt } from "../token/claim.ts";
import type { VerifiedClaims } from "../token/verified-claims.ts";

/** An App's user, with only the claims that rules use. */
export interface Principal {
  /** The issuer's name in access.yaml. */
  readonly issuer: string;
  /** The token's `iss`. Only issuer and user together identify a person. */
  readonly issuerUrl: string;
  /** With `userType: integer`, the number in decimal digits. */
  readonly user: string;
  /** The claim that named the user. As a placeholder of a prefix it is {@link user}. */
  readonly userClaim: string;
  /** Claims by the name in the rules. A claim that the token does not have is absent. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** `jti`; a whole number in decimal digits, so that `deny` finds it. */
  readonly tokenId: string | undefined;
  /** `iat` */
  readonly issuedAtMs: number | undefined;
}

/** null: the claim exists, but no rule can compare it or put it in a prefix (null, an object). */
export type Attribute = Scalar | readonly Scalar[] | null;

export type Scalar = string | number | boolean;

/** Refuses with CLAIM_INVALID when the claim that names the user is not what the issuer's `userType` says. */
export function principalFrom(verified: VerifiedClaims, rules: AccessRules): Result<Principal> {
  const issuer = rules.issuers.find((candidate) => candidate.name === verified.issuer);
  if (issuer === undefined)
    throw new Error("a verifier vouches for an issuer that access.yaml does not have");
  const user = claimAt(verified.claims, issuer.userClaim);
  const problem = problemOfUser(user, issuer.userType);
  if (problem !== undefined) return refused({ code: "CLAIM_INVALID", claim: issuer.userClaim, problem });
  const attributes = new Map<string, Attribute>();
  for (const name of claimsNamedBy(rules)) {
    const value = claimAt(verified.claims, name);
    if (value !== undefined) attributes.set(name, attributeFrom(value));
  }
  const [tokenId, issuedAt] = [claimAt(verified.claims, "jti"), claimAt(verified.claims, "iat")];
  return granted({
    issuer: issuer.name,
    issuerUrl: issuer.issuer,
    user: String(user),
    userClaim: issuer.userClaim,
    attributes,
    tokenId: typeof tokenId === "string" || Number.isSafeInteger(tokenId) ? String(tokenId) : undefined,
    issuedAtMs: typeof issuedAt === "number" ? issuedAt * 1000 : undefined,
  });
}

/** Every claim that a rule compares or puts in a prefix. Found once for each set of rules. */
export function claimsNamedBy(rules: AccessRules): ReadonlySet<string> {
  const known = namedBy.get(rules);
  if (known !== undefined) return known;
  const names = new Set(rules.rules.flatMap((rule) => [...rule.when.keys(), ...claimsOf(rule.prefix)]));
  namedBy.set(rules, names);
  return names;
}

const namedBy = new WeakMap<AccessRules, ReadonlySet<string>>();

function problemOfUser(user: unknown, userType: "text" | "integer"): string | undefined {
  if (user === undefined) return "is missing";
  if (userType === "integer") {
    if (isWholeNumber(user)) return undefined;
    return typeof user === "string"
      ? "is a text, but userType is integer: a text and a number must not name the same user"
      : "is not a whole number from 0 to 9007199254740991, and userType is integer";
  }
  return isWholeNumber(user)
    ? "is a number, not a string: write userType: integer"
    : hashedClaimProblem(user);
}

function attributeFrom(value: unknown): Attribute {
  if (isScalar(value)) return value;
  return Array.isArray(value) ? value.filter(isScalar) : null;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
