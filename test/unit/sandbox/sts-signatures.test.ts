import { OpenApiUtil } from "@alicloud/openapi-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  acs3AuthorizationFrom,
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
} from "../../../sandbox/sts/acs3-signature.ts";
import { decodedPairs, percentEncoded } from "../../../sandbox/sts/percent-encoding.ts";
import { rpcSignature, rpcStringToSign } from "../../../sandbox/sts/rpc-signature.ts";
import { sha256Hex } from "../../../sandbox/world.ts";

const SECRET = "a secret of the key";

/** Names of the form that API parameters have (the SDK's ACS3 signer leaves names unencoded), hostile values. */
const parameters = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(..."abAB09.") }),
  fc.string({
    maxLength: 20,
    unit: fc.oneof(
      fc.constantFrom(..."*'()!~+ %&=/?:;,@$\"{}[]#\n"),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
  }),
  { noNullPrototype: true, maxKeys: 6 },
);

describe("the sandbox's signatures", () => {
  it("are those of the SDK's own signer: ACS3", () => {
    fc.assert(
      fc.property(parameters, (query) => {
        const headers = {
          host: "127.0.0.1:4000",
          "x-acs-action": "AssumeRole",
          "x-acs-signature-nonce": " a nonce ",
        };
        const theirs = acs3AuthorizationFrom(
          OpenApiUtil.getAuthorization(
            { method: "POST", pathname: "/", query, headers } as never,
            "ACS3-HMAC-SHA256",
            sha256Hex(""),
            "LTAI",
            SECRET,
          ),
        );
        const canonical = acs3CanonicalRequest(
          { method: "POST", path: "/", query: wireQuery(query), headers, bodySha256: sha256Hex("") },
          theirs?.signedHeaders ?? [],
        );
        expect(acs3Signature(SECRET, acs3StringToSign(canonical))).toBe(theirs?.signature);
      }),
      { numRuns: 300 },
    );
  });

  it("are those of the SDK's own signer: HMAC-SHA1", () => {
    fc.assert(
      fc.property(parameters, fc.constantFrom("GET", "POST"), (query, method) => {
        const ours = rpcSignature(SECRET, rpcStringToSign(method, decodedPairs(wireQuery(query))));
        expect(ours).toBe(OpenApiUtil.getRPCSignature(query, method, SECRET));
      }),
      { numRuns: 300 },
    );
  });
});

describe("the encoding of parameters", () => {
  it("is read back as it was written, with blanks as %20 and as plus signs", () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const wire = wireQuery(given);
        expect(Object.fromEntries(decodedPairs(wire))).toEqual(given);
        expect(Object.fromEntries(decodedPairs(wire.replaceAll("%20", "+")))).toEqual(given);
      }),
    );
  });

  it("leaves nothing but RFC 3986's unreserved characters as they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(percentEncoded(text)).toMatch(/^([A-Za-z0-9._~-]|%[0-9A-F]{2})*$/);
      }),
    );
  });

  it.each(["%", "%zz", "%FF", "%C3%28", "%ED%A0%80"])("of %s is refused: it is no UTF-8", (wire) => {
    expect(() => decodedPairs(`a=${wire}`)).toThrow(URIError);
  });
});

function wireQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

it("a blank is signed as %20, however it was sent", () => {
  const canonical = (query: string) =>
    acs3CanonicalRequest({ method: "POST", path: "/", query, headers: {}, bodySha256: "" }, []);
  expect(canonical("a=1+2%2B3")).toBe(canonical("a=1%202%2B3"));
  expect(canonical("a=1+2%2B3")).toContain("\na=1%202%2B3\n");
});

describe("the ACS3 Authorization header", () => {
  const SIGNATURE = "0f".repeat(32);
  const HEADER = `ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=host;x-acs-date,Signature=${SIGNATURE}`;

  it("is read in its one form", () => {
    expect(acs3AuthorizationFrom(HEADER)).toEqual({
      accessKeyId: "LTAI",
      signedHeaders: ["host", "x-acs-date"],
      signature: SIGNATURE,
    });
  });

  it.each([
    ["text before it", `Bearer ${HEADER}`],
    ["text after it", `${HEADER}00`],
    ["a second value", `${HEADER}, ${HEADER}`],
    ["another algorithm", HEADER.replace("ACS3-HMAC-SHA256", "ACS3-RSA-SHA256")],
    ["a short signature", HEADER.slice(0, -2)],
    ["a signature in upper case", HEADER.replace(SIGNATURE, SIGNATURE.toUpperCase())],
    ["a header's name in upper case", HEADER.replace("host", "Host")],
  ])("is refused with %s", (_what, header) => {
    expect(acs3AuthorizationFrom(header)).toBeUndefined();
  });
});

it("a plus sign is a space, a plus sign is sent as %2B", () => {
  expect(decodedPairs("a+b=1+2&c=1%2B2&d=1%202")).toEqual([
    ["a b", "1 2"],
    ["c", "1+2"],
    ["d", "1 2"],
  ]);
});
