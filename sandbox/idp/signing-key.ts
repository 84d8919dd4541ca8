import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign,
} from "node:crypto";
import { promisify } from "node:util";

/** JWS algorithms with a key pair. Source: RFC 7518, section 3.1. */
export type KeyPairAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512";

/** A key pair for one algorithm, as RFC 8725 wants it. */
export interface SigningKey {
  readonly algorithm: KeyPairAlgorithm;
  /** JWK thumbprint (RFC 7638). */
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Bits. */
const RSA_MODULUS_LENGTH = 2048;
/**
 * Keys are made as DER and imported. In Node.js 20 a key object that `generateKeyPair` made itself shares a lock with
 * what made it: where the garbage collector finds that in the middle of a JWK export, the process stands still for
 * ever. An imported key has a lock of its own.
 */
const SPKI = { type: "spki", format: "der" } as const;
const PKCS8 = { type: "pkcs8", format: "der" } as const;
const CURVES = { ES256: "P-256", ES384: "P-384", ES512: "P-521" } as const;

/** Makes a key without holding the process up: RSA takes its time. */
export async function newSigningKey(algorithm: KeyPairAlgorithm): Promise<SigningKey> {
  if (isCurve(algorithm)) return newSigningKeySync(algorithm);
  const made = await promisify(generateKeyPair)("rsa", {
    modulusLength: RSA_MODULUS_LENGTH,
    publicKeyEncoding: SPKI,
    privateKeyEncoding: PKCS8,
  });
  return named(algorithm, made);
}

/** The same at once: about a tenth of a second for RSA. */
export function newSigningKeySync(algorithm: KeyPairAlgorithm): SigningKey {
  return named(
    algorithm,
    isCurve(algorithm)
      ? generateKeyPairSync("ec", {
          namedCurve: CURVES[algorithm],
          publicKeyEncoding: SPKI,
          privateKeyEncoding: PKCS8,
        })
      : generateKeyPairSync("rsa", {
          modulusLength: RSA_MODULUS_LENGTH,
          publicKeyEncoding: SPKI,
          privateKeyEncoding: PKCS8,
        }),
  );
}

/** The public half, in the form of a key set (RFC 7517). */
export function publicJwk(key: SigningKey): JsonWebKey {
  return { ...key.publicKey.export({ format: "jwk" }), kid: key.keyId, use: "sig", alg: key.algorithm };
}

/** A compact JWS (RFC 7515) over the header, `alg` and all, and the payload. */
export function signedJwt(header: object, payload: object, key: SigningKey): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const hash = `sha${key.algorithm.slice(2)}`;
  const signature = sign(hash, Buffer.from(input), {
    key: key.privateKey,
    ...(key.algorithm.startsWith("PS")
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {}),
    ...(isCurve(key.algorithm) ? { dsaEncoding: "ieee-p1363" } : {}),
  });
  return `${input}.${signature.toString("base64url")}`;
}

/** The same with a shared secret: HS256, HS384, HS512. */
export function macJwt(header: object, payload: object, bits: number, secret: string | Buffer): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${createHmac(`sha${bits}`, secret).update(input).digest("base64url")}`;
}

/** An unsecured JWT (RFC 7519, section 6): no signature at all. Nobody may accept one. */
export function unsecuredJwt(header: object, payload: object): string {
  return `${base64url(header)}.${base64url(payload)}.`;
}

/** The RS256 key of this PKCS #8 in DER. */
export function rsaSigningKey(privateKey: Buffer): SigningKey {
  return named("RS256", {
    privateKey,
    publicKey: createPublicKey(createPrivateKey({ key: privateKey, ...PKCS8 })).export(SPKI),
  });
}

function isCurve(algorithm: KeyPairAlgorithm): algorithm is keyof typeof CURVES {
  return algorithm in CURVES;
}

function named(
  algorithm: KeyPairAlgorithm,
  made: { readonly privateKey: Buffer; readonly publicKey: Buffer },
): SigningKey {
  const publicKey = createPublicKey({ key: made.publicKey, ...SPKI });
  const privateKey = createPrivateKey({ key: made.privateKey, ...PKCS8 });
  const { kty, crv, e, n, x, y } = publicKey.export({ format: "jwk" });
  // RFC 7638: the required members alone, in lexical order.
  const members = kty === "RSA" ? { e, kty, n } : { crv, kty, x, y };
  const keyId = createHash("sha256").update(JSON.stringify(members)).digest("base64url");
  return { algorithm, keyId, privateKey, publicKey };
}

function base64url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
