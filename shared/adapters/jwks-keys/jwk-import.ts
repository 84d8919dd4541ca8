import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import type { Algorithm } from "../../domain/token/issuer.ts";
import { keyFits, problemOfPublicKey } from "../../domain/token/verification-key.ts";

/** One entry of a set, and what it may verify. */
export interface VerificationKey {
  readonly kid: string | undefined;
  readonly key: KeyObject;
  readonly algorithms: readonly Algorithm[];
}

/** The usable keys of one JWKS document. */
export interface KeySet {
  readonly keys: readonly VerificationKey[];
}

/**
 * The usable keys of a JWKS document for an issuer's algorithms. It ignores unusable keys and keeps the others (RFC 7517
 * section 5). Unusable are other purposes and types, weak keys, and keys whose secret half is in the set. `onWarning` gets
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

  const records = entries.filter(isRecord);
  // Everybody can sign with them, under whatever kid and for whatever use their public half stands in the set.
  const published = records.filter(hasSecretHalf).map(publicKeyOrUndefined);
  const keys: VerificationKey[] = [];
  for (const jwk of records.filter(isForSignatures)) {
    const { kid } = jwk;
    const warn = (problem: string) => onWarning(`${nameFor(kid)} is left out: ${problem}`);
    if (kid !== undefined && typeof kid !== "string") {
      warn("its kid is not a string");
    } else {
      const usable = verificationKeyFrom(jwk, algorithms, warn);
      if (usable === undefined) continue;
      if (published.some((known) => known?.equals(usable.key))) warn("its secret half is published");
      else keys.push({ kid, ...usable });
    }
  }
  for (const problem of ambiguitiesIn(keys)) onWarning(problem);
  return { keys };
}

/**
 * The key that a token's header means: the one with its kid that may verify its algorithm. Several entries may share a
 * kid, and the same key may stand in the set twice. "key-id": the set has no such key, or two different ones, but a newer
 * set may be better. "key": it has the kid, but for other algorithms. Without a kid, the set must have exactly one key for
 * the algorithm. Trying several would let one key replace another.
 */
export function keyIn(
  set: KeySet,
  header: { readonly kid: string | undefined; readonly algorithm: Algorithm },
): KeyObject | "key-id" | "key" {
  const { kid, algorithm } = header;
  const named = kid === undefined ? set.keys : set.keys.filter((candidate) => candidate.kid === kid);
  const [only, ...others] = named.filter((candidate) => candidate.algorithms.includes(algorithm));
  if (only === undefined) return kid === undefined || named.length === 0 ? "key-id" : "key";
  return others.every(({ key }) => key.equals(only.key)) ? only.key : "key-id";
}

/** Kids under which two different keys fit one algorithm: tokens that name such a kid and algorithm are refused. */
function ambiguitiesIn(keys: readonly VerificationKey[]): readonly string[] {
  return [...new Set(keys.map(({ kid }) => kid))].flatMap((kid) => {
    const named = keys.filter((candidate) => candidate.kid === kid);
    const algorithms = [...new Set(named.flatMap((candidate) => candidate.algorithms))].filter(
      (algorithm) => keyIn({ keys: named }, { kid, algorithm }) === "key-id",
    );
    return kid === undefined || algorithms.length === 0
      ? []
      : [`${nameFor(kid)} is two different keys for ${algorithms.join(", ")}: their tokens are refused`];
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Keys for other purposes, such as encryption, are ignored. Source: RFC 7517, 4.2 and 4.3. */
function isForSignatures(jwk: Readonly<Record<string, unknown>>): boolean {
  const { use = "sig", key_ops: operations = ["verify"] } = jwk;
  return use === "sig" && Array.isArray(operations) && operations.includes("verify");
}

function hasSecretHalf(jwk: Readonly<Record<string, unknown>>): boolean {
  return SECRET_MEMBERS.some((name) => jwk[name] !== undefined);
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
): Omit<VerificationKey, "kid"> | undefined {
  const { kty, alg } = jwk;
  if (hasSecretHalf(jwk)) {
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
