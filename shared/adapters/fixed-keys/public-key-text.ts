import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  X509Certificate,
} from "node:crypto";
import { type Problem, ProblemError } from "../../domain/problem.ts";
import { problemOfPublicKey } from "../../domain/token/verification-key.ts";

/**
 * The public key from a setting's text: one PEM block (`PUBLIC KEY`, `RSA PUBLIC KEY`, or an X.509 `CERTIFICATE`, whose
 * public key is taken). A shell may have turned its line ends into spaces or into the two characters `\n`. Of a
 * certificate nothing else is looked at: neither its dates nor who signed it, because the operator vouches for the key
 * (doctor warns of the dates). Throws ProblemError, which never quotes the text: for private keys, several blocks, other
 * forms, weak RSA, and curves or key types that no algorithm here uses.
 */
export function publicKeyFrom(given: string): KeyObject {
  const text = withLineEnds(given);
  if (hasPrivateKey(text)) {
    throw new ProblemError({
      is: "is a private key, which now counts as leaked: only its public half belongs here",
      fix: "make a new key pair, and write its public key",
    });
  }
  const block = ONE_BLOCK.exec(text);
  const [, kind = "", base64 = ""] = block ?? [];
  if (block === null) throw new ProblemError(problemOfForm(text));
  const key = publicKeyOrUndefined(Buffer.from(base64, "base64"), kind);
  const problem = key === undefined ? "its content cannot be read" : problemOfPublicKey(key);
  if (key === undefined || problem !== undefined) {
    throw new ProblemError({ is: `cannot be used: ${problem}`, fix: WRITE_ONE_BLOCK });
  }
  return key;
}

/** Whether bytes are a public key or a certificate in DER: nothing that is secret. */
export function isPublicKeyDer(der: Buffer): boolean {
  // Each of them is a SEQUENCE. Three failures of OpenSSL take milliseconds of a cold start.
  if (der[0] !== 0x30) return false;
  return LABELS.some((kind) => publicKeyOrUndefined(der, kind) !== undefined);
}

/** The certificate in a setting's text; undefined when it is none. */
export function certificateFrom(given: string): X509Certificate | undefined {
  const [, kind, base64 = ""] = ONE_BLOCK.exec(withLineEnds(given)) ?? [];
  return kind === "CERTIFICATE" ? certificateOrUndefined(Buffer.from(base64, "base64")) : undefined;
}

function withLineEnds(given: string): string {
  return given.replace(/\\r|\\n/g, "\n").trim();
}

/** Also in forms that are not read here: a private key must be called leaked in every one of them. */
function hasPrivateKey(text: string): boolean {
  if (/PRIVATE.KEY/.test(text)) return true;
  const jwk = jsonFrom(text);
  const jwks: unknown = jwk?.["keys"];
  if ([jwk, ...(Array.isArray(jwks) ? jwks : [])].some((one) => hasOwn(one, "d") || hasOwn(one, "k")))
    return true;
  const der = bareBase64From(text);
  return der !== undefined && PRIVATE_FORMS.some((type) => isPrivateKey(der, type));
}

/** What another form of key is, and how to get the PEM block from it. */
function problemOfForm(text: string): Problem {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  if (blocks > 1) {
    return {
      is: `has ${blocks} certificates, a chain`,
      fix: "write only the first block, if that is the certificate whose key signs the tokens",
    };
  }
  if (/^(ssh-|ecdsa-)|BEGIN SSH2/.test(text)) {
    return { is: "is a key of SSH", fix: "write the output of: ssh-keygen -e -m PKCS8 -f key.pub" };
  }
  const jwk = jsonFrom(text);
  if (hasOwn(jwk, "keys")) {
    return { is: "is a JSON Web Key Set", fix: "write its address as jwks in access.yaml" };
  }
  if (hasOwn(jwk, "kty")) {
    const read = "JSON.parse(require('fs').readFileSync(0, 'utf8'))";
    const pem = `require('crypto').createPublicKey({ key: ${read}, format: 'jwk' }).export({ type: 'spki', format: 'pem' })`;
    return {
      is: "is a JSON Web Key",
      fix: `write the output of: node -p "${pem}" < key.json`,
    };
  }
  const der = bareBase64From(text);
  const label =
    der === undefined ? undefined : LABELS.find((kind) => publicKeyOrUndefined(der, kind) !== undefined);
  return label === undefined
    ? { is: "is not one PEM block of a public key", fix: WRITE_ONE_BLOCK }
    : {
        is: "has no line that says what it is",
        fix: `write -----BEGIN ${label}----- before it and -----END ${label}----- after it`,
      };
}

function publicKeyOrUndefined(der: Buffer, kind: string): KeyObject | undefined {
  if (kind === "CERTIFICATE") return certificateOrUndefined(der)?.publicKey;
  try {
    return createPublicKey({ key: der, format: "der", type: kind === "PUBLIC KEY" ? "spki" : "pkcs1" });
  } catch {
    return undefined;
  }
}

function certificateOrUndefined(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

function isPrivateKey(der: Buffer, type: (typeof PRIVATE_FORMS)[number]): boolean {
  try {
    return createPrivateKey({ key: der, format: "der", type }).type === "private";
  } catch {
    return false;
  }
}

function bareBase64From(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/=\s]+$/.test(text) ? Buffer.from(text, "base64") : undefined;
}

function jsonFrom(text: string): JsonWebKey | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as JsonWebKey) : undefined;
  } catch {
    return undefined;
  }
}

function hasOwn(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}

const WRITE_ONE_BLOCK = "write one PEM block, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----";

const LABELS = ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"];

const PRIVATE_FORMS = ["pkcs8", "pkcs1", "sec1"] as const;

const ONE_BLOCK = /^-----BEGIN ((?:RSA )?PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----$/;
