/** Signature algorithms that an issuer may use. HS* needs a shared secret, the others a public key. */
export const ALGORITHMS = [
  "HS256",
  "HS384",
  "HS512",
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

/** Whether an algorithm needs a shared secret, and not a public key. */
export function isSymmetric(algorithm: Algorithm): boolean {
  return algorithm.startsWith("HS");
}

/** Where an issuer's keys come from. `variable` is the name of an environment variable. */
export type KeySource =
  | { readonly kind: "jwks"; readonly url: string }
  /** The issuer publishes its configuration (OpenID Connect Discovery), which has the key set's address. */
  | { readonly kind: "discovery" }
  | { readonly kind: "secret"; readonly variable: string }
  | { readonly kind: "publicKey"; readonly variable: string };

/** Who may vouch for a user: one entry of `issuers` in access.yaml, with its defaults filled in. */
export interface Issuer {
  /** The operator's short name for it; `{issuer}` in a prefix. */
  readonly name: string;
  /** Must equal the token's `iss` exactly. */
  readonly issuer: string;
  /** One of them must be in the token's `audienceClaim`; null when the operator has switched the check off. Never empty. */
  readonly audience: readonly string[] | null;
  /** Mostly `aud`. Some issuers name the App in `client_id` or `azp`. */
  readonly audienceClaim: string;
  readonly keys: KeySource;
  /**
   * The variable with a secret for HS*, in addition to the public keys of `keys`: for an issuer that changes from one
   * kind of key to the other. Otherwise undefined, also when `keys` is the secret.
   */
  readonly secretBeside: string | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly jwksCache: {
    readonly maxAgeSeconds: number;
    readonly cooldownSeconds: number;
    readonly maxStaleSeconds: number;
  };
  /** At most 300. */
  readonly clockToleranceSeconds: number;
  /** Counted from `iat`, which is then required; undefined when not checked. */
  readonly maxTokenAgeSeconds: number | undefined;
  /** The header's `typ` must be one of these (compared without case and `application/`); undefined when not checked. */
  readonly tokenTypes: readonly string[] | undefined;
  /** Claims that must be present, in addition to `exp` and the user claim. */
  readonly requiredClaims: readonly string[];
  /** The claim that names the user. */
  readonly userClaim: string;
  /** integer: the claim is a whole number, and a text is refused: 7 and "7" must not be one user, nor two by accident. */
  readonly userType: "text" | "integer";
}
