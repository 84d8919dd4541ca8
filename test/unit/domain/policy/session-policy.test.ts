import { describe, expect, it } from "vitest";
import type { AccessGrant } from "../../../../shared/domain/grant/access-grant.ts";
import {
  MAX_SESSION_POLICY_BYTES,
  ramPolicyFor,
  sessionPolicyFor,
} from "../../../../shared/domain/policy/session-policy.ts";
import { grantOf, OWN_FOLDER, prefixOf, rulesWith } from "../../../support/valet.ts";

const TEAM = { name: "team", allow: ["read", "list"], prefix: "teams/{team}/" };
const ALICE = { sub: "alice", team: "red" };

type RuleFields = Readonly<Record<string, unknown>>;
const grantFor = (...rules: readonly RuleFields[]): AccessGrant => grantOf(rulesWith(...rules), ALICE);
const rule = (name: string, allow: readonly string[], prefix: string, more: RuleFields = {}) => ({
  name,
  allow,
  prefix,
  ...more,
});

/** The policy as text, to the letter: what STS is sent. */
function textFor(...rules: readonly RuleFields[]): string {
  const result = sessionPolicyFor(grantFor(...rules));
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

describe("a session policy, to the letter", () => {
  it("of one folder", () => {
    expect(textFor(OWN_FOLDER)).toBe(
      '{"Version":"1","Statement":[' +
        '{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject","oss:AbortMultipartUpload","oss:ListParts","oss:DeleteObject"],"Resource":"acs:oss:*:*:examplebucket/users/alice/*"},' +
        '{"Effect":"Allow","Action":"oss:ListObjects","Resource":"acs:oss:*:*:examplebucket","Condition":{"StringLike":{"oss:Prefix":"users/alice/*"}}}]}',
    );
  });

  it.each([
    ["read", ["oss:GetObject"]],
    ["write", ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"]],
    ["delete", ["oss:DeleteObject"]],
  ])("%s alone opens %j, and lists nothing", (permission, actions) => {
    expect(ramPolicyFor(grantFor(rule("x", [permission], "x/")).statements)).toEqual({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Action: actions.length === 1 ? actions[0] : actions,
          Resource: "acs:oss:*:*:examplebucket/x/*",
        },
      ],
    });
  });

  it("keeps a folder of one bucket that another bucket's folder would hold", () => {
    const outer = rule("outer", ["read"], "media/");
    const inner = rule("inner", ["read"], "media/thumbnails/", { bucket: "otherbucket" });
    expect(ramPolicyFor(grantFor(outer, inner).statements).Statement).toEqual([
      {
        Effect: "Allow",
        Action: "oss:GetObject",
        Resource: ["acs:oss:*:*:examplebucket/media/*", "acs:oss:*:*:otherbucket/media/thumbnails/*"],
      },
    ]);
  });

  it("P14: list alone is bound to its prefix, slash and all, and opens no object", () => {
    expect(textFor(rule("x", ["list"], "users/{sub}/"))).toBe(
      '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:ListObjects","Resource":"acs:oss:*:*:examplebucket","Condition":{"StringLike":{"oss:Prefix":"users/alice/*"}}}]}',
    );
  });

  it("of two folders with different permissions", () => {
    expect(textFor(rule("a", ["write"], "in/"), TEAM)).toBe(
      '{"Version":"1","Statement":[' +
        '{"Effect":"Allow","Action":["oss:PutObject","oss:AbortMultipartUpload","oss:ListParts"],"Resource":"acs:oss:*:*:examplebucket/in/*"},' +
        '{"Effect":"Allow","Action":"oss:GetObject","Resource":"acs:oss:*:*:examplebucket/teams/red/*"},' +
        '{"Effect":"Allow","Action":"oss:ListObjects","Resource":"acs:oss:*:*:examplebucket","Condition":{"StringLike":{"oss:Prefix":"teams/red/*"}}}]}',
    );
  });

  it("names two folders with the same permissions in one statement", () => {
    expect(
      ramPolicyFor(grantFor(rule("a", ["read", "list"], "a/"), rule("b", ["read", "list"], "b/")).statements)
        .Statement,
    ).toEqual([
      {
        Effect: "Allow",
        Action: "oss:GetObject",
        Resource: ["acs:oss:*:*:examplebucket/a/*", "acs:oss:*:*:examplebucket/b/*"],
      },
      {
        Effect: "Allow",
        Action: "oss:ListObjects",
        Resource: "acs:oss:*:*:examplebucket",
        Condition: { StringLike: { "oss:Prefix": ["a/*", "b/*"] } },
      },
    ]);
  });

  it("leaves a folder out that lies inside another with the same permission, and keeps one with more", () => {
    const statements = ramPolicyFor(
      grantFor(rule("a", ["read"], "a/"), rule("b", ["read", "delete"], "a/b/")).statements,
    ).Statement;
    expect(statements).toEqual([
      { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/a/*" },
      { Effect: "Allow", Action: "oss:DeleteObject", Resource: "acs:oss:*:*:examplebucket/a/b/*" },
    ]);
  });

  it("keeps a folder whose name only begins like another's", () => {
    expect(textFor(rule("a", ["read"], "a/"), rule("b", ["read"], "ab/"))).toContain(
      '"Resource":["acs:oss:*:*:examplebucket/a/*","acs:oss:*:*:examplebucket/ab/*"]',
    );
  });

  it("keeps equal folders of two buckets, and lists each bucket by its own prefixes", () => {
    const statements = ramPolicyFor(
      grantFor(rule("a", ["list"], "a/"), rule("b", ["list"], "b/", { bucket: "other-bucket" })).statements,
    ).Statement;
    expect(
      statements.map(({ Resource, Condition }) => [Resource, Condition?.["StringLike"]?.["oss:Prefix"]]),
    ).toEqual([
      ["acs:oss:*:*:examplebucket", "a/*"],
      ["acs:oss:*:*:other-bucket", "b/*"],
    ]);
  });

  it("carries raw actions on the folder's objects", () => {
    expect(textFor(rule("x", ["read"], "x/", { actions: ["oss:GetObjectAcl"] }))).toContain(
      '"Action":["oss:GetObject","oss:GetObjectAcl"],"Resource":"acs:oss:*:*:examplebucket/x/*"',
    );
  });

  it("puts a rule's conditions on each of its statements, and on no other rule's", () => {
    const bound = { sourceIp: "request", secureTransport: true };
    const conditions = {
      IpAddress: { "acs:SourceIp": "192.0.2.1" },
      Bool: { "acs:SecureTransport": "true" },
    };
    expect(
      ramPolicyFor(grantFor(rule("a", ["read", "list"], "a/", bound), rule("b", ["read"], "a/b/")).statements)
        .Statement,
    ).toEqual([
      {
        Effect: "Allow",
        Action: "oss:GetObject",
        Resource: "acs:oss:*:*:examplebucket/a/*",
        Condition: conditions,
      },
      {
        Effect: "Allow",
        Action: "oss:ListObjects",
        Resource: "acs:oss:*:*:examplebucket",
        Condition: { StringLike: { "oss:Prefix": "a/*" }, ...conditions },
      },
      { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/a/b/*" },
    ]);
  });

  it("takes the shorter of both groupings", () => {
    // By folder: two statements. By action it would be three, with every folder's name two or three times.
    const shared = [rule("a", ["read", "delete"], "folder-one/"), rule("b", ["read"], "folder-two/")];
    expect(ramPolicyFor(grantFor(...shared).statements).Statement).toHaveLength(2);
    const many = "abcdefgh".split("").map((name) => rule(name, ["read", "write"], `${name}/`));
    expect(ramPolicyFor(grantFor(...many).statements).Statement).toHaveLength(1);
  });
});

describe("STS's limit on a policy", () => {
  it("is 2,047 bytes: both readings of STS's words", () => {
    expect(MAX_SESSION_POLICY_BYTES).toBe(2047);
  });

  it("is kept to the byte, and beyond it the answer is no: a part of a policy is never left out", () => {
    const folder = (length: number) => rule("x", ["read"], `${"d".repeat(length)}/`);
    const filler = [rule("y", ["read"], `${"e".repeat(900)}/`), rule("z", ["read"], `${"f".repeat(800)}/`)];
    const base = textFor(folder(1), ...filler).length;
    const exact = 1 + MAX_SESSION_POLICY_BYTES - base;
    expect(textFor(folder(exact), ...filler)).toHaveLength(2047);
    expect(sessionPolicyFor(grantFor(folder(exact + 1), ...filler))).toEqual({
      ok: false,
      refusal: { code: "SESSION_POLICY_TOO_LONG", bytes: 2048 },
    });
  });

  const long = (length: number) => ({ prefix: prefixOf(`users/alice/${"d".repeat(length)}/`) });

  it("is the request's fault where only the prefix that it asks for passes it", () => {
    const refusal = {
      code: "REQUEST_INVALID",
      field: "prefix",
      problem: "is too long; ask for a folder higher up",
    };
    const own = rulesWith(OWN_FOLDER);
    expect(sessionPolicyFor(grantOf(own, ALICE, long(780))).ok).toBe(true);
    expect(sessionPolicyFor(grantOf(own, ALICE, long(900)))).toEqual({ ok: false, refusal });
    const permissions = { permissions: ["read"] } as const;
    expect(sessionPolicyFor(grantOf(own, ALICE, { ...long(900), ...permissions })).ok).toBe(true);
  });

  it("is the rules' where their folders pass it themselves", () => {
    const deep = rulesWith(rule("x", ["read", "list"], `users/{sub}/${"d".repeat(950)}/`));
    expect(sessionPolicyFor(grantOf(deep, ALICE, long(950)))).toMatchObject({
      refusal: { code: "SESSION_POLICY_TOO_LONG" },
    });
  });
});
