import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { areMet } from "../../sandbox/ram/conditions.ts";
import { evaluate, trusts } from "../../sandbox/ram/evaluate.ts";
import { parsePolicy, policyGrammarProblem } from "../../sandbox/ram/policy-document.ts";
import { addLogstore, addPolicy, addUser, attachPolicy, newAccessKey } from "../../sandbox/world.ts";
import { CI_ROLE, MAX_SESSION_SECONDS, statements, trustPolicy } from "../../scripts/ops/ci.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";

const ROOT = join(import.meta.dirname, "../..");
const ACCOUNT = "1234567890123456";
const TRUST = JSON.stringify(
  trustPolicy({ account: ACCOUNT, repository: "example/photo-app", branch: "main" }),
);
const policyFor = (account: string, region: string, bucket: string): string =>
  JSON.stringify({ Version: "1", Statement: statements({ account, region, bucket }) });
const POLICY = policyFor(ACCOUNT, "cn-hangzhou", "examplebucket");

describe("the trust policy of the role of CI", () => {
  const token = {
    "oidc:iss": "https://token.actions.githubusercontent.com",
    "oidc:aud": "sts.aliyuncs.com",
    "oidc:sub": "repo:example/photo-app:ref:refs/heads/main",
  };
  // The sandbox has no AssumeRoleWithOIDC: of RAM's decision, it judges the grammar and the conditions.
  const isMet = (context: Readonly<Record<string, string>>): boolean =>
    parsePolicy(TRUST, "trust").statements.some(({ conditions }) => areMet(conditions, context));

  it("lets a run on the repository's branch in", () => {
    expect(policyGrammarProblem(TRUST, "trust")).toBeUndefined();
    expect(isMet(token)).toBe(true);
  });

  it.each([
    ["another branch", { "oidc:sub": "repo:example/photo-app:ref:refs/heads/main2" }],
    ["a tag of the branch's name", { "oidc:sub": "repo:example/photo-app:ref:refs/tags/main" }],
    ["a pull request", { "oidc:sub": "repo:example/photo-app:pull_request" }],
    ["an environment", { "oidc:sub": "repo:example/photo-app:environment:main" }],
    ["another repository", { "oidc:sub": "repo:example/photo-app-2:ref:refs/heads/main" }],
    ["a token for another service", { "oidc:aud": "sts.example.com" }],
    ["a token of another issuer", { "oidc:iss": "https://token.example.com" }],
  ])("keeps out %s", (_case, change) => {
    expect(isMet({ ...token, ...change })).toBe(false);
  });

  it.each(Object.keys(token))("keeps out a token without %s", (name) => {
    expect(isMet(Object.fromEntries(Object.entries(token).filter(([key]) => key !== name)))).toBe(false);
  });

  it("trusts no user and no role of the account", () => {
    for (const name of ["user/alice", "role/oss-valet-function"])
      expect(trusts(TRUST, { arn: `acs:ram::${ACCOUNT}:${name}`, accountId: ACCOUNT }, token).effect).toBe(
        "Deny",
      );
  });
});

describe("the policy of the role of CI", () => {
  const decide = (action: string, resource: string) =>
    evaluate(
      { action, resource, context: { "acs:SecureTransport": "true" } },
      { identity: [{ name: CI_ROLE, document: POLICY }] },
    ).effect;
  const fc = (rest: string): string => `acs:fc:cn-hangzhou:${ACCOUNT}:functions/${rest}`;

  it("keeps to RAM's grammar and length", () => {
    expect(policyGrammarProblem(POLICY, "identity")).toBeUndefined();
    expect(POLICY.length).toBeLessThanOrEqual(6144);
  });

  it.each(functionsOfSYaml())("deploys %s", (name, role) => {
    for (const action of [
      "fc:GetFunction",
      "fc:CreateFunction",
      "fc:UpdateFunction",
      "fc:PutConcurrencyConfig",
    ])
      expect([action, decide(action, fc(name))]).toEqual([action, "Allow"]);
    expect(decide("fc:PutFunctionAsyncInvokeConfig", fc(`${name}/LATEST`))).toBe("Allow");
    for (const action of ["fc:GetTrigger", "fc:CreateTrigger", "fc:UpdateTrigger", "fc:ListTriggers"])
      expect([action, decide(action, fc(`${name}/triggers/http`))]).toEqual([action, "Allow"]);
    expect(decide("ram:PassRole", `acs:ram:*:${ACCOUNT}:role/${role}`)).toBe("Allow");
  });

  it.each([
    ["fc:DeleteFunction", fc("oss-valet")],
    ["fc:InvokeFunction", fc("oss-valet")],
    ["fc:UpdateFunction", fc("payroll")],
    ["fc:UpdateFunction", fc("oss-valet-of-others")],
    ["ram:PassRole", `acs:ram:*:${ACCOUNT}:role/administrator`],
    ["ram:PassRole", `acs:ram:*:${ACCOUNT}:role/oss-valet-client`],
    ["ram:UpdateRole", `acs:ram:*:${ACCOUNT}:role/oss-valet-client`],
    ["ram:AttachPolicyToRole", `acs:ram:*:${ACCOUNT}:role/${CI_ROLE}`],
    ["ram:CreatePolicyVersion", `acs:ram:*:${ACCOUNT}:policy/${CI_ROLE}`],
    ["sts:AssumeRole", `acs:ram:*:${ACCOUNT}:role/oss-valet-client`],
    ["oss:GetObject", "acs:oss:*:*:examplebucket/users/alice/a.jpg"],
    ["oss:PutBucketPolicy", "acs:oss:*:*:examplebucket"],
    ["oss:GetBucketInfo", "acs:oss:*:*:other"],
    ["log:DeleteProject", `acs:log:cn-hangzhou:${ACCOUNT}:project/valet-log`],
  ])("does not allow %s on %s", (action, resource) => {
    expect(decide(action, resource)).toBe("Deny");
  });
});

/** The functions that s.yaml deploys, with the roles that it gives them. */
function functionsOfSYaml(): readonly (readonly [name: string, role: string])[] {
  const { resources } = parse(readFileSync(join(ROOT, "s.yaml"), "utf8")) as {
    readonly resources: Readonly<
      Record<string, { readonly props: { readonly functionName: string; readonly role: string } }>
    >;
  };
  return Object.values(resources).map(({ props }) => [
    props.functionName,
    props.role.slice(props.role.lastIndexOf("/") + 1),
  ]);
}

describe("doctor with the policy of the role of CI", () => {
  let deployed: Deployment;
  beforeAll(async () => {
    deployed = await emptyAccount();
    await deployed.provision("apply", "--yes");
    const { world, accountId, region } = deployed.sandbox;
    addLogstore(world, { project: "valet-log", logstore: "oss-valet", ownerId: accountId, region });
  });
  afterAll(() => deployed.stop());

  /** What doctor finds with the keys of somebody who has the policy, but not one action of it. */
  async function findingsWithout(action?: string) {
    const { account, sandbox } = deployed;
    const { world, accountId, region, bucket } = sandbox;
    const name = `ci-${account.users.size}`;
    const user = addUser(world, account, name);
    const document = policyFor(accountId, region, bucket).replaceAll(`"${action}"`, '"oss:GetBucketLogging"');
    addPolicy(world, account, name, document);
    attachPolicy(world, user, "Custom", name);
    const key = newAccessKey(world);
    user.accessKeys.push(key);
    const { findings } = await deployed.doctor({
      environment: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: key.id,
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret,
        ALLOWED_ORIGINS: "https://app.example.com",
        ...{ LOG_PROJECT: "valet-log", LOG_STORE: "oss-valet", SLS_ENDPOINT: sandbox.sls.url },
      },
    });
    return findings;
  }
  const DENIED = /AccessDenied|NoPermission|may not look at it/;

  it("reads all that it needs", async () => {
    const findings = await findingsWithout();
    // The bucket has no CORS rules yet, which doctor could see.
    const failed = findings.filter(({ outcome }) => outcome === "fail").map(({ check }) => check);
    expect(failed.filter((check) => check !== "CORS of examplebucket")).toEqual([]);
    expect(JSON.stringify(findings)).not.toMatch(DENIED);
    const seen = findings.map(({ check }) => check).join("\n");
    for (const check of ["policies of oss-valet-client", "bucket examplebucket", "CORS", "index of logstore"])
      expect(seen).toContain(check);
  });

  it.each([
    "ram:GetRole",
    "ram:ListPoliciesForRole",
    "ram:GetPolicy",
    "ram:ListPolicyVersions",
    "oss:GetBucketInfo",
    "oss:GetBucketPolicy",
    "oss:GetBucketCors",
    "log:GetProject",
    "log:GetLogStore",
    "log:GetIndex",
  ])("needs %s", async (action) => {
    expect(JSON.stringify(await findingsWithout(action))).toMatch(DENIED);
  });
});

describe("the files of the role of CI", () => {
  const terraform = JSON.parse(readFileSync(join(ROOT, "ops/terraform/ci/ci.tf.json"), "utf8")) as {
    readonly variable: Readonly<Record<string, unknown>>;
    readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  };
  const ros = parse(readFileSync(join(ROOT, "ops/ros/oss-valet-ci.yaml"), "utf8")) as {
    readonly Parameters: Readonly<Record<string, unknown>>;
    readonly Resources: Readonly<
      Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
    >;
  };

  it("give the role the shortest session that RAM takes", () => {
    expect(terraform.resource["alicloud_ram_role"]?.["deploy"]?.["max_session_duration"]).toBe(3600);
    expect(ros.Resources["Role"]?.Properties["MaxSessionDuration"]).toBe(MAX_SESSION_SECONDS);
  });

  it("have the same policies, whoever applies them", () => {
    const values = { account_id: "A", region: "R", bucket: "B", repository: "O/N", branch: "main" };
    const filled = (text: unknown): unknown =>
      JSON.parse(String(text).replace(/\$\{var\.(\w+)\}/g, (_, name: keyof typeof values) => values[name]));
    const roles = terraform.resource["alicloud_ram_role"]?.["deploy"];
    const policies = terraform.resource["alicloud_ram_policy"]?.["deploy"];
    const names: Readonly<Record<string, string>> = {
      "ALIYUN::TenantId": "A",
      "ALIYUN::Region": "R",
      Bucket: "B",
      Repository: "O/N",
      Branch: "main",
    };
    const inRos = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value)
          .replace(/\{"Fn::Sub":("[^"]*")\}/g, "$1")
          .replace(/\$\{([\w:]+)\}/g, (_, name: string) => names[name] ?? "?"),
      );
    const trust = trustPolicy({ account: "A", repository: "O/N", branch: "main" });
    const policy = { Version: "1", Statement: statements({ account: "A", region: "R", bucket: "B" }) };
    expect(filled(roles?.["assume_role_policy_document"])).toEqual(trust);
    expect(filled(policies?.["policy_document"])).toEqual(policy);
    expect(inRos(ros.Resources["Role"]?.Properties["AssumeRolePolicyDocument"])).toEqual(trust);
    expect(inRos(ros.Resources["Policy"]?.Properties["PolicyDocument"])).toEqual(policy);
  });

  it("use each variable and parameter that they declare, and no other", () => {
    const used = [...JSON.stringify(terraform.resource).matchAll(/var\.(\w+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(terraform.variable).sort());
    const text = JSON.stringify([ros.Resources, (ros as { readonly Conditions?: unknown }).Conditions]);
    const named = [...text.matchAll(/"Ref":"(\w+)"|\$\{(\w+)\}/g)].map(([, ref, sub]) => ref ?? sub);
    expect([...new Set(named)].sort()).toEqual(Object.keys(ros.Parameters).sort());
  });

  // Source: terraform-provider-alicloud, website/docs/r/<type>.html.markdown.
  it.each([
    [
      "alicloud_ims_oidc_provider",
      "client_ids description fingerprints issuance_limit_time issuer_url oidc_provider_name",
    ],
    ["alicloud_ram_role", "role_name description max_session_duration assume_role_policy_document"],
    ["alicloud_ram_policy", "policy_name description policy_document"],
    ["alicloud_ram_role_policy_attachment", "role_name policy_name policy_type"],
  ])("give %s only arguments that it takes", (type, known) => {
    const own = Object.values(terraform.resource[type] ?? {}).flatMap(Object.keys);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => ![...known.split(" "), "count", "depends_on"].includes(name))).toEqual([]);
  });

  // Source: @alicloud/ros-cdk-ram, lib/ram.generated.js.
  it.each([
    [
      "ALIYUN::RAM::OIDCProvider",
      "Fingerprints IssuerUrl OIDCProviderName ClientIds Description IssuanceLimitTime",
    ],
    ["ALIYUN::RAM::Role", "AssumeRolePolicyDocument RoleName Description MaxSessionDuration"],
    ["ALIYUN::RAM::ManagedPolicy", "PolicyName Description PolicyDocument Roles Users Groups"],
  ])("give %s only properties that it has", (type, known) => {
    const own = Object.values(ros.Resources)
      .filter((resource) => resource.Type === type)
      .flatMap(({ Properties }) => Object.keys(Properties));
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => !known.split(" ").includes(name))).toEqual([]);
  });
});
