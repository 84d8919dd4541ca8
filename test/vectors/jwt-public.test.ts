import { createSecretKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixedKeys } from "../../shared/adapters/fixed-keys.ts";
import { keyIn, keySetFrom } from "../../shared/adapters/jwks-keys/jwk-import.ts";
import { isSignatureGood, jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { granted } from "../../shared/domain/refusal.ts";
import { unverifiedAppTokenFrom } from "../../shared/domain/token/app-token.ts";
import { ALGORITHMS, type Algorithm } from "../../shared/domain/token/issuer.ts";
import { strictJsonObjectFrom } from "../../shared/domain/token/strict-json.ts";
import { EXPIRED, fakeClock, invalid, issuerOf } from "../support/tokens.ts";

/**
 * Public vectors, which are not part of this repository: TEST_VECTORS_DIR names a folder with `wycheproof`
 * (C2SP/wycheproof, testvectors_v1), `rfc7520` (ietf-jose/cookbook), `rfc-vectors/rfc7515.json` and
 * `json-test-suite.json`. Skipped where it is not set.
 */
const folder = process.env["TEST_VECTORS_DIR"] ?? "";
const missing = !existsSync(folder);

type Jwk = JsonWebKey & { readonly kid?: string; readonly alg?: string; readonly keys?: readonly Jwk[] };

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly public?: Jwk;
    readonly private: Jwk;
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly jws?: unknown;
      readonly jwe?: unknown;
      readonly result: "valid" | "invalid";
    }[];
  }[];
}

/**
 * Which layer refuses a JWS: the parser, the keys or the signature. Payloads that are no claims are let through
 * here, because most vectors sign "foo" and would all stop there.
 */
async function refusingLayer(jws: string, published: Jwk): Promise<string | undefined> {
  const parsed = unverifiedAppTokenFrom(jws);
  const check = parsed.ok || parsed.refusal.code !== "TOKEN_INVALID" ? undefined : parsed.refusal.check;
  if (check !== undefined && check !== "payload") return `parser: ${check}`;
  const header = JSON.parse(Buffer.from(jws.split(".")[0] ?? "", "base64url").toString());
  const { alg: algorithm, kid } = header as { readonly alg: Algorithm; readonly kid?: string };
  const key = await keyFor(published, algorithm, kid);
  if (typeof key === "string") return `keys: ${key}`;
  return isSignatureGood(jws, key, algorithm) ? undefined : "signature";
}

/** A shared secret is configured, with its algorithm; everything else comes in a key set. */
async function keyFor(given: Jwk, algorithm: Algorithm, kid: string | undefined) {
  const published = given.keys?.length === 1 ? (given.keys[0] ?? given) : given;
  if (published.kty !== "oct") {
    const set = keySetFrom(
      { keys: published.keys ?? [publicHalfOf(published)] },
      ALGORITHMS,
      () => undefined,
    );
    return keyIn(set, { kid, algorithm });
  }
  const own = ALGORITHMS.filter((known) => known.startsWith("HS") && known === (published.alg ?? algorithm));
  try {
    const result = await fixedKeys(createSecretKey(published.k ?? "", "base64url"), own).keyFor({
      kid,
      algorithm,
    });
    return result.ok ? result.value : "key";
  } catch {
    return "secret too short";
  }
}

/** Some vectors publish the private key with the public one; to the product, that alone is a reason to refuse. */
function publicHalfOf({ d, p, q, dp, dq, qi, ...jwk }: Jwk): Jwk {
  return jwk;
}

function read<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), "utf8"));
}

/** "id comment: layer" of each vector that is refused. */
async function refusedOf(file: string, result: "valid" | "invalid") {
  const vectors = read<WycheproofFile>("wycheproof", file).testGroups.flatMap((group) =>
    group.tests
      .filter((test) => test.result === result && test.jwe === undefined)
      .map((test) => ({ ...test, key: group.public ?? group.private })),
  );
  const layers = await Promise.all(
    vectors.map(async ({ tcId, comment, jws, key }) => {
      const text = typeof jws === "string" ? jws : JSON.stringify(jws);
      return { name: `${tcId} ${comment}`, layer: await refusingLayer(text, key) };
    }),
  );
  return {
    accepted: layers.filter(({ layer }) => layer === undefined).map(({ name }) => name),
    refused: layers.flatMap(({ name, layer }) => (layer === undefined ? [] : [`${name}: ${layer}`])),
  };
}

/** Called invalid, but the same text and key as vector 357, which is called valid. */
const MISLABELLED = ["367 invalidBase64Padding", "370 invalidBase64PaddingInPayload"];

const NO_APP_TOKENS = [
  // No payload, no claims.
  ...[259, 264, 268, 272, 320, 325].map((id) => `${id} emptyPayload: parser: shape`),
  // The key's alg is PS256, the token's PS384: a key's alg is binding here (J5).
  "346 Figure20: keys: key",
  // The key's alg is ES521, which does not exist.
  "347 Figure27: keys: key-id",
  "350 Figure20: keys: key",
  "351 Figure27: keys: key-id",
  // Letters outside of base64url (J23).
  "372 InvalidCharacterInsertedInHeader: parser: shape",
  "373 InvalidCharacterInsertedInPayload: parser: shape",
];

describe("Wycheproof", () => {
  it.skipIf(missing).each([
    ["json_web_signature_test.json", MISLABELLED, 353],
    ["json_web_crypto_test.json", [], 45],
    ["json_web_key_test.json", [], 21],
  ])("no invalid vector of %s verifies", async (file, mislabelled, count) => {
    const { accepted, refused } = await refusedOf(file, "invalid");
    expect(accepted).toEqual(mislabelled);
    expect(refused).toHaveLength(count);
  });

  it.skipIf(missing).each([
    ["json_web_signature_test.json", NO_APP_TOKENS],
    // Secrets do not come in key sets (K6).
    ["json_web_crypto_test.json", ["48 acceptsValid: keys: key-id"]],
    ["json_web_key_test.json", ["2 acceptsValid: keys: key-id"]],
  ])("every valid vector of %s verifies, but for those that are no App tokens", async (file, exceptions) => {
    expect((await refusedOf(file, "valid")).refused).toEqual(exceptions);
  });

  it.skipIf(missing)("no encrypted token gets past the parser", async () => {
    const tests = ["json_web_encryption_test.json", "json_web_crypto_test.json"].flatMap((file) =>
      read<WycheproofFile>("wycheproof", file).testGroups.flatMap((group) => group.tests),
    );
    const tokens = tests.flatMap(({ jwe }) => (jwe === undefined ? [] : [jwe]));
    expect(tokens.length).toBeGreaterThan(30);
    for (const jwe of tokens) {
      const parsed = unverifiedAppTokenFrom(typeof jwe === "string" ? jwe : JSON.stringify(jwe));
      expect(parsed).toMatchObject({ ok: false, refusal: { code: "TOKEN_INVALID", check: /shape|length/ } });
    }
  });
});

interface CookbookExample {
  readonly input: { readonly key: Jwk | readonly Jwk[] };
  readonly output: { readonly compact?: string; readonly json?: unknown; readonly json_flat?: unknown };
}

describe("RFC 7520, the cookbook", () => {
  it.skipIf(missing).each([
    ["4_1.rsa_v15_signature", "verifies"],
    ["4_2.rsa-pss_signature", "verifies"],
    ["4_3.ecdsa_signature", "verifies"],
    ["4_4.hmac-sha2_integrity_protection", "verifies"],
    ["4_5.signature_with_detached_content", "parser: shape"],
  ])("%s: %s", async (name, layer) => {
    const { input, output } = read<CookbookExample>("rfc7520", "jws", `${name}.json`);
    expect((await refusingLayer(output.compact ?? "", input.key as Jwk)) ?? "verifies").toBe(layer);
  });

  it.skipIf(missing)("nothing in JSON serialisation gets past the parser", () => {
    for (const file of readdirSync(join(folder, "rfc7520", "jws"))) {
      const { output } = read<CookbookExample>("rfc7520", "jws", file);
      for (const form of [output.json, output.json_flat]) {
        const parsed = unverifiedAppTokenFrom(JSON.stringify(form ?? {}));
        expect(parsed).toEqual(invalid("shape"));
      }
    }
  });

  it.skipIf(missing).each([
    ["rfc7797", "hmac-sha2_b64_false", "parser: shape"],
    ["curve25519", "jws", "parser: algorithm"],
  ])("%s/%s: %s", async (part, name, layer) => {
    const { input, output } = read<CookbookExample>("rfc7520", part, `${name}.json`);
    expect((await refusingLayer(output.compact ?? "", input.key as Jwk)) ?? "verifies").toBe(layer);
  });
});

interface Rfc7515File {
  readonly vectors: readonly {
    readonly id: string;
    readonly alg: Algorithm;
    readonly key: Jwk | null;
    readonly jws: string;
  }[];
}

describe("RFC 7515, appendix A", () => {
  it.skipIf(missing)("its tokens verify until their exp, and its unsecured token does not", async () => {
    const results = await Promise.all(
      read<Rfc7515File>("rfc-vectors", "rfc7515.json").vectors.map(async ({ id, alg, key, jws }) => {
        const at = async (seconds: number) => {
          if (key === null) return "no key";
          const issuer = issuerOf({
            issuer: "joe",
            audience: null,
            algorithms: [alg],
            clockToleranceSeconds: 0,
          });
          const keys = { keyFor: async () => granted((await keyFor(key, alg, undefined)) as KeyObject) };
          return jwtTokenVerifier({ issuers: [{ issuer, keys }], clock: fakeClock(seconds) }).verify(jws);
        };
        return [id, await refusingLayer(jws, key ?? {}), await at(1_300_819_379), await at(1_300_819_380)];
      }),
    );
    const accepted = {
      ok: true,
      value: { issuer: "login", claims: expect.objectContaining({ iss: "joe" }) },
    };
    expect(results).toEqual([
      ["rfc7515-A.1", undefined, accepted, EXPIRED],
      ["rfc7515-A.2", undefined, accepted, EXPIRED],
      ["rfc7515-A.3", undefined, accepted, EXPIRED],
      ["rfc7515-A.4", undefined, invalid("payload"), invalid("payload")],
      ["rfc7515-A.5", "parser: shape", "no key", "no key"],
    ]);
  });
});

describe("JSONTestSuite", () => {
  const objectOf = (content: string) => strictJsonObjectFrom(Buffer.from(content, "base64"));

  it.skipIf(missing)("whatever is no JSON is refused, and whatever is a JSON object is read", () => {
    const files = read<{ readonly test_parsing: Readonly<Record<string, string>> }>(
      "json-test-suite.json",
    ).test_parsing;
    const objects = Object.entries(files).filter(([name]) => name.startsWith("y_object"));
    expect(objects.length).toBeGreaterThan(10);
    for (const [name, content] of Object.entries(files)) {
      if (name.startsWith("n_")) expect([name, objectOf(content)]).toEqual([name, undefined]);
    }
    expect(objects.filter(([, content]) => objectOf(content) === undefined).map(([name]) => name)).toEqual([
      // Valid by RFC 8259's grammar, read differently by different parsers.
      "y_object_duplicated_key.json",
      "y_object_duplicated_key_and_value.json",
    ]);
  });
});
