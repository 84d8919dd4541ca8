import {
  constants,
  createHash,
  createHmac,
  createSecretKey,
  type JsonWebKey,
  type KeyObject,
  sign,
} from "node:crypto";
import type { TokenCheck } from "../../shared/domain/refusal.ts";
import type { Algorithm, Issuer } from "../../shared/domain/token/issuer.ts";
import type { Clock } from "../../shared/ports.ts";
import { type KeyKind, type KeyPair, keptRsaPair, newKeyPair } from "./key-pairs.ts";

/** Seconds since the epoch where the tests' clocks stand: 2026-11-23T10:00:00Z. */
export const NOW = 1_795_428_000;

/** A clock that moves only when a test moves it. */
export interface FakeClock extends Clock {
  advance(seconds: number): void;
}

export function fakeClock(seconds: number = NOW): FakeClock {
  let nowMs = seconds * 1_000;
  return {
    nowMs: () => nowMs,
    advance: (by) => {
      nowMs += by * 1_000;
    },
  };
}

/** The same pair for the same name, made once a process; an RSA pair once a checkout, as it costs up to half a second. */
export function keyPair(kind: KeyKind, name = "first"): KeyPair {
  const id = `${kind} ${name}`;
  const pair = pairs.get(id) ?? (kind === "rsa" ? keptRsaPair(name) : newKeyPair(kind));
  pairs.set(id, pair);
  return pair;
}

/** 64 bytes: enough for every HS algorithm. */
export const secretKey: KeyObject = createSecretKey(createHash("sha512").update("of the tests").digest());

/** The key that signs an algorithm's tokens in these tests, and the one that verifies them. */
export function keyPairFor(algorithm: Algorithm): KeyPair {
  if (algorithm.startsWith("HS")) return { publicKey: secretKey, privateKey: secretKey };
  if (algorithm === "ES256") return keyPair("P-256");
  if (algorithm === "ES384") return keyPair("P-384");
  if (algorithm === "ES512") return keyPair("P-521");
  return keyPair("rsa");
}

/** A public key as an entry of a key set. */
export function jwkOf(key: KeyObject, members: Readonly<Record<string, unknown>> = {}): JsonWebKey {
  return { ...key.export({ format: "jwk" }), use: "sig", ...members };
}

/** An issuer whose tokens `appToken` makes. */
export function issuerOf(change: Partial<Issuer> = {}): Issuer {
  return {
    name: "login",
    issuer: "https://login.example.com/",
    audience: ["photo-app"],
    audienceClaim: "aud",
    keys: { kind: "publicKey", variable: "JWT_PUBLIC_KEY" },
    secretBeside: undefined,
    algorithms: ["ES256"],
    jwksCache: { maxAgeSeconds: 600, cooldownSeconds: 10, maxStaleSeconds: 86_400 },
    clockToleranceSeconds: 30,
    maxTokenAgeSeconds: undefined,
    tokenTypes: undefined,
    requiredClaims: [],
    userClaim: "sub",
    userType: "text",
    ...change,
  };
}

/** Claims that `issuerOf()` accepts at NOW. */
export const GOOD_CLAIMS = {
  iss: "https://login.example.com/",
  aud: "photo-app",
  sub: "alice",
  iat: NOW - 60,
  exp: NOW + 600,
};

/**
 * A signed token of GOOD_CLAIMS with some of them changed (undefined: left out), or of a payload given as text or
 * bytes. `key` signs, whatever the header says; the default fits the algorithm.
 */
export function appToken(
  parts: {
    readonly claims?: Readonly<Record<string, unknown>>;
    readonly payload?: string | Buffer;
    /** Added to `alg` and `typ`; undefined leaves a member out. Or the whole header as text or bytes. */
    readonly header?: Readonly<Record<string, unknown>> | string | Buffer;
    /** What signs; the header's `alg` unless the header says something else. */
    readonly algorithm?: Algorithm;
    readonly key?: KeyObject;
  } = {},
): string {
  const { claims = {}, payload = JSON.stringify({ ...GOOD_CLAIMS, ...claims }), header = {} } = parts;
  const { algorithm = "ES256", key = keyPairFor(algorithm).privateKey } = parts;
  const headerText =
    typeof header === "string" || Buffer.isBuffer(header)
      ? header
      : JSON.stringify({ alg: algorithm, typ: "JWT", ...header });
  const input = `${base64url(headerText)}.${base64url(payload)}`;
  return `${input}.${signatureOf(input, algorithm, key).toString("base64url")}`;
}

/** The signature of a text in the form that JWS wants (RFC 7518 section 3): raw r and s for ES*. */
export function signatureOf(input: string, algorithm: Algorithm, key: KeyObject): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const bytes = Buffer.from(input);
  if (algorithm.startsWith("HS")) return createHmac(hash, key).update(bytes).digest();
  if (algorithm.startsWith("ES")) return sign(hash, bytes, { key, dsaEncoding: "ieee-p1363" });
  if (algorithm.startsWith("RS")) return sign(hash, bytes, key);
  return sign(hash, bytes, {
    key,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  });
}

export function base64url(content: string | Buffer): string {
  return Buffer.from(content).toString("base64url");
}

/** What a verifier answers where a check fails. */
export function invalid(check: TokenCheck): unknown {
  return { ok: false, refusal: { code: "TOKEN_INVALID", check } };
}

export const EXPIRED = { ok: false, refusal: { code: "TOKEN_EXPIRED" } };

const pairs = new Map<string, KeyPair>();
