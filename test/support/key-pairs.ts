import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { keptRsaKey } from "./kept-key.ts";

/** `rsa` has 2,048 bits where `modulusLength` does not say otherwise; the others are curves. */
export type KeyKind = "rsa" | "P-256" | "P-384" | "P-521" | "secp256k1" | "ed25519";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/**
 * A new key pair. Imported, not taken as `generateKeyPairSync` makes it: in Node.js 20 such a key shares a lock with
 * what made it, and where the garbage collector finds that in the middle of a JWK export, the process stands still.
 */
export function newKeyPair(kind: KeyKind, modulusLength = 2_048): KeyPair {
  const made = encodedPair(kind, modulusLength);
  return {
    publicKey: createPublicKey({ key: made.publicKey, ...SPKI }),
    privateKey: createPrivateKey({ key: made.privateKey, ...PKCS8 }),
  };
}

/** The same pair for the same name, also in the next run: {@link keptRsaKey}. */
export function keptRsaPair(name: string, modulusLength = 2_048): KeyPair {
  const key = keptRsaKey(name, modulusLength);
  const publicKey = createPublicKey(createPrivateKey({ key, ...PKCS8 })).export(SPKI);
  return {
    publicKey: createPublicKey({ key: publicKey, ...SPKI }),
    privateKey: createPrivateKey({ key, ...PKCS8 }),
  };
}

function encodedPair(kind: KeyKind, modulusLength: number): Record<keyof KeyPair, Buffer> {
  if (kind === "rsa")
    return generateKeyPairSync("rsa", { modulusLength, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  if (kind === "ed25519")
    return generateKeyPairSync("ed25519", { publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  return generateKeyPairSync("ec", { namedCurve: kind, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
}

const SPKI = { type: "spki", format: "der" } as const;
const PKCS8 = { type: "pkcs8", format: "der" } as const;
