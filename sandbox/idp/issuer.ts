import type { JsonWebKey } from "node:crypto";
import {
  type KeyPairAlgorithm,
  macJwt,
  newSigningKey,
  newSigningKeySync,
  publicJwk,
  rsaSigningKey,
  type SigningKey,
  signedJwt,
  unsecuredJwt,
} from "./signing-key.ts";

/** Seconds that a token is good for where nothing else is asked. */
const TOKEN_SECONDS = 3600;

/** JWS algorithms with a shared secret. Source: RFC 7518, section 3.1. */
export type MacAlgorithm = "HS256" | "HS384" | "HS512";

/** How a token is signed. The defaults make a good one, every change a bad one or another kind. */
export interface TokenOptions {
  /** Default: RS256. A key for another algorithm is made and published at its first use. */
  readonly algorithm?: KeyPairAlgorithm | MacAlgorithm | "none";
  /** From now on; negative: expired for that long. */
  readonly expiresInSeconds?: number;
  /** Replaces members of the header; undefined removes a member. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Sign with a key that is in no key set, under the published key's id. */
  readonly unpublishedKey?: boolean;
  /** HS* only, and needed there. */
  readonly secret?: string | Buffer;
}

/** A local token issuer: what a login service is to an App, without the login. */
export interface TokenIssuer {
  /** The `iss` of its tokens: its own address. */
  readonly url: string;
  /** The `aud` of its tokens. */
  readonly audience: string;
  readonly jwksUrl: string;
  /** Signs an App token. `iss`, `aud`, `sub` (alice), `iat` and `exp` are filled in; undefined takes a claim out. */
  token(claims?: Readonly<Record<string, unknown>>, options?: TokenOptions): string;
  /** The published key set. */
  jwks(): { readonly keys: readonly JsonWebKey[] };
  /** Signs with new keys from now on. The old ones stay published for tokens that are under way, unless dropped. */
  rotate(options?: { readonly dropOld?: boolean }): Promise<void>;
}

/**
 * Makes an issuer with an RSA key of its own, made at its first use: most programs against the sandbox ask for no token,
 * and the key costs a tenth of a second. `nowMs` is its clock; default: this machine's clock.
 */
export function tokenIssuer(options: {
  readonly url: string;
  readonly audience: string;
  readonly nowMs?: () => number;
  /** Its first RSA private key, as PKCS #8 in DER. Default: a new one. */
  readonly rsaKey?: Buffer | undefined;
}): TokenIssuer {
  const { url, audience, nowMs = Date.now, rsaKey } = options;
  let current = new Map<KeyPairAlgorithm, SigningKey>();
  if (rsaKey !== undefined) current.set("RS256", rsaSigningKey(rsaKey));
  let previous: readonly SigningKey[] = [];

  const keyFor = (algorithm: KeyPairAlgorithm): SigningKey => {
    const known = current.get(algorithm);
    if (known !== undefined) return known;
    const made = newSigningKeySync(algorithm);
    current.set(algorithm, made);
    return made;
  };

  return {
    url,
    audience,
    jwksUrl: `${url}/.well-known/jwks.json`,
    token: (claims = {}, how = {}) => {
      const { algorithm = "RS256", expiresInSeconds = TOKEN_SECONDS } = how;
      const nowSeconds = Math.floor(nowMs() / 1000);
      const payload = {
        iss: url,
        aud: audience,
        sub: "alice",
        iat: Math.min(nowSeconds, nowSeconds + expiresInSeconds),
        exp: nowSeconds + expiresInSeconds,
        ...claims,
      };
      const header = { alg: algorithm, typ: "JWT", ...how.header };
      if (algorithm === "none") return unsecuredJwt(header, payload);
      if (isMac(algorithm)) {
        if (how.secret === undefined) throw new Error(`${algorithm} needs a secret`);
        return macJwt(header, payload, Number(algorithm.slice(2)), how.secret);
      }
      const key = keyFor(algorithm);
      const signer = how.unpublishedKey === true ? newSigningKeySync(algorithm) : key;
      return signedJwt({ kid: key.keyId, ...header }, payload, signer);
    },
    jwks: () => {
      keyFor("RS256");
      return { keys: [...current.values(), ...previous].map(publicJwk) };
    },
    rotate: async ({ dropOld = false } = {}) => {
      keyFor("RS256");
      const made = await newSigningKey("RS256");
      previous = dropOld ? [] : [...current.values(), ...previous];
      current = new Map([["RS256", made]]);
    },
  };
}

function isMac(algorithm: KeyPairAlgorithm | MacAlgorithm): algorithm is MacAlgorithm {
  return algorithm.startsWith("HS");
}
