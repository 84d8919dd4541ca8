declare const verified: unique symbol;

/**
 * The claims of an App token whose signature, issuer, audience and times have been checked. A user may have chosen the
 * strings in them: they are hostile until a step has parsed them.
 */
export interface VerifiedClaims {
  /** Name of the issuer (access.yaml) that vouches for them. */
  readonly issuer: string;
  /** The payload, as JSON.parse gave it: read own properties only. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly [verified]: true;
}

/** The only maker of VerifiedClaims. By an import rule, only the token verifier (and tests) may call it. */
export function claimsVerifiedFor(issuer: string, claims: Readonly<Record<string, unknown>>): VerifiedClaims {
  return { issuer, claims } as VerifiedClaims;
}
