import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { Algorithm } from "../../domain/token/issuer.ts";
import { keyFits, problemOfPublicKey } from "../../domain/token/verification-key.ts";

/** One key of a set, and what it may verify. */
export interface VerificationKey {
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
}

/** The usable keys of one JWKS document. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
  /** Only kids that name exactly one key. */
  readonly byKid: ReadonlyMap<string, VerificationKey>;
}

/**
 * The usable keys of a JWKS document for an issuer's algorithms. It ignores unusable keys and keeps the others (RFC 7517
 * section 5). Unusable are other purposes and types, weak keys, secrets, and all keys with the same kid. `onWarning` gets
 * the faults that the issuer should fix. Throws when the document is not a key set, or has more than 100 keys.
 */
export function keySetFrom(
  document: unknown,
  algorithms: readonly Algorithm[],
  onWarning: (message: string) => void,
): KeySet {
  const entries: unknown = isRecord(document) ? document["keys"] : undefined;
  if (!Array.isArray(entries)) throw new Error("is not a JSON object with an array of keys");
  if (entries.length > MAX_KEYS) throw new Error(`has ${entries.length} keys, more than ${MAX_KEYS}`);

  const candidates = entries.filter(isRecord).filter(isForSignatures);
  const kids = candidates.map((jwk) => jwk["kid"]);
  const keys: VerificationKey[] = [];
  const byKid = new Map<string, VerificationKey>();
  for (const jwk of candidates) {
    const { kid } = jwk;
    const warn = (problem: string) => onWarning(`${nameFor(kid)} is left out: ${problem}`);
    if (kid !== undefined && typeof kid !== "string") {
      warn("its kid is not a string");
    } else if (kid !== undefined && kids.indexOf(kid) !== kids.lastIndexOf(kid)) {
      warn("another key has the same kid, and is left out too");
    } else {
      const usable = verificationKeyFrom(jwk, algorithms, warn);
      if (usable === undefined) continue;
      keys.push(usable);
      if (kid !== undefined) byKid.set(kid, usable);
    }
  }
  return { keys, byKid };
}

/**
 * The key that a token's header names. "key-id": the set has no such key, but a newer set may. "key": it has the key, but
 * for another algorithm. Without a kid, the set must have exactly one key for the algorithm: trying several would let one
 * key replace another.
 */
export function keyIn(
  set: KeySet,
  header: { readonly kid: string | undefined; readonly algorithm: Algorithm },
): KeyObject | "key-id" | "key" {
  const { kid, algorithm } = header;
  if (kid === undefined) {
    const [only, another] = set.keys.filter((candidate) => candidate.algorithms.includes(algorithm));
    return only === undefined || another !== undefined ? "key-id" : only.key;
  }
  const named = set.byKid.get(kid);
  if (named === undefined) return "key-id";
  return named.algorithms.includes(algorithm) ? named.key : "key";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys for other purposes, such as encryption, are ignored. Source: RFC 7517, 4.2 and 4.3. */
function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const { use = "sig", key_ops: operations = ["verify"] } = jwk;
  return use === "sig" && Array.isArray(operations) && operations.includes("verify");
}

/** Escaped and cut short: a kid may contain line ends and other text that forges log lines. */
function nameFor(kid: unknown): string {
  return kid === undefined
    ? "the key without a kid"
    : `the key ${JSON.stringify(kid).slice(0, MAX_KID_IN_WARNING)}`;
}

/** `warn` gets only faults of a key. A key for an algorithm that we do not use is not a fault. */
function verificationKeyFrom(
  jwk: Readonly<Record<string, unknown>>,
  algorithms: readonly Algorithm[],
  warn: (problem: string) => void,
): VerificationKey | undefined {
  const { kty, alg } = jwk;
  if (SECRET_MEMBERS.some((name) => jwk[name] !== undefined)) {
    // Everybody who can read the set can sign with it.
    warn("its secret half is published");
    return undefined;
  }
  if (kty !== "RSA" && kty !== "EC") return undefined;
  const bound = alg === undefined ? algorithms : algorithms.filter((algorithm) => algorithm === alg);
  if (bound.length === 0) return undefined;
  const key = publicKeyOrUndefined(jwk);
  const problem = key === undefined ? "its numbers are not a public key" : problemOfPublicKey(key);
  if (key === undefined || problem !== undefined) {
    warn(problem ?? "");
    return undefined;
  }
  const fitting = bound.filter((algorithm) => keyFits(key, algorithm));
  if (fitting.length > 0) return { key, algorithms: fitting };
  if (alg !== undefined) warn(`its numbers do not fit its alg, ${alg}`);
  return undefined;
}

function publicKeyOrUndefined(jwk: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const { kty, n, e, crv, x, y } = jwk;
  try {
    // Only the numbers: OpenSSL must not interpret other members (x5c, ext, ...).
    return createPublicKey({
      key: (kty === "RSA" ? { kty, n, e } : { kty, crv, x, y }) as JsonWebKey,
      format: "jwk",
    });
  } catch {
    return undefined;
  }
}

/** Ours: docs/threat-model.md, K3. */
const MAX_KEYS = 100;

/** Characters. Assumption. */
const MAX_KID_IN_WARNING = 66;

/** The secret members of RSA, EC and oct keys. Source: RFC 7518 section 6. */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
