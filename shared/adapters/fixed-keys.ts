import { createSecretKey, type KeyObject } from "node:crypto";
import { granted, refused } from "../domain/refusal.ts";
import type { Algorithm } from "../domain/token/issuer.ts";
import { keyFits } from "../domain/token/verification-key.ts";
import type { SigningKeys } from "../ports.ts";
import { publicKeyFrom } from "./fixed-keys/public-key-text.ts";
import { problemOfPublicText } from "./fixed-keys/public-text.ts";

/**
 * The one key of an issuer without a key set. The token's kid is ignored: there is nothing to choose. Throws when the
 * key does not fit one of the algorithms: that is a mistake in the configuration.
 */
export function fixedKeys(key: KeyObject, algorithms: readonly Algorithm[]): SigningKeys {
  const unfit = algorithms.filter((algorithm) => !keyFits(key, algorithm));
  if (unfit.length > 0) throw new Error(`does not fit ${unfit.join(", ")}: ${needOf(unfit)}`);
  return {
    keyFor: async ({ algorithm }) =>
      algorithms.includes(algorithm) ? granted(key) : refused({ code: "TOKEN_INVALID", check: "key" }),
  };
}

/**
 * The HMAC key for HS256, HS384 or HS512: the UTF-8 bytes of a setting's text, unchanged. Throws below 32 bytes
 * (RFC 7518 section 3.2) and for texts that are known or easy to guess: examples, repetitions, public keys, JWTs. The
 * message says what is wrong, as in `Problem.is`, and never quotes the text.
 */
export function secretKeyFrom(text: string): KeyObject {
  const problem = problemOfSecret(text);
  if (problem !== undefined) throw new Error(problem);
  return createSecretKey(text, "utf8");
}

/** The keys that settings hold, as a function reads them. Both throw as described above. */
export const settingKeys = {
  secretKeysFrom: (text: string, algorithms: readonly Algorithm[]): SigningKeys =>
    fixedKeys(secretKeyFrom(text), algorithms),
  publicKeysFrom: (pem: string, algorithms: readonly Algorithm[]): SigningKeys =>
    fixedKeys(publicKeyFrom(pem), algorithms),
};

function needOf(algorithms: readonly Algorithm[]): string {
  if (algorithms.some((algorithm) => algorithm.startsWith("HS"))) {
    return "HS256, HS384 and HS512 need a secret of 32, 48 and 64 bytes or more";
  }
  return "RS* and PS* need an RSA public key, ES256, ES384 and ES512 one on P-256, P-384 and P-521";
}

function problemOfSecret(text: string): string | undefined {
  const publicText = problemOfPublicText(text);
  if (publicText !== undefined) return publicText;
  if (text !== text.trim()) return "starts or ends with a space or a line end";
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes < MIN_SECRET_BYTES) return `has ${bytes} bytes, but a secret needs ${MIN_SECRET_BYTES}`;
  const root = rootOf(text);
  if (root.length === 1 || KNOWN_SECRETS.has(root.toLowerCase())) return "is in every word list";
  return undefined;
}

/** The part that a text repeats: "secret" for "secretsecretsecret…". Mostly the whole text. */
function rootOf(text: string): string {
  // A text with period p occurs in its own double at p, and nowhere between 0 and p.
  return text.slice(0, (text + text).indexOf(text, 1));
}

/** Bytes. Source: RFC 7518 section 3.2 (HS256: as long as the hash, or longer). */
const MIN_SECRET_BYTES = 32;

/** Lower case. The first ones are too short, but a repetition of them is long enough. */
const KNOWN_SECRETS: ReadonlySet<string> = new Set([
  ..."secret password changeme jwt jwtsecret jwt-secret jwt_secret secretkey mysecret supersecret".split(" "),
  ..."test admin default example qwerty abc123 1234 12345678 123456789 1234567890".split(" "),
  // Prefilled in the debugger of jwt.io.
  "your-256-bit-secret",
  "a-string-secret-at-least-256-bits-long",
  "a-valid-string-secret-that-is-at-least-384-bits-long",
  "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
  // The defaults of a self-hosted Supabase, and of its local one.
  "your-super-secret-jwt-token-with-at-least-32-characters-long",
  "super-secret-jwt-token-with-at-least-32-characters-long",
  // The keys of the examples, as printed in RFC 7515 appendix A.1.1, RFC 7520 sections 3.5 and 3.6.
  "aym1sysppbydfgzld3umj1qzkobwvmkoqq-estjqlr_t-1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow",
  "hjtxiz2usn5kbqfbttnwbpdmhkv8fjg-onbc6mxccyg",
  "aapapav4lbfbivawejagubluyqn5rhna-8nulddvox8",
]);
