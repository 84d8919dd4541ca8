import { describe, expect, it, vi } from "vitest";
import { fixedKeys } from "../../../shared/adapters/fixed-keys.ts";
import { jwtTokenVerifier } from "../../../shared/adapters/jwt-token-verifier.ts";
import { granted } from "../../../shared/domain/refusal.ts";
import { ALGORITHMS, type Algorithm, type Issuer } from "../../../shared/domain/token/issuer.ts";
import type { SigningKeys, TokenVerifier } from "../../../shared/ports.ts";
import {
  appToken,
  EXPIRED,
  fakeClock,
  GOOD_CLAIMS,
  invalid,
  issuerOf,
  keyPair,
  keyPairFor,
  NOW,
  secretKey,
} from "../../support/tokens.ts";

function verifierFor(issuer: Issuer = issuerOf()): TokenVerifier {
  const [algorithm = "ES256"] = issuer.algorithms;
  const keys = fixedKeys(keyPairFor(algorithm).publicKey, issuer.algorithms);
  return jwtTokenVerifier({ issuers: [{ issuer, keys }], clock: fakeClock() });
}

function verify(parts: Parameters<typeof appToken>[0], issuer?: Partial<Issuer>): Promise<unknown> {
  return verifierFor(issuerOf(issuer)).verify(appToken(parts));
}

const ACCEPTED = { ok: true, value: { issuer: "login", claims: expect.objectContaining({ sub: "alice" }) } };

describe("a good token", () => {
  it.each(ALGORITHMS)(
    "is accepted with %s, and gives its claims and the issuer's name",
    async (algorithm) => {
      expect(await verify({ algorithm }, { algorithms: [algorithm] })).toEqual({
        ok: true,
        value: { issuer: "login", claims: GOOD_CLAIMS },
      });
    },
  );

  it("gives claims without a prototype, so that inherited names are no claims", async () => {
    const result = await verifierFor().verify(appToken());
    if (!result.ok) throw new Error("refused");
    expect(Object.getPrototypeOf(result.value.claims)).toBeNull();
    expect(result.value.claims["constructor"]).toBeUndefined();
  });

  it.each([
    ["x5t, which only names a certificate", { x5t: "abc" }],
    ["a kid, where there is but one key", { kid: "whatever" }],
    ["no typ", { typ: undefined }],
    ["parameters that nobody has heard of", { "x-trace": { a: [1] } }],
  ])("may have %s in its header", async (_case, header) => {
    expect(await verify({ header })).toEqual(ACCEPTED);
  });

  it.each(["jku", "x5u"])(
    "is refused with %s in its header, although it is properly signed",
    async (name) => {
      const header = { kid: "key-1", [name]: "https://login.example.com/token_keys" };
      expect(await verify({ header })).toEqual(invalid("critical-header"));
    },
  );

  it("may hold any text in its claims, in any script", async () => {
    const claims = { name: 'Ål "Ω" 名前 🦊 \u2028 \u0000 : {}[],\\' };
    expect(await verify({ claims })).toMatchObject({ ok: true, value: { claims } });
  });
});

describe("the time claims, with a tolerance of 30 seconds", () => {
  it.each([
    ["exp 29 s ago", { exp: NOW - 29 }],
    ["exp with a fraction", { exp: NOW - 29.5 }],
    ["nbf in 30 s", { nbf: NOW + 30 }],
    ["iat in 30 s", { iat: NOW + 30 }],
    ["no iat", { iat: undefined }],
    ["iat equal to exp", { iat: NOW + 10, exp: NOW + 10 }],
  ])("accept %s", async (_case, claims) => {
    expect(await verify({ claims })).toEqual(ACCEPTED);
  });

  it.each([
    ["exp 30 s ago", { exp: NOW - 30 }],
    ["exp long ago", { iat: 0, exp: 0 }],
  ])("call %s expired, and nothing else", async (_case, claims) => {
    expect(await verify({ claims })).toEqual(EXPIRED);
  });

  it.each([
    ["no exp", { exp: undefined }, "expiry"],
    ["exp as text", { exp: String(NOW + 600) }, "expiry"],
    ["exp null", { exp: null }, "expiry"],
    ["a negative exp", { exp: -1 }, "expiry"],
    ["exp in milliseconds", { exp: (NOW + 600) * 1_000 }, "expiry"],
    ["nbf in 31 s", { nbf: NOW + 31 }, "not-before"],
    ["nbf as text", { nbf: "0" }, "not-before"],
    ["nbf null", { nbf: null }, "not-before"],
    ["iat in 31 s", { iat: NOW + 31 }, "issued-at"],
    ["iat as text", { iat: String(NOW) }, "issued-at"],
    ["iat after exp", { iat: NOW + 20, exp: NOW + 19 }, "issued-at"],
  ] as const)("refuse %s", async (_case, claims, check) => {
    expect(await verify({ claims })).toEqual(invalid(check));
  });

  it.each(["exp", "nbf", "iat"])("refuse a number too large for %s", async (name) => {
    const payload = JSON.stringify(GOOD_CLAIMS)
      .replace(/}$/, `,"${name}2":0}`)
      .replace(`"${name}":`, '"old":');
    const token = appToken({ payload: payload.replace(`"${name}2":0`, `"${name}":1e999`) });
    const check = { exp: "expiry", nbf: "not-before", iat: "issued-at" } as const;
    expect(await verifierFor().verify(token)).toEqual(invalid(check[name as keyof typeof check]));
  });

  it("use the issuer's tolerance, down to none", async () => {
    expect(await verify({ claims: { exp: NOW } }, { clockToleranceSeconds: 0 })).toEqual(EXPIRED);
    expect(await verify({ claims: { iat: 0, exp: NOW - 299 } }, { clockToleranceSeconds: 300 })).toEqual(
      ACCEPTED,
    );
  });

  it("are read after the keys have come, as that may take seconds", async () => {
    const clock = fakeClock();
    const keys: SigningKeys = {
      keyFor: async () => {
        clock.advance(700);
        return granted(keyPair("P-256").publicKey);
      },
    };
    const verifier = jwtTokenVerifier({ issuers: [{ issuer: issuerOf(), keys }], clock });
    expect(await verifier.verify(appToken())).toEqual(EXPIRED);
  });
});

describe("the age of a token, where the issuer limits it to an hour", () => {
  const hour = { maxTokenAgeSeconds: 3_600 };
  it.each([
    ["accepts an hour and less than the tolerance", { iat: NOW - 3_629 }, ACCEPTED],
    ["refuses an hour and the tolerance", { iat: NOW - 3_630 }, invalid("age")],
    ["refuses a token that does not tell its age", { iat: undefined }, invalid("issued-at")],
    [
      "is not called expiry, even where that is over too",
      { iat: NOW - 7_200, exp: NOW - 60 },
      invalid("age"),
    ],
  ])("%s", async (_case, claims, result) => {
    expect(await verify({ claims }, hour)).toEqual(result);
  });
});

describe("the audience", () => {
  it.each([
    ["the only one", "photo-app"],
    ["one of several", ["other", "photo-app"]],
    ["the last of 20", [...Array(19).fill("other"), "photo-app"]],
  ])("is accepted as %s", async (_case, aud) => {
    expect(await verify({ claims: { aud } })).toEqual(ACCEPTED);
  });

  it.each([
    ["missing", undefined],
    ["another", "billing"],
    ["an empty list", []],
    ["the last of 21", [...Array(20).fill("other"), "photo-app"]],
    ["beside a number", ["photo-app", 1]],
    ["nested", [["photo-app"]]],
    ["null", null],
    ["an object", { "0": "photo-app", length: 1 }],
  ])("is refused where it is %s", async (_case, aud) => {
    expect(await verify({ claims: { aud } })).toEqual(invalid("audience"));
  });

  const several = { audience: ["web", "ios", "android"] };
  it.each(["web", "ios", "android", ["other", "ios"]])(
    "is accepted as any of the operator's: %j",
    async (aud) => {
      expect(await verify({ claims: { aud } }, several)).toEqual(ACCEPTED);
    },
  );
  it.each(["photo-app", "web ios", ["other"], undefined])(
    "is refused where it is none of the operator's: %j",
    async (aud) => {
      expect(await verify({ claims: { aud } }, several)).toEqual(invalid("audience"));
    },
  );

  it("is found along a path, as the operator's claims are", async () => {
    const issuer = { audienceClaim: "app_metadata.app" };
    const of = (app: unknown) => verify({ claims: { aud: undefined, app_metadata: { app } } }, issuer);
    expect(await of("photo-app")).toEqual(ACCEPTED);
    expect(await of("billing")).toEqual(invalid("audience"));
  });

  it("is not looked at where the operator has switched the check off", async () => {
    expect(await verify({ claims: { aud: "billing" } }, { audience: null })).toEqual(ACCEPTED);
    expect(await verify({ claims: { aud: undefined } }, { audience: null })).toEqual(ACCEPTED);
  });
});

describe("the type, where the issuer pins it to at+jwt", () => {
  const pinned = { tokenTypes: ["at+jwt"] };
  it.each(["at+jwt", "AT+JWT", "application/at+jwt"])("accepts %s", async (typ) => {
    expect(await verify({ header: { typ } }, pinned)).toEqual(ACCEPTED);
  });
  it.each(["JWT", "at+jwt ", "logout+jwt", "x/application/at+jwt", undefined, null, 1, ["at+jwt"]])(
    "refuses %j",
    async (typ) => {
      expect(await verify({ header: { typ } }, pinned)).toEqual(invalid("type"));
    },
  );
  it("compares ASCII letters only without case: the Kelvin sign is no k", async () => {
    expect(await verify({ header: { typ: "to\u212aen" } }, { tokenTypes: ["token"] })).toEqual(
      invalid("type"),
    );
  });
  it("is the operator's spelling, too", async () => {
    expect(await verify({ header: { typ: "at+jwt" } }, { tokenTypes: ["application/AT+JWT"] })).toEqual(
      ACCEPTED,
    );
  });
});

describe("required claims", () => {
  const required = { requiredClaims: ["scope"] };
  it("are present as claims of the token", async () => {
    expect(await verify({ claims: { scope: "" } }, required)).toEqual(ACCEPTED);
    expect(await verify({}, required)).toEqual(invalid("required-claim"));
  });
  it("are found along a path, as those of a rule are", async () => {
    const team = { requiredClaims: ["app_metadata.team"] };
    expect(await verify({ claims: { app_metadata: { team: "red" } } }, team)).toEqual(ACCEPTED);
    expect(await verify({ claims: { app_metadata: { plan: "pro" } } }, team)).toEqual(
      invalid("required-claim"),
    );
  });
  it("are not found among what every object inherits", async () => {
    expect(await verify({}, { requiredClaims: ["toString"] })).toEqual(invalid("required-claim"));
  });
});

describe("TOKEN_EXPIRED", () => {
  it.each([
    ["the signature", { key: keyPair("P-256", "another").privateKey }, "signature"],
    ["the audience", { claims: { exp: NOW - 60, aud: "billing" } }, "audience"],
    ["nbf", { claims: { exp: NOW - 60, nbf: NOW + 60 } }, "not-before"],
    ["a required claim", { claims: { exp: NOW - 60, scope: undefined } }, "required-claim"],
  ] as const)("is never said of a token where %s is wrong, too", async (_case, parts, check) => {
    const claims = { exp: NOW - 60, scope: "photos", ...("claims" in parts ? parts.claims : {}) };
    expect(await verify({ ...parts, claims }, { requiredClaims: ["scope"] })).toEqual(invalid(check));
  });
});

describe("a verifier for several issuers", () => {
  const other = issuerOf({ name: "other", issuer: "https://other.example.com", algorithms: ["HS256"] });
  const verifier = jwtTokenVerifier({
    issuers: [
      { issuer: issuerOf(), keys: fixedKeys(keyPair("P-256").publicKey, ["ES256"]) },
      { issuer: other, keys: fixedKeys(secretKey, ["HS256"]) },
    ],
    clock: fakeClock(),
  });

  it("tells which of them vouches", async () => {
    const token = appToken({ algorithm: "HS256", claims: { iss: other.issuer } });
    expect(await verifier.verify(token)).toMatchObject({ ok: true, value: { issuer: "other" } });
  });

  it("asks no issuer's keys for a token of nobody", async () => {
    const keys: SigningKeys = { keyFor: vi.fn() };
    const untouched = jwtTokenVerifier({ issuers: [{ issuer: issuerOf(), keys }], clock: fakeClock() });
    const token = appToken({ claims: { iss: "https://evil.example.com/" } });
    expect(await untouched.verify(token)).toEqual(invalid("issuer"));
    expect(keys.keyFor).not.toHaveBeenCalled();
  });

  it("hands on why there is no key", async () => {
    const refusal = { code: "KEYS_UNAVAILABLE", issuer: "login", retryAfterSeconds: 10 } as const;
    const keys: SigningKeys = { keyFor: async () => ({ ok: false, refusal }) };
    const down = jwtTokenVerifier({ issuers: [{ issuer: issuerOf(), keys }], clock: fakeClock() });
    expect(await down.verify(appToken())).toEqual({ ok: false, refusal });
  });
});

describe("a verifier is not built", () => {
  const keys = fixedKeys(keyPair("P-256").publicKey, ["ES256"]);
  it.each<[string, readonly Partial<Issuer>[], RegExp]>([
    ["for two issuers with the same issuer", [{}, { name: "again" }], /same issuer/],
    ["for an issuer without algorithms", [{ algorithms: [] }], /no algorithms/],
    [
      "for HS256 beside ES256 without a secret of its own",
      [{ algorithms: ["ES256", "HS256"] }],
      /HS\* beside/,
    ],
    ["for an empty audience, which would switch the check off", [{ audience: [""] }], /empty audience/],
    ["for a list without an audience", [{ audience: [] }], /empty audience/],
    ["for an empty issuer", [{ issuer: "" }], /issuer is empty/],
  ])("%s", (_case, changes, message) => {
    const issuers = changes.map((change) => ({ issuer: issuerOf(change), keys }));
    expect(() => jwtTokenVerifier({ issuers, clock: fakeClock() })).toThrow(message);
  });
});

describe("whatever it is given", () => {
  it.each<[unknown]>([
    [undefined],
    [null],
    [1],
    [{}],
    [["a.b.c"]],
    [Buffer.from("a.b.c")],
    [""],
    ["."],
    ["..."],
  ])("%j is refused as no token", async (input) => {
    expect(await verifierFor().verify(input as string)).toEqual(invalid("shape"));
  });

  it("a key source's nonsense is refused as no key", async () => {
    for (const key of [undefined, "", Buffer.alloc(0), keyPair("P-384").publicKey, secretKey]) {
      const keys = { keyFor: async () => granted(key) } as unknown as SigningKeys;
      const verifier = jwtTokenVerifier({ issuers: [{ issuer: issuerOf(), keys }], clock: fakeClock() });
      expect(await verifier.verify(appToken())).toEqual(invalid("key"));
    }
  });
});

it("algorithms are the issuer's own list, not all that the key could do", async () => {
  const algorithm: Algorithm = "PS256";
  expect(await verify({ algorithm }, { algorithms: ["RS256"] })).toEqual(invalid("algorithm"));
});
