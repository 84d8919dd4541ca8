import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../shared/domain/problem.ts";
import { accessRulesSchema } from "../../../../shared/domain/rules/access-file.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, LOGIN, OWN_FOLDER, PARTNER, rulesOf } from "../../../support/valet.ts";

interface Told extends Problem {
  readonly at: string;
}

/** Every mistake: where it is, what is wrong, and what to write instead. */
function mistakesIn(file: unknown): readonly Told[] {
  const result = accessRulesFrom(file);
  return result.ok ? [] : result.problems.map(({ path, is, fix }) => ({ at: path.join("."), is, fix }));
}

const placesOf = (mistakes: readonly Told[]) => mistakes.map(({ at }) => at);

const issuer = (change: object) => accessFile({ issuers: [{ ...LOGIN, ...change }] });
const { jwks: _, ...WITHOUT_KEYS } = LOGIN;
const keyless = (change: object) => accessFile({ issuers: [{ ...WITHOUT_KEYS, ...change }] });
const rule = (change: object) => accessFile({ rules: [{ ...OWN_FOLDER, ...change }] });

describe("access.yaml", () => {
  it("fills in every default that the documents promise", () => {
    const rules = rulesOf(accessFile());
    expect(rules.issuers).toEqual([
      {
        name: "login",
        issuer: "https://login.example.com/",
        audience: ["photo-app"],
        audienceClaim: "aud",
        keys: { kind: "jwks", url: LOGIN.jwks },
        secretBeside: undefined,
        algorithms: ["RS256"],
        jwksCache: { maxAgeSeconds: 600, cooldownSeconds: 10, maxStaleSeconds: 86_400 },
        clockToleranceSeconds: 30,
        maxTokenAgeSeconds: undefined,
        tokenTypes: undefined,
        requiredClaims: [],
        userClaim: "sub",
        userType: "text",
      },
    ]);
    expect(rules.session).toEqual({ durationSeconds: 3600, maxDurationSeconds: 3600 });
    expect(rules.rules[0]).toMatchObject({
      name: "own folder",
      issuer: undefined,
      permissions: ["read", "write", "list", "delete"],
      actions: [],
      bucket: undefined,
      durationSeconds: undefined,
      sourceIp: undefined,
      secureTransport: undefined,
      mode: "enforce",
    });
    expect(rules.rules[0]?.when.size).toBe(0);
    expect(rules.rules[0]?.signedIn).toBe(false);
    expect([rules.deny, rules.tests]).toEqual([[], []]);
  });

  it("takes HS256 where the key is a secret, and nothing is said of algorithms", () => {
    expect(rulesOf(keyless({ secret: "JWT_SECRET" })).issuers[0]).toMatchObject({
      keys: { kind: "secret", variable: "JWT_SECRET" },
      algorithms: ["HS256"],
    });
  });

  it("finds an https issuer's keys by discovery where no source is named", () => {
    expect(rulesOf(keyless({})).issuers[0]?.keys).toEqual({ kind: "discovery" });
  });

  it.each<[string, object, object]>([
    ["a key set", { jwks: LOGIN.jwks }, { kind: "jwks", url: LOGIN.jwks }],
    ["a public key", { publicKey: "JWT_PUBLIC_KEY" }, { kind: "publicKey", variable: "JWT_PUBLIC_KEY" }],
    ["the keys that the issuer publishes", {}, { kind: "discovery" }],
  ])("takes a secret and %s together, each for its own algorithms", (_what, source, keys) => {
    const algorithms = ["HS256", "ES256"];
    expect(rulesOf(keyless({ secret: "JWT_SECRET", ...source, algorithms })).issuers[0]).toMatchObject({
      keys,
      secretBeside: "JWT_SECRET",
      algorithms,
    });
  });

  it("takes null for an audience: the check is switched off, visibly", () => {
    expect(rulesOf(issuer({ audience: null })).issuers[0]?.audience).toBeNull();
  });

  it("takes one audience or a list, of which a token needs any", () => {
    expect(rulesOf(issuer({ audience: "web" })).issuers[0]?.audience).toEqual(["web"]);
    expect(rulesOf(issuer({ audience: ["web", "ios"] })).issuers[0]?.audience).toEqual(["web", "ios"]);
  });

  it.each(["client_id", "azp", "app_metadata.app", "aud"])("takes %s as the audience's claim", (claim) => {
    expect(rulesOf(issuer({ audienceClaim: claim })).issuers[0]).toMatchObject({
      audience: ["photo-app"],
      audienceClaim: claim,
    });
  });

  it("lets maxDuration follow duration where only that is written", () => {
    expect(rulesOf(accessFile({ session: { duration: 900 } })).session).toEqual({
      durationSeconds: 900,
      maxDurationSeconds: 900,
    });
  });

  it("puts permissions into one order, each once, and actions too", () => {
    const [only] = rulesOf(
      rule({
        allow: ["delete", "read", "read"],
        actions: ["oss:PutObjectAcl", "oss:GetObjectAcl", "oss:PutObjectAcl"],
      }),
    ).rules;
    expect(only).toMatchObject({
      permissions: ["read", "delete"],
      actions: ["oss:GetObjectAcl", "oss:PutObjectAcl"],
    });
  });

  it("reads promises: a permission, and a key that may hold blanks", () => {
    const file = accessFile({ tests: [{ claims: { sub: "alice" }, can: ["read users/alice/my cat.jpg"] }] });
    expect(rulesOf(file).tests[0]?.can).toEqual([
      { text: "read users/alice/my cat.jpg", permission: "read", key: "users/alice/my cat.jpg" },
    ]);
  });

  it("reads a denial's time as UTC", () => {
    const file = accessFile({ deny: [{ issuedBefore: "2026-11-23T10:00:00Z", reason: "lost keys" }] });
    expect(rulesOf(file).deny[0]?.issuedBeforeMs).toBe(Date.UTC(2026, 10, 23, 10));
  });
});

describe("a mistake in access.yaml names its place and what to write instead", () => {
  it.each<[string, unknown, Told]>([
    ["an empty file", null, { at: "", is: "is empty", fix: "write issuers, session, rules … below it" }],
    ["a list", [], { at: "", is: "is a list", fix: "write issuers, session, rules … below it" }],
    [
      "no issuers",
      { rules: [OWN_FOLDER] },
      { at: "", is: "has no issuers", fix: "write issuers: whose tokens count, at least one" },
    ],
    [
      "an empty list of issuers",
      accessFile({ issuers: [] }),
      { at: "issuers", is: "is an empty list", fix: "write at least one: - name: login" },
    ],
    [
      "no rules",
      { issuers: [LOGIN] },
      { at: "", is: "has no rules", fix: "write rules: who may reach what, at least one" },
    ],
    [
      "a mistyped name at the top",
      accessFile({ rule: [] }),
      { at: "rule", is: "is not known here", fix: "write rules" },
    ],
    ["alow", rule({ alow: ["read"] }), { at: "rules.0.alow", is: "is not known here", fix: "write allow" }],
    [
      "a name like nothing",
      rule({ zzzzzzzz: 1 }),
      {
        at: "rules.0.zzzzzzzz",
        is: "is not known here",
        fix: "use one of name, issuer, when, allow, upload, actions, prefix, bucket, duration, sourceIp, secureTransport, mode",
      },
    ],
    [
      "a permission in capitals",
      rule({ allow: ["Read"] }),
      { at: "rules.0.allow.0", is: 'is "Read"', fix: "write read" },
    ],
    [
      "a permission that there is not",
      rule({ allow: ["administrate"] }),
      {
        at: "rules.0.allow.0",
        is: 'is "administrate"',
        fix: "write one of read, write, list, delete, upload",
      },
    ],
    [
      "a permission that is no text",
      rule({ allow: [true] }),
      { at: "rules.0.allow.0", is: "is true", fix: "write one of read, write, list, delete, upload" },
    ],
    [
      "permissions with commas alone",
      rule({ allow: "read, write" }),
      { at: "rules.0.allow", is: 'is "read, write"', fix: "write a list: [read, write]" },
    ],
    [
      "permissions that are no list",
      rule({ allow: "read" }),
      { at: "rules.0.allow", is: 'is "read"', fix: "write a list: [read]" },
    ],
    [
      "a rule that grants nothing",
      rule({ allow: [] }),
      { at: "rules.0", is: "grants nothing", fix: "write allow: [read], or delete the rule" },
    ],
    [
      "a prefix without its slash",
      rule({ prefix: "users/{sub}" }),
      { at: "rules.0.prefix", is: 'must end in "/"', fix: 'write "users/{sub}/"' },
    ],
    [
      "a prefix that YAML read as a group",
      rule({ prefix: { sub: null } }),
      {
        at: "rules.0.prefix",
        is: "is a group of names and values (a text with braces needs quotes in YAML)",
        fix: 'write a text, such as "users/{sub}/"',
      },
    ],
    [
      "the whole bucket",
      rule({ prefix: "" }),
      {
        at: "rules.0.prefix",
        is: "is empty, which would be the whole bucket",
        fix: 'write a folder, such as "users/{sub}/"',
      },
    ],
    [
      "a wildcard in a prefix",
      rule({ prefix: "users/*/" }),
      {
        at: "rules.0.prefix",
        is: 'contains "*", but a prefix already covers everything below it',
        fix: 'delete "*", or write "{sub}" for one folder per user',
      },
    ],
    [
      "a wildcard action",
      rule({ actions: ["oss:Get*"] }),
      {
        at: "rules.0.actions.0",
        is: 'is "oss:Get*", but a wildcard is never allowed',
        fix: "name each action",
      },
    ],
    [
      "every action",
      rule({ actions: ["*"] }),
      { at: "rules.0.actions.0", is: 'is "*", but a wildcard is never allowed', fix: "name each action" },
    ],
    [
      "one unknown character in an action",
      rule({ actions: ["oss:GetObjec?"] }),
      {
        at: "rules.0.actions.0",
        is: 'is "oss:GetObjec?", but a wildcard is never allowed',
        fix: "name each action",
      },
    ],
    [
      "an action in another case",
      rule({ actions: ["oss:getobject"] }),
      {
        at: "rules.0.actions.0",
        is: 'is "oss:getobject", which is not an OSS action on objects',
        fix: "write oss:GetObject",
      },
    ],
    [
      "an action of another service",
      rule({ actions: ["sts:AssumeRole"] }),
      {
        at: "rules.0.actions.0",
        is: 'is "sts:AssumeRole", which is not an OSS action on objects',
        fix: "see docs/access-rules.md for the list",
      },
    ],
    [
      "listing as a raw action",
      rule({ actions: ["oss:ListObjects"] }),
      {
        at: "rules.0.actions.0",
        is: "is oss:ListObjects",
        fix: "write list in allow: it adds the prefix condition",
      },
    ],
    [
      "an action on the bucket",
      rule({ actions: ["oss:ListMultipartUploads"] }),
      {
        at: "rules.0.actions.0",
        is: "is oss:ListMultipartUploads, which OSS authorises on the whole bucket: no prefix can narrow it",
        fix: "delete it: no rule may grant it",
      },
    ],
    [
      "a bucket's policy",
      rule({ actions: ["oss:PutBucketPolicy"] }),
      {
        at: "rules.0.actions.0",
        is: "is oss:PutBucketPolicy, which OSS authorises on the whole bucket: no prefix can narrow it",
        fix: "delete it: no rule may grant it",
      },
    ],
    [
      "a bucket with a wildcard",
      rule({ bucket: "example*" }),
      {
        at: "rules.0.bucket",
        is: 'is "example*"',
        fix: "write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket",
      },
    ],
    [
      "a bucket with a slash",
      rule({ bucket: "examplebucket/users" }),
      {
        at: "rules.0.bucket",
        is: 'is "examplebucket/users"',
        fix: "write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket",
      },
    ],
    [
      "a duration below STS's",
      rule({ duration: 899 }),
      { at: "rules.0.duration", is: "is 899", fix: "write a whole number of seconds from 900 to 43200" },
    ],
    [
      "a duration in words",
      rule({ duration: "1h" }),
      { at: "rules.0.duration", is: 'is "1h"', fix: "write a whole number of seconds from 900 to 43200" },
    ],
    [
      "a duration with a fraction",
      rule({ duration: 900.5 }),
      { at: "rules.0.duration", is: "is 900.5", fix: "write a whole number of seconds from 900 to 43200" },
    ],
    [
      "a rule's duration above the session's",
      rule({ duration: 7200 }),
      {
        at: "rules.0.duration",
        is: "is 7200, more than session.maxDuration (3600)",
        fix: "write 3600 or less",
      },
    ],
    [
      "a maxDuration below duration",
      accessFile({ session: { duration: 3600, maxDuration: 900 } }),
      { at: "session.maxDuration", is: "is 900, less than duration (3600)", fix: "write 3600 or more" },
    ],
    [
      "a maxDuration above STS's",
      accessFile({ session: { maxDuration: 43_201 } }),
      { at: "session.maxDuration", is: "is 43201", fix: "write a whole number of seconds from 900 to 43200" },
    ],
    [
      "sourceIp with an address",
      rule({ sourceIp: "192.0.2.1" }),
      { at: "rules.0.sourceIp", is: 'is "192.0.2.1"', fix: "write one of request" },
    ],
    [
      "a switch that is off",
      rule({ secureTransport: false }),
      { at: "rules.0.secureTransport", is: "is false", fix: "write true, or leave it out" },
    ],
    [
      "a mode that there is not",
      rule({ mode: "Report" }),
      { at: "rules.0.mode", is: 'is "Report"', fix: "write report" },
    ],
    [
      "an empty when",
      rule({ when: {} }),
      { at: "rules.0.when", is: "is empty", fix: "write { role: editor }, or leave it out" },
    ],
    ...[
      "everybody",
      "everyone",
      "*",
      "authenticated",
      "signed in",
      "Signed-In",
      "logged-in",
      "any",
      true,
    ].map((word): [string, unknown, Told] => [
      `a when of ${JSON.stringify(word)}`,
      rule({ when: word }),
      {
        at: "rules.0.when",
        is: `is ${JSON.stringify(word)}`,
        fix: "write signed-in, for everybody who has signed in",
      },
    ]),
    [
      "a when of one word",
      rule({ when: "editor" }),
      {
        at: "rules.0.when",
        is: 'is "editor"',
        fix: "write names and values: { role: editor }, or signed-in for everybody who has signed in",
      },
    ],
    [
      "a when that is a list",
      rule({ when: ["signed-in"] }),
      { at: "rules.0.when", is: "is a list", fix: "write names and values: { role: editor }" },
    ],
    [
      "a when without a value",
      rule({ when: { role: null } }),
      {
        at: "rules.0.when.role",
        is: "is empty",
        fix: "write a text, a number, true or false, such as editor",
      },
    ],
    [
      "a when with an empty list",
      rule({ when: { role: [] } }),
      { at: "rules.0.when.role", is: "is an empty list", fix: "write at least one: [red, blue]" },
    ],
    [
      "a when with a group",
      rule({ when: { role: { a: 1 } } }),
      {
        at: "rules.0.when.role",
        is: "is a group of names and values (a text with braces needs quotes in YAML)",
        fix: "write a text, a number, true or false, such as editor",
      },
    ],
    [
      "a rule without a name",
      rule({ name: " " }),
      { at: "rules.0.name", is: "is empty", fix: "write what the rule is for, such as own folder" },
    ],
    [
      "two rules of one name",
      accessFile({ rules: [OWN_FOLDER, OWN_FOLDER] }),
      { at: "rules.1.name", is: "is also the name of rules[0]", fix: "write another name" },
    ],
    [
      "an issuer that there is not",
      rule({ issuer: "logon" }),
      { at: "rules.0.issuer", is: "is logon, but no issuer has this name", fix: "write login" },
    ],
    [
      "an issuer's name in capitals",
      issuer({ name: "Login" }),
      { at: "issuers.0.name", is: 'is "Login"', fix: "write a short word of a-z, 0-9 and -, such as login" },
    ],
    [
      "an issuer's name as a path",
      issuer({ name: "a/b" }),
      { at: "issuers.0.name", is: 'is "a/b"', fix: "write a short word of a-z, 0-9 and -, such as login" },
    ],
    [
      "an issuer with a blank",
      issuer({ issuer: " https://login.example.com/" }),
      {
        at: "issuers.0.issuer",
        is: "is empty or has spaces around it",
        fix: "write the token's iss exactly",
      },
    ],
    [
      "no audience",
      accessFile({ issuers: [{ name: "login", issuer: LOGIN.issuer, jwks: LOGIN.jwks }] }),
      {
        at: "issuers.0",
        is: "has no audience",
        fix: "write audience: the value that the token's aud must contain, such as photo-app; a list means any of them; null switches the check off",
      },
    ],
    [
      "an empty audience",
      issuer({ audience: "" }),
      {
        at: "issuers.0.audience",
        is: "is empty",
        fix: "write the token's aud, or null to switch the check off",
      },
    ],
    [
      "an empty list of audiences",
      issuer({ audience: [] }),
      {
        at: "issuers.0.audience",
        is: "is an empty list: no token has one of its values",
        fix: "write the token's aud in it, or null instead of the list to switch the check off",
      },
    ],
    [
      "an audience twice",
      issuer({ audience: ["web", "ios", "web"] }),
      { at: "issuers.0.audience.2", is: "is the same as audience[0]", fix: "delete it" },
    ],
    [
      "null among audiences",
      issuer({ audience: ["web", null] }),
      {
        at: "issuers.0.audience.1",
        is: "is null in a list",
        fix: "delete it, or write null instead of the whole list to switch the check off",
      },
    ],
    [
      "an empty text among audiences",
      issuer({ audience: ["web", ""] }),
      {
        at: "issuers.0.audience.1",
        is: "is empty",
        fix: "write the token's aud, or null to switch the check off",
      },
    ],
    [
      "a list among audiences",
      issuer({ audience: ["web", ["ios"]] }),
      { at: "issuers.0.audience.1", is: "is a list", fix: "write a text, such as photo-app" },
    ],
    [
      "an audience of digits without quotes",
      issuer({ audience: 1234567890 }),
      {
        at: "issuers.0.audience",
        is: "is 1234567890, and not a text",
        fix: 'write it in quotes: "1234567890"',
      },
    ],
    [
      "several audiences in one text",
      issuer({ audience: "web, ios" }),
      {
        at: "issuers.0.audience",
        is: 'is "web, ios": one text, in which no token\'s aud would be found',
        fix: "write a list: [web, ios]",
      },
    ],
    [
      "an audience with spaces around it",
      issuer({ audience: "web " }),
      { at: "issuers.0.audience", is: "has spaces around it", fix: "write web" },
    ],
    [
      "several claims for the audience",
      issuer({ audienceClaim: ["client_id", "azp"] }),
      { at: "issuers.0.audienceClaim", is: "is a list", fix: "write a text, such as client_id" },
    ],
    [
      "an empty claim for the audience",
      issuer({ audienceClaim: "" }),
      {
        at: "issuers.0.audienceClaim",
        is: "is empty",
        fix: "write a claim's name",
      },
    ],
    [
      "a claim for the audience that is the same in every App's tokens",
      issuer({ audienceClaim: "iss" }),
      {
        at: "issuers.0.audienceClaim",
        is: "is iss, which does not say for which App a token is",
        fix: "write the claim that names the App, such as client_id or azp",
      },
    ],
    [
      "the user's claim for the audience",
      issuer({ audienceClaim: "uid", user: "uid" }),
      {
        at: "issuers.0.audienceClaim",
        is: "is uid, which names the user",
        fix: "write the claim that names the App, such as client_id or azp",
      },
    ],
    [
      "a claim for an audience that is not checked",
      issuer({ audience: null, audienceClaim: "client_id" }),
      {
        at: "issuers.0.audienceClaim",
        is: "names the claim of an audience, but audience is null: nothing is checked",
        fix: "write the value of client_id as audience, or delete audienceClaim",
      },
    ],
    [
      "the audience's claim, mistyped",
      issuer({ audienceclaim: "azp" }),
      { at: "issuers.0.audienceclaim", is: "is not known here", fix: "write audienceClaim" },
    ],
    [
      "keys over http",
      issuer({ jwks: "http://login.example.com/jwks" }),
      {
        at: "issuers.0.jwks",
        is: 'is "http://login.example.com/jwks": whoever can change the keys on the way can be anybody',
        fix: "write https:// (http:// only for a loopback address)",
      },
    ],
    [
      "keys in a file",
      issuer({ jwks: "file:///etc/keys" }),
      {
        at: "issuers.0.jwks",
        is: 'is "file:///etc/keys": whoever can change the keys on the way can be anybody',
        fix: "write https:// (http:// only for a loopback address)",
      },
    ],
    [
      "keys at the metadata service",
      issuer({ jwks: "http://100.100.100.200/latest/meta-data" }),
      {
        at: "issuers.0.jwks",
        is: 'is "http://100.100.100.200/latest/meta-data": whoever can change the keys on the way can be anybody',
        fix: "write https:// (http:// only for a loopback address)",
      },
    ],
    [
      "half an address",
      issuer({ jwks: "login.example.com/jwks" }),
      {
        at: "issuers.0.jwks",
        is: 'is "login.example.com/jwks"',
        fix: "write a whole address, such as https://login.example.com/.well-known/jwks.json",
      },
    ],
    [
      "an address with a password",
      issuer({ jwks: "https://me:hunter2@login.example.com/jwks" }),
      { at: "issuers.0.jwks", is: "contains a user name or password", fix: "write the address without it" },
    ],
    [
      "two sources of public keys",
      issuer({ publicKey: "JWT_PUBLIC_KEY" }),
      {
        at: "issuers.0.publicKey",
        is: "is a second source of public keys, besides jwks",
        fix: "delete one of them",
      },
    ],
    [
      "a secret beside public keys, and no algorithms",
      issuer({ secret: "JWT_SECRET" }),
      {
        at: "issuers.0",
        is: "has a secret and public keys, but no algorithms",
        fix: "write those of both, such as algorithms: [HS256, ES256]",
      },
    ],
    [
      "a secret beside public keys, and no algorithm for it",
      issuer({ secret: "JWT_SECRET", algorithms: ["ES256"] }),
      {
        at: "issuers.0.secret",
        is: "is for HS256, HS384 and HS512, and algorithms has none of them",
        fix: "add HS256 to algorithms, or delete secret",
      },
    ],
    [
      "public keys beside a secret, and no algorithm for them",
      issuer({ secret: "JWT_SECRET", algorithms: ["HS256"] }),
      {
        at: "issuers.0.jwks",
        is: "is for RS*, PS* and ES*, and algorithms has none of them",
        fix: "add the algorithm of the public keys to algorithms, such as ES256, or delete this line",
      },
    ],
    [
      "a secret and algorithms of both, and no address where public keys could be",
      keyless({ issuer: "my-login", secret: "JWT_SECRET", algorithms: ["HS256", "ES256"] }),
      {
        at: "issuers.0.algorithms.1",
        is: "is ES256, which needs a public key",
        fix: "write HS256, HS384 or HS512 with a secret",
      },
    ],
    [
      "two entries for an issuer that changes its key",
      accessFile({
        issuers: [
          { ...WITHOUT_KEYS, secret: "JWT_SECRET" },
          { ...LOGIN, name: "login-new", algorithms: ["ES256"] },
        ],
        rules: [{ ...OWN_FOLDER, issuer: "login" }],
      }),
      {
        at: "issuers.1.issuer",
        is: "is the same as that of issuers[0]",
        fix: "keep one entry for each issuer, with secret: JWT_SECRET, jwks: https://login.example.com/.well-known/jwks.json and algorithms: [HS256, ES256]",
      },
    ],
    [
      "two entries for an App on two platforms",
      accessFile({
        issuers: [LOGIN, { ...LOGIN, name: "ios", audience: "photo-app-ios" }],
        rules: [{ ...OWN_FOLDER, issuer: "login" }],
      }),
      {
        at: "issuers.1.issuer",
        is: "is the same as that of issuers[0]",
        fix: "keep one entry for each issuer, with audience: [photo-app, photo-app-ios]",
      },
    ],
    [
      "an issuer whose keys cannot be found",
      keyless({ issuer: "my-login" }),
      {
        at: "issuers.0",
        is: "has no source of keys, and its issuer is not an https address where keys could be found",
        fix: "write jwks, secret or publicKey",
      },
    ],
    [
      "HS beside RS",
      issuer({ algorithms: ["RS256", "HS256"] }),
      {
        at: "issuers.0.algorithms.1",
        is: "is HS256, which needs a secret",
        fix: "write RS256, PS256 or ES256 (or 384, 512) with a public key",
      },
    ],
    [
      "RS with a secret",
      keyless({ secret: "JWT_SECRET", algorithms: ["RS256"] }),
      {
        at: "issuers.0.algorithms.0",
        is: "is RS256, which needs a public key",
        fix: "write HS256, HS384 or HS512 with a secret",
      },
    ],
    [
      "ES256K, which is not a mistyped ES256",
      issuer({ algorithms: ["ES256K"] }),
      {
        at: "issuers.0.algorithms.0",
        is: "is ES256K, whose curve secp256k1 is not taken here; ES256 cannot verify its tokens",
        fix: "let the issuer sign with ES256 or RS256, and write that",
      },
    ],
    [
      "EdDSA",
      issuer({ algorithms: ["EdDSA"] }),
      {
        at: "issuers.0.algorithms.0",
        is: "is EdDSA, which jsonwebtoken cannot verify",
        fix: "let the issuer sign with ES256 or RS256, and write that",
      },
    ],
    [
      "none",
      issuer({ algorithms: ["None"] }),
      {
        at: "issuers.0.algorithms.0",
        is: "is none: a token without a signature proves nothing",
        fix: "write the algorithm that the issuer signs with, such as RS256",
      },
    ],
    [
      "an algorithm in small letters",
      issuer({ algorithms: ["rs256"] }),
      { at: "issuers.0.algorithms.0", is: 'is "rs256"', fix: "write RS256" },
    ],
    [
      "no algorithms",
      issuer({ algorithms: [] }),
      { at: "issuers.0.algorithms", is: "is an empty list", fix: "write at least one: [RS256]" },
    ],
    [
      "a clock tolerance of an hour",
      issuer({ clockTolerance: 3600 }),
      { at: "issuers.0.clockTolerance", is: "is 3600", fix: "write a whole number of seconds from 0 to 300" },
    ],
    [
      "a cooldown of nothing",
      issuer({ jwksCache: { cooldown: 0 } }),
      {
        at: "issuers.0.jwksCache.cooldown",
        is: "is 0",
        fix: "write a whole number of seconds from 1 to 3600",
      },
    ],
    [
      "an empty user claim",
      issuer({ user: "" }),
      { at: "issuers.0.user", is: "is empty", fix: "write a claim's name" },
    ],
    [
      "a user claim in braces",
      issuer({ user: "{sub}" }),
      { at: "issuers.0.user", is: 'is "{sub}": braces are for prefixes', fix: "write sub" },
    ],
    [
      "a required claim with a digest",
      issuer({ requiredClaims: ["https://claims.example.com/app.org:hash"] }),
      {
        at: "issuers.0.requiredClaims.0",
        is: 'is "https://claims.example.com/app.org:hash": :hash is for prefixes',
        fix: "write https://claims.example.com/app.org",
      },
    ],
    [
      "a claim of when in braces",
      rule({ when: { "{https://claims.example.com/app.role:hash}": "editor" } }),
      {
        at: "rules.0.when.{https://claims.example.com/app.role:hash}",
        is: 'is "{https://claims.example.com/app.role:hash}": braces are for prefixes',
        fix: "write https://claims.example.com/app.role",
      },
    ],
    [
      "a claim of when in the language of JSONPath",
      rule({ when: { '$.app["roles"][0]': "editor" } }),
      {
        at: 'rules.0.when.$.app["roles"][0]',
        is: `is ${JSON.stringify('$.app["roles"][0]')}: a path begins with a claim's name, without $`,
        fix: "write app.roles",
      },
    ],
    [
      "a claim of when with a number for a list's entry",
      rule({ when: { "realm_access.roles[0]": "editor" } }),
      {
        at: "rules.0.when.realm_access.roles[0]",
        is: 'is "realm_access.roles[0]": a path has dots, not brackets, and a list needs no number',
        fix: "write realm_access.roles",
      },
    ],
    [
      "a claim of when that ends with a dot",
      rule({ when: { "app_metadata.": "editor" } }),
      {
        at: "rules.0.when.app_metadata.",
        is: 'is "app_metadata.": has a dot without a name beside it',
        fix: "write app_metadata",
      },
    ],
    [
      "a claim of when that is a dot",
      rule({ when: { ".": "editor" } }),
      { at: "rules.0.when..", is: 'is ".": has a dot without a name beside it', fix: "write a claim's name" },
    ],
    [
      "a claim of when with a space",
      rule({ when: { "role ": "editor" } }),
      { at: "rules.0.when.role ", is: 'is "role ": has spaces around it', fix: "write role" },
    ],
    [
      "a denial of nobody",
      accessFile({ deny: [{ reason: "?" }] }),
      { at: "deny.0", is: "refuses nobody", fix: "write user, tokenId or issuedBefore" },
    ],
    [
      "a denial in local time",
      accessFile({ deny: [{ issuedBefore: "2026-11-23 10:00" }] }),
      {
        at: "deny.0.issuedBefore",
        is: 'is "2026-11-23 10:00"',
        fix: 'write a UTC time such as "2026-11-23T10:00:00Z"',
      },
    ],
    [
      "a denial on the 32nd",
      accessFile({ deny: [{ issuedBefore: "2026-12-32T10:00:00Z" }] }),
      {
        at: "deny.0.issuedBefore",
        is: 'is "2026-12-32T10:00:00Z"',
        fix: 'write a UTC time such as "2026-11-23T10:00:00Z"',
      },
    ],
    [
      "a denial of an empty user",
      accessFile({ deny: [{ user: "" }] }),
      { at: "deny.0.user", is: "is empty, and matches nobody", fix: "write the user's ID" },
    ],
    [
      "a denial of a number where users are texts",
      accessFile({ deny: [{ user: 7 }] }),
      {
        at: "deny.0.user",
        is: "is the number 7, but users of login are texts: it denies nobody",
        fix: 'write "7" in quotes, or userType: integer for the issuer',
      },
    ],
    [
      "a denial of digits in quotes where users are numbers",
      accessFile({ issuers: [{ ...LOGIN, userType: "integer" }], deny: [{ user: "7" }] }),
      {
        at: "deny.0.user",
        is: 'is the text "7", but users of login are whole numbers: it denies nobody',
        fix: "write 7 without quotes",
      },
    ],
    [
      "a denial of a name where users are numbers",
      accessFile({ issuers: [{ ...LOGIN, userType: "integer" }], deny: [{ user: "007" }] }),
      {
        at: "deny.0.user",
        is: 'is the text "007", but users of login are whole numbers: it denies nobody',
        fix: "write the user's number",
      },
    ],
    [
      "a denial of half a user",
      accessFile({ issuers: [{ ...LOGIN, userType: "integer" }], deny: [{ user: 1.5 }] }),
      { at: "deny.0.user", is: "is 1.5", fix: "write a text, such as alice" },
    ],
    [
      "a user type that there is not",
      issuer({ userType: "number" }),
      { at: "issuers.0.userType", is: 'is "number"', fix: "write one of text, integer" },
    ],
    [
      "a number in when and prefix that is not the user's",
      accessFile({
        issuers: [{ ...LOGIN, user: "uid", userType: "integer" }],
        rules: [{ ...OWN_FOLDER, prefix: "teams/{team}/", when: { team: 7 } }],
      }),
      {
        at: "rules.0.when.team",
        is: "has 7, which is a number, not a string: the prefix cannot contain it, and a user who has it is refused (403)",
        fix: "delete it, or take {team} out of the prefix",
      },
    ],
    [
      "a user's number that is not exact",
      accessFile({
        issuers: [{ ...LOGIN, user: "uid", userType: "integer" }],
        rules: [{ ...OWN_FOLDER, prefix: "users/{uid}/", when: { uid: 1.5 } }],
      }),
      {
        at: "rules.0.when.uid",
        is: "has 1.5, which is a number, not a string: the prefix cannot contain it, and a user who has it is refused (403)",
        fix: "delete it, or take {uid} out of the prefix",
      },
    ],
    [
      "a denial of an empty token id",
      accessFile({ deny: [{ tokenId: "" }] }),
      { at: "deny.0.tokenId", is: "is empty, and matches no token", fix: "write the token's jti" },
    ],
    [
      "a value that the prefix cannot take",
      rule({ prefix: "teams/{team}/", when: { team: ["red", "a/b"] } }),
      {
        at: "rules.0.when.team",
        is: 'has "a/b", which has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot: the prefix cannot contain it, and a user who has it is refused (403)',
        fix: "delete it, or take {team} out of the prefix",
      },
    ],
    [
      "a number that the prefix cannot take",
      rule({ prefix: "teams/{team:hash}/", when: { team: 1 } }),
      {
        at: "rules.0.when.team",
        is: "has 1, which is a number, not a string: the prefix cannot contain it, and a user who has it is refused (403)",
        fix: "delete it, or take {team} out of the prefix",
      },
    ],
    [
      "an issuer's address as a folder",
      rule({ prefix: "{iss}/{sub}/" }),
      {
        at: "rules.0.prefix",
        is: 'has {iss}, which is "https://login.example.com/" in tokens of login, and not a safe folder name',
        fix: "write {issuer}, or {iss:hash}",
      },
    ],
    [
      "a test that promises nothing",
      accessFile({ tests: [{ claims: { sub: "a" } }] }),
      { at: "tests.0", is: "promises nothing", fix: "write can or cannot" },
    ],
    [
      "a promise without a permission",
      accessFile({ tests: [{ claims: { sub: "a" }, can: ["users/a/x"] }] }),
      {
        at: "tests.0.can.0",
        is: 'is "users/a/x"',
        fix: "write a permission and a key, such as read users/alice/a.jpg",
      },
    ],
    [
      "a promise with a mistyped one",
      accessFile({ tests: [{ claims: { sub: "a" }, cannot: ["writ users/a/x"] }] }),
      {
        at: "tests.0.cannot.0",
        is: 'is "writ users/a/x"',
        fix: "write a permission and a key, such as write users/alice/a.jpg",
      },
    ],
  ])("%s", (_mistake, file, problem) => {
    expect(mistakesIn(file)).toEqual([problem]);
  });

  it("tells every mistake of form at once", () => {
    const file = {
      issuers: [{ ...LOGIN, audience: "", algorithms: ["none"] }],
      session: { duration: 10 },
      rules: [
        { name: "x", alow: [], prefix: "/users" },
        { name: "y", allow: ["reed"] },
      ],
    };
    expect(placesOf(mistakesIn(file))).toEqual([
      "issuers.0.audience",
      "issuers.0.algorithms.0",
      "session.duration",
      "rules.0.alow",
      "rules.0.prefix",
      "rules.1.allow.0",
      "rules.1",
    ]);
  });

  it("tells mistakes of form and of meaning in one go, each with its own place", () => {
    const file = {
      issuers: [LOGIN],
      session: { duration: 3600, maxDuration: 900 },
      rules: [{ name: "x", alow: ["read"], prefix: "a/" }, { name: "y", prefix: "users/{sub}/" }, OWN_FOLDER],
      deny: [{ usr: "mallory" }, {}],
    };
    expect(placesOf(mistakesIn(file))).toEqual([
      "rules.0.alow",
      "deny.0.usr",
      "session.maxDuration",
      "rules.1",
      "deny.1",
    ]);
  });

  it("finds what rules say together, with their places, although other entries cannot be used", () => {
    const file = {
      issuers: [{ ...LOGIN, jwks: "ftp://keys" }],
      rules: [
        { ...OWN_FOLDER, sourceIp: "always" },
        { ...OWN_FOLDER, name: "a" },
        { ...OWN_FOLDER, name: "b", prefix: "users/{sub:hash}/" },
        { ...OWN_FOLDER, name: "b", issuer: "logn", prefix: "x/" },
        { ...OWN_FOLDER, name: "c", issuer: "login", prefix: "y/" },
      ],
      tests: [{ claims: { sub: "alice" }, can: ["read users/alice/x"], canot: ["read users/bob/x"] }],
    };
    expect(mistakesIn(file)).toEqual([
      {
        at: "issuers.0.jwks",
        is: 'is "ftp://keys": whoever can change the keys on the way can be anybody',
        fix: "write https:// (http:// only for a loopback address)",
      },
      { at: "rules.0.sourceIp", is: 'is "always"', fix: "write one of request" },
      { at: "tests.0.canot", is: "is not known here", fix: "write cannot" },
      { at: "rules.3.name", is: "is also the name of rules[2]", fix: "write another name" },
      { at: "rules.3.issuer", is: "is logn, but no issuer has this name", fix: "write login" },
      {
        at: "rules.2.prefix",
        is: 'is "users/{sub:hash}/", which can be the same folder as "users/{sub}/" of rules[1] ({sub} of one user can be {sub:hash} of another)',
        fix: 'put one of them into a folder of its own, such as "groups/users/{sub:hash}/"',
      },
    ]);
  });

  it("says nothing of an issuer's name where not all of them can be read", () => {
    const file = { issuers: [{ ...LOGIN, name: 7 }], rules: [{ ...OWN_FOLDER, issuer: "login" }] };
    expect(mistakesIn(file)).toEqual([
      { at: "issuers.0.name", is: "is 7", fix: "write a text, such as login" },
    ]);
  });

  it("reads a mistyped name as what it means: one mistake is told once, and those behind it, too", () => {
    const { allow: _allow, ...others } = OWN_FOLDER;
    const file = accessFile({
      issuers: [LOGIN],
      rules: [
        { ...others, alow: ["reed"], duraton: 7200 },
        { name: "b", alow: ["read"], prefxi: "users/{sub:hash}/" },
      ],
    });
    expect(mistakesIn(file)).toEqual([
      { at: "rules.0.alow", is: "is not known here", fix: "write allow" },
      { at: "rules.0.duraton", is: "is not known here", fix: "write duration" },
      { at: "rules.0.alow.0", is: 'is "reed"', fix: "write read" },
      { at: "rules.1.alow", is: "is not known here", fix: "write allow" },
      { at: "rules.1.prefxi", is: "is not known here", fix: "write prefix" },
    ]);
  });

  it.each([
    ["alow", "allow"],
    ["allwo", "allow"],
    ["prefxi", "prefix"],
  ])("knows that %s means %s", (mistyped, meant) => {
    const { allow: _allow, prefix: _prefix, ...others } = OWN_FOLDER;
    const [first] = mistakesIn(accessFile({ rules: [{ ...others, [mistyped]: [] }] }));
    expect(first).toEqual({ at: `rules.0.${mistyped}`, is: "is not known here", fix: `write ${meant}` });
  });

  it("tells every mistake of meaning at once", () => {
    const file = {
      issuers: [LOGIN, { ...LOGIN, algorithms: ["HS256"] }],
      session: { duration: 3600, maxDuration: 900 },
      rules: [
        { name: "x", prefix: "users/{sub}/" },
        { name: "x", issuer: "nobody", allow: ["read"], prefix: "b/" },
      ],
      deny: [{}],
      tests: [{ claims: { sub: "a" } }],
    };
    expect(placesOf(mistakesIn(file))).toEqual([
      "issuers.1.algorithms.0",
      "session.maxDuration",
      "rules.0",
      "deny.0",
      "tests.0",
      "issuers.1.name",
      "issuers.1.issuer",
      "rules.1.name",
      "rules.0",
      "rules.1.issuer",
      "tests.0",
    ]);
  });
});

describe("a warning in access.yaml tells what could be meant, and opens more than it seems to", () => {
  const warningsIn = (file: unknown): readonly Told[] => {
    const result = accessRulesFrom(file);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.warnings.map(({ path, is, fix }) => ({ at: path.join("."), is, fix }));
  };
  const shared = (able: string): Told => ({
    at: "rules.0.prefix",
    is: `is one folder for all users, where every one of them can ${able}`,
    fix: "write {sub} in it for one folder per user, or add a when: that says who may",
  });

  it.each([
    ["braces that were forgotten", { prefix: "users/sub/" }, "write, delete"],
    ["everybody who has signed in", { prefix: "users/sub/", when: "signed-in" }, "write, delete"],
    ["what all tokens have", { prefix: "users/sub/", when: { aud: "photo-app" } }, "write, delete"],
    ["claims that are the same for all", { prefix: "t/{iss:hash}/{azp}/", allow: ["write"] }, "write"],
    [
      "an action that changes",
      { prefix: "a/", allow: [], actions: ["oss:PutObjectAcl"] },
      "oss:PutObjectAcl",
    ],
  ])("one folder for all users, to change: %s", (_how, change, able) => {
    expect(warningsIn(rule(change))).toEqual([shared(able)]);
  });

  it.each(["appid", "app.id"])(
    "one folder for all users, to change: %s, the issuer's audienceClaim",
    (claim) => {
      const inbox = { name: "inbox", prefix: `files/{${claim}}/`, allow: ["write"] };
      const file = (audienceClaim: string) =>
        accessFile({ issuers: [{ ...LOGIN, audienceClaim }], rules: [inbox] });
      expect(warningsIn(file(claim))).toEqual([shared("write")]);
      expect(warningsIn(file("azp"))).toEqual([]);
    },
  );

  it.each([
    ["read alone", { prefix: "public/", allow: ["read", "list"], actions: ["oss:GetObjectTagging"] }],
    ["for those whom a condition names", { prefix: "articles/", when: { role: "editor" } }],
    ["a folder each", { prefix: "users/{sub}/" }],
    ["a folder for each team", { prefix: "teams/{team}/" }],
  ])("and not: %s", (_how, change) => {
    expect(warningsIn(rule(change))).toEqual([]);
  });

  it("J16: an audience that is switched off", () => {
    expect(warningsIn(issuer({ audience: null }))).toEqual([
      {
        at: "issuers.0.audience",
        is: "is null: tokens that this issuer made for other services are accepted too",
        fix: "write the token's aud. If it has none, write audienceClaim: client_id, or another claim that names the App",
      },
    ]);
  });
});

describe("a key itself instead of its variable's name is refused, and never quoted", () => {
  it.each([
    ["a secret", "correct-horse-battery-staple"],
    ["a number", 1_234_567_890],
    ["a PEM", "-----BEGIN PUBLIC KEY-----\nMIIB"],
    ["a list", ["hunter2"]],
  ])("%s", (_what, key) => {
    for (const field of ["secret", "publicKey"]) {
      const mistakes = mistakesIn(keyless({ [field]: key }));
      expect(mistakes).toEqual([
        {
          at: `issuers.0.${field}`,
          is: "must be the NAME of an environment variable",
          fix: "write a name such as JWT_SECRET, and never the key itself",
        },
      ]);
    }
  });
});

describe("several issuers", () => {
  const two = (...rules: readonly object[]) => accessFile({ issuers: [LOGIN, PARTNER], rules });

  it("refuses a rule that names none: alice of one is not alice of another", () => {
    expect(mistakesIn(two(OWN_FOLDER))).toEqual([
      {
        at: "rules.0",
        is: "has no issuer: alice of one issuer is not alice of another",
        fix: "write issuer: login or partner, or put {issuer} into the prefix",
      },
    ]);
  });

  it("offers each name once, where two issuers have the same", () => {
    const twice = { ...two(OWN_FOLDER), issuers: [LOGIN, { ...PARTNER, name: "login" }] };
    expect(mistakesIn(twice)).toEqual([
      { at: "issuers.1.name", is: "is login, like that of issuers[0]", fix: "write another name" },
      {
        at: "rules.0",
        is: "has no issuer: alice of one issuer is not alice of another",
        fix: "write issuer: login, or put {issuer} into the prefix",
      },
    ]);
  });

  it.each([
    ["its issuer is named", { ...OWN_FOLDER, issuer: "partner" }],
    ["its prefix has {issuer}", { ...OWN_FOLDER, prefix: "{issuer}/{sub}/" }],
  ])("takes a rule where %s", (_how, bound) => {
    expect(mistakesIn(two(bound))).toEqual([]);
  });

  it("refuses one folder for the users of both", () => {
    const [login, partner] = [LOGIN, PARTNER].map(({ name }) => ({
      ...OWN_FOLDER,
      name: `of ${name}`,
      issuer: name,
    }));
    expect(mistakesIn(two(login ?? {}, partner ?? {}))[0]).toEqual({
      at: "rules.1.prefix",
      is: 'is "users/{sub}/", which can be the same folder as "users/{sub}/" of rules[0] ({sub} of issuer login can be {sub} of issuer partner)',
      fix: 'put one of them into a folder of its own, such as "groups/users/{sub}/"',
    });
  });

  it("refuses a denied user and a test without an issuer", () => {
    const file = {
      ...two({ ...OWN_FOLDER, issuer: "login" }),
      deny: [{ user: "mallory" }],
      tests: [{ claims: { sub: "a" }, can: ["read users/a/b"] }],
    };
    expect(mistakesIn(file)).toEqual([
      {
        at: "deny.0",
        is: "has no issuer: a user's name means nothing without it",
        fix: "write issuer: login or partner",
      },
      {
        at: "tests.0",
        is: "has no issuer, and there are several",
        fix: "write issuer: login or partner",
      },
    ]);
  });

  it("lets a token's id be denied wherever it comes from", () => {
    const file = { ...two({ ...OWN_FOLDER, issuer: "login" }), deny: [{ tokenId: "0b8f" }] };
    expect(mistakesIn(file)).toEqual([]);
  });
});

describe("the JSON Schema for editors", () => {
  it("knows every field, needs what is needed, and allows nothing else", () => {
    const schema = JSON.parse(JSON.stringify(accessRulesSchema()));
    expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
    expect(schema.required).toEqual(["issuers", "rules"]);
    expect(schema.additionalProperties).toBe(false);
    const rules = schema.properties.rules.items;
    expect(rules.required).toEqual(["name", "prefix"]);
    expect(rules.properties.allow.items.enum).toEqual(["read", "write", "list", "delete", "upload"]);
    expect(schema.properties.issuers.items.required).toEqual(["name", "issuer", "audience"]);
  });
});
