import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { granted, refused } from "../domain/refusal.ts";
import type { Algorithm } from "../domain/token/issuer.ts";
import { keyFits, problemOfPublicKey } from "../domain/token/verification-key.ts";
import type { SigningKeys } from "../ports.ts";

/**
 * The one key of an issuer without a key set. The token's kid is not looked at: there is nothing to choose.
 * Throws where the key does not fit one of the algorithms, as that is a mistake in the configuration.
 */
export function fixedKeys(key: KeyObject, algorithms: readonly Algorithm[]): SigningKeys {
  const unfit = algorithms.filter((algorithm) => !keyFits(key, algorithm));
  if (unfit.length > 0) throw new Error(`the key does not fit ${unfit.join(", ")}: ${needOf(unfit)}`);
  return {
    keyFor: async ({ algorithm }) =>
      algorithms.includes(algorithm) ? granted(key) : refused({ code: "TOKEN_INVALID", check: "key" }),
  };
}

/**
 * The HMAC key for HS256, HS384 or HS512 from a setting's text, taken as UTF-8, to the letter. Throws, without
 * quoting it, below 32 bytes (RFC 7518 section 3.2) and for what is known or guessed: examples, repetitions, PEM.
 */
export function secretKeyFrom(text: string): KeyObject {
  const problem = problemOfSecret(text);
  if (problem !== undefined) throw new Error(`${problem}; make a secret with: openssl rand -base64 48`);
  return createSecretKey(text, "utf8");
}

/**
 * The public key from a setting's PEM text (`PUBLIC KEY` or `RSA PUBLIC KEY`). Line ends may have become blanks, or
 * the two characters `\n`, on the way through a shell. Throws, without quoting it, for private keys, certificates
 * (their dates would go unchecked), weak RSA, and curves or kinds that no algorithm here uses.
 */
export function publicKeyFrom(pem: string): KeyObject {
  const text = pem.replace(/\\r|\\n/g, "\n").trim();
  if (text.includes("PRIVATE KEY")) {
    throw new Error("this is a private key: only its public half belongs here; treat it as leaked");
  }
  const [, kind, base64] = ONE_PUBLIC_KEY.exec(text) ?? [];
  if (base64 === undefined) {
    throw new Error("one PEM block is needed, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----");
  }
  const key = publicKeyOrUndefined(Buffer.from(base64, "base64"), kind === undefined ? "spki" : "pkcs1");
  const problem = key === undefined ? "its content cannot be read" : problemOfPublicKey(key);
  if (key === undefined || problem !== undefined) {
    throw new Error(`this public key cannot be used: ${problem}`);
  }
  return key;
}

function needOf(algorithms: readonly Algorithm[]): string {
  if (algorithms.some((algorithm) => algorithm.startsWith("HS"))) {
    return "HS256, HS384 and HS512 need a secret of 32, 48 and 64 bytes or more";
  }
  return "RS* and PS* need an RSA public key, ES256, ES384 and ES512 one on P-256, P-384 and P-521";
}

function problemOfSecret(text: string): string | undefined {
  if (text.includes("-----BEGIN")) return "a PEM text is no secret: with HS*, who can verify can sign";
  if (text !== text.trim()) return "the secret starts or ends with a blank or a line end";
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes < MIN_SECRET_BYTES) return `the secret has ${bytes} bytes, and ${MIN_SECRET_BYTES} are the least`;
  const root = rootOf(text);
  if (root.length === 1 || KNOWN_SECRETS.has(root.toLowerCase())) return "the secret is in every word list";
  return undefined;
}

/** "secret" of "secretsecretsecret…": the text that is repeated, mostly the whole. */
function rootOf(text: string): string {
  // A text of period p is found in its double at p, and nowhere between 0 and p.
  return text.slice(0, (text + text).indexOf(text, 1));
}

function publicKeyOrUndefined(der: Buffer, type: "spki" | "pkcs1"): KeyObject | undefined {
  try {
    return createPublicKey({ key: der, format: "der", type });
  } catch {
    return undefined;
  }
}

/** Bytes. Source: RFC 7518 section 3.2 (HS256: as long as the hash, or longer). */
const MIN_SECRET_BYTES = 32;

/** Lower case. The first ones are shorter than allowed, and get long by repetition. */
const KNOWN_SECRETS: ReadonlySet<string> = new Set([
  ..."secret password changeme jwt jwtsecret jwt-secret jwt_secret secretkey mysecret supersecret".split(" "),
  ..."test admin default example qwerty abc123 1234 12345678 123456789 1234567890".split(" "),
  // What the debugger of jwt.io is filled in with.
  "your-256-bit-secret",
  "a-string-secret-at-least-256-bits-long",
  "a-valid-string-secret-that-is-at-least-384-bits-long",
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  // The examples' keys, as printed: RFC 7515 appendix A.1.1, RFC 7520 sections 3.5 and 3.6.
  "aym1sysppbydfgzld3umj1qzkobwvmkoqq-estjqlr_t-1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow",
  "hjtxiz2usn5kbqfbttnwbpdmhkv8fjg-onbc6mxccyg",
  "aapapav4lbfbivawejagubluyqn5rhna-8nulddvox8",
]);

const ONE_PUBLIC_KEY = /^-----BEGIN (RSA )?PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END \1PUBLIC KEY-----$/;
