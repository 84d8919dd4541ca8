import { describe, expect, it } from "vitest";
import { claimsNamedBy, principalFrom } from "../../../../shared/domain/grant/principal.ts";
import { claimsVerifiedFor } from "../../../../shared/domain/token/verified-claims.ts";
import { NO_TEXTS, PROTOTYPE_NAMES } from "../../../support/hostile-texts.ts";
import { accessFile, LOGIN, OWN_FOLDER, principalOf, rulesOf, rulesWith } from "../../../support/valet.ts";

const rules = rulesWith(OWN_FOLDER, {
  name: "team",
  allow: ["read"],
  prefix: "teams/{app_metadata.team}/",
  when: { role: "editor", "https://example.com/groups": "g1", "resource.roles": "r" },
});

/** What the rules see of a claim. */
function attribute(name: string, claims: Readonly<Record<string, unknown>>): unknown {
  return principalOf(rules, { sub: "alice", ...claims }).attributes.get(name);
}

describe("a principal", () => {
  it("is a user of an issuer, with the claims that a rule names and no others", () => {
    const claims = { sub: "alice", role: "editor", email: "a@example.com", jti: "id-1", iat: 1_700_000_000 };
    expect(principalOf(rules, claims)).toEqual({
      issuer: "login",
      issuerUrl: "https://login.example.com/",
      user: "alice",
      userClaim: "sub",
      attributes: new Map<string, unknown>([
        ["role", "editor"],
        ["sub", "alice"],
      ]),
      tokenId: "id-1",
      issuedAtMs: 1_700_000_000_000,
    });
  });

  it("has no token id and no time where the token's are of another type", () => {
    expect(principalOf(rules, { sub: "alice", jti: 7.5, iat: "yesterday" })).toMatchObject({
      tokenId: undefined,
      issuedAtMs: undefined,
    });
  });

  it("is named by the claim that its issuer's entry says", () => {
    const byEmail = rulesOf(accessFile({ issuers: [{ ...LOGIN, user: "email" }] }));
    expect(principalOf(byEmail, { sub: "alice", email: "a@example.com" }).user).toBe("a@example.com");
  });

  it.each([
    ["no claim", {}, "is missing"],
    ["an empty one", { sub: "" }, "is empty"],
    ["a number", { sub: 7 }, "is a number, not a string: write userType: integer"],
    ["a number that no user can be", { sub: 1.5 }, "is a number, not a string"],
    ["null", { sub: null }, "is null, not a string"],
    ["a list", { sub: ["alice"] }, "is a list, not a string"],
    ["a lone surrogate: all of them share one digest", { sub: "\ud800" }, "is not well-formed Unicode"],
    ["more than 1,024 bytes", { sub: "x".repeat(1025) }, "has 1025 bytes, more than 1024"],
  ])("P5: is refused where the user is %s", (_what, claims, problem) => {
    expect(principalFrom(claimsVerifiedFor("login", claims), rules)).toEqual({
      ok: false,
      refusal: { code: "CLAIM_INVALID", claim: "sub", problem },
    });
  });

  it.each(NO_TEXTS)("P5: is refused where the user is %j", (sub) => {
    expect(principalFrom(claimsVerifiedFor("login", { sub }), rules)).toMatchObject({
      ok: false,
      refusal: { code: "CLAIM_INVALID", claim: "sub" },
    });
  });

  it("is refused where it is a number, and the log says what to write", () => {
    expect(principalFrom(claimsVerifiedFor("login", { sub: 10001 }), rules)).toEqual({
      ok: false,
      refusal: {
        code: "CLAIM_INVALID",
        claim: "sub",
        problem: "is a number, not a string: write userType: integer",
      },
    });
  });

  describe("with userType: integer", () => {
    const numbered = rulesOf(
      accessFile({
        issuers: [{ ...LOGIN, user: "uid", userType: "integer" }],
        rules: [
          { ...OWN_FOLDER, prefix: "users/{uid}/" },
          { name: "seven", allow: ["read"], when: { uid: 7 }, prefix: "seven/" },
        ],
      }),
    );
    const userOf = (uid: unknown) => principalFrom(claimsVerifiedFor("login", { uid }), numbered);

    it.each([
      [0, "0"],
      [7, "7"],
      [10001, "10001"],
      [9_007_199_254_740_991, "9007199254740991"],
    ])("the number %j is the user %j, and a rule compares the number", (uid, user) => {
      const principal = userOf(uid);
      expect(principal).toMatchObject({ ok: true, value: { user, userClaim: "uid" } });
      expect(principal.ok && principal.value.attributes.get("uid")).toBe(uid);
    });

    it.each([["7"], ["10001"], [""], ["007"]])(
      "the text %j is refused: it could be the number's twin",
      (uid) => {
        expect(userOf(uid)).toEqual({
          ok: false,
          refusal: {
            code: "CLAIM_INVALID",
            claim: "uid",
            problem: "is a text, but userType is integer: a text and a number must not name the same user",
          },
        });
      },
    );

    it.each([
      [-1],
      [-0],
      [1.5],
      [9_007_199_254_740_992],
      [1e300],
      [Number.POSITIVE_INFINITY],
      [Number.NaN],
      [true],
      [null],
      [[7]],
      [{}],
    ])("%j is refused", (uid) => {
      expect(userOf(uid)).toMatchObject({
        ok: false,
        refusal: {
          code: "CLAIM_INVALID",
          problem: "is not a whole number from 0 to 9007199254740991, and userType is integer",
        },
      });
    });

    it("a missing claim is refused", () => {
      expect(userOf(undefined)).toMatchObject({ ok: false, refusal: { problem: "is missing" } });
    });
  });

  it("is a bug, and no refusal, for an issuer that the rules do not have", () => {
    expect(() => principalFrom(claimsVerifiedFor("nobody", { sub: "alice" }), rules)).toThrow(/vouches for/);
  });
});

describe("a claim that a rule names", () => {
  it.each([
    ["a text", { role: "editor" }, "editor"],
    ["a number", { role: 7 }, 7],
    ["a boolean", { role: false }, false],
    ["a list", { role: ["a", 1, true] }, ["a", 1, true]],
    ["a list with parts that nothing can equal", { role: ["a", null, { b: 1 }, ["c"]] }, ["a"]],
    ["null: there, but equal to nothing", { role: null }, null],
    ["an object: there, but equal to nothing", { role: { editor: true } }, null],
    ["not there", {}, undefined],
  ])("is read where it is %s", (_what, claims, value) => {
    expect(attribute("role", claims)).toEqual(value);
  });

  it("is found along a dotted path", () => {
    expect(attribute("app_metadata.team", { app_metadata: { team: "red" } })).toBe("red");
  });

  it("is first of all a claim of that very name", () => {
    expect(attribute("app_metadata.team", { "app_metadata.team": "a", app_metadata: { team: "b" } })).toBe(
      "a",
    );
  });

  it("may have an address for its name, with dots, slashes and colons, and claims below it", () => {
    expect(attribute("https://example.com/groups", { "https://example.com/groups": ["g1"] })).toEqual(["g1"]);
    const nested = rulesWith({ name: "x", allow: ["read"], prefix: "orgs/{https://example.com/app.org}/" });
    const claims = { sub: "u1", "https://example.com/app": { org: "o7" } };
    expect(principalOf(nested, claims).attributes).toEqual(new Map([["https://example.com/app.org", "o7"]]));
  });

  it.each([
    ["a list on the way", { app_metadata: [{ team: "red" }] }],
    ["a text on the way", { app_metadata: "team" }],
    ["null on the way", { app_metadata: null }],
    ["another case", { APP_METADATA: { TEAM: "red" } }],
  ])("is not there with %s", (_what, claims) => {
    expect(attribute("app_metadata.team", claims)).toBeUndefined();
  });
});

describe("J12: names that every object has", () => {
  it.each(PROTOTYPE_NAMES)("%s is no claim of a token that does not have it", (name) => {
    const curious = rulesWith({
      name: "x",
      allow: ["read"],
      prefix: `x/{${name}}/`,
      when: { [`a.${name}`]: "b" },
    });
    const { attributes } = principalOf(curious, { sub: "alice", a: {} });
    expect([...attributes.keys()]).toEqual([]);
  });

  it("do not name a user either", () => {
    const curious = rulesOf(accessFile({ issuers: [{ ...LOGIN, user: "constructor.name" }] }));
    expect(principalFrom(claimsVerifiedFor("login", { sub: "alice" }), curious)).toEqual({
      ok: false,
      refusal: { code: "CLAIM_INVALID", claim: "constructor.name", problem: "is missing" },
    });
  });

  it("are a token's own claims where it brings them, and change nothing else", () => {
    const claims = JSON.parse('{"sub":"alice","__proto__":{"role":"editor","app_metadata":{"team":"red"}}}');
    expect(principalOf(rules, claims).attributes).toEqual(new Map([["sub", "alice"]]));
  });
});

it("the claims that rules name are those of their conditions and prefixes", () => {
  expect([...claimsNamedBy(rules)].sort()).toEqual([
    "app_metadata.team",
    "https://example.com/groups",
    "resource.roles",
    "role",
    "sub",
  ]);
});
