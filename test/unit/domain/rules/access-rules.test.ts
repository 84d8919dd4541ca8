import { describe, expect, it } from "vitest";
import { accessRulesSchema } from "../../../../shared/domain/rules/access-file.ts";
import { accessRulesFrom } from "../../../../shared/domain/rules/access-rules.ts";
import { accessFile, LOGIN, OWN_FOLDER, PARTNER, rulesOf } from "../../../support/valet.ts";

/** Every mistake, as an operator reads it: path, then what is wrong and what to write. */
function mistakesIn(file: unknown): readonly string[] {
  const result = accessRulesFrom(file);
  return result.ok ? [] : result.problems.map(({ path, problem }) => `${path.join(".")} ${problem}`);
}

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
        audience: "photo-app",
        keys: { kind: "jwks", url: LOGIN.jwks },
        algorithms: ["RS256"],
        jwksCache: { maxAgeSeconds: 600, cooldownSeconds: 10, maxStaleSeconds: 86_400 },
        clockToleranceSeconds: 30,
        maxTokenAgeSeconds: undefined,
        tokenTypes: undefined,
        requiredClaims: [],
        userClaim: "sub",
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

  it("takes null for an audience: the check is switched off, visibly", () => {
    expect(rulesOf(issuer({ audience: null })).issuers[0]?.audience).toBeNull();
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
  const HTTPS =
    "write https:// (http:// only for a loopback address): whoever can change the keys on the way can be anybody";

  it.each<[string, unknown, string]>([
    ["an empty file", null, " is empty; write issuers, session, rules … below it"],
    ["a list", [], " is a list; write issuers, session, rules … below it"],
    ["no issuers", { rules: [OWN_FOLDER] }, " needs issuers: who may vouch for a user, at least one"],
    [
      "an empty list of issuers",
      accessFile({ issuers: [] }),
      "issuers is an empty list; write at least one: - name: login",
    ],
    ["no rules", { issuers: [LOGIN] }, " needs rules: who may reach what, at least one"],
    ["a mistyped name at the top", accessFile({ rule: [] }), "rule is not known here; write rules"],
    ["alow", rule({ alow: ["read"] }), "rules.0.alow is not known here; write allow"],
    [
      "a name like nothing",
      rule({ zzzzzzzz: 1 }),
      "rules.0.zzzzzzzz is not known here; known are name, issuer, when, allow, actions, prefix, bucket, duration, sourceIp, secureTransport, mode",
    ],
    ["a permission in capitals", rule({ allow: ["Read"] }), 'rules.0.allow.0 is "Read"; write read'],
    [
      "a permission that there is not",
      rule({ allow: ["administrate"] }),
      'rules.0.allow.0 is "administrate"; write one of read, write, list, delete',
    ],
    [
      "a permission that is no text",
      rule({ allow: [true] }),
      "rules.0.allow.0 is true; write one of read, write, list, delete",
    ],
    [
      "permissions with commas alone",
      rule({ allow: "read, write" }),
      'rules.0.allow is "read, write"; write a list: [read, write]',
    ],
    [
      "permissions that are no list",
      rule({ allow: "read" }),
      'rules.0.allow is "read"; write a list: [read]',
    ],
    [
      "a rule that grants nothing",
      rule({ allow: [] }),
      "rules.0 grants nothing; write allow: [read], or delete the rule",
    ],
    [
      "a prefix without its slash",
      rule({ prefix: "users/{sub}" }),
      'rules.0.prefix must end in "/": write "users/{sub}/"',
    ],
    [
      "a prefix that YAML read as a group",
      rule({ prefix: { sub: null } }),
      'rules.0.prefix is a group of names and values (a text with braces needs quotes in YAML); write a text, such as "users/{sub}/"',
    ],
    [
      "the whole bucket",
      rule({ prefix: "" }),
      'rules.0.prefix is empty, which would be the whole bucket; write a folder, such as "users/{sub}/"',
    ],
    [
      "a wildcard in a prefix",
      rule({ prefix: "users/*/" }),
      'rules.0.prefix has "*": a prefix opens all that is below it; end it before, or write "{sub}" for a folder each',
    ],
    [
      "a wildcard action",
      rule({ actions: ["oss:Get*"] }),
      'rules.0.actions.0 is "oss:Get*"; a wildcard is never allowed: name each action',
    ],
    [
      "every action",
      rule({ actions: ["*"] }),
      'rules.0.actions.0 is "*"; a wildcard is never allowed: name each action',
    ],
    [
      "one unknown character in an action",
      rule({ actions: ["oss:GetObjec?"] }),
      'rules.0.actions.0 is "oss:GetObjec?"; a wildcard is never allowed: name each action',
    ],
    [
      "an action in another case",
      rule({ actions: ["oss:getobject"] }),
      'rules.0.actions.0 is "oss:getobject", which is no OSS action on objects; write oss:GetObject',
    ],
    [
      "an action of another service",
      rule({ actions: ["sts:AssumeRole"] }),
      'rules.0.actions.0 is "sts:AssumeRole", which is no OSS action on objects; see docs/access-rules.md for the list',
    ],
    [
      "listing as a raw action",
      rule({ actions: ["oss:ListObjects"] }),
      "rules.0.actions.0 is oss:ListObjects; write list in allow: it comes with the prefix condition",
    ],
    [
      "an action on the bucket",
      rule({ actions: ["oss:ListMultipartUploads"] }),
      "rules.0.actions.0 is oss:ListMultipartUploads, which OSS authorises on the whole bucket: no prefix can narrow it, so no rule may grant it",
    ],
    [
      "a bucket's policy",
      rule({ actions: ["oss:PutBucketPolicy"] }),
      "rules.0.actions.0 is oss:PutBucketPolicy, which OSS authorises on the whole bucket: no prefix can narrow it, so no rule may grant it",
    ],
    [
      "a bucket with a wildcard",
      rule({ bucket: "example*" }),
      `rules.0.bucket is "example*"; write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket`,
    ],
    [
      "a bucket with a slash",
      rule({ bucket: "examplebucket/users" }),
      `rules.0.bucket is "examplebucket/users"; write a bucket's name: 3 to 63 of a-z, 0-9 and -, such as examplebucket`,
    ],
    [
      "a duration below STS's",
      rule({ duration: 899 }),
      "rules.0.duration is 899; write a whole number of seconds from 900 to 43200",
    ],
    [
      "a duration in words",
      rule({ duration: "1h" }),
      'rules.0.duration is "1h"; write a whole number of seconds from 900 to 43200',
    ],
    [
      "a duration with a fraction",
      rule({ duration: 900.5 }),
      "rules.0.duration is 900.5; write a whole number of seconds from 900 to 43200",
    ],
    [
      "a rule's duration above the session's",
      rule({ duration: 7200 }),
      "rules.0.duration is 7200, more than session.maxDuration (3600); write 3600 or less",
    ],
    [
      "a maxDuration below duration",
      accessFile({ session: { duration: 3600, maxDuration: 900 } }),
      "session.maxDuration is 900, less than duration (3600); write 3600 or more",
    ],
    [
      "a maxDuration above STS's",
      accessFile({ session: { maxDuration: 43_201 } }),
      "session.maxDuration is 43201; write a whole number of seconds from 900 to 43200",
    ],
    [
      "sourceIp with an address",
      rule({ sourceIp: "192.0.2.1" }),
      'rules.0.sourceIp is "192.0.2.1"; write one of request',
    ],
    [
      "a switch that is off",
      rule({ secureTransport: false }),
      "rules.0.secureTransport is false; write true, or leave it out",
    ],
    ["a mode that there is not", rule({ mode: "Report" }), 'rules.0.mode is "Report"; write report'],
    ["an empty when", rule({ when: {} }), "rules.0.when is empty; write { role: editor }, or leave it out"],
    [
      "a when without a value",
      rule({ when: { role: null } }),
      "rules.0.when.role is empty; write a text, a number, true or false, such as editor",
    ],
    [
      "a when with an empty list",
      rule({ when: { role: [] } }),
      "rules.0.when.role is an empty list; write at least one: [red, blue]",
    ],
    [
      "a when with a group",
      rule({ when: { role: { a: 1 } } }),
      "rules.0.when.role is a group of names and values (a text with braces needs quotes in YAML); write a text, a number, true or false, such as editor",
    ],
    [
      "a rule without a name",
      rule({ name: " " }),
      "rules.0.name is empty; write what the rule is for, such as own folder",
    ],
    [
      "two rules of one name",
      accessFile({ rules: [OWN_FOLDER, OWN_FOLDER] }),
      "rules.1.name is that of rules[0]; write another",
    ],
    [
      "an issuer that there is not",
      rule({ issuer: "logon" }),
      "rules.0.issuer is logon, but no issuer is named so; write login",
    ],
    [
      "an issuer's name in capitals",
      issuer({ name: "Login" }),
      'issuers.0.name is "Login"; write a short word of a-z, 0-9 and -, such as login',
    ],
    [
      "an issuer's name as a path",
      issuer({ name: "a/b" }),
      'issuers.0.name is "a/b"; write a short word of a-z, 0-9 and -, such as login',
    ],
    [
      "an issuer with a blank",
      issuer({ issuer: " https://login.example.com/" }),
      "issuers.0.issuer is empty or has blanks around it; write the token's iss to the letter",
    ],
    [
      "no audience",
      accessFile({ issuers: [{ name: "login", issuer: LOGIN.issuer, jwks: LOGIN.jwks }] }),
      "issuers.0 needs audience: what must be in the token's aud, such as photo-app; null switches the check off",
    ],
    [
      "an empty audience",
      issuer({ audience: "" }),
      "issuers.0.audience is empty; write the token's aud, or null to switch the check off",
    ],
    [
      "several audiences",
      issuer({ audience: ["a", "b"] }),
      "issuers.0.audience is a list; write a text, such as photo-app",
    ],
    [
      "keys over http",
      issuer({ jwks: "http://login.example.com/jwks" }),
      `issuers.0.jwks is "http://login.example.com/jwks"; ${HTTPS}`,
    ],
    [
      "keys in a file",
      issuer({ jwks: "file:///etc/keys" }),
      `issuers.0.jwks is "file:///etc/keys"; ${HTTPS}`,
    ],
    [
      "keys at the metadata service",
      issuer({ jwks: "http://100.100.100.200/latest/meta-data" }),
      `issuers.0.jwks is "http://100.100.100.200/latest/meta-data"; ${HTTPS}`,
    ],
    [
      "half an address",
      issuer({ jwks: "login.example.com/jwks" }),
      'issuers.0.jwks is "login.example.com/jwks"; write a whole address, such as https://login.example.com/.well-known/jwks.json',
    ],
    [
      "an address with a password",
      issuer({ jwks: "https://me:hunter2@login.example.com/jwks" }),
      "issuers.0.jwks holds a user name or password; write the address without",
    ],
    [
      "two sources of keys",
      issuer({ secret: "JWT_SECRET" }),
      "issuers.0.secret stands beside jwks; an issuer has one source of keys: delete one",
    ],
    [
      "an issuer whose keys cannot be found",
      keyless({ issuer: "my-login" }),
      "issuers.0 needs jwks, secret or publicKey: its issuer is no https address at which its keys could be found",
    ],
    [
      "HS beside RS",
      issuer({ algorithms: ["RS256", "HS256"] }),
      "issuers.0.algorithms.1 is HS256, which needs a secret; with a public key write RS256, PS256 or ES256 (or 384, 512)",
    ],
    [
      "RS with a secret",
      keyless({ secret: "JWT_SECRET", algorithms: ["RS256"] }),
      "issuers.0.algorithms.0 is RS256, which needs a public key; with a secret write HS256, HS384 or HS512",
    ],
    [
      "EdDSA",
      issuer({ algorithms: ["EdDSA"] }),
      "issuers.0.algorithms.0 is EdDSA, which jsonwebtoken cannot verify; let the issuer sign with ES256 or RS256, and write that",
    ],
    [
      "none",
      issuer({ algorithms: ["None"] }),
      "issuers.0.algorithms.0 is none: a token without a signature proves nothing; write RS256 or what the issuer signs with",
    ],
    [
      "an algorithm in small letters",
      issuer({ algorithms: ["rs256"] }),
      'issuers.0.algorithms.0 is "rs256"; write RS256',
    ],
    [
      "no algorithms",
      issuer({ algorithms: [] }),
      "issuers.0.algorithms is an empty list; write at least one: [RS256]",
    ],
    [
      "a clock tolerance of an hour",
      issuer({ clockTolerance: 3600 }),
      "issuers.0.clockTolerance is 3600; write a whole number of seconds from 0 to 300",
    ],
    [
      "a cooldown of nothing",
      issuer({ jwksCache: { cooldown: 0 } }),
      "issuers.0.jwksCache.cooldown is 0; write a whole number of seconds from 1 to 3600",
    ],
    ["an empty user claim", issuer({ user: "" }), "issuers.0.user is empty; write a claim's name"],
    [
      "a denial of nobody",
      accessFile({ deny: [{ reason: "?" }] }),
      "deny.0 needs user, tokenId or issuedBefore: whom to refuse",
    ],
    [
      "a denial in local time",
      accessFile({ deny: [{ issuedBefore: "2026-11-23 10:00" }] }),
      'deny.0.issuedBefore is "2026-11-23 10:00"; write a UTC time such as "2026-11-23T10:00:00Z"',
    ],
    [
      "a denial on the 32nd",
      accessFile({ deny: [{ issuedBefore: "2026-12-32T10:00:00Z" }] }),
      'deny.0.issuedBefore is "2026-12-32T10:00:00Z"; write a UTC time such as "2026-11-23T10:00:00Z"',
    ],
    [
      "a denial of an empty user",
      accessFile({ deny: [{ user: "" }] }),
      "deny.0.user is empty, and fits nobody; write whom to refuse",
    ],
    [
      "a denial of an empty token id",
      accessFile({ deny: [{ tokenId: "" }] }),
      "deny.0.tokenId is empty, and fits no token; write its jti",
    ],
    [
      "a value that the prefix cannot take",
      rule({ prefix: "teams/{team}/", when: { team: ["red", "a/b"] } }),
      'rules.0.when.team has "a/b", which has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot: it cannot stand in the prefix, and whoever has it is refused (403); delete it, or take {team} out of the prefix',
    ],
    [
      "a number that the prefix cannot take",
      rule({ prefix: "teams/{team:hash}/", when: { team: 1 } }),
      "rules.0.when.team has 1, which is a number, not a string: it cannot stand in the prefix, and whoever has it is refused (403); delete it, or take {team} out of the prefix",
    ],
    [
      "an issuer's address as a folder",
      rule({ prefix: "{iss}/{sub}/" }),
      'rules.0.prefix has {iss}, which is "https://login.example.com/" in tokens of login and no safe name of a folder; write {issuer}, or {iss:hash}',
    ],
    [
      "a test that promises nothing",
      accessFile({ tests: [{ claims: { sub: "a" } }] }),
      "tests.0 promises nothing; write can or cannot",
    ],
    [
      "a promise without a permission",
      accessFile({ tests: [{ claims: { sub: "a" }, can: ["users/a/x"] }] }),
      'tests.0.can.0 is "users/a/x"; write a permission and a key, such as read users/alice/a.jpg',
    ],
    [
      "a promise with a mistyped one",
      accessFile({ tests: [{ claims: { sub: "a" }, cannot: ["writ users/a/x"] }] }),
      'tests.0.cannot.0 is "writ users/a/x"; write a permission and a key, such as write users/alice/a.jpg',
    ],
  ])("%s", (_mistake, file, message) => {
    expect(mistakesIn(file)).toEqual([message]);
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
    expect(mistakesIn(file).map((line) => line.split(" ")[0])).toEqual([
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
    expect(mistakesIn(file).map((line) => line.split(" ")[0])).toEqual([
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
      expect.stringMatching(/^issuers\.0\.jwks is "ftp:/),
      'rules.0.sourceIp is "always"; write one of request',
      "tests.0.canot is not known here; write cannot",
      "rules.3.name is that of rules[2]; write another",
      "rules.3.issuer is logn, but no issuer is named so; write login",
      expect.stringMatching(/^rules\.2\.prefix is "users\/\{sub:hash\}\/", which can be the same folder/),
    ]);
  });

  it("says nothing of an issuer's name where not all of them can be read", () => {
    const file = { issuers: [{ ...LOGIN, name: 7 }], rules: [{ ...OWN_FOLDER, issuer: "login" }] };
    expect(mistakesIn(file)).toEqual(["issuers.0.name is 7; write a text, such as login"]);
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
      "rules.0.alow is not known here; write allow",
      "rules.0.duraton is not known here; write duration",
      'rules.0.alow.0 is "reed"; write read',
      "rules.1.alow is not known here; write allow",
      "rules.1.prefxi is not known here; write prefix",
    ]);
  });

  it.each([
    ["alow", "allow"],
    ["allwo", "allow"],
    ["prefxi", "prefix"],
  ])("knows that %s means %s", (mistyped, meant) => {
    const { allow: _allow, prefix: _prefix, ...others } = OWN_FOLDER;
    const [first] = mistakesIn(accessFile({ rules: [{ ...others, [mistyped]: [] }] }));
    expect(first).toBe(`rules.0.${mistyped} is not known here; write ${meant}`);
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
    expect(mistakesIn(file).map((line) => line.split(" ")[0])).toEqual([
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
  const warningsIn = (file: unknown): readonly string[] => {
    const result = accessRulesFrom(file);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.warnings.map(({ path, warning }) => `${path.join(".")} ${warning}`);
  };
  const shared = (able: string) =>
    `rules.0.prefix is one folder for all users, where every one of them can ${able}; write {sub} in it for a folder each, or a when: that names who may`;

  it.each([
    ["braces that were forgotten", { prefix: "users/sub/" }, "write, delete"],
    ["another router's placeholder", { prefix: "users/:sub/" }, "write, delete"],
    ["encoded braces", { prefix: "users/%7Bsub%7D/" }, "write, delete"],
    ["claims that are the same for all", { prefix: "t/{iss:hash}/{azp}/", allow: ["write"] }, "write"],
    [
      "an action that changes",
      { prefix: "a/", allow: [], actions: ["oss:PutObjectAcl"] },
      "oss:PutObjectAcl",
    ],
  ])("one folder for all users, to change: %s", (_how, change, able) => {
    expect(warningsIn(rule(change))).toEqual([shared(able)]);
  });

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
      "issuers.0.audience is null: tokens that this issuer gave for other services are taken, too",
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
        `issuers.0.${field} must be the NAME of an environment variable, such as JWT_SECRET; never write the key itself here`,
      ]);
    }
  });
});

describe("several issuers", () => {
  const two = (...rules: readonly object[]) => accessFile({ issuers: [LOGIN, PARTNER], rules });

  it("refuses a rule that names none: alice of one is not alice of another", () => {
    expect(mistakesIn(two(OWN_FOLDER))).toEqual([
      "rules.0 needs issuer: login or partner (or {issuer} in its prefix): alice of one issuer is not alice of another",
    ]);
  });

  it("offers each name once, where two issuers have the same", () => {
    const twice = { ...two(OWN_FOLDER), issuers: [LOGIN, { ...PARTNER, name: "login" }] };
    expect(mistakesIn(twice)).toEqual([
      "issuers.1.name is login, as that of issuers[0]; write another",
      "rules.0 needs issuer: login (or {issuer} in its prefix): alice of one issuer is not alice of another",
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
    expect(mistakesIn(two(login ?? {}, partner ?? {}))[0]).toMatch(
      /^rules\.1\.prefix is "users\/\{sub\}\/", which can be the same folder as "users\/\{sub\}\/" of rules\[0\] \(\{sub\} of issuer login can be \{sub\} of issuer partner\)/,
    );
  });

  it("refuses a denied user and a test without an issuer", () => {
    const file = {
      ...two({ ...OWN_FOLDER, issuer: "login" }),
      deny: [{ user: "mallory" }],
      tests: [{ claims: { sub: "a" }, can: ["read users/a/b"] }],
    };
    expect(mistakesIn(file)).toEqual([
      "deny.0 needs issuer: login or partner; a user's name means nothing without it",
      "tests.0 needs issuer: login or partner",
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
    expect(rules.properties.allow.items.enum).toEqual(["read", "write", "list", "delete"]);
    expect(schema.properties.issuers.items.required).toEqual(["name", "issuer", "audience"]);
  });
});
