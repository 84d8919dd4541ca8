import type { KeyObject } from "node:crypto";
import type { Algorithm } from "./issuer.ts";

/**
 * Whether a key may verify an algorithm: HS* needs a secret at least as long as its hash, RS* and PS* an RSA key,
 * ES256, ES384 and ES512 a key on their own curve. A public key never fits HS*: everybody knows its text.
 * Source: RFC 7518 sections 3.2 to 3.5.
 */
export function keyFits(key: KeyObject, algorithm: Algorithm): boolean {
  const bits = Number(algorithm.slice(2));
  switch (algorithm) {
    case "HS256":
    case "HS384":
    case "HS512":
      return key.type === "secret" && (key.symmetricKeySize ?? 0) * 8 >= bits;
    case "RS256":
    case "RS384":
    case "RS512":
    case "PS256":
    case "PS384":
    case "PS512":
      return key.type === "public" && key.asymmetricKeyType === "rsa";
    case "ES256":
    case "ES384":
    case "ES512":
      return key.type === "public" && key.asymmetricKeyDetails?.namedCurve === CURVES[algorithm];
  }
}

/** Why a public key cannot or must not verify App tokens; undefined when it may. The text contains no part of the key. */
export function problemOfPublicKey(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  if (key.type !== "public") return "it is not a public key";
  if (type === "rsa") return problemOfRsa(key);
  if (type === "ec") {
    if (Object.values(CURVES).includes(details.namedCurve ?? "")) return undefined;
    return `its curve is ${details.namedCurve}, but ES256, ES384 and ES512 need P-256, P-384 or P-521`;
  }
  if (type === "ed25519" || type === "ed448") {
    return `it is an ${type} key, and jsonwebtoken cannot verify EdDSA: sign with ES256 or RS256 instead`;
  }
  return `it is of type ${type}, not RSA or elliptic-curve`;
}

function problemOfRsa(key: KeyObject): string | undefined {
  const { modulusLength: bits = 0, publicExponent: e = 0n } = key.asymmetricKeyDetails ?? {};
  if (bits < MIN_RSA_BITS) return `RSA with ${bits} bits is too weak: it needs ${MIN_RSA_BITS} or more`;
  if (bits > MAX_RSA_BITS) return `RSA with ${bits} bits is too slow: it needs ${MAX_RSA_BITS} or fewer`;
  // With e = 1 the padded hash is its own signature. With e = 3, forgeries have passed careless verifiers.
  if (e < MIN_RSA_EXPONENT || e >= 2n ** 256n || e % 2n === 0n)
    return "its RSA exponent is not odd and 65537 or more";
  const { n = "" } = key.export({ format: "jwk" });
  if (hasRocaFingerprint(BigInt(`0x${Buffer.from(n, "base64url").toString("hex")}`))) {
    return "its RSA modulus has the ROCA weakness (CVE-2017-15361): make a new key";
  }
  return undefined;
}

/**
 * Weak Infineon chips make primes k * M + (65537^a mod M), where M is a product of small primes. Modulo each of these
 * primes, such a modulus is a power of 65537; of other moduli, fewer than one in 10^8 is. Source: Nemec et al., "The
 * Return of Coppersmith's Attack", CCS 2017.
 */
function hasRocaFingerprint(modulus: bigint): boolean {
  return ROCA_PRIMES.every((prime) => {
    const residue = Number(modulus % BigInt(prime));
    let power = 1;
    for (let exponent = 0; exponent < prime; exponent++) {
      if (power === residue) return true;
      power = (power * 65_537) % prime;
    }
    return false;
  });
}

/** OpenSSL's names of P-256, P-384 and P-521. Source: RFC 7518 section 3.4. */
const CURVES = { ES256: "prime256v1", ES384: "secp384r1", ES512: "secp521r1" };

/** Bits. Source: RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2_048;

/** Bits. Ours (docs/threat-model.md, K8): a longer key makes each check so slow that it helps an attacker. */
const MAX_RSA_BITS = 8_192;

/** Source: FIPS 186-5 section 5.4 (2^16 < e < 2^256, odd). */
const MIN_RSA_EXPONENT = 65_537n;

const ROCA_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];
