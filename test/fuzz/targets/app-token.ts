import { createHmac } from "node:crypto";
import {
  attackedVerifier,
  ecKeys,
  malloryKeys,
  rsaKeys,
  SHARED,
  signedByLogin,
  TENANT,
  tenantKeys,
} from "../../support/attacked-verifier.ts";
import { appToken, secretKey, signatureOf } from "../../support/tokens.ts";
import type { Mutators } from "../engine/mutators.ts";
import { type FuzzTarget, law } from "../engine/target.ts";

/** Tokens that three issuers have really signed, by the name that stands for them in an input: `{ec}`, or a part: `{ec.2}`. */
const SIGNED: Readonly<Record<string, string>> = {
  ec: signedByLogin(),
  rs: signedByLogin({ algorithm: "RS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } }),
  hs: appToken({ algorithm: "HS256", key: secretKey, claims: { iss: SHARED.issuer } }),
  tenant: appToken({ key: tenantKeys.privateKey, header: { kid: "tenant" }, claims: { iss: TENANT.issuer } }),
};

/** The order of the curve P-256. Source: FIPS 186-4, D.1.2.3. */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const { verifier } = attackedVerifier();

/** What verifies a public key's tokens is public: every text of it is tried as a secret. */
const PUBLIC_TEXTS = [ecKeys, rsaKeys].flatMap(({ publicKey }) => [
  publicKey.export({ type: "spki", format: "pem" }).toString(),
  publicKey.export({ type: "spki", format: "der" }).toString("latin1"),
  JSON.stringify(publicKey.export({ format: "jwk" })),
  "",
]);

/**
 * App tokens that nobody, or somebody else, has signed. A text is accepted only where an issuer has signed its first two
 * parts and its signature has the issuer's bytes (or, for ECDSA, those of the same signature with the other s: threat J20).
 * The claims are then those that were signed.
 */
export const target: FuzzTarget = {
  name: "app-token",
  seeds: [
    ...Object.keys(SIGNED).flatMap((name) => [
      `{${name}}`,
      `{${name}.0}.{${name}.1}.`,
      `{${name}.0}.{${name}.1}`,
    ]),
    // The same bytes in another text: the last character's unused bits.
    ...Object.values(SIGNED).map((token) =>
      token.replace(/.$/, (last) => ALPHABET[ALPHABET.indexOf(last) ^ 1] ?? ""),
    ),
    "{ec.0}.{rs.1}.{ec.2}",
    "{hs.0}.{ec.1}.{hs.2}",
    "eyJhbGciOiJub25lIn0.{ec.1}.",
    "",
    "..",
    "Bearer {ec}",
    `{ec.0}.${"A".repeat(8_192)}.{ec.2}`,
  ],
  dictionary: [
    "{ec.0}",
    "{ec.1}",
    "{ec.2}",
    "{rs.2}",
    "{hs.2}",
    ".",
    "none",
    "HS256",
    "kid",
    "jwk",
    "crit",
    "=",
  ],
  maxLength: 9_000,
  mutate: mutatedToken,
  testExecutions: 400,
  run: async (input) => {
    const text = expanded(input.toString("utf8"));
    const result = await verifier.verify(text);
    const origin = Object.values(SIGNED).find((token) => token === text || isTwin(token, text));
    law("a text is accepted exactly when an issuer has signed it", result.ok === (origin !== undefined), () =>
      JSON.stringify({ text, result }),
    );
    if (!result.ok) {
      law(
        "a refusal is one of a token",
        ["TOKEN_INVALID", "TOKEN_EXPIRED", "KEYS_UNAVAILABLE"].includes(result.refusal.code),
        () => result.refusal,
      );
      return;
    }
    const [, payload = ""] = (origin ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    law(
      "the claims are those that were signed",
      JSON.stringify(result.value.claims) === JSON.stringify(claims),
    );
  },
};

function expanded(text: string): string {
  return text.replace(
    /\{(ec|rs|hs|tenant)(?:\.([012]))?\}/g,
    (_all, name: string, part: string | undefined) => {
      const token = SIGNED[name] ?? "";
      return part === undefined ? token : (token.split(".")[Number(part)] ?? "");
    },
  );
}

/** Whether it is the same token with the other signature of ECDSA that fits: r, and the order minus s. */
function isTwin(token: string, text: string): boolean {
  const [header, payload, signature = ""] = token.split(".");
  const bytes = Buffer.from(signature, "base64url");
  if (bytes.length !== 64) return false;
  return text === [header, payload, withOtherS(bytes).toString("base64url")].join(".");
}

function withOtherS(signature: Buffer): Buffer {
  const s = BigInt(`0x${signature.subarray(32, 64).toString("hex") || "0"}`);
  const other = (((P256_ORDER - s) % P256_ORDER) + P256_ORDER) % P256_ORDER;
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other.toString(16).padStart(64, "0"), "hex")]);
}

function mutatedToken(input: Buffer, mutators: Mutators): Buffer {
  const { random, text, json } = mutators;
  const parts = expanded(input.toString("utf8")).split(".");
  const [header = "", payload = "", signature = ""] = parts;
  const decoded = (part: string): Buffer => Buffer.from(part, "base64url");
  const joined = (...given: readonly string[]): Buffer => Buffer.from(given.join("."), "utf8");
  const changed = (part: string): string => json(decoded(part)).toString("base64url");
  switch (random.below(9)) {
    case 0:
      return Buffer.from(text(input.toString("utf8")), "utf8");
    case 1:
      return joined(changed(header), payload, signature);
    case 2:
      return joined(header, changed(payload), signature);
    case 3:
      return joined(header, payload, mutators.bytes(decoded(signature)).toString("base64url"));
    case 4:
      return joined(header, payload, withOtherS(decoded(signature)).toString("base64url"));
    case 5: {
      // Signed by somebody else, for whatever the header says.
      const [one, two] = [random.oneIn(2) ? changed(header) : header, changed(payload)];
      return joined(
        one,
        two,
        signatureOf(`${one}.${two}`, "ES256", malloryKeys.privateKey).toString("base64url"),
      );
    }
    case 6: {
      const head = { ...objectIn(decoded(header)), alg: random.of(["HS256", "HS384", "HS512", "none"]) };
      const one = Buffer.from(JSON.stringify(head), "utf8").toString("base64url");
      const mac = createHmac("sha256", random.of(PUBLIC_TEXTS))
        .update(`${one}.${payload}`)
        .digest("base64url");
      return joined(one, payload, mac);
    }
    case 7: {
      // The unused bits of the last character: another text of the same bytes.
      const at = random.below(3);
      const other = (parts[at] ?? "").replace(
        /.$/,
        (last) => ALPHABET[ALPHABET.indexOf(last) ^ (1 + random.below(15))] ?? "_",
      );
      return joined(...[header, payload, signature].with(at, other));
    }
    default: {
      // Padding and another alphabet.
      const at = random.below(3);
      const part = parts[at] ?? "";
      const other = random.of([`${part}=`, `${part} `, part.replace("-", "+")]);
      return joined(...[header, payload, signature].with(at, other));
    }
  }
}

function objectIn(bytes: Buffer): object {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
