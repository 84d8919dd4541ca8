import { claimsOf, hashedClaimProblem } from "../prefix/prefix-template.ts";
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
  readonly user: string;
  /** Claims by the name in the rules. A claim that the token does not have is absent. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** `jti` */
  readonly tokenId: string | undefined;
  /** `iat` */
  readonly issuedAtMs: number | undefined;
}

/** null: the claim exists, but no rule can compare it or put it in a prefix (null, an object). */
export type Attribute = Scalar | readonly Scalar[] | null;

export type Scalar = string | number | boolean;

/** Refuses with CLAIM_INVALID when the claim that names the user is not a usable text. */
export function principalFrom(verified: VerifiedClaims, rules: AccessRules): Result<Principal> {
  const issuer = rules.issuers.find((candidate) => candidate.name === verified.issuer);
  if (issuer === undefined)
    throw new Error("a verifier vouches for an issuer that access.yaml does not have");
  const user = claimAt(verified.claims, issuer.userClaim);
  const problem = user === undefined ? "is missing" : hashedClaimProblem(user);
  if (problem !== undefined || typeof user !== "string") {
    return refused({ code: "CLAIM_INVALID", claim: issuer.userClaim, problem: problem ?? "is not a string" });
  }
  const attributes = new Map<string, Attribute>();
  for (const name of claimsNamedBy(rules)) {
    const value = claimAt(verified.claims, name);
    if (value !== undefined) attributes.set(name, attributeFrom(value));
  }
  const [tokenId, issuedAt] = [claimAt(verified.claims, "jti"), claimAt(verified.claims, "iat")];
  return granted({
    issuer: issuer.name,
    issuerUrl: issuer.issuer,
    user,
    attributes,
    tokenId: typeof tokenId === "string" ? tokenId : undefined,
    issuedAtMs: typeof issuedAt === "number" ? issuedAt * 1000 : undefined,
  });
}

/** Every claim that a rule compares or puts in a prefix. */
export function claimsNamedBy(rules: AccessRules): ReadonlySet<string> {
  return new Set(rules.rules.flatMap((rule) => [...rule.when.keys(), ...claimsOf(rule.prefix)]));
}

function attributeFrom(value: unknown): Attribute {
  if (isScalar(value)) return value;
  return Array.isArray(value) ? value.filter(isScalar) : null;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
