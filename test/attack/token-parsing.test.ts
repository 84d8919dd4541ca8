import { describe, expect, it } from "vitest";
import type { TokenCheck } from "../../shared/domain/refusal.ts";
import {
  claimsText,
  ecKeys,
  headerText,
  judge,
  signedByLogin,
  withSignature,
} from "../support/attacked-verifier.ts";
import { base64url, GOOD_CLAIMS, invalid, NOW, signatureOf } from "../support/tokens.ts";

/** Rows J12 to J17 and J23 to J26 of the threat model. Every token here has a good signature of the issuer's own. */

const GOOD = JSON.stringify(GOOD_CLAIMS);
const ACCEPTED = { ok: true, value: { issuer: "login", claims: expect.objectContaining({ sub: "alice" }) } };

describe("J12: names that two parsers read differently", () => {
  it.each([
    ["sub twice", claimsText('"sub":"bob"')],
    ["sub twice, the same", claimsText('"sub":"alice"')],
    ["sub twice, once escaped", claimsText('"\\u0073ub":"bob"')],
    ["exp twice", claimsText(`"exp":${NOW + 999_999}`)],
    ["aud twice", claimsText('"aud":"billing"')],
    ["a name twice, further down", claimsText('"realm":{"roles":[{"a":1,"b":{"c":1,"\\u0063":2}}]}')],
    ["an empty name twice", claimsText('"":1,"":2')],
    ["__proto__", claimsText('"__proto__":{"sub":"bob"}')],
    ["__proto__, escaped", claimsText('"__pr\\u006fto__":{"sub":"bob"}')],
    ["__proto__, further down", claimsText('"realm":[{"__proto__":{"admin":true}}]')],
  ])("%s in the payload is refused", async (_case, payload) => {
    expect(await judge(signedByLogin({ payload }))).toEqual(invalid("payload"));
  });

  it.each([
    ["alg twice", '"alg":"ES256"'],
    ["alg twice, once none", '"alg":"none"'],
    ["kid twice", '"kid":"ec-2"'],
    ["kid twice, once escaped", '"\\u006bid":"ec-1"'],
    ["__proto__", '"__proto__":{"jwk":{}}'],
  ])("%s in the header is refused", async (_case, more) => {
    expect(await judge(signedByLogin({ header: headerText(more) }))).toEqual(invalid("header"));
  });

  it.each(["SUB", "Sub", "\u017fub", "sub ", " sub", "sub\u0000", "s\u0443b"])(
    "%j is another claim, and does not stand in for sub",
    async (name) => {
      const result = await judge(signedByLogin({ claims: { sub: undefined, [name]: "bob" } }), {
        requiredClaims: ["sub"],
      });
      expect(result).toEqual(invalid("required-claim"));
      expect(await judge(signedByLogin({ claims: { [name]: "bob" } }))).toEqual(ACCEPTED);
    },
  );

  it.each(["EXP", "exp ", "\u0435xp"])("%j does not stand in for exp", async (name) => {
    expect(await judge(signedByLogin({ claims: { exp: undefined, [name]: NOW + 600 } }))).toEqual(
      invalid("expiry"),
    );
  });

  it("no claim becomes a member of anything else", async () => {
    const payload = claimsText('"constructor":{"prototype":{"admin":true}},"hasOwnProperty":1,"toString":2');
    expect(await judge(signedByLogin({ payload }))).toEqual(ACCEPTED);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(await judge(signedByLogin({ claims: { exp: undefined } }))).toEqual(invalid("expiry"));
  });
});

describe("J13: a payload that is not a JSON object", () => {
  const deep = (levels: number) => claimsText(`"deep":${"[".repeat(levels)}${"]".repeat(levels)}`);
  const cases: readonly (readonly [string, string | Buffer])[] = [
    ["null", "null"],
    ["a text", '"alice"'],
    ["a number", "1"],
    ["true", "true"],
    ["an array", `[${GOOD}]`],
    ["nothing but a blank", " "],
    ["text that is not JSON", "alice"],
    ["JSON and more", `${GOOD}x`],
    ["two objects", `${GOOD}${GOOD}`],
    ["JSON with a comment", `${GOOD}//`],
    ["JSON with a comma too many", claimsText("")],
    ["a byte order mark", `\ufeff${GOOD}`],
    ["a number that is none", claimsText('"a":NaN')],
    ["a sign before a number", claimsText('"a":+1')],
    ["UTF-16", Buffer.from(GOOD, "utf16le")],
    [
      "a byte that is no UTF-8",
      Buffer.concat([Buffer.from(GOOD.slice(0, -2)), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
    [
      "an overlong slash",
      Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
    ],
    [
      "half a surrogate pair in UTF-8",
      Buffer.concat([Buffer.from('{"sub":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
    ],
    ["a control character in a text", claimsText('"a":"\u0001"')],
    ["1,500 levels", deep(1_500)],
    ["33 levels", deep(32)],
  ];
  it.each(cases)("%s is refused", async (_case, payload) => {
    expect(await judge(signedByLogin({ payload }))).toEqual(invalid("payload"));
  });

  it.each(cases)("%s is refused as a header, too", async (_case, content) => {
    expect(await judge(signedByLogin({ header: content }))).toEqual(invalid("header"));
  });

  it("32 levels are accepted", async () => {
    expect(await judge(signedByLogin({ payload: deep(31) }))).toEqual(ACCEPTED);
  });
});

describe("J14: more text than a token needs", () => {
  const ofLength = (length: number): string => {
    const spare = length - signedByLogin({ claims: { pad: "" } }).length;
    for (let letters = Math.floor(spare * 0.75) - 3; ; letters++) {
      const token = signedByLogin({ claims: { pad: "x".repeat(letters) } });
      if (token.length >= length) return token;
    }
  };
  it("8,192 characters are accepted, one more is not", async () => {
    const longest = ofLength(8_192);
    expect(longest).toHaveLength(8_192);
    expect(await judge(longest)).toEqual(ACCEPTED);
    const tooLong = ofLength(8_193);
    expect(tooLong.length - 8_192).toBeLessThanOrEqual(2);
    expect(await judge(tooLong)).toEqual(invalid("length"));
  });
  it.each([
    ["a megabyte of dots", ".".repeat(1_000_000)],
    ["a megabyte of letters", "a".repeat(1_000_000)],
    ["a header of 60 KB", signedByLogin({ header: { kid: "ec-1", pad: "x".repeat(60_000) } })],
  ])("%s is refused by its length alone", async (_case, token) => {
    expect(await judge(token)).toEqual(invalid("length"));
  });
  it.each(["-".repeat(8_192), ".".repeat(8_192), "a.".repeat(4_096), `${"a".repeat(8_190)}..`])(
    "8,192 characters that are no token are refused at once (%#)",
    async (text) => {
      expect(await judge(text)).toEqual(invalid("shape"));
    },
  );
});

describe("J15: times that are not valid times", () => {
  const checks: Readonly<Record<string, TokenCheck>> = { exp: "expiry", nbf: "not-before", iat: "issued-at" };
  const values = [
    "null",
    '""',
    '"1795428600"',
    "true",
    "[1795428600]",
    "{}",
    "1e999",
    "-1",
    "-1e999",
    "1795428600000",
  ];
  for (const [name, check] of Object.entries(checks)) {
    it.each(values)(`${name} %s is refused`, async (value) => {
      const payload = claimsText(`"x":0`)
        .replace(new RegExp(`"${name}":[0-9]+`), '"y":0')
        .replace('"x":0', `"${name}":${value}`);
      expect(await judge(signedByLogin({ payload }))).toEqual(invalid(check));
    });
  }
  it("a token without exp would never end, and is refused", async () => {
    expect(await judge(signedByLogin({ claims: { exp: undefined } }))).toEqual(invalid("expiry"));
  });
  it("a lifetime of years ends with the issuer's maximal age", async () => {
    const claims = { iat: NOW - 86_431, exp: NOW + 315_360_000 };
    expect(await judge(signedByLogin({ claims }), { maxTokenAgeSeconds: 86_400 })).toEqual(invalid("age"));
  });
  it("an iat in the future does not make a token younger", async () => {
    const claims = { iat: NOW + 3_600, exp: NOW + 7_200 };
    expect(await judge(signedByLogin({ claims }), { maxTokenAgeSeconds: 86_400 })).toEqual(
      invalid("issued-at"),
    );
  });
});

describe("J16: an audience that is nearly ours", () => {
  it.each([
    ["missing", undefined],
    ["empty", ""],
    ["null", null],
    ["true", true],
    ["nested", [["photo-app"]]],
    ["an object", { "photo-app": true }],
    ["a prefix", "photo"],
    ["longer", "photo-app-2"],
    ["a list in one text", "photo-app billing"],
    ["another case", "Photo-App"],
    ["a slash more", "photo-app/"],
    ["a blank more", "photo-app "],
    ["a NUL more", "photo-app\u0000"],
    ["a letter of another alphabet", "photo-\u0430pp"],
    ["a pattern", ".*"],
    ["beside null", ["photo-app", null]],
    ["one of 21", [...Array(20).fill("x"), "photo-app"]],
  ])("%s is refused", async (_case, aud) => {
    expect(await judge(signedByLogin({ claims: { aud } }))).toEqual(invalid("audience"));
  });
  it("azp alone is no audience", async () => {
    expect(await judge(signedByLogin({ claims: { aud: undefined, azp: "photo-app" } }))).toEqual(
      invalid("audience"),
    );
  });
});

describe("J16: an audience in another claim, and one of several", () => {
  const app = { audience: ["photo-app", "photo-app-web"], audienceClaim: "client_id" };
  it.each([
    ["missing, and aud is ours", { client_id: undefined, aud: "photo-app" }],
    ["of another App, and aud is ours", { client_id: "billing", aud: "photo-app" }],
    ["of another App, and azp is ours", { client_id: "billing", azp: "photo-app" }],
    ["null", { client_id: null }],
    ["empty", { client_id: "" }],
    ["true", { client_id: true }],
    ["a list with ours", { client_id: ["photo-app"] }],
    ["a list in one text", { client_id: "photo-app photo-app-web" }],
    ["a prefix", { client_id: "photo" }],
    ["longer", { client_id: "photo-app-web-2" }],
    ["an object", { client_id: { "photo-app": true } }],
  ])("client_id that is %s is refused", async (_case, claims) => {
    expect(await judge(signedByLogin({ claims }), app)).toEqual(invalid("audience"));
  });

  it.each(["photo-app", "photo-app-web"])("%s is accepted, whatever aud says", async (client) => {
    for (const aud of [undefined, "billing", ["billing"], 7]) {
      expect(await judge(signedByLogin({ claims: { client_id: client, aud } }), app)).toMatchObject({
        ok: true,
      });
    }
  });

  it("a claim that every object inherits is no audience", async () => {
    const token = signedByLogin({ claims: { aud: "photo-app" } });
    expect(await judge(token, { ...app, audienceClaim: "constructor.name" })).toEqual(invalid("audience"));
  });
});

describe("J17: an issuer that is nearly ours", () => {
  it.each([
    ["missing", undefined],
    ["an array with ours", ["https://login.example.com/"]],
    ["an array with ours and another", ["https://login.example.com/", "https://evil.example.com/"]],
    ["without the slash", "https://login.example.com"],
    ["with two slashes", "https://login.example.com//"],
    ["longer", "https://login.example.com/evil"],
    ["a longer host", "https://login.example.com.evil.example/"],
    ["a user of our name", "https://login.example.com@evil.example/"],
    ["another case", "https://LOGIN.example.com/"],
    ["http", "http://login.example.com/"],
    ["a blank more", "https://login.example.com/ "],
    ["a NUL more", "https://login.example.com/\u0000"],
    ["an object", { toString: "https://login.example.com/" }],
    ["its short name", "login"],
    ["a name that objects inherit", "constructor"],
    ["null", null],
  ])("%s is refused", async (_case, iss) => {
    expect(await judge(signedByLogin({ claims: { iss } }))).toEqual(invalid("issuer"));
  });
});

describe("J23: other spellings of one token", () => {
  const token = signedByLogin();
  const [header = "", payload = "", signature = ""] = token.split(".");
  const last = signature.at(-1) ?? "";
  /** 64 bytes leave four bits of the last letter unused: the next letters decode to the same bytes. */
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const otherLast = alphabet[alphabet.indexOf(last) + 1] ?? "";

  it("the spelling below does decode to the same bytes", () => {
    expect(Buffer.from(signature.slice(0, -1) + otherLast, "base64url")).toEqual(
      Buffer.from(signature, "base64url"),
    );
  });

  it.each([
    [
      "unused bits in the signature",
      `${header}.${payload}.${signature.slice(0, -1)}${otherLast}`,
      "encoding",
    ],
    ["padding", `${token}==`, "shape"],
    ["padding of the header", `${header}=.${payload}.${signature}`, "shape"],
    ["a letter that makes no byte", token.slice(0, -1), "encoding"],
    ["a letter more", `${token}A`, "signature"],
    ["a blank", `${header}. ${payload}.${signature}`, "shape"],
    ["a blank at the end", `${token} `, "shape"],
    ["a line end at the end", `${token}\n`, "shape"],
    ["a line end at the start", `\n${token}`, "shape"],
    ["a NUL", `${token}\u0000`, "shape"],
    ["base64 instead of base64url", `${header}.${payload}.${signature.slice(0, -2)}+/`, "shape"],
    ["a byte order mark", `\ufeff${token}`, "shape"],
    ["full-width letters", token.replace("e", "\uff45"), "shape"],
    ["Bearer", `Bearer ${token}`, "shape"],
    ["quotes", `"${token}"`, "shape"],
  ] as const)("%s is refused", async (_case, text, check) => {
    expect(await judge(text)).toEqual(invalid(check));
  });

  // A byte or two too many leave four or two bits of the last character without a use.
  it.each([2, 3])(
    "unused bits in a payload are refused, even where the signature covers them (%i characters over)",
    async (over) => {
      const [part = ""] = [GOOD, `${GOOD} `, `${GOOD}  `]
        .map(base64url)
        .filter((text) => text.length % 4 === over);
      const spellings = [...alphabet]
        .map((last) => `${part.slice(0, -1)}${last}`)
        .filter((text) => Buffer.from(text, "base64url").equals(Buffer.from(part, "base64url")));
      expect(spellings).toHaveLength(over === 2 ? 16 : 4);
      for (const spelt of spellings) {
        const input = `${header}.${spelt}`;
        const signed = `${input}.${base64url(signatureOf(input, "ES256", ecKeys.privateKey))}`;
        const judged = await judge(signed);
        if (spelt === part) expect(judged).toMatchObject({ ok: true });
        else expect(judged).toEqual(invalid("encoding"));
      }
    },
  );
});

describe("J24: other forms of JOSE", () => {
  const [header = "", payload = "", signature = ""] = signedByLogin().split(".");
  it.each([
    [
      "the general JSON serialisation",
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ],
    ["the flattened JSON serialisation", JSON.stringify({ payload, protected: header, signature })],
    ["an array of parts", JSON.stringify([header, payload, signature])],
    ["one part", header],
    ["two parts", `${header}.${payload}`],
    ["four parts", `${header}.${payload}.${signature}.${signature}`],
    [
      "an encrypted token",
      `${base64url('{"alg":"dir","enc":"A128GCM"}')}..${payload}.${payload}.${signature}`,
    ],
    [
      "an encrypted token with a password's work factor of 2^31",
      `${base64url('{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":2147483647,"p2s":"AA"}')}.AA.AA.AA.AA`,
    ],
    ["an empty header", `.${payload}.${signature}`],
    ["an empty payload", `${header}..${signature}`],
  ])("%s is refused by its shape, before any cryptography", async (_case, text) => {
    expect(await judge(text)).toEqual(invalid("shape"));
  });

  it.each([
    ["a token in a token", { cty: "JWT" }],
    ["a compressed token", { zip: "DEF" }],
    ["the header of an encrypted token", { enc: "A128GCM" }],
  ])("%s is refused", async (_case, more) => {
    expect(await judge(signedByLogin({ header: { kid: "ec-1", ...more } }))).toEqual(
      invalid("critical-header"),
    );
  });

  it("a token as payload is refused without cty, too", async () => {
    expect(await judge(signedByLogin({ payload: signedByLogin() }))).toEqual(invalid("payload"));
  });
});

describe("J25: a token of another kind, from the right issuer", () => {
  it.each(["JWT", "logout+jwt", "dpop+jwt", "secevent+jwt", "id_token", "at+jwt+x", undefined])(
    "typ %j is refused where the issuer's access tokens say at+jwt",
    async (typ) => {
      const token = signedByLogin({ header: { kid: "ec-1", typ } });
      expect(await judge(token, { tokenTypes: ["at+jwt"] })).toEqual(invalid("type"));
    },
  );
  it("a token without the claim that only access tokens have is refused", async () => {
    const required = { requiredClaims: ["client_id"] };
    expect(await judge(signedByLogin({ claims: { nonce: "n" } }), required)).toEqual(
      invalid("required-claim"),
    );
    expect(await judge(signedByLogin({ claims: { client_id: "c" } }), required)).toEqual(ACCEPTED);
  });
});

it("J26: a stolen token is of use for as long as its issuer's maximal age, whatever exp says", async () => {
  const claims = { iat: NOW - 930, exp: NOW + 3_600 };
  expect(await judge(signedByLogin({ claims }), { maxTokenAgeSeconds: 900 })).toEqual(invalid("age"));
  expect(await judge(signedByLogin({ claims }), { maxTokenAgeSeconds: 901 })).toEqual(ACCEPTED);
});

it("cheap checks come first: the signature is not checked when the token's issuer is unknown", async () => {
  const token = withSignature(signedByLogin({ claims: { iss: "https://evil.example.com/" } }), "AA");
  expect(await judge(token)).toEqual(invalid("issuer"));
});
