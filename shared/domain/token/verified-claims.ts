declare const verified: unique symbol;

/**
 * The claims of an App token whose signature, issuer, audience and times have been checked. The strings in it
 * are still the user's: hostile until a step has parsed them.
 */
export interface VerifiedClaims {
  /** Name of the issuer (access.yaml) that vouches for them. */
  readonly issuer: string;
  /** The payload, as JSON.parse gave it: read own properties only. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly [verified]: true;
}

/** The one maker of VerifiedClaims; an import rule leaves it to the token verifier (and to tests). */
export function claimsVerifiedFor(issuer: string, claims: Readonly<Record<string, unknown>>): VerifiedClaims {
  return { issuer, claims } as VerifiedClaims;
}
