import { describe, expect, it } from "vitest";
import { bucketPolicyChecked } from "../../../../cli/doctor/bucket-policy.ts";
import { type Finding, findingsTo } from "../../../../cli/doctor/finding.ts";
import { BUCKET, rulesWith } from "../../../support/valet.ts";

const ACCOUNT = "1234567890123456";
const RULES = rulesWith(
  { name: "own folder", allow: ["read", "write", "list"], prefix: "users/{sub}/" },
  { name: "archive", allow: ["read"], prefix: "archive/{sub}/", bucket: "other-bucket" },
);

interface Statement {
  readonly Effect?: "Allow" | "Deny";
  readonly Action?: string | undefined;
  readonly NotAction?: string;
  readonly Principal?: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: object;
}

describe("somebody who is let in past access.yaml", () => {
  it.each<[string, Statement, RegExp]>([
    [
      "anybody, to all users",
      {},
      /^fail: allows oss:GetObject on \S+examplebucket\/users\/\* to anybody, whatever/,
    ],
    ["anybody, to one user", resource("users/alice/*"), /^fail: allows .*users\/alice\/\* to anybody/],
    [
      "anybody, to a file in each folder",
      resource("*/avatar.png"),
      /^fail: allows .*\*\/avatar\.png to anybody/,
    ],
    ["anybody, to the whole bucket", resource("*"), /^fail: .* to anybody/],
    ["anybody, to delete", { Action: "oss:DeleteObject" }, /^fail: allows oss:DeleteObject on /],
    [
      "anybody, all but something",
      { Action: undefined, NotAction: "oss:PutObject" },
      /^fail: allows everything but oss:PutObject on /,
    ],
    [
      "anybody from an address",
      { Condition: { IpAddress: { "acs:SourceIp": "198.51.100.1" } } },
      /^fail: .* to anybody under Condition \{"IpAddress":/,
    ],
    [
      "anybody, to list everything",
      listing(undefined),
      /^fail: allows oss:ListObjects on acs:oss:\*:\*:examplebucket to anybody/,
    ],
    [
      "anybody, to list the users",
      listing({ StringLike: { "oss:Prefix": ["users/"] } }),
      /^fail: allows oss:ListObjects/,
    ],
    [
      "another account",
      { Principal: ["9999999999999999"] },
      /^fail: .* to account 9999999999999999, whatever/,
    ],
    [
      "another account's role",
      { Principal: ["arn:sts::9999999999999999:assumed-role/oss-valet-client/*"] },
      /^fail: .* to another account \(arn:sts::9999999999999999:/,
    ],
    [
      "roles of every account",
      { Principal: ["arn:sts::*:assumed-role/oss-valet-client/*"] },
      /^fail: .* to another account/,
    ],
    [
      "another role",
      { Principal: [`arn:sts::${ACCOUNT}:assumed-role/reports/*`] },
      /^warn: .* to role reports, whatever/,
    ],
    [
      "all roles of the account",
      { Principal: [`arn:sts::${ACCOUNT}:*/*/*`] },
      /^warn: .* to all roles and sessions of the account, the client role included, whatever/,
    ],
    [
      "roles of the account by a pattern that takes in the client role",
      { Principal: [`arn:sts::${ACCOUNT}:assumed-role/OSS-*/*`] },
      /^warn: .* to all roles of the account whose names match OSS-\*, the client role included, whatever/,
    ],
    [
      "roles of the account by a pattern that does not",
      { Principal: [`arn:sts::${ACCOUNT}:assumed-role/report?/*`] },
      /^warn: .* to all roles of the account whose names match report\?, whatever/,
    ],
    [
      "all roles of all accounts",
      { Principal: ["arn:sts::*:*/*/*"] },
      /^fail: .* to another account \(arn:sts::\*:\*\/\*\/\*\), whatever/,
    ],
    [
      "a kind of session that is unknown",
      { Principal: [`arn:sts::${ACCOUNT}:federated-user/x/*`] },
      /^fail: .* to somebody of an unknown kind \(arn:sts::1234567890123456:federated-user\/x\/\*\), whatever/,
    ],
    [
      "a RAM user",
      { Principal: ["212345678901234567"] },
      /^warn: .* to RAM user 212345678901234567, whatever/,
    ],
  ])("%s", (_case, statement, told) => {
    expect(checked(statement)).toEqual([expect.stringMatching(told)]);
  });

  it.each<[string, Statement]>([
    ["anybody, beside the rules", resource("public/*")],
    ["anybody, where a rule of another bucket is", resource("archive/*")],
    ["anybody, to list beside the rules", listing({ StringLike: { "oss:Prefix": ["public/*"] } })],
    ["the account itself", { Principal: [ACCOUNT] }],
    [
      "the client role, which its session policies narrow",
      { Principal: [`arn:sts::${ACCOUNT}:assumed-role/OSS-Valet-Client/*`] },
    ],
  ])("not: %s", (_case, statement) => {
    expect(checked(statement)).toEqual([
      "ok: gives nobody else access to the folders in access.yaml, and denies nothing that it grants",
    ]);
  });
});

describe("what a rule grants and the bucket policy denies", () => {
  it.each<[string, Statement, RegExp]>([
    [
      "to everybody",
      { Action: "oss:PutObject" },
      /^fail: statement 0 denies oss:PutObject, which access\.yaml grants: "own folder" will fail with AccessDenied$/,
    ],
    [
      "to the client role",
      { Principal: [`arn:sts::${ACCOUNT}:assumed-role/oss-valet-client/*`] },
      /^fail: statement 0 denies oss:GetObject, /,
    ],
    [
      "to who comes from elsewhere",
      { Condition: { NotIpAddress: { "acs:SourceIp": "198.51.100.1" } } },
      /^warn: statement 0 denies oss:GetObject under Condition \{"NotIpAddress":/,
    ],
    [
      "to list",
      { Action: "oss:List*", Resource: [`acs:oss:*:*:${BUCKET}`] },
      /^fail: statement 0 denies oss:ListObjects, /,
    ],
  ])("%s", (_case, statement, told) => {
    expect(checked({ ...statement, Effect: "Deny" })).toEqual([expect.stringMatching(told)]);
  });

  it.each<[string, Statement]>([
    ["to who comes without TLS", { Condition: { Bool: { "acs:SecureTransport": "false" } } }],
    ["what no rule grants", { Action: "oss:DeleteObject" }],
    ["to somebody else", { Principal: ["212345678901234567"] }],
    ["beside the rules", resource("public/*")],
  ])("not: %s", (_case, statement) => {
    expect(checked({ ...statement, Effect: "Deny" })).toEqual([
      "ok: gives nobody else access to the folders in access.yaml, and denies nothing that it grants",
    ]);
  });
});

describe("what cannot be read is a failure: OSS has accepted it", () => {
  it.each<[string, object, RegExp]>([
    [
      "an unknown operator",
      { Condition: { StringSomehow: { "acs:SourceIp": "1" } } },
      /Statement\[0\]\.Condition: .*StringSomehow/,
    ],
    ["nobody as Principal", { Principal: [] }, /Statement\[0\]\.Principal: must be a list of UIDs/],
    ["no Principal", { Principal: undefined }, /Statement\[0\]\.Principal: must be a list of UIDs/],
    ["a Principal of another form", { Principal: { RAM: ["*"] } }, /Statement\[0\]\.Principal: /],
    [
      "NotPrincipal",
      { Principal: undefined, NotPrincipal: ["*"] },
      /Statement\[0\] has an unknown element NotPrincipal/,
    ],
    ["NotResource", { NotResource: ["*"] }, /Statement\[0\] has an unknown element NotResource/],
    ["an unknown field", { Sid: "1" }, /Statement\[0\] has an unknown element Sid/],
    ["another effect", { Effect: "Audit" }, /Statement\[0\]\.Effect must be/],
  ])("%s", (_case, change, problem) => {
    for (const effect of ["Allow", "Deny"]) {
      const told = checked({ Effect: effect, ...change } as Statement);
      expect(told).toEqual([expect.stringMatching(/^fail: cannot be checked: .*; but OSS has accepted it/)]);
      expect(told[0]).toMatch(problem);
    }
  });

  it("and the other statements are judged all the same", () => {
    expect(
      judged({ Version: "1", Statement: [statementWith({ Principal: [] }), statementWith({})] }),
    ).toEqual([
      expect.stringMatching(/^fail: cannot be checked: Statement\[0\]\.Principal: /),
      expect.stringMatching(/^fail: allows oss:GetObject .* to anybody/),
    ]);
    const denial = statementWith({ Effect: "Deny", Action: "oss:PutObject" });
    expect(judged({ Version: "1", Statement: [statementWith({ Principal: [] }), denial] })).toEqual([
      expect.stringMatching(/^fail: cannot be checked: Statement\[0\]\.Principal: /),
      expect.stringMatching(/^fail: statement 1 denies oss:PutObject, /),
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ["another version", { Version: "2", Statement: [statementWith({})] }, /Version must be "1"/],
    ["no list of statements", { Version: "1", Statement: statementWith({}) }, /Statement must be an array/],
    ["no statement", { Version: "1", Statement: [] }, /Statement must not be empty/],
    ["no object", "text", /must be an object/],
  ])("the policy itself: %s", (_case, policy, problem) => {
    const [told] = judged(policy);
    expect(told).toMatch(/^fail: cannot be checked: /);
    expect(told).toMatch(problem);
  });
});

/** The outcomes for a policy of one statement, which lets anybody read all users' objects but for the change. */
function checked(change: Statement): readonly string[] {
  return judged({ Version: "1", Statement: [statementWith(change)] });
}

function statementWith(change: object): object {
  return {
    Effect: "Allow",
    Action: "oss:GetObject",
    Principal: ["*"],
    ...resource("users/*"),
    ...change,
  };
}

function judged(policy: unknown): readonly string[] {
  const told: Finding[] = [];
  bucketPolicyChecked(
    policy,
    {
      bucket: BUCKET,
      defaultBucket: BUCKET,
      accountId: ACCOUNT,
      clientRole: "oss-valet-client",
      uploadsRole: undefined,
      rules: RULES,
    },
    findingsTo((finding) => told.push(finding)),
  );
  expect(new Set(told.map(({ check }) => check))).toEqual(new Set([`bucket policy of ${BUCKET}`]));
  return told.map(({ outcome, seen }) => `${outcome}: ${seen}`);
}

function resource(path: string): Statement {
  return { Resource: [`acs:oss:*:${ACCOUNT}:${BUCKET}/${path}`] };
}

function listing(condition: object | undefined): Statement {
  return {
    Action: "oss:ListObjects",
    Resource: [`acs:oss:*:*:${BUCKET}`],
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}
