import { describe, expect, it } from "vitest";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, LOGIN } from "../../../support/valet.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What is said of a file with one rule. */
function said(rule: Fields, change: Fields = {}): readonly string[] {
  const rules = [{ name: "r", allow: ["read"], prefix: "a/{sub}/", ...rule }];
  const result = accessRulesFrom(accessFile({ rules, ...change }));
  const found = result.ok ? result.warnings : result.problems;
  return found.map(
    ({ path, is, fix }) => `${result.ok ? "warning" : "problem"} ${path.join(".")} ${is}; ${fix}`,
  );
}

describe("a placeholder that is a name of another product's user", () => {
  const warned = (claim: string, instead = "sub") =>
    `warning rules.0.prefix has {${claim}}, which is a name of other products. Nothing here says that tokens have this claim, and without it the rule never matches; write {${instead}}, or name ${claim} in requiredClaims or in the claims of a test`;

  it.each([
    "userId",
    "userid",
    "user-id",
    "uid",
    "user",
    "identityId",
    "me",
    "auth.uid",
    "request.auth.uid",
    "identity.example.com:sub",
    "aws:username",
  ])("{%s} is warned of", (claim) => {
    expect(said({ prefix: `a/{${claim}}/` })).toEqual([warned(claim)]);
    expect(said({ prefix: `a/{${claim}:hash}/` })).toEqual([warned(claim)]);
  });

  it("is answered with the issuer's own user claim", () => {
    expect(said({ prefix: "a/{userId}/" }, { issuers: [{ ...LOGIN, user: "email" }] })).toEqual([
      warned("userId", "email"),
    ]);
  });

  it.each<[string, Fields, Fields]>([
    ["the issuer's user claim", {}, { issuers: [{ ...LOGIN, user: "userId" }] }],
    ["a required claim", {}, { issuers: [{ ...LOGIN, requiredClaims: ["userId"] }] }],
    ["a claim of its when", { when: { userId: ["7", "8"] } }, {}],
    ["a claim of a test", {}, { tests: [{ claims: { sub: "x", userId: "7" }, can: ["read a/7/b"] }] }],
  ])("is not warned of where it is %s", (_what, rule, change) => {
    expect(said({ prefix: "a/{userId}/", ...rule }, change)).toEqual([]);
  });

  it.each([
    "sub",
    "team",
    "tenant",
    "user_id",
    "username",
    "owner",
    "openid",
    "unionid",
    "custom:team",
    "cognito:username",
    "user.id",
    "app_metadata.uid",
    "https://claims.example.com/app.uid",
    "urn:example:team",
  ])("is not {%s}", (claim) => {
    expect(said({ prefix: `a/{${claim}}/` })).toEqual([]);
  });

  it("is warned of if it is a standard claim in another case", () => {
    expect(said({ prefix: "a/{Sub}/" })).toEqual([
      "warning rules.0.prefix has {Sub}, which is not the claim sub: case counts. Nothing here says that tokens have this claim, and without it the rule never matches; write {sub}, or name Sub in requiredClaims or in the claims of a test",
    ]);
    expect(said({ prefix: "a/{Sub}/" }, { issuers: [{ ...LOGIN, user: "Sub" }] })).toEqual([]);
  });
});

it.each(["exp", "iat", "nbf"])(
  "{%s} is a number in every token: the rule would refuse everybody",
  (claim) => {
    const problem = `problem rules.0.prefix has {${claim}}, which is a number in every token, and a prefix takes texts only; write the name of a claim that is a text, such as {sub}`;
    expect(said({ prefix: `a/{sub}/{${claim}}/` })).toEqual([problem]);
    expect(said({ prefix: `a/{sub}/{${claim}:hash}/` })).toEqual([problem]);
  },
);

describe("a value of when that is a pattern", () => {
  it.each([
    ["^admin.*", "a regular expression", "each value, as a list: [editor, reviewer]"],
    ["^admin$", "a regular expression", "the value itself: admin"],
    ["/admin/", "a regular expression", "the value itself: admin"],
    ["/admin/i", "a regular expression", "the value itself: admin"],
    ["(admin|editor)", "a regular expression", "a list: [admin, editor]"],
    ["^(admin|editor)$", "a regular expression", "a list: [admin, editor]"],
    ["admin.+", "a regular expression", "each value, as a list: [editor, reviewer]"],
    ["team-\\d", "a regular expression", "each value, as a list: [editor, reviewer]"],
    ["team-[a-z]", "a regular expression", "each value, as a list: [editor, reviewer]"],
    ["(?i)admin", "a regular expression", "each value, as a list: [editor, reviewer]"],
    ["*@example.com", "a glob", "each value, as a list: [editor, reviewer]"],
    ["admin*", "a glob", "each value, as a list: [editor, reviewer]"],
    ["*", "a glob", "each value, as a list: [editor, reviewer]"],
    ["{red,blue}", "a glob", "a list: [red, blue]"],
    ["!editor", "a comparison", "each value, as a list: [editor, reviewer]"],
    [">= 3", "a comparison", "each value, as a list: [editor, reviewer]"],
  ])("%s is warned of", (value, kind, instead) => {
    const warning = `warning rules.0.when.role has ${JSON.stringify(value)}, which looks like ${kind}, but values are compared as they are; write ${instead}`;
    expect(said({ when: { role: value } })).toEqual([warning]);
    expect(said({ when: { role: ["viewer", value] } })).toEqual([warning]);
    // A test with the value says that a token has this very text.
    const tests = [{ claims: { sub: "x", role: ["viewer", value] }, can: ["read a/x/b"] }];
    expect(said({ when: { role: value } }, { tests })).toEqual([]);
  });

  it.each([
    "editor",
    "chief editor",
    "auth0|5f7c8ec7c33c6c004bbafe82",
    "/teams/red",
    "/teams/my",
    "/",
    "C++",
    "a.b+c@example.com",
    "编辑（主管）",
    "Doe, Jane",
    "why?",
    "cost$",
    "(old)",
    "[team]",
    "read:photos write:photos",
    "https://example.com/roles#admin",
    "not verified",
  ])("%s is only a text", (value) => {
    expect(said({ when: { role: value } })).toEqual([]);
  });

  it("does not concern numbers and booleans", () => {
    expect(said({ when: { level: [1, 2], email_verified: true } })).toEqual([]);
  });
});

describe("a denial with a pattern denies nobody, and is warned of", () => {
  it.each(["user", "tokenId"])("%s", (field) => {
    expect(said({}, { deny: [{ [field]: "*@example.com" }] })).toEqual([
      `warning deny.0.${field} is "*@example.com", which looks like a glob, but it is compared as it is: it denies nobody else; write one entry for each, with its exact text`,
    ]);
    expect(said({}, { deny: [{ [field]: "auth0|5f7c" }] })).toEqual([]);
  });
});
