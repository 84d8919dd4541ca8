import { describe, expect, it } from "vitest";
import { planDifferences } from "../../../../cli/upgrade/plan-difference.ts";
import { policyDifference } from "../../../../cli/upgrade/statements.ts";
import { userDifference } from "../../../../cli/upgrade/user-difference.ts";

const READ = { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:b/users/alice/*" };

function policy(...statements: readonly object[]): object {
  return { Version: "1", Statement: statements };
}

describe("two policies", () => {
  it.each([
    [
      "another order",
      policy(READ, { ...READ, Action: "oss:PutObject" }),
      policy({ ...READ, Action: "oss:PutObject" }, READ),
    ],
    [
      "a list of one",
      policy(READ),
      policy({ ...READ, Action: ["oss:GetObject"], Resource: [READ.Resource] }),
    ],
    [
      "one statement for two",
      policy(READ, { ...READ, Action: "oss:PutObject" }),
      policy({ ...READ, Action: ["oss:PutObject", "oss:GetObject"] }),
    ],
  ])("are the same with %s", (_case, before, after) => {
    expect(policyDifference("p", before, after)).toBeUndefined();
  });

  it.each([
    ["an action", { Action: "oss:PutObject" }, "Allow oss:PutObject on acs:oss:*:*:b/users/alice/*"],
    ["a resource", { Resource: "acs:oss:*:*:b/*" }, "Allow oss:GetObject on acs:oss:*:*:b/*"],
    ["an effect", { Effect: "Deny" }, "Deny oss:GetObject on acs:oss:*:*:b/users/alice/*"],
    [
      "a condition",
      { Condition: { StringLike: { "oss:Prefix": ["b/*", "a/*"] } } },
      "Allow oss:GetObject on acs:oss:*:*:b/users/alice/* when oss:Prefix StringLike a/*, b/*",
    ],
    [
      "everything but an action",
      { Action: undefined, NotAction: "oss:PutObject" },
      "Allow every action except oss:PutObject on acs:oss:*:*:b/users/alice/*",
    ],
    [
      "everything but a resource",
      { Resource: undefined, NotResource: "acs:oss:*:*:c/*" },
      "Allow oss:GetObject on everything except acs:oss:*:*:c/*",
    ],
    [
      "whom it trusts",
      { Resource: undefined, Principal: { RAM: ["acs:ram::1:root"] } },
      "Allow oss:GetObject on RAM acs:ram::1:root",
    ],
  ])("differ in %s", (_case, change, line) => {
    expect(policyDifference("p", policy(READ), policy({ ...READ, ...change }))).toEqual({
      what: "p",
      added: [line],
      removed: ["Allow oss:GetObject on acs:oss:*:*:b/users/alice/*"],
    });
  });

  it("has one line for a resource, with all its actions", () => {
    const after = policy(READ, { ...READ, Action: ["oss:PutObject", "oss:DeleteObject"] });
    expect(policyDifference("p", policy(READ), after)?.added).toEqual([
      "Allow oss:DeleteObject, oss:PutObject on acs:oss:*:*:b/users/alice/*",
    ]);
  });
});

/** A template of Resource Orchestration Service with one role and one policy. */
function template(role: object = {}, attached: object = {}, document: object = policy(READ)): object {
  return {
    Resources: {
      r: {
        Type: "ALIYUN::RAM::Role",
        Properties: { RoleName: "client", Description: "x", MaxSessionDuration: 3600, ...role },
      },
      p: {
        Type: "ALIYUN::RAM::ManagedPolicy",
        Properties: { PolicyName: "access", PolicyDocument: document, Roles: ["client"], ...attached },
      },
    },
  };
}

describe("two plans", () => {
  it("are the same with other words, labels and members in another order", () => {
    const { r, p } = (template({ Description: "other words" }) as { Resources: Record<string, object> })
      .Resources;
    expect(planDifferences(template(), { Resources: { one: p, two: r } })).toEqual([]);
  });

  it.each([
    [
      "a longer session",
      template({ MaxSessionDuration: 7200 }),
      "role client",
      ["MaxSessionDuration 7200"],
      ["MaxSessionDuration 3600"],
    ],
    ["another attachment", template({}, { Roles: ["client", "x"] }), "policy access", ["Roles x"], []],
    [
      "another statement",
      template({}, {}, policy({ ...READ, Resource: "acs:oss:*:*:b/*" })),
      "policy access",
      ["Allow oss:GetObject on acs:oss:*:*:b/*"],
      ["Allow oss:GetObject on acs:oss:*:*:b/users/alice/*"],
    ],
    [
      "another trust",
      template({
        AssumeRolePolicyDocument: policy({
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { Service: ["fc.aliyuncs.com"] },
        }),
      }),
      "role client",
      ["Allow sts:AssumeRole on Service fc.aliyuncs.com"],
      [],
    ],
  ])("differ in %s", (_case, after, what, added, removed) => {
    expect(planDifferences(template(), after)).toEqual([{ what, added, removed }]);
  });

  it("says what only one of them has, with what is in it", () => {
    const { p } = (template() as { Resources: Record<string, object> }).Resources;
    expect(planDifferences({ Resources: {} }, { Resources: { p } })).toEqual([
      {
        what: "policy access",
        added: ["it is new", "Roles client", "Allow oss:GetObject on acs:oss:*:*:b/users/alice/*"],
        removed: [],
      },
    ]);
    expect(planDifferences({ Resources: { p } }, { Resources: {} })[0]?.removed[0]).toBe(
      "it is no longer there",
    );
  });
});

describe("what a user gets", () => {
  const GRANTED = {
    wanted: {},
    grant: { sessionSeconds: 3600 },
    policy: { bytes: 1, document: policy(READ) },
    forms: [
      { rule: "a", bucket: "b", prefix: "photos/", limits: { maxBytes: 1, contentTypes: ["image/jpeg"] } },
    ],
  };

  it("is the same whatever the rules are called and how members are ordered", () => {
    const forms = [
      { rule: "b", bucket: "b", prefix: "photos/", limits: { contentTypes: ["image/jpeg"], maxBytes: 1 } },
    ];
    expect(userDifference("alice", GRANTED, { ...GRANTED, forms })).toBeUndefined();
  });

  it.each([
    [
      "the life of credentials",
      { grant: { sessionSeconds: 900 } },
      "credentials for 900 seconds",
      "credentials for 3600 seconds",
    ],
    [
      "the folders of forms",
      { forms: [] },
      undefined,
      'forms in oss://b/photos/ within {"contentTypes":["image/jpeg"],"maxBytes":1}',
    ],
    [
      "the policy",
      { policy: { document: policy() } },
      undefined,
      "Allow oss:GetObject on acs:oss:*:*:b/users/alice/*",
    ],
    [
      "a refusal",
      { refusal: { code: "ACCESS_NOT_GRANTED" } },
      'no credentials: {"code":"ACCESS_NOT_GRANTED"}',
      "credentials for 3600 seconds",
    ],
  ])("differs in %s", (_case, change, added, removed) => {
    expect(userDifference("alice", GRANTED, { ...GRANTED, ...change })).toEqual({
      what: "alice",
      added: added === undefined ? [] : [added],
      removed: [removed],
    });
  });
});
