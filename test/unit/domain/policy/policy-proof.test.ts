import { describe, expect, it } from "vitest";
import type { AccessGrant, GrantStatement } from "../../../../shared/domain/grant/access-grant.ts";
import { provenSessionPolicy } from "../../../../shared/domain/policy/policy-proof.ts";
import { type SessionPolicy, sessionPolicyFor } from "../../../../shared/domain/policy/session-policy.ts";
import type { ObjectPrefix } from "../../../../shared/domain/prefix/object-prefix.ts";
import { PERMISSIONS } from "../../../../shared/domain/ram/ram-policy.ts";
import { grantOf, rulesWith } from "../../../support/valet.ts";

const READ_AND_LIST = grantOf(rulesWith({ name: "own", allow: ["read", "list"], prefix: "users/{sub}/" }), {
  sub: "alice",
});

interface Policy {
  Version: string;
  Statement: Record<string, unknown>[];
}

function policyOf(grant: AccessGrant): SessionPolicy {
  const result = sessionPolicyFor(grant);
  if (!result.ok) throw new Error(JSON.stringify(result.refusal));
  return result.value;
}

/** Why a changed policy is not proven; undefined: it is. */
function flaw(change: (policy: Policy) => unknown, grant = READ_AND_LIST): string | undefined {
  const policy = JSON.parse(policyOf(grant)) as Policy;
  const changed = change(policy) ?? policy;
  return flawOfText(typeof changed === "string" ? changed : JSON.stringify(changed), grant);
}

function flawOfText(text: unknown, grant = READ_AND_LIST): string | undefined {
  const result = provenSessionPolicy(text as SessionPolicy, grant);
  if (result.ok) return undefined;
  return result.refusal.code === "SESSION_POLICY_UNPROVEN" ? result.refusal.because : result.refusal.code;
}

/** A statement on users/alice/, with other fields: also with such as no access file can bring about. */
function statementOf(fields: Partial<GrantStatement>): GrantStatement {
  const [statement] = READ_AND_LIST.statements;
  if (statement === undefined) throw new Error("the grant is empty");
  return { ...statement, ...fields };
}

/** Changes the statement on objects (0) or on listing (1). */
const put = (index: 0 | 1, fields: Record<string, unknown>) => (policy: Policy) => {
  Object.assign(policy.Statement[index] ?? {}, fields);
};

const OBJECTS = "acs:oss:*:*:examplebucket/users/alice/*";

describe("the proof of a session policy", () => {
  it("holds for what was rendered, and hands it on unchanged", () => {
    const policy = policyOf(READ_AND_LIST);
    expect(provenSessionPolicy(policy, READ_AND_LIST)).toEqual({ ok: true, value: policy });
  });

  it("holds with raw actions, several folders, buckets and conditions", () => {
    const grant = grantOf(
      rulesWith(
        { name: "a", allow: ["read", "list"], prefix: "a/", sourceIp: "request" },
        { name: "b", allow: ["write", "list"], prefix: "a/b/", secureTransport: true },
        { name: "c", actions: ["oss:PutObjectAcl"], prefix: "c/", bucket: "other-bucket" },
        { name: "d", allow: ["read", "list"], prefix: "d/{sub}/" },
        { name: "e", allow: ["read", "delete", "list"], prefix: "d/{sub}/e/" },
      ),
      { sub: "alice" },
    );
    expect(provenSessionPolicy(policyOf(grant), grant).ok).toBe(true);
  });

  it.each<[string, unknown, string]>([
    ["undefined", undefined, "it is not a text"],
    ["null", null, "it is not a text"],
    ["an object: the SDK would send none", {}, "it is not a text"],
    ["an empty text", "", "it has 0 bytes"],
    ["blanks", " ".repeat(30), "it is not JSON"],
    ["19 blanks", " ".repeat(19), "it has 19 bytes"],
    ["20 blanks", " ".repeat(20), "it is not JSON"],
    [
      "too long a text",
      JSON.stringify({ Version: "1", Statement: [], x: "x".repeat(2048) }),
      "it has 2085 bytes",
    ],
    ["half a text", policyOf(READ_AND_LIST).slice(0, 100), "it is not JSON"],
    ["a JSON text", JSON.stringify("x".repeat(30)), "it is not a policy"],
    ["JSON null", "null                      ", "it is not a policy"],
    ["no statements", '{"Version":"1","Statement":[]}', "it is not a policy"],
  ])("P12: fails for %s", (_what, text, because) => {
    expect(flawOfText(text)).toBe(because);
  });

  it.each<[string, (policy: Policy) => unknown, string]>([
    ["another version", (p) => ({ ...p, Version: "2" }), "it is not a policy"],
    ["a member more", (p) => ({ ...p, Id: "x" }), "it is not a policy"],
    [
      "a statement more, for everything",
      (p) => void p.Statement.push({ Effect: "Allow", Action: "oss:*", Resource: "*" }),
      "an action is not a plain OSS action",
    ],
    ["every action", put(0, { Action: "*" }), "an action is not a plain OSS action"],
    ["another service", put(0, { Action: "sts:AssumeRole" }), "an action is not a plain OSS action"],
    [
      "every action beside a granted one",
      put(0, { Action: ["oss:GetObject", "oss:*"] }),
      "an action is not a plain OSS action",
    ],
    [
      "a wildcard after an action",
      put(0, { Action: "oss:GetObject*" }),
      "an action is not a plain OSS action",
    ],
    [
      "a wildcard before an action",
      put(0, { Action: "*oss:GetObject" }),
      "an action is not a plain OSS action",
    ],
    [
      "a permission that was not granted",
      put(0, { Action: ["oss:GetObject", "oss:DeleteObject"] }),
      "oss:DeleteObject is allowed, but not granted there",
    ],
    [
      "an action on objects that was not granted",
      put(0, { Action: ["oss:GetObject", "oss:PutObjectAcl"] }),
      "oss:PutObjectAcl is allowed, but not granted there",
    ],
    [
      "another spelling of an action",
      put(0, { Action: "oss:getobject" }),
      "oss:getobject is allowed, but not granted there",
    ],
    ["a deny", put(0, { Effect: "Deny" }), "a statement is malformed"],
    ["a NotAction", put(0, { NotAction: "oss:GetObject" }), "a statement is malformed"],
    ["a NotResource", put(0, { NotResource: "x" }), "a statement is malformed"],
    ["a Principal", put(0, { Principal: "*" }), "a statement is malformed"],
    ["no action", put(0, { Action: [] }), "a statement is malformed"],
    ["a number for an action", put(0, { Action: ["oss:GetObject", 7] }), "a statement is malformed"],
    ["no resource", put(0, { Resource: undefined }), "a statement is malformed"],
    [
      "a statement that is null",
      (p) => void (p.Statement as unknown[]).push(null),
      "a statement is malformed",
    ],
    ["everything", put(0, { Resource: "*" }), "a resource or a listed prefix does not belong to the grant"],
    [
      "the whole bucket",
      put(0, { Resource: "acs:oss:*:*:examplebucket/*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "the folder without its slash",
      put(0, { Resource: "acs:oss:*:*:examplebucket/users/alice*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "a wildcard in the folder",
      put(0, { Resource: "acs:oss:*:*:examplebucket/users/*/*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "a question mark in the folder",
      put(0, { Resource: "acs:oss:*:*:examplebucket/users/alic?/*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "another bucket",
      put(0, { Resource: "acs:oss:*:*:other-bucket/users/alice/*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "the neighbour's folder beside ours",
      put(0, { Resource: [OBJECTS, "acs:oss:*:*:examplebucket/users/bob/*"] }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "the bucket as an object's resource",
      put(0, { Resource: "acs:oss:*:*:examplebucket" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    ["listing without a prefix", put(1, { Condition: undefined }), "listing is not bound to a prefix"],
    ["listing with an empty condition", put(1, { Condition: {} }), "a condition is unknown"],
    [
      "listing of another operator",
      put(1, { Condition: { StringNotLike: { "oss:Prefix": "users/alice/*" } } }),
      "a condition is unknown",
    ],
    [
      "listing by another key",
      put(1, { Condition: { StringLike: { "oss:Delimiter": "/" } } }),
      "a condition is unknown",
    ],
    [
      "listing of every prefix",
      put(1, { Condition: { StringLike: { "oss:Prefix": "*" } } }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "listing without the slash",
      put(1, { Condition: { StringLike: { "oss:Prefix": "users/alice*" } } }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "listing of the neighbour, too",
      put(1, { Condition: { StringLike: { "oss:Prefix": ["users/alice/*", "users/bob/*"] } } }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "listing of no prefix",
      put(1, { Condition: { StringLike: { "oss:Prefix": [] } } }),
      "a condition is unknown",
    ],
    [
      "listing of every bucket",
      put(1, { Resource: "acs:oss:*:*:*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "listing on objects",
      put(1, { Resource: OBJECTS }),
      "a resource or a listed prefix does not belong to the grant",
    ],
    [
      "listing with another action",
      put(1, { Action: ["oss:ListObjects", "oss:ListObjectVersions"] }),
      "listing shares a statement",
    ],
    [
      "another action on the bucket",
      put(1, { Action: "oss:ListMultipartUploads" }),
      "listing is not bound to a prefix",
    ],
    [
      "a condition that was not granted",
      put(0, { Condition: { Bool: { "acs:SecureTransport": "false" } } }),
      "a condition is unknown",
    ],
    [
      "a list of addresses",
      put(0, { Condition: { IpAddress: { "acs:SourceIp": ["192.0.2.1", "0.0.0.0/0"] } } }),
      "a condition is unknown",
    ],
    ["less than was granted", (p) => void p.Statement.pop(), "oss:ListObjects is granted, but not allowed"],
    [
      "a folder below the granted one",
      put(0, { Resource: "acs:oss:*:*:examplebucket/users/alice/x/*" }),
      "a resource or a listed prefix does not belong to the grant",
    ],
  ])("fails for %s", (_what, change, because) => {
    expect(flaw(change)).toBe(because);
  });

  it("fails where a list grant of one folder is rendered for another", () => {
    const grant = grantOf(
      rulesWith({ name: "a", allow: ["list"], prefix: "a/" }, { name: "b", allow: ["read"], prefix: "b/" }),
      { sub: "alice" },
    );
    const swapped = policyOf(grant).replace('"oss:Prefix":"a/*"', '"oss:Prefix":"b/*"');
    expect(flawOfText(swapped, grant)).toBe("oss:ListObjects is allowed, but not granted there");
  });

  it("fails where a listed prefix is another bucket's", () => {
    const grant = grantOf(
      rulesWith(
        { name: "a", allow: ["list"], prefix: "a/" },
        { name: "b", allow: ["list"], prefix: "b/", bucket: "other-bucket" },
      ),
      { sub: "alice" },
    );
    const swapped = policyOf(grant).replace('"oss:Prefix":"a/*"', '"oss:Prefix":"b/*"');
    expect(flawOfText(swapped, grant)).toBe("a resource or a listed prefix does not belong to the grant");
  });

  it.each([
    ["the caller's address", { sourceIp: "request" }, { IpAddress: { "acs:SourceIp": "192.0.2.1" } }],
    ["TLS", { secureTransport: true }, { Bool: { "acs:SecureTransport": "true" } }],
  ])("fails where the grant is bound to %s, and the policy is not", (_what, bound, condition) => {
    const grant = grantOf(rulesWith({ name: "a", allow: ["read"], prefix: "a/", ...bound }), {
      sub: "alice",
    });
    const policy = policyOf(grant);
    const text = JSON.stringify(condition).slice(1, -1);
    expect(policy).toContain(text);
    expect(flawOfText(policy.replace(`,"Condition":{${text}}`, ""), grant)).toBe(
      "a resource or a listed prefix does not belong to the grant",
    );
  });

  it("fails where the policy is bound to another address than the grant", () => {
    const grant = grantOf(rulesWith({ name: "a", allow: ["read"], prefix: "a/", sourceIp: "request" }), {
      sub: "a",
    });
    for (const address of ["0.0.0.0/0", "192.0.2.0/24", "192.0.2.2"]) {
      expect(flawOfText(policyOf(grant).replace("192.0.2.1", address), grant)).toBe(
        "a resource or a listed prefix does not belong to the grant",
      );
    }
  });

  it("fails where only callers of one address get what all were granted", () => {
    const grant = {
      ...READ_AND_LIST,
      statements: [
        statementOf({ permissions: ["read"] }),
        statementOf({ permissions: ["read"], sourceIp: "192.0.2.1" }),
      ],
    };
    const less = policyOf({ ...grant, statements: grant.statements.slice(1) });
    expect(flawOfText(less, grant)).toBe("oss:GetObject is granted, but not allowed");
  });

  // No other check sees it: the policy says what the grant says, and the grant itself has a wildcard.
  it.each(
    PERMISSIONS.flatMap(
      (permission) =>
        [
          [permission, "a wildcard in the folder", { prefix: "users/*/" as ObjectPrefix }],
          [permission, "a wildcard for the folder", { prefix: "*" as ObjectPrefix }],
          [permission, "a wildcard in the bucket's name", { bucket: "example*" }],
        ] as const,
    ),
  )("P12: fails where %s reaches a neighbour by %s", (permission, _what, wide) => {
    const granting = (fields: Partial<GrantStatement>) => ({
      ...READ_AND_LIST,
      statements: [statementOf({ permissions: [permission], ...fields })],
    });
    expect(flawOfText(policyOf(granting({})), granting({}))).toBeUndefined();
    expect(flawOfText(policyOf(granting(wide)), granting(wide))).toBe("a neighbour's key is allowed");
  });

  it("holds where two statements grant different permissions on one folder", () => {
    const grant = {
      ...READ_AND_LIST,
      statements: [statementOf({ permissions: ["read"] }), statementOf({ permissions: ["delete"] })],
    };
    expect(flawOfText(policyOf(grant), grant)).toBeUndefined();
  });

  it("holds where the neighbour is granted, too", () => {
    const grant = {
      ...READ_AND_LIST,
      statements: [
        statementOf({ prefix: "users/*/" as ObjectPrefix }),
        statementOf({ prefix: "users/" as ObjectPrefix }),
      ],
    };
    expect(flawOfText(policyOf(grant), grant)).toBeUndefined();
  });
});
