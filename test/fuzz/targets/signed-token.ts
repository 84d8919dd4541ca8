import { attackedVerifier, ecKeys, rsaKeys, SHARED } from "../../support/attacked-verifier.ts";
import { base64url, GOOD_CLAIMS, NOW, secretKey, signatureOf } from "../../support/tokens.ts";
import { type FuzzTarget, law } from "../engine/target.ts";
import { referenceJson } from "../support/reference-json.ts";

/** Who signs an input: its first line. */
const SIGNERS = {
  ES256: { key: ecKeys.privateKey, kid: "ec-1", iss: GOOD_CLAIMS.iss },
  RS256: { key: rsaKeys.privateKey, kid: "rsa-1", iss: GOOD_CLAIMS.iss },
  HS256: { key: secretKey, kid: undefined, iss: SHARED.issuer },
} as const;

type Signer = keyof typeof SIGNERS;

const { verifier } = attackedVerifier();

/** Seconds that clocks may differ: issuerOf(). */
const TOLERANCE = 30;

const REFUSED_MEMBERS = ["crit", "b64", "zip", "enc", "cty", "jwk", "jwks", "jku", "x5u", "x5c"];

/**
 * Tokens that the issuer has really signed, whatever stands in them: the issuer's users choose many claims, and an issuer
 * has bugs. A token is accepted exactly when a second reader, written here by the letter of RFC 7519, finds nothing wrong.
 */
export const target: FuzzTarget = {
  name: "signed-token",
  seeds: (Object.keys(SIGNERS) as Signer[]).flatMap((algorithm) => {
    const { kid, iss } = SIGNERS[algorithm];
    const header = JSON.stringify({ alg: algorithm, typ: "JWT", kid });
    const good = { ...GOOD_CLAIMS, iss };
    return [
      [algorithm, header, JSON.stringify(good)],
      [algorithm, header, JSON.stringify({ ...good, aud: ["other", "photo-app"], nbf: NOW, jti: "1" })],
      [algorithm, header, JSON.stringify({ ...good, exp: NOW - TOLERANCE })],
      [algorithm, header, JSON.stringify({ ...good, iat: NOW + 20, exp: NOW + 19 })],
      [algorithm, header, JSON.stringify({ ...good, iat: NOW + TOLERANCE + 1 })],
      [algorithm, header, JSON.stringify({ ...good, sub: { __proto__: null, a: [1] } })],
    ].map((lines) => lines.join("\n"));
  }),
  dictionary: [
    "exp",
    "nbf",
    "iat",
    "iss",
    "aud",
    "sub",
    "kid",
    "typ",
    String(NOW),
    "photo-app",
    ...REFUSED_MEMBERS,
  ],
  maxLength: 5_000,
  testExecutions: 400,
  mutate: (input, { random, json, bytes }) => {
    const [algorithm = "", header = "", payload = ""] = input.toString("utf8").split("\n");
    const change = random.oneIn(5) ? bytes : json;
    const lines = random.oneIn(3)
      ? [algorithm, change(Buffer.from(header)).toString("utf8"), payload]
      : [algorithm, header, change(Buffer.from(payload)).toString("utf8")];
    return Buffer.from(lines.join("\n"), "utf8");
  },
  run: async (input) => {
    const parts = partsOf(input);
    if (parts === undefined) return;
    const { algorithm, header, payload } = parts;
    const signing = `${base64url(header)}.${base64url(payload)}`;
    const signature = signatureOf(signing, algorithm, SIGNERS[algorithm].key);
    const result = await verifier.verify(`${signing}.${base64url(signature)}`);
    const wrong = problemOf(algorithm, header, payload);
    law(
      "a signed token is accepted exactly when nothing is wrong with it",
      result.ok === (wrong === undefined),
      () => ({
        result,
        wrong,
      }),
    );
    if (result.ok)
      law(
        "the claims are what was signed",
        JSON.stringify(result.value.claims) === JSON.stringify(referenceJson(payload)),
      );
  },
};

function partsOf(input: Buffer) {
  const first = input.indexOf("\n");
  const second = input.indexOf("\n", first + 1);
  if (first === -1 || second === -1) return undefined;
  const algorithm = input.toString("latin1", 0, first);
  const header = input.subarray(first + 1, second);
  const payload = input.subarray(second + 1);
  if (!Object.hasOwn(SIGNERS, algorithm) || header.length === 0 || payload.length === 0) return undefined;
  return { algorithm: algorithm as Signer, header, payload };
}

/** What is wrong with a token, read apart from the product. undefined: nothing. */
function problemOf(algorithm: Signer, header: Buffer, payload: Buffer): string | undefined {
  const length = base64url(header).length + base64url(payload).length + 2;
  if (length + base64url(Buffer.alloc({ ES256: 64, RS256: 256, HS256: 32 }[algorithm])).length > 8_192)
    return "longer than a header of Function Compute";
  const head = referenceJson(header);
  if (head === undefined) return "header";
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(head, name))) return "member of the header";
  const { alg, kid, typ } = head;
  if (alg !== algorithm) return "algorithm";
  if (typ !== undefined && typeof typ !== "string") return "type";
  if (kid !== undefined && (typeof kid !== "string" || kid.length < 1 || kid.length > 128)) return "kid";
  const claims = referenceJson(payload);
  if (claims === undefined) return "payload";
  if (claims["iss"] !== SIGNERS[algorithm].iss) return "issuer";
  // The kid chooses; without one, an algorithm must have one key. The key set has two for ES256, and one for RS256, under
  // two names. A secret has no name: every kid is taken.
  if (algorithm === "ES256" && kid !== "ec-1") return "another key";
  if (algorithm === "RS256" && ![undefined, "rsa-1", "rsa-bound"].includes(kid)) return "another key";
  const { aud, exp, nbf, iat } = claims;
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length > 20 || !audiences.every((one) => typeof one === "string")) return "audiences";
  if (!audiences.includes("photo-app")) return "audience";
  for (const time of [nbf, iat]) if (time !== undefined && !isTime(time)) return "no time";
  if (!isTime(exp)) return "no expiry";
  if (NOW >= exp + TOLERANCE) return "expired";
  if (isTime(nbf) && nbf > NOW + TOLERANCE) return "not yet";
  if (isTime(iat) && (iat > NOW + TOLERANCE || iat > exp)) return "issued later";
  return undefined;
}

/** Seconds until the end of the year 9999. */
function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 253_402_300_799;
}
