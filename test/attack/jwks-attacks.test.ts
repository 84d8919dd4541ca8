import type { JsonWebKey, KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { jwksKeys } from "../../shared/adapters/jwks-keys.ts";
import { jwtTokenVerifier } from "../../shared/adapters/jwt-token-verifier.ts";
import type { Algorithm, Issuer } from "../../shared/domain/token/issuer.ts";
import type { SigningKeys, TokenVerifier } from "../../shared/ports.ts";
import {
  type Answer,
  breakOff,
  drip,
  endless,
  hang,
  type JwksServer,
  json,
  keySet,
  startJwksServer,
  status,
  text,
} from "../support/jwks-server.ts";
import { keptRsaPair } from "../support/key-pairs.ts";
import { selfSignedCertificate } from "../support/self-signed.ts";
import { appToken, type FakeClock, fakeClock, invalid, issuerOf, jwkOf, keyPair } from "../support/tokens.ts";

/** Rows K1 to K13 of the threat model, over a real connection to a server on this machine, on a fake clock. */

const one = keyPair("P-256", "one");
const two = keyPair("P-256", "two");
const ONE = jwkOf(one.publicKey, { kid: "one", alg: "ES256" });
const TWO = jwkOf(two.publicKey, { kid: "two", alg: "ES256" });
const UNAVAILABLE = expect.objectContaining({
  ok: false,
  refusal: expect.objectContaining({ code: "KEYS_UNAVAILABLE" }),
});
const ACCEPTED = { ok: true, value: { issuer: "login", claims: expect.objectContaining({ sub: "alice" }) } };

let server: JwksServer;
let clock: FakeClock;
let warnings: string[];

beforeEach(async () => {
  server = await startJwksServer();
  server.answer(keySet(ONE));
  clock = fakeClock();
  warnings = [];
});
afterEach(() => server.close());

function keysOf(change: Partial<Issuer> = {}): SigningKeys {
  const issuer = issuerOf({ keys: { kind: "jwks", url: server.jwksUrl }, ...change });
  return jwksKeys({ issuer, clock, onWarning: (message) => warnings.push(message) });
}

function verifierOf(change: Partial<Issuer> = {}): TokenVerifier {
  return jwtTokenVerifier({ issuers: [{ issuer: issuerOf(change), keys: keysOf(change) }], clock });
}

/** Tokens that stay good for as long as these tests let time pass. */
const tokenOf = (kid: string | undefined, key: KeyObject): string =>
  appToken({ key, header: { kid }, claims: { exp: clock.nowMs() / 1_000 + 1_000_000 } });

/** Asks, and lets three seconds pass on the clock as soon as the server has the request. */
async function duringThreeSeconds<T>(ask: () => Promise<T>): Promise<T> {
  const before = server.requests.length;
  const answer = ask();
  await vi.waitUntil(() => server.requests.length > before, { interval: 5 });
  clock.advance(3);
  return answer;
}

describe("K1: random kids", () => {
  it("make one fetch in each cooldown, and are refused at once in between", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    for (let second = 0; second < 20; second++) {
      for (let n = 0; n < 10; n++) {
        expect(await verifier.verify(tokenOf(`junk-${second}-${n}`, two.privateKey))).toEqual(
          invalid("key-id"),
        );
      }
      clock.advance(1);
    }
    expect(server.requests).toHaveLength(1 + 1);
    clock.advance(1);
    await verifier.verify(tokenOf("junk", two.privateKey));
    expect(server.requests).toHaveLength(3);
  });

  it("make one fetch where they come at the same time", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    clock.advance(10);
    await Promise.all(
      Array.from({ length: 200 }, (_, n) => verifier.verify(tokenOf(`junk-${n}`, two.privateKey))),
    );
    expect(server.requests).toHaveLength(2);
  });

  it("make no fetch at all where the token is refused for another reason first", async () => {
    const verifier = verifierOf();
    await verifier.verify(appToken({ header: { kid: "junk", crit: ["x"] } }));
    await verifier.verify(
      appToken({ header: { kid: "junk" }, claims: { iss: "https://evil.example.com/" } }),
    );
    await verifier.verify(appToken({ algorithm: "HS256", header: { kid: "junk" } }));
    expect(server.requests).toEqual([]);
  });
});

it("K2: a new key is accepted within the cooldown, however many random kids come before it", async () => {
  const verifier = verifierOf();
  await verifier.verify(tokenOf("one", one.privateKey));
  clock.advance(10);
  await verifier.verify(tokenOf("junk", two.privateKey));
  server.answer(keySet(ONE, TWO));
  const accepted: boolean[] = [];
  for (let second = 0; second <= 10; second++) {
    const result = await verifier.verify(tokenOf("two", two.privateKey));
    accepted.push(result.ok);
    for (let n = 0; n < 10; n++) await verifier.verify(tokenOf(`junk-${second}-${n}`, two.privateKey));
    clock.advance(1);
  }
  expect(accepted).toEqual([...Array(10).fill(false), true]);
});

describe("K3: an endpoint that is down, slow, or sends something else", () => {
  const faults: readonly (readonly [string, Answer, RegExp])[] = [
    ["an error", status(500), /answered with status 500/],
    ["not found", status(404), /status 404/],
    ["nothing, with success", status(204), /status 204/],
    ["a part, with success", text(JSON.stringify({ keys: [ONE] }), 206), /status 206/],
    ["a page", text("<!doctype html><title>Sign in</title>"), /not JSON/],
    ["nothing", text(""), /not JSON/],
    ["null", json(null), /is not a JSON object with an array of keys/],
    ["an array", json([ONE]), /is not a JSON object with an array of keys/],
    ["a key", json(ONE), /is not a JSON object with an array of keys/],
    ["keys that are no array", json({ keys: { one: ONE } }), /is not a JSON object with an array of keys/],
    ["a byte order mark", text(`\ufeff${JSON.stringify({ keys: [ONE] })}`), /not JSON/],
    ["bytes that are no UTF-8", text(Buffer.from([0x22, 0xff, 0x22])), /not UTF-8/],
    ["a compressed set that nobody asked for", text(gzipSync(JSON.stringify({ keys: [ONE] }))), /not UTF-8/],
    [
      "more than 200 KB",
      text(JSON.stringify({ keys: [ONE], pad: "x".repeat(200_000) })),
      /more than 200000 bytes/,
    ],
    ["blanks without an end", endless, /more than 200000 bytes/],
    ["more than 100 keys", keySet(...Array(101).fill(ONE)), /101 keys/],
    ["half a set", breakOff, /broke off|closed|could not be read/],
    ["a closed connection", (response) => response.destroy(), /could not be read|closed/],
    [
      "two lengths",
      (response) =>
        response.socket?.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}"),
      /could not be read/,
    ],
  ];
  it.each(faults)(
    "%s: 503 before the first set, the keys in hand after it",
    async (_case, fault, warning) => {
      const keys = keysOf();
      const ask = () => keys.keyFor({ kid: "one", algorithm: "ES256" });
      server.answer(fault);
      expect(await ask()).toEqual({
        ok: false,
        refusal: { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 10 },
      });
      expect(warnings).toEqual([expect.stringMatching(warning)]);
      server.answer(keySet(ONE));
      clock.advance(10);
      expect(await ask()).toMatchObject({ ok: true });
      server.answer(fault);
      clock.advance(600);
      expect(await ask()).toMatchObject({ ok: true });
      expect(server.requests).toHaveLength(3);
      clock.advance(9.9);
      expect(await ask()).toMatchObject({ ok: true });
      expect(server.requests).toHaveLength(3);
    },
  );

  it.each([
    ["does not answer", hang],
    ["drips", drip],
  ])(
    "an endpoint that %s is given three seconds by the wall clock, and then dropped",
    async (_case, fault) => {
      let dropped = false;
      server.answer((response, request) => {
        response.on("close", () => {
          dropped = true;
        });
        fault(response, request);
      });
      const keys = keysOf();
      expect(await duringThreeSeconds(() => keys.keyFor({ kid: "one", algorithm: "ES256" }))).toEqual(
        UNAVAILABLE,
      );
      expect(warnings).toEqual([expect.stringContaining("did not answer within 3000 ms")]);
      await vi.waitUntil(() => dropped, { interval: 5 });
    },
  );

  it("an endpoint that does not answer is not waited for by known kids", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    server.answer(hang);
    clock.advance(10);
    const unknown = duringThreeSeconds(() => verifier.verify(tokenOf("junk", two.privateKey)));
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(ACCEPTED);
    expect(await unknown).toEqual(UNAVAILABLE);
  });

  it.each([301, 302, 303, 307, 308])(
    "a redirect (%i) is not followed: it would choose the host for us",
    async (code) => {
      server.answer(status(code, { location: `${server.origin}/elsewhere` }));
      server.answer(keySet(ONE), "/elsewhere");
      expect(await verifierOf().verify(tokenOf("one", one.privateKey))).toEqual(UNAVAILABLE);
      expect(server.requests).toEqual(["/jwks.json"]);
    },
  );

  it("no server listens at the endpoint", async () => {
    const keys = keysOf();
    await server.close();
    expect(await keys.keyFor({ kid: "one", algorithm: "ES256" })).toEqual(UNAVAILABLE);
    expect(warnings).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  it("no failure ever lets a token in: without keys, a good token and a forged one get the same answer", async () => {
    server.answer(status(500));
    const verifier = verifierOf();
    const good = await verifier.verify(tokenOf("one", one.privateKey));
    expect(good).toEqual(UNAVAILABLE);
    expect(await verifier.verify(tokenOf("one", two.privateKey))).toEqual(good);
  });
});

describe("K4: an empty set", () => {
  it("locks nobody out at first, because it may be an accident, and locks everybody out if it stays", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    server.answer(keySet());
    clock.advance(600);
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(ACCEPTED);
    clock.advance(600);
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(invalid("key-id"));
  });
});

describe("K5: a key that the issuer has removed", () => {
  it("is refused after ten minutes at the latest", async () => {
    server.answer(keySet(ONE, TWO));
    const verifier = verifierOf();
    expect(await verifier.verify(tokenOf("two", two.privateKey))).toEqual(ACCEPTED);
    server.answer(keySet(ONE));
    clock.advance(600);
    expect(await verifier.verify(tokenOf("two", two.privateKey))).toEqual(invalid("key-id"));
  });

  it("is refused sooner, where an unknown kid has brought the new set", async () => {
    server.answer(keySet(ONE, TWO));
    const verifier = verifierOf();
    await verifier.verify(tokenOf("two", two.privateKey));
    server.answer(keySet(ONE));
    clock.advance(10);
    await verifier.verify(tokenOf("junk", two.privateKey));
    expect(await verifier.verify(tokenOf("two", two.privateKey))).toEqual(invalid("key-id"));
  });

  it("does not outlive an outage of a day", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    server.answer(status(503));
    clock.advance(86_399);
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(ACCEPTED);
    clock.advance(11);
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(UNAVAILABLE);
  });

  it("under a kid that now names another key, its signatures are refused", async () => {
    const verifier = verifierOf();
    await verifier.verify(tokenOf("one", one.privateKey));
    server.answer(keySet({ ...TWO, kid: "one" }));
    clock.advance(600);
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(invalid("signature"));
  });
});

/** What a set of ONE and an entry in question does for a token that names the entry. */
async function judgeEntry(entry: unknown, kid = "x", change: Partial<Issuer> = {}): Promise<unknown> {
  server.answer(keySet(ONE, entry));
  const keys = keysOf({ algorithms: ["ES256", "ES384", "ES512", "RS256", "PS256"], ...change });
  // A bad entry must never lose the good one.
  expect(await keys.keyFor({ kid: "one", algorithm: "ES256" })).toMatchObject({ ok: true });
  const algorithm = (entry as JsonWebKey | null)?.kty === "RSA" ? "RS256" : "ES256";
  return keys.keyFor({ kid, algorithm });
}

it("K6: a secret in a public key set is no key, for anybody", async () => {
  const entry = {
    kty: "oct",
    kid: "x",
    k: Buffer.alloc(64, 7).toString("base64url"),
    alg: "HS256",
    use: "sig",
  };
  expect(await judgeEntry(entry)).toEqual(invalid("key-id"));
  expect(warnings).toEqual(['issuer login: the key "x" is left out: its secret half is published']);
  expect(() => keysOf({ algorithms: ["HS256"] })).toThrow("cannot be published");
});

describe("K7: a key that is for something else", () => {
  const p256 = jwkOf(two.publicKey, { kid: "x" });
  const p384 = jwkOf(keyPair("P-384").publicKey, { kid: "x" });
  const rsa = jwkOf(keyPair("rsa").publicKey, { kid: "x" });
  it.each([
    ["use enc", { ...p256, use: "enc" }],
    ["use that is no text", { ...p256, use: ["sig"] }],
    ["use null", { ...p256, use: null }],
    ["key_ops without verify", { ...p256, key_ops: ["sign", "encrypt"] }],
    ["empty key_ops", { ...p256, key_ops: [] }],
    ["key_ops as text", { ...p256, key_ops: "verify" }],
    ["alg none", { ...p256, alg: "none" }],
    ["alg null", { ...p256, alg: null }],
    ["alg for encryption", { ...rsa, alg: "RSA-OAEP" }],
    ["alg HS256", { ...rsa, alg: "HS256" }],
    ["alg of another family", { ...rsa, alg: "ES256" }],
    ["a P-384 key marked ES256", { ...p384, alg: "ES256" }],
    ["a P-256 key marked ES384", { ...p256, alg: "ES384" }],
    ["secp256k1", { ...jwkOf(keyPair("secp256k1").publicKey), kid: "x" }],
    ["secp256k1 that says P-256", { ...jwkOf(keyPair("secp256k1").publicKey), kid: "x", crv: "P-256" }],
    ["Ed25519", { ...jwkOf(keyPair("ed25519").publicKey), kid: "x" }],
    ["a point that is not on the curve", { ...p256, y: p256.x }],
    ["an unknown kty", { ...p256, kty: "AKP" }],
    ["kty in small letters", { ...p256, kty: "ec" }],
  ])("%s is left out", async (_case, entry) => {
    expect(await judgeEntry(entry)).toEqual(invalid("key-id"));
  });

  it("the algorithm that the key names is the only one", async () => {
    expect(await judgeEntry({ ...rsa, alg: "PS256" })).toEqual(invalid("key"));
    expect(await judgeEntry({ ...rsa, alg: "RS256" })).toMatchObject({ ok: true });
  });

  it("a P-384 key without alg does not serve ES256", async () => {
    expect(await judgeEntry(p384)).toEqual(invalid("key"));
  });
});

describe("K8: weak or costly RSA keys", () => {
  const { n = "" } = keyPair("rsa").publicKey.export({ format: "jwk" });
  const e = (value: bigint) =>
    Buffer.from(value.toString(16).padStart(value > 0xffffn ? 66 : 4, "0"), "hex").toString("base64url");
  const ofBits = (bits: number) =>
    Buffer.concat([Buffer.from([0x80]), Buffer.alloc(bits / 8 - 2), Buffer.from([1])]).toString("base64url");
  const rsa1024 = keptRsaPair("weak", 1_024).publicKey.export({ format: "jwk" });
  it.each([
    ["1,024 bits", rsa1024, /1024 bits is too weak/],
    ["2,040 bits", { n: ofBits(2_040), e: "AQAB" }, /2040 bits is too weak/],
    ["16,384 bits", { n: ofBits(16_384), e: "AQAB" }, /16384 bits is too slow/],
    ["e = 1", { n, e: e(1n) }, /exponent/],
    ["e = 3", { n, e: e(3n) }, /exponent/],
    ["e = 65,535", { n, e: e(65_535n) }, /exponent/],
    ["an even e", { n, e: e(65_538n) }, /exponent/],
    ["an e of 257 bits", { n, e: e(2n ** 256n + 1n) }, /exponent/],
    ["no n", { e: "AQAB" }, /its numbers are not a public key/],
    ["an n that is a number", { n: 3, e: "AQAB" }, /its numbers are not a public key/],
  ])("%s is left out, and reported", async (_case, numbers, warning) => {
    expect(await judgeEntry({ kty: "RSA", kid: "x", ...numbers })).toEqual(invalid("key-id"));
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each([
    ["2,048 bits", { n, e: "AQAB" }],
    ["8,192 bits", { n: ofBits(8_192), e: "AQAB" }],
    ["a large odd e", { n, e: e(2n ** 255n + 1n) }],
  ])("%s is not", async (_case, numbers) => {
    expect(await judgeEntry({ kty: "RSA", kid: "x", ...numbers })).toMatchObject({ ok: true });
  });

  it("a token signed with e = 1, which needs no private key, is refused", async () => {
    const weak = createPublicKey({ key: { kty: "RSA", n, e: "AQ" }, format: "jwk" });
    expect(weak.asymmetricKeyDetails?.publicExponent).toBe(1n);
    server.answer(keySet(ONE, jwkOf(weak, { kid: "x" })));
    const token = appToken({ algorithm: "RS256", header: { kid: "x" } });
    expect(await verifierOf({ algorithms: ["RS256"] }).verify(token)).toEqual(UNAVAILABLE);
  });
});

describe("K9: a published private key", () => {
  it.each([
    ["EC", two.privateKey],
    ["RSA", keyPair("rsa").privateKey],
  ])("%s is used by nobody, and the operator hears of it", async (_case, privateKey) => {
    const entry = { ...privateKey.export({ format: "jwk" }), kid: "x", use: "sig" };
    expect(await judgeEntry(entry)).toEqual(invalid("key-id"));
    expect(warnings).toEqual(['issuer login: the key "x" is left out: its secret half is published']);
  });
  it.each([
    ["under the same kid", { kid: "two" }],
    ["under another kid", { kid: "other" }],
    ["without a kid", {}],
    ["for encryption", { kid: "other", use: "enc" }],
    ["for another algorithm", { kid: "two", alg: "ES384" }],
  ])("makes its public half unusable, published %s", async (_where, members) => {
    const entry = { ...two.privateKey.export({ format: "jwk" }), ...members };
    server.answer(keySet(ONE, TWO, entry));
    expect(await verifierOf().verify(tokenOf("two", two.privateKey))).toEqual(invalid("key-id"));
    expect(warnings).toContain('issuer login: the key "two" is left out: its secret half is published');
  });
  it("also makes the public key with the same kid unusable", async () => {
    server.answer(keySet(ONE, TWO, { ...two.privateKey.export({ format: "jwk" }), kid: "two" }));
    expect(await verifierOf().verify(tokenOf("two", two.privateKey))).toEqual(invalid("key-id"));
  });
});

describe("K10: kids that do not name exactly one key", () => {
  const { alg: _, ...withoutAlg } = ONE;
  it.each([
    ["two keys", [TWO, { ...ONE, kid: "two" }]],
    ["two keys, the other one first", [{ ...ONE, kid: "two" }, TWO]],
    ["two keys, one of them without alg", [TWO, { ...withoutAlg, kid: "two" }]],
    ["two keys, one of them without use", [TWO, { ...ONE, kid: "two", use: undefined }]],
    ["two keys, one of them with key_ops", [TWO, { ...ONE, kid: "two", key_ops: ["verify"] }]],
    ["a key twice and another", [TWO, TWO, { ...ONE, kid: "two" }]],
  ])("%s that fit the header are both refused", async (_case, entries) => {
    server.answer(keySet(ONE, ...entries));
    const verifier = verifierOf();
    expect(await verifier.verify(tokenOf("two", two.privateKey))).toEqual(invalid("key-id"));
    expect(await verifier.verify(tokenOf("two", one.privateKey))).toEqual(invalid("key-id"));
    expect(await verifier.verify(tokenOf("one", one.privateKey))).toEqual(ACCEPTED);
    expect(warnings).toEqual([
      'issuer login: the key "two" is two different keys for ES256: their tokens are refused',
    ]);
  });

  it.each([
    ["the key twice", [TWO, TWO]],
    ["the key three times", [TWO, TWO, TWO]],
    ["the key again, with a certificate", [TWO, { ...TWO, x5c: ["AAAA"], x5t: "abc" }]],
    ["the key again, without alg", [TWO, { ...TWO, alg: undefined }]],
    ["a kind that we do not know", [TWO, { kty: "OKP", kid: "two" }]],
    ["another curve's key", [TWO, { ...jwkOf(keyPair("P-384").publicKey), kid: "two" }]],
    ["an RSA key", [jwkOf(keyPair("rsa").publicKey, { kid: "two" }), TWO]],
    ["another key for another algorithm", [TWO, { ...ONE, kid: "two", alg: "ES384" }]],
    ["another key for signing only", [TWO, { ...ONE, kid: "two", key_ops: ["sign"] }]],
    ["numbers that are no key", [TWO, { ...ONE, kid: "two", y: ONE.x }]],
  ])("%s under a key's kid does no harm: one key fits the header", async (_case, entries) => {
    server.answer(keySet(ONE, ...entries));
    const verifier = verifierOf({ algorithms: ["ES256", "ES384", "RS256"] });
    expect(await verifier.verify(tokenOf("two", two.privateKey))).toEqual(ACCEPTED);
    expect(await verifier.verify(tokenOf("two", one.privateKey))).toEqual(invalid("signature"));
  });

  it("one RSA key for three algorithms is one key for each: no token of another algorithm passes", async () => {
    const rsa = keyPair("rsa");
    const entries = ["RS512", "RS256", "RS384"].map((alg) => jwkOf(rsa.publicKey, { kid: "key-1", alg }));
    server.answer(keySet(...entries));
    const verifier = verifierOf({ algorithms: ["RS256", "PS256"] });
    const token = (algorithm: Algorithm) =>
      verifier.verify(appToken({ algorithm, key: rsa.privateKey, header: { kid: "key-1" } }));
    expect(await token("RS256")).toEqual(ACCEPTED);
    expect(await token("PS256")).toEqual(invalid("key"));
    expect(await token("RS512")).toEqual(invalid("algorithm"));
    expect(warnings).toEqual([]);
  });

  it("a token without a kid is refused where two different keys fit, though each has its own kid", async () => {
    server.answer(keySet(ONE, ONE, { ...ONE, kid: "again" }));
    expect(await verifierOf().verify(tokenOf(undefined, one.privateKey))).toEqual(ACCEPTED);
    server.answer(keySet(ONE, TWO));
    expect(await verifierOf().verify(tokenOf(undefined, one.privateKey))).toEqual(invalid("key-id"));
  });

  it("a key for encryption may share a kid: it is no candidate", async () => {
    server.answer(keySet(TWO, { ...ONE, kid: "two", use: "enc" }));
    expect(await verifierOf().verify(tokenOf("two", two.privateKey))).toEqual(ACCEPTED);
  });

  it.each([[1], [null], [["two"]], [{}], [true]])(
    "a kid that is %j is none, and the key is not used",
    async (kid) => {
      server.answer(keySet({ ...TWO, kid }, { ...ONE, use: "enc" }));
      const keys = keysOf();
      expect(await keys.keyFor({ kid: String(kid), algorithm: "ES256" })).toEqual(UNAVAILABLE);
      expect(warnings[0]).toContain("its kid is not a string");
    },
  );

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is a name like any other",
    async (kid) => {
      const verifier = verifierOf();
      expect(await verifier.verify(tokenOf(kid, one.privateKey))).toEqual(invalid("key-id"));
      server.answer(keySet(ONE, { ...TWO, kid }));
      clock.advance(10);
      expect(await verifier.verify(tokenOf(kid, two.privateKey))).toEqual(ACCEPTED);
      expect(await verifier.verify(tokenOf(kid, one.privateKey))).toEqual(invalid("signature"));
    },
  );

  it("a kid cannot forge a line of the log", async () => {
    await judgeEntry({ ...TWO, kid: `x\n{"level":"info"}${"y".repeat(500)}`, d: "AA" });
    expect(warnings[0]).toContain("\\n");
    expect(warnings[0]?.length).toBeLessThan(160);
  });
});

describe("K11: keys over a connection that anybody can change", () => {
  it("http is refused for every host but this machine, before any request", () => {
    for (const host of [
      "login.example.com",
      "127.0.0.2",
      "10.0.0.1",
      "localhost.example.com",
      "0.0.0.0",
      "[::]",
    ]) {
      expect(() => keysOf({ keys: { kind: "jwks", url: `http://${host}/jwks.json` } })).toThrow("https");
    }
  });

  describe("over https", () => {
    let tls: JwksServer;
    beforeAll(async () => {
      tls = await startJwksServer(selfSignedCertificate());
      tls.answer(keySet(ONE));
    });
    afterAll(() => tls.close());

    it.each(["1", "0"])(
      "a certificate that nobody signed is refused, with NODE_TLS_REJECT_UNAUTHORIZED=%s too",
      async (setting) => {
        vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", setting);
        const keys = keysOf({ keys: { kind: "jwks", url: tls.jwksUrl } });
        expect(await keys.keyFor({ kid: "one", algorithm: "ES256" })).toEqual(UNAVAILABLE);
        expect(tls.requests).toEqual([]);
        expect(warnings).toEqual([
          expect.stringMatching(/could not be read \((DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED)/),
        ]);
      },
    );
  });
});

it("K12: keys are shared with nobody: what one issuer's endpoint sends is unknown to another's keys", async () => {
  const first = keysOf();
  const second = keysOf({ keys: { kind: "jwks", url: `${server.origin}/other.json` } });
  server.answer(keySet(TWO), "/other.json");
  expect(await first.keyFor({ kid: "one", algorithm: "ES256" })).toMatchObject({ ok: true });
  expect(await second.keyFor({ kid: "one", algorithm: "ES256" })).toEqual(invalid("key-id"));
});

describe("K13: junk among the keys", () => {
  it.each([
    [null],
    [1],
    ["key"],
    [[]],
    [[ONE]],
    [{}],
    [{ kid: "x" }],
    [{ kty: "EC", kid: "x" }],
    [{ kty: "RSA", kid: "x" }],
  ])("%j does not lose the others", async (entry) => {
    expect(await judgeEntry(entry)).toEqual(invalid("key-id"));
  });
  it.each([
    [{ kty: "EC", crv: "P-256", x: "AA", y: "AA" }],
    [{ kty: "EC", crv: 1, x: {}, y: [] }],
    [{ kty: "EC", crv: "P-999", x: "", y: "" }],
  ])("%j neither", async (entry) => {
    expect(await judgeEntry({ kid: "x", ...entry })).toEqual(invalid("key-id"));
  });
  it("100 entries, 99 of them junk, leave the one key", async () => {
    server.answer(keySet(...Array(99).fill({ kty: "EC" }), ONE));
    expect(await verifierOf().verify(tokenOf("one", one.privateKey))).toEqual(ACCEPTED);
  });
});
