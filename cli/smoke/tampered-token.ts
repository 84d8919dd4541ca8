import { constants, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { objectInTokenPart } from "../shared/values.ts";

type Json = Readonly<Record<string, unknown>>;

/** Whether a text has the form of a JWT: three parts, the first two JSON objects. Says nothing of its signature. */
export function hasFormOfToken(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 3 && parts.slice(0, 2).every((part) => objectInTokenPart(part) !== undefined);
}

/** What a token says, unverified. */
export function claimsIn(token: string): Json {
  return objectInTokenPart(token.split(".")[1] ?? "") ?? {};
}

/** Other claims under the old signature. */
export function withClaims(token: string, claims: Json): string {
  const [header = "", , signature = ""] = token.split(".");
  return [header, partOf({ ...claimsIn(token), ...claims }), signature].join(".");
}

/** The same header and claims, signed in the same way with a key that was made for it. */
export function signedByAnother(token: string): string {
  const [header = "", payload = ""] = token.split(".");
  const input = `${header}.${payload}`;
  return `${input}.${signatureOf(input, String(objectInTokenPart(header)?.["alg"])).toString("base64url")}`;
}

/** RFC 7515's unsecured form: alg none, no signature. */
export function unsigned(token: string): string {
  const [header = "", payload = ""] = token.split(".");
  return `${partOf({ ...objectInTokenPart(header), alg: "none" })}.${payload}.`;
}

function signatureOf(input: string, algorithm: string): Buffer {
  const hash = `sha${algorithm.slice(2)}`;
  const bytes = Buffer.from(input);
  switch (algorithm.slice(0, 2)) {
    case "HS":
      return createHmac(hash, randomBytes(64)).update(bytes).digest();
    case "ES":
      return sign(hash, bytes, { key: ecKey(algorithm), dsaEncoding: "ieee-p1363" });
    case "PS":
      return sign(hash, bytes, {
        key: rsaKey(),
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: Number(algorithm.slice(2)) / 8,
      });
    case "RS":
      return sign(hash, bytes, rsaKey());
    default:
      return randomBytes(256);
  }
}

function rsaKey(): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
}

function ecKey(algorithm: string): KeyObject {
  const namedCurve = algorithm === "ES512" ? "P-521" : `P-${algorithm.slice(2)}`;
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

function partOf(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
