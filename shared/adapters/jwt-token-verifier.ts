import { KeyObject } from "node:crypto";
import jwt from "jsonwebtoken";
import { granted, type Refused, type Result, refused, type TokenCheck } from "../domain/refusal.ts";
import { refusalOfHeader, unverifiedAppTokenFrom } from "../domain/token/app-token.ts";
import { type Algorithm, type Issuer, isSymmetric } from "../domain/token/issuer.ts";
import { refusalOfClaims } from "../domain/token/token-claims.ts";
import { keyFits } from "../domain/token/verification-key.ts";
import { claimsVerifiedFor } from "../domain/token/verified-claims.ts";
import type { Clock, SigningKeys, TokenVerifier } from "../ports.ts";

/** An issuer from the access rules, and its keys. */
export interface TrustedIssuer {
  readonly issuer: Issuer;
  readonly keys: SigningKeys;
}

/**
 * Verifies App tokens: the signature with jsonwebtoken, everything else with our own checks (docs/threat-model.md, J11 to
 * J15). The token's `iss` only selects one of the configured issuers, before any network call. Only that issuer's keys can
 * verify its tokens. Never throws while verifying. Throws, when built, for issuers that are unsafe or have the same `iss`.
 */
export function jwtTokenVerifier(options: {
  readonly issuers: readonly TrustedIssuer[];
  readonly clock: Clock;
}): TokenVerifier {
  const trustedIssuers = soundIssuers(options.issuers);
  return {
    verify: async (appToken) => {
      const parsed = unverifiedAppTokenFrom(appToken);
      if (!parsed.ok) return parsed;
      const { text, algorithm, kid, unverifiedClaims } = parsed.value;

      // A Map, so that neither an array that holds our issuer nor "constructor" finds anything.
      const trusted = trustedIssuers.get(unverifiedClaims["iss"]);
      if (trusted === undefined) return invalid("issuer");
      const { issuer, keys } = trusted;
      const foreign = refusalOfHeader(parsed.value, issuer);
      if (foreign !== undefined) return foreign;

      const key = await keyOf(keys, { kid, algorithm });
      if (!key.ok) return key;
      if (!isSignatureGood(text, key.value, algorithm)) return invalid("signature");
      return (
        refusalOfClaims(unverifiedClaims, issuer, options.clock.nowMs()) ??
        granted(claimsVerifiedFor(issuer.name, unverifiedClaims))
      );
    },
  };
}

/**
 * Whether jsonwebtoken accepts the signature of a compact JWS with exactly this algorithm. Checks nothing else of the
 * token. The key must fit the algorithm.
 */
export function isSignatureGood(token: string, key: KeyObject, algorithm: Algorithm): boolean {
  try {
    // Without a callback: with one, a signed payload of `null` throws where nobody can catch it. We check the times.
    jwt.verify(token, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    return true;
  } catch {
    return false;
  }
}

function soundIssuers(issuers: readonly TrustedIssuer[]): ReadonlyMap<unknown, TrustedIssuer> {
  for (const { issuer } of issuers) {
    const secrets = issuer.algorithms.filter(isSymmetric).length;
    if (issuer.issuer === "") throw new Error(`issuer ${issuer.name}: its issuer is empty`);
    if (issuer.audience?.length === 0 || issuer.audience?.includes("") === true)
      throw new Error(`issuer ${issuer.name}: an empty audience; null switches it off`);
    if (issuer.algorithms.length === 0) throw new Error(`issuer ${issuer.name}: no algorithms`);
    // Next to RS*, an HS* entry without a secret of its own would let anybody sign with the public key's text.
    if (secrets > 0 && secrets < issuer.algorithms.length && issuer.secretBeside === undefined) {
      throw new Error(
        `issuer ${issuer.name}: HS* beside algorithms with a public key, and no secret of its own`,
      );
    }
  }
  const byIssuer = new Map(issuers.map((trusted) => [trusted.issuer.issuer, trusted]));
  if (byIssuer.size < issuers.length) throw new Error("two issuers have the same issuer: which one vouches?");
  return byIssuer;
}

function invalid(check: TokenCheck): Refused {
  return refused({ code: "TOKEN_INVALID", check });
}

async function keyOf(
  keys: SigningKeys,
  header: { readonly kid: string | undefined; readonly algorithm: Algorithm },
): Promise<Result<KeyObject>> {
  const key = await keys.keyFor(header);
  if (!key.ok) return key;
  // Checked again for every source: an empty answer of a key resolver once became an empty HMAC key (CVE-2026-44351).
  return key.value instanceof KeyObject && keyFits(key.value, header.algorithm) ? key : invalid("key");
}
