import { describe, expect, it } from "vitest";
import { reportOn } from "../../../../shared/domain/grant/report.ts";
import { ruleOutcomes } from "../../../../shared/domain/grant/rule-outcome.ts";
import type { AccessRules } from "../../../../shared/domain/rules/rule.ts";
import {
  accessFile,
  BUCKET,
  decided,
  grantOf,
  LOGIN,
  OWN_FOLDER,
  PARTNER,
  prefixOf,
  principalOf,
  rulesOf,
  rulesWith,
} from "../../../support/valet.ts";

const TEAM = { name: "team", allow: ["read", "list"], prefix: "teams/{team}/", when: { role: "editor" } };
const rules = rulesWith(OWN_FOLDER, TEAM);
const EDITOR = { sub: "alice", role: "editor", team: "red" };

/** prefix: permissions */
function summary(...question: Parameters<typeof grantOf>): readonly string[] {
  return grantOf(...question).statements.map(
    ({ prefix, permissions }) => `${prefix}: ${permissions.join(",")}`,
  );
}

function refusalOf(...question: Parameters<typeof decided>) {
  const result = decided(...question);
  return result.ok ? undefined : result.refusal;
}

const notGranted = (because: string) => ({ code: "ACCESS_NOT_GRANTED", because });

describe("the decision", () => {
  it("adds up every rule that matches, and names them", () => {
    expect(summary(rules, EDITOR)).toEqual(["users/alice/: read,write,list,delete", "teams/red/: read,list"]);
    expect(grantOf(rules, EDITOR).rules).toEqual(["own folder", "team"]);
    expect(summary(rules, { sub: "alice" })).toEqual(["users/alice/: read,write,list,delete"]);
  });

  it("is no where no rule matches", () => {
    expect(refusalOf(rulesWith(TEAM), { sub: "alice" })).toEqual(notGranted("no rule matches"));
  });

  describe("users that are numbers", () => {
    const numbered = (...rules: readonly object[]) =>
      rulesOf(accessFile({ issuers: [{ ...LOGIN, user: "uid", userType: "integer" }], rules }));
    const own = { ...OWN_FOLDER, prefix: "users/{uid}/" };

    it("have a folder with their digits, or a digest of them", () => {
      expect(summary(numbered(own), { uid: 10001 })).toEqual(["users/10001/: read,write,list,delete"]);
      const hashed = numbered({ ...own, prefix: "users/{uid:hash}/" });
      const [ofNumber, ofText] = [
        summary(hashed, { uid: 10001 }),
        summary(rulesWith({ ...own, prefix: "users/{sub:hash}/" }), { sub: "10001" }),
      ];
      expect(ofNumber).toEqual(ofText);
    });

    it("are compared as numbers", () => {
      const seven = { name: "seven", allow: ["read"], when: { uid: 7 }, prefix: "seven/{uid}/" };
      expect(summary(numbered(own, seven), { uid: 7 })).toEqual([
        "users/7/: read,write,list,delete",
        "seven/7/: read",
      ]);
      expect(summary(numbered(own, seven), { uid: 8 })).toEqual(["users/8/: read,write,list,delete"]);
    });

    it("have no other numbers in their prefixes", () => {
      const team = { name: "team", allow: ["read"], prefix: "teams/{team}/" };
      expect(refusalOf(numbered(own, team), { uid: 7, team: 3 })).toEqual({
        code: "CLAIM_INVALID",
        claim: "team",
        problem: "is a number, not a string",
      });
    });

    it("are denied by their number", () => {
      const rules = rulesOf(
        accessFile({
          issuers: [{ ...LOGIN, user: "uid", userType: "integer" }],
          rules: [own],
          deny: [{ user: 7 }],
        }),
      );
      expect(refusalOf(rules, { uid: 7 })).toEqual(notGranted("denied in access.yaml"));
      expect(summary(rules, { uid: 8 })).toEqual(["users/8/: read,write,list,delete"]);
    });
  });

  it.each([
    [true, "true", 'claim email_verified is the text "true", the rule wants true'],
    ["true", true, 'claim email_verified is true, the rule wants the text "true"'],
    [1, ["2", "1"], 'claim email_verified is the text "1", the rule wants 1'],
    [true, "yes", "claim email_verified is none of true"],
    ["null", null, 'claim email_verified is none of "null"'],
  ])("says what kind of claim a rule wants: %j, not %j", (wanted, value, because) => {
    const verified = { ...OWN_FOLDER, when: { email_verified: wanted } };
    const given = principalOf(rulesWith(verified), { sub: "u1", email_verified: value });
    const place = { bucket: BUCKET, sourceIp: undefined };
    expect(ruleOutcomes(given, rulesWith(verified), place)[0]?.outcome).toEqual({
      kind: "no match",
      because,
    });
  });

  it("reads claims below a claim whose own name is an address", () => {
    const org = {
      name: "org",
      allow: ["read"],
      when: { "https://claims.example.com/app.default-role": "member" },
      prefix: "orgs/{https://claims.example.com/app.org}/{sub}/",
    };
    const app = { "default-role": "member", "user-id": "u1", org: "o7" };
    const claims = { sub: "u1", "https://claims.example.com/app": app };
    expect(summary(rulesWith(org), claims)).toEqual(["orgs/o7/u1/: read"]);
    const guest = { ...claims, "https://claims.example.com/app": { ...app, "default-role": "guest" } };
    expect(refusalOf(rulesWith(org), guest)).toEqual(notGranted("no rule matches"));
  });

  it("takes OSS_BUCKET where a rule names no bucket", () => {
    const two = rulesWith(OWN_FOLDER, { name: "b", allow: ["read"], prefix: "x/", bucket: "other-bucket" });
    expect(grantOf(two, { sub: "alice" }).statements.map(({ bucket }) => bucket)).toEqual([
      BUCKET,
      "other-bucket",
    ]);
  });

  it("unites rules that meet in one place", () => {
    const two = rulesWith(
      { name: "a", allow: ["list", "read"], prefix: "s/", actions: ["oss:PutObjectAcl"] },
      { name: "b", allow: ["delete", "read"], prefix: "s/", actions: ["oss:GetObjectAcl"] },
    );
    expect(grantOf(two, { sub: "alice" }).statements).toMatchObject([
      {
        prefix: "s/",
        permissions: ["read", "list", "delete"],
        actions: ["oss:GetObjectAcl", "oss:PutObjectAcl"],
      },
    ]);
  });

  it("does not unite what differs in its conditions: neither condition may be lost", () => {
    const two = rulesWith(
      { name: "a", allow: ["read"], prefix: "s/" },
      { name: "b", allow: ["delete"], prefix: "s/", secureTransport: true },
      { name: "c", allow: ["write"], prefix: "s/", sourceIp: "request" },
      { name: "d", allow: ["write"], prefix: "s/", bucket: "other-bucket" },
    );
    expect(grantOf(two, { sub: "alice" }).statements).toMatchObject([
      { bucket: BUCKET, permissions: ["read"], secureTransport: false, sourceIp: undefined },
      { bucket: BUCKET, permissions: ["delete"], secureTransport: true, sourceIp: undefined },
      { bucket: BUCKET, permissions: ["write"], secureTransport: false, sourceIp: "192.0.2.1" },
      { bucket: "other-bucket", permissions: ["write"] },
    ]);
  });
});

describe("when", () => {
  const when = (condition: object) => rulesWith({ ...OWN_FOLDER, when: condition });

  it.each([
    ["equals", { role: "editor" }, { role: "editor" }, true],
    ["is one of", { role: ["a", "editor"] }, { role: "editor" }, true],
    ["a list contains", { role: "editor" }, { role: ["x", "editor"] }, true],
    ["a list contains one of", { role: ["editor", "b"] }, { role: ["x", "b"] }, true],
    ["all conditions", { role: "editor", level: 2 }, { role: "editor", level: 2 }, true],
    ["only one of two conditions", { role: "editor", level: 2 }, { role: "editor", level: 1 }, false],
    ["true", { admin: true }, { admin: true }, true],
    ["a text for true", { admin: true }, { admin: "true" }, false],
    ["a text for a number", { level: 2 }, { level: "2" }, false],
    ["a number for a text", { level: "2" }, { level: 2 }, false],
    ["another case", { role: "editor" }, { role: "Editor" }, false],
    ["a part", { role: "editor" }, { role: "editors" }, false],
    ["a blank more", { role: "editor" }, { role: "editor " }, false],
    ["a star", { role: "editor" }, { role: "*" }, false],
    ["an object with that name", { role: "editor" }, { role: { editor: true } }, false],
    ["a list in a list", { role: "editor" }, { role: [["editor"]] }, false],
    ["null", { role: "editor" }, { role: null }, false],
    ["nothing", { role: "editor" }, {}, false],
  ])("%s", (_how, condition, claims, matches) => {
    expect(decided(when(condition), { sub: "alice", ...claims }).ok).toBe(matches);
  });
});

describe("a claim in a prefix", () => {
  it("that is missing makes the rule not match", () => {
    expect(summary(rules, { sub: "alice", role: "editor" })).toEqual([
      "users/alice/: read,write,list,delete",
    ]);
  });

  it("that is there and unsafe refuses everything: nothing is repaired, and nothing left out in silence", () => {
    expect(refusalOf(rules, { ...EDITOR, team: "red/../blue" })).toEqual({
      code: "CLAIM_INVALID",
      claim: "team",
      problem: "has a character outside A-Z a-z 0-9 . _ @ | + = ~ - or starts with a dot",
    });
  });

  it("does not matter where the rule's condition is not met", () => {
    expect(decided(rules, { sub: "alice", role: "reader", team: "*" }).ok).toBe(true);
  });

  it("does not matter where its rule only reports", () => {
    const trial = rulesWith(OWN_FOLDER, { ...TEAM, mode: "report" });
    expect(decided(trial, { ...EDITOR, team: "*" }).ok).toBe(true);
  });

  it("in lists is unsafe: which one would it be?", () => {
    expect(refusalOf(rules, { ...EDITOR, team: ["red"] })).toMatchObject({
      code: "CLAIM_INVALID",
      problem: "is a list, not a string",
    });
  });
});

describe("rules of one issuer", () => {
  const two = rulesOf(
    accessFile({
      issuers: [LOGIN, PARTNER],
      rules: [
        { ...OWN_FOLDER, issuer: "login" },
        { ...OWN_FOLDER, name: "guests", issuer: "partner", prefix: "guests/{sub}/" },
      ],
    }),
  );

  it("P9: never match another issuer's users", () => {
    expect(summary(two, { sub: "alice" })).toEqual(["users/alice/: read,write,list,delete"]);
    expect(summary(two, { sub: "alice" }, {}, { issuer: "partner" })).toEqual([
      "guests/alice/: read,write,list,delete",
    ]);
  });

  it("say why they do not", () => {
    const outcomes = ruleOutcomes(principalOf(two, { sub: "a" }, "partner"), two, {
      bucket: BUCKET,
      sourceIp: undefined,
    });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      { kind: "no match", because: "the rule is for issuer login, but the token comes from partner" },
      { kind: "matched", prefix: "guests/a/" },
    ]);
  });
});

describe("report mode", () => {
  const trial = rulesWith(OWN_FOLDER, { ...TEAM, mode: "report" });
  const reportOf = (of: AccessRules, claims: Readonly<Record<string, unknown>>) =>
    reportOn(principalOf(of, claims), of, { bucket: BUCKET, sourceIp: undefined });

  it("grants nothing, and tells what it would have", () => {
    expect(summary(trial, EDITOR)).toEqual(["users/alice/: read,write,list,delete"]);
    expect(grantOf(trial, EDITOR).rules).toEqual(["own folder"]);
    expect(reportOf(trial, EDITOR)).toEqual({ reported: ["team"], reportedUnsafe: [] });
    expect(reportOf(trial, { sub: "alice" })).toEqual({ reported: [], reportedUnsafe: [] });
  });

  it("tells of a claim for which it would have refused the request", () => {
    expect(reportOf(trial, { ...EDITOR, team: ["red"] })).toEqual({
      reported: [],
      reportedUnsafe: [{ rule: "team", claim: "team", problem: "is a list, not a string" }],
    });
  });

  it("tells nothing of who is denied, nor of a rule that counts", () => {
    const denied = rulesOf(accessFile({ rules: [{ ...TEAM, mode: "report" }], deny: [{ user: "alice" }] }));
    expect(reportOf(denied, EDITOR)).toEqual({ reported: [], reportedUnsafe: [] });
    expect(reportOf(rules, EDITOR)).toEqual({ reported: [], reportedUnsafe: [] });
  });

  it("alone is no access", () => {
    expect(refusalOf(rulesWith({ ...OWN_FOLDER, mode: "report" }), EDITOR)).toEqual(
      notGranted("no rule matches"),
    );
  });

  it("opens no prefix to a request that asks for it", () => {
    expect(refusalOf(trial, EDITOR, { prefix: prefixOf("teams/red/") })).toEqual(
      notGranted("the requested prefix is not inside a granted prefix"),
    );
  });
});

describe("what is asked for only narrows", () => {
  it("by permission", () => {
    expect(summary(rules, EDITOR, { permissions: ["read"] })).toEqual([
      "users/alice/: read",
      "teams/red/: read",
    ]);
    expect(summary(rules, EDITOR, { permissions: ["delete"] })).toEqual(["users/alice/: delete"]);
  });

  it("by prefix", () => {
    const photos = prefixOf("users/alice/photos/");
    expect(summary(rules, EDITOR, { prefix: photos })).toEqual([
      "users/alice/photos/: read,write,list,delete",
    ]);
  });

  it("by prefix, where one granted folder lies inside another", () => {
    const nested = rulesWith(
      { name: "a", allow: ["read"], prefix: "u/{sub}/" },
      { name: "b", allow: ["write"], prefix: "u/{sub}/in/" },
    );
    expect(summary(nested, { sub: "al" }, { prefix: prefixOf("u/al/") })).toEqual([
      "u/al/: read",
      "u/al/in/: write",
    ]);
    expect(summary(nested, { sub: "al" }, { prefix: prefixOf("u/al/in/x/") })).toEqual([
      "u/al/in/x/: read,write",
    ]);
    expect(summary(nested, { sub: "al" }, { prefix: prefixOf("u/al/out/") })).toEqual(["u/al/out/: read"]);
  });

  it.each([
    "users/",
    "users/bob/",
    "users/alic/",
    "users/alice2/",
    "users/Alice/",
    "teams/",
    "teams/blue/",
    "x/users/alice/",
  ])("never to %s", (prefix) => {
    expect(refusalOf(rules, EDITOR, { prefix: prefixOf(prefix) })).toEqual(
      notGranted("the requested prefix is not inside a granted prefix"),
    );
  });

  it("refuses a permission that no rule grants, and grants no rest in silence", () => {
    expect(refusalOf(rulesWith(TEAM), EDITOR, { permissions: ["read", "delete"] })).toEqual(
      notGranted("no rule grants delete there"),
    );
  });

  it("refuses a permission that is granted elsewhere only", () => {
    expect(refusalOf(rules, EDITOR, { permissions: ["delete"], prefix: prefixOf("teams/red/") })).toEqual(
      notGranted("no rule grants delete there"),
    );
  });

  it("leaves raw actions out where permissions are asked for: they have no name to ask by", () => {
    const raw = rulesWith({ ...OWN_FOLDER, actions: ["oss:PutObjectAcl"] });
    expect(grantOf(raw, { sub: "a" }).statements[0]?.actions).toEqual(["oss:PutObjectAcl"]);
    expect(grantOf(raw, { sub: "a" }, { permissions: ["read"] }).statements[0]?.actions).toEqual([]);
  });

  it("grants raw actions alone where a rule has no more", () => {
    const raw = rulesWith({ name: "x", actions: ["oss:GetObjectAcl"], prefix: "x/" });
    expect(grantOf(raw, { sub: "a" }).statements).toMatchObject([
      { permissions: [], actions: ["oss:GetObjectAcl"] },
    ]);
  });
});

describe("how long", () => {
  const session = { duration: 1800, maxDuration: 3600 };
  const timed = (change: object = {}) =>
    rulesOf(accessFile({ session, rules: [{ ...OWN_FOLDER, ...change }, TEAM] }));
  const seconds = (...question: Parameters<typeof grantOf>) => grantOf(...question).sessionSeconds;

  it("is as the file says where nothing is asked", () => {
    expect(seconds(timed(), EDITOR)).toBe(1800);
  });

  it("is what is asked, up to maxDuration", () => {
    expect(seconds(timed(), EDITOR, { durationSeconds: 900 })).toBe(900);
    expect(seconds(timed(), EDITOR, { durationSeconds: 3600 })).toBe(3600);
    expect(refusalOf(timed(), EDITOR, { durationSeconds: 3601 })).toEqual({
      code: "REQUEST_INVALID",
      field: "durationSeconds",
      problem: "is more than the rules allow; ask for 3600 or less",
    });
  });

  it("is that of the shortest rule in the grant", () => {
    expect(seconds(timed({ duration: 900 }), EDITOR)).toBe(900);
    expect(seconds(timed({ duration: 2700 }), EDITOR)).toBe(1800);
    expect(refusalOf(timed({ duration: 900 }), EDITOR, { durationSeconds: 901 })).toMatchObject({
      problem: "is more than the rules allow; ask for 900 or less",
    });
  });

  it("does not count a rule that is no part of what was asked for", () => {
    expect(seconds(timed({ duration: 900 }), EDITOR, { prefix: prefixOf("teams/red/") })).toBe(1800);
  });
});

describe("the caller's address", () => {
  const bound = rulesWith({ ...OWN_FOLDER, sourceIp: "request" });

  it("is in the grant where a rule binds to it, and only there", () => {
    expect(grantOf(bound, { sub: "a" }).statements[0]?.sourceIp).toBe("192.0.2.1");
    expect(grantOf(rules, { sub: "a" }).statements[0]?.sourceIp).toBeUndefined();
  });

  it("that is unknown makes such a rule not match", () => {
    expect(refusalOf(bound, { sub: "a" }, {}, { sourceIp: undefined })).toEqual(
      notGranted("no rule matches"),
    );
    expect(decided(rules, { sub: "a" }, {}, { sourceIp: undefined }).ok).toBe(true);
  });
});

describe("deny", () => {
  const denying = (...deny: readonly object[]) => rulesOf(accessFile({ deny }));
  const CLAIMS = { sub: "alice", jti: "token-1", iat: 1_700_000_000 };
  const at = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;
  const DENIED_USER = notGranted("denied in access.yaml");
  const DENIED_TOKEN = { code: "TOKEN_INVALID", check: "denied" };

  it.each([
    ["the user", { user: "alice" }, DENIED_USER],
    ["the user of this issuer", { user: "alice", issuer: "login" }, DENIED_USER],
    ["the token", { tokenId: "token-1" }, DENIED_TOKEN],
    ["tokens from before", { issuedBefore: at(1_700_000_001_000) }, DENIED_TOKEN],
    ["this user's tokens from before", { user: "alice", issuedBefore: at(1_700_000_001_000) }, DENIED_TOKEN],
  ])("refuses %s", (_whom, entry, refusal) => {
    expect(refusalOf(denying(entry), CLAIMS)).toEqual(refusal);
  });

  it.each([
    ["another user", { user: "bob" }],
    ["a user of another spelling", { user: "Alice" }],
    ["another token", { tokenId: "token-2" }],
    ["another user's token", { user: "bob", tokenId: "token-1" }],
    ["tokens from before its own second", { issuedBefore: at(1_700_000_000_000) }],
    ["another user's old tokens", { user: "bob", issuedBefore: at(1_700_000_001_000) }],
  ])("lets through where it names %s", (_whom, entry) => {
    expect(decided(denying(entry), CLAIMS).ok).toBe(true);
  });

  it("refuses a token that does not say when it was issued, as if it were the oldest", () => {
    expect(refusalOf(denying({ issuedBefore: at(0) }), { sub: "alice" })).toEqual(DENIED_TOKEN);
  });

  it("holds for one issuer's user where it names the issuer", () => {
    const two = rulesOf(
      accessFile({
        issuers: [LOGIN, PARTNER],
        rules: [{ ...OWN_FOLDER, prefix: "{issuer}/{sub}/" }],
        deny: [{ user: "alice", issuer: "partner" }],
      }),
    );
    expect(decided(two, CLAIMS).ok).toBe(true);
    expect(refusalOf(two, CLAIMS, {}, { issuer: "partner" })).toEqual(DENIED_USER);
  });

  it.each([
    [123, "123"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
  ])("refuses the token whose jti is the number %d", (jti, tokenId) => {
    expect(refusalOf(denying({ tokenId }), { ...CLAIMS, jti })).toEqual(DENIED_TOKEN);
    expect(decided(denying({ tokenId: "1234" }), { ...CLAIMS, jti }).ok).toBe(true);
  });

  it("looks at every entry", () => {
    expect(refusalOf(denying({ user: "bob" }, { tokenId: "token-1" }), CLAIMS)).toEqual(DENIED_TOKEN);
  });
});
