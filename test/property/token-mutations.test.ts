import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { strictJsonObjectFrom } from "../../shared/domain/token/strict-json.ts";
import { attackedVerifier, ecKeys, signedByLogin } from "../support/attacked-verifier.ts";
import { base64url, GOOD_CLAIMS, signatureOf } from "../support/tokens.ts";

/** One verifier for all runs: its key set is fetched once. */
const { verifier } = attackedVerifier();
const GOOD = signedByLogin();

/** Signs whatever stands in the two parts, with the issuer's own key. */
function signed(header: string | Buffer, payload: string | Buffer): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${base64url(signatureOf(input, "ES256", ecKeys.privateKey))}`;
}

describe("a valid token", () => {
  it("is refused after any change of one character", async () => {
    expect((await verifier.verify(GOOD)).ok).toBe(true);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(GOOD.length - 1),
        fc.oneof(
          fc.base64String({ minLength: 4, maxLength: 4 }).map((four) => four.charAt(0)),
          fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
        ),
        async (at, character) => {
          fc.pre(GOOD.charAt(at) !== character);
          const result = await verifier.verify(GOOD.slice(0, at) + character + GOOD.slice(at + 1));
          expect(result).toMatchObject({ ok: false, refusal: { code: "TOKEN_INVALID" } });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused after any change of one byte behind the base64url", async () => {
    const parts = GOOD.split(".").map((part) => Buffer.from(part, "base64url"));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (part, position, flip) => {
          const changed = parts.map((bytes) => Buffer.from(bytes));
          const bytes = changed[part] ?? Buffer.alloc(0);
          const at = position % bytes.length;
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const result = await verifier.verify(changed.map((content) => base64url(content)).join("."));
          expect(result).toMatchObject({ ok: false, refusal: { code: "TOKEN_INVALID" } });
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is refused after anything is cut out of it, put into it, or cut off", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(GOOD.length),
        fc.nat(40),
        fc.string({ maxLength: 20 }),
        async (at, length, put) => {
          const text = GOOD.slice(0, at) + put + GOOD.slice(at + length);
          fc.pre(text !== GOOD);
          expect((await verifier.verify(text)).ok).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a token that the issuer has really signed", () => {
  const header = JSON.stringify({ alg: "ES256", kid: "ec-1" });

  it("never makes the verifier throw, whatever JSON its parts hold", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.json(), async (anyHeader, anyPayload) => {
        expect((await verifier.verify(signed(anyHeader, anyPayload))).ok).toBe(false);
        expect((await verifier.verify(signed(header, anyPayload))).ok).toBe(false);
        expect((await verifier.verify(signed(anyHeader, JSON.stringify(GOOD_CLAIMS)))).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("never makes the verifier throw, whatever bytes its parts hold", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.uint8Array({ minLength: 1 }),
        async (a, b) => {
          expect((await verifier.verify(signed(Buffer.from(a), Buffer.from(b)))).ok).toBe(false);
          expect((await verifier.verify(signed(header, Buffer.from(b)))).ok).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("never makes the verifier throw, whatever one of its claims or header parameters is", async () => {
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(-0, 5e-324, 1e308, 2 ** 53, "", "\u0000", "\ud800"),
    );
    const names = fc.constantFrom("iss", "aud", "sub", "exp", "nbf", "iat");
    const parameters = fc.constantFrom("alg", "kid", "typ", "crit", "jwk", "x5t");
    await fc.assert(
      fc.asyncProperty(names, values, parameters, values, async (name, value, parameter, setting) => {
        const payload = JSON.stringify({ ...GOOD_CLAIMS, [name]: value });
        const anyHeader = JSON.stringify({ alg: "ES256", kid: "ec-1", [parameter]: setting });
        const results = await Promise.all([
          verifier.verify(signed(header, payload)),
          verifier.verify(signed(anyHeader, payload)),
        ]);
        // Whatever is accepted names the issuer, the audience and the times as they must be.
        for (const result of results) {
          if (result.ok)
            expect(result.value.claims).toMatchObject({ iss: GOOD_CLAIMS.iss, exp: expect.any(Number) });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("text that is no token", () => {
  it("is refused, and never makes the verifier throw", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), fc.anything()), async (anything) => {
        const result = await verifier.verify(anything as string);
        expect(result).toMatchObject({ ok: false, refusal: { code: "TOKEN_INVALID" } });
      }),
      { numRuns: 500 },
    );
  });
});

describe("strict JSON", () => {
  const objects = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 4 }));
  const isPlain = (text: string) => !text.includes("__proto__");

  it("reads what JSON.stringify writes of an object, with blanks and without", () => {
    fc.assert(
      fc.property(objects, fc.nat(3), (object, indent) => {
        const text = JSON.stringify(object, undefined, indent);
        fc.pre(isPlain(text));
        expect(JSON.stringify(strictJsonObjectFrom(Buffer.from(text)))).toBe(JSON.stringify(object));
      }),
    );
  });

  it("refuses the same object as soon as one of its names stands there twice", () => {
    fc.assert(
      fc.property(objects, fc.nat(), fc.jsonValue({ maxDepth: 2 }), (object, pick, value) => {
        const names = Object.keys(object);
        fc.pre(names.length > 0);
        const name = names[pick % names.length] ?? "";
        const text = JSON.stringify(object).replace(
          /}$/,
          // A function: in a text, $& and the like of a name would have a meaning.
          () => `,${JSON.stringify(name)}:${JSON.stringify(value)}}`,
        );
        expect(strictJsonObjectFrom(Buffer.from(text))).toBeUndefined();
      }),
    );
  });
});
