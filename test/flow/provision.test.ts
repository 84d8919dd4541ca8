import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { asRos } from "../../cli/provision/as-ros.ts";
import { asTerraform } from "../../cli/provision/as-terraform.ts";
import { provision } from "../../cli/provision/command.ts";
import { desiredStateFor } from "../../cli/provision/desired-state.ts";
import { wideningFrom } from "../../cli/provision/policy-comparison.ts";
import type { Terminal } from "../../cli/shared/command.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { type Account, addPolicy, addRole, addUser } from "../../sandbox/world.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { readerOf } from "../support/valet.ts";

const ACCESS = `
issuers: [{ name: login, issuer: https://login.example.com/, audience: photo-app }]
session: { duration: 3600, maxDuration: 7200 }
rules:
  - { name: own folder, allow: [read, write, list, delete], prefix: "users/{sub}/" }
  - { name: team, allow: [read, list], when: { team: [red, blue] }, prefix: "teams/{team}/" }
`;

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(async () => {
  await sandbox.stop();
});

describe("provision", () => {
  it("sets up both roles and their policies from nothing, and finds nothing to change the second time", async () => {
    const first = await run(["apply", "--yes"], "first");
    expect(first).toMatchObject({ code: 0, errors: "" });
    const account = sandbox.world.accounts.get(sandbox.accountId);
    const client = account?.roles.get("first-client");
    expect(JSON.parse(client?.trustPolicy ?? "")).toEqual({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Principal: { RAM: [`acs:ram::${sandbox.accountId}:role/first-function`] },
        },
      ],
    });
    expect(client?.maxSessionSeconds).toBe(7200);
    expect(JSON.parse(account?.policies.get("first-client-assume")?.versions[0]?.document ?? "")).toEqual({
      Version: "1",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRole",
          Resource: `acs:ram::${sandbox.accountId}:role/first-client`,
        },
      ],
    });
    expect(await run(["apply", "--yes"], "first")).toEqual({
      code: 0,
      out: "Nothing to change.",
      errors: "",
    });
  });

  it("shows the plan and changes nothing where it is only asked for, or nobody agrees", async () => {
    const plan = await run(["plan"], "shown");
    expect(plan.code).toBe(0);
    expect(plan.out).toContain("+ role shown-client, sessions of up to 7200 s");
    expect(await run(["apply"], "shown")).toMatchObject({
      code: 1,
      errors: expect.stringContaining("add --yes"),
    });
    expect(sandbox.world.accounts.get(sandbox.accountId)?.roles.has("shown-client")).toBe(false);
  });

  it("never widens silently", async () => {
    await run(["apply", "--yes"], "wide");
    const more = ACCESS.replace("users/{sub}/", "people/{sub}/");
    const refused = await run(["apply", "--yes"], "wide", more);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain("WIDENS: oss:PutObject acs:oss:*:*:examplebucket/people/*/*");
    expect(refused.errors).toContain("--allow-widening");
    expect((await run(["apply", "--yes", "--allow-widening"], "wide", more)).code).toBe(0);
    const narrower = more.replace("write, list, delete", "list");
    expect((await run(["apply", "--yes"], "wide", narrower)).code).toBe(0);
  });

  it("says whom a change takes the trust from, and how a user keeps it", async () => {
    await run(["apply", "--yes", "--caller-user", "trusted-caller"], "trusted");
    const { out } = await run(["plan"], "trusted");
    expect(out).toContain(
      `! role trusted-client will no longer trust acs:ram::${sandbox.accountId}:user/trusted-caller; to keep it, add --caller-user trusted-caller`,
    );
  });

  it("narrows what is trusted or allowed too widely without a flag", async () => {
    await run(["apply", "--yes"], "narrowed");
    const account = world();
    const client = account.roles.get("narrowed-client");
    if (client === undefined) throw new Error("no role");
    client.trustPolicy = policyText({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Principal: { RAM: [`acs:ram::${sandbox.accountId}:root`] },
    });
    addPolicy(
      sandbox.world,
      account,
      "narrowed-client-access",
      policyText({ Effect: "Allow", NotAction: "ram:*", Resource: "*" }),
    );
    expect(await run(["apply", "--yes"], "narrowed")).toMatchObject({ code: 0, errors: "" });
  });

  it("deletes the oldest of five versions, whatever their order and whichever is in force", async () => {
    await run(["apply", "--yes"], "versioned");
    const policy = world().policies.get("versioned-client-access");
    const [v1] = policy?.versions ?? [];
    if (policy === undefined || v1 === undefined) throw new Error("no policy");
    const versions = ["v9", "v10", "v2", "v11", "v3"].map((id) => ({ ...v1, id, isDefault: id === "v2" }));
    policy.versions.splice(0, 1, ...versions);
    policy.versionCount = 11;
    const narrower = ACCESS.replace("write, list, delete", "list");
    const { code, out } = await run(["apply", "--yes"], "versioned", narrower);
    expect(code).toBe(0);
    expect(out).toContain("(deletes its old version v3: RAM keeps five)");
    expect(policy.versions.map(({ id }) => id).sort()).toEqual(["v10", "v11", "v12", "v2", "v9"]);
  });

  it("gives a role with a dot in its name a policy that RAM takes", async () => {
    expect(await run(["apply", "--yes"], "v1.2")).toMatchObject({ code: 0, errors: "" });
    const role = sandbox.world.accounts.get(sandbox.accountId)?.roles.get("v1.2-client");
    expect(role?.attached.map(({ name }) => name)).toEqual(["v1-2-client-access"]);
  });

  it("says who must run it where RAM cannot be read", async () => {
    const keys = {
      ALIBABA_CLOUD_ACCESS_KEY_ID: sandbox.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: sandbox.accessKeySecret,
    };
    expect(await run(["apply", "--yes"], "unread", ACCESS, keys)).toEqual({
      code: 1,
      out: "",
      errors: expect.stringMatching(
        /^Nothing was changed: RAM cannot be read: NoPermission: .*; use keys of a RAM administrator/,
      ),
    });
  });

  it("refuses, before it asks anybody, rules that no one policy holds", async () => {
    const teams = Array.from({ length: 400 }, (_, index) => `team-${index}`).join(", ");
    const result = await run(["plan"], "long", ACCESS.replace("red, blue", teams));
    expect(result).toMatchObject({ code: 2, out: "" });
    expect(result.errors).toMatch(
      /^policy long-client-access: the rules need \d+ characters, but RAM allows 6144/,
    );
  });

  it.each([
    ["no role ARN", { OSS_ROLE_ARN: "" }, [], /OSS_ROLE_ARN is not set; write the client role's ARN/],
    [
      "one role for both",
      {},
      ["--function-role", "odd-client"],
      /both name odd-client; write two different roles/,
    ],
  ])("says what to write for %s", async (_case, environment, args, message) => {
    const result = await run(["plan", ...args], "odd", ACCESS, environment);
    expect(result.code).toBe(2);
    expect(result.errors).toMatch(message);
  });

  it("warns before it creates a role with an underscore, which RAM may refuse", async () => {
    const roleArn = { OSS_ROLE_ARN: `acs:ram::${sandbox.accountId}:role/oss_upload_role` };
    const notice = /RAM may refuse to create role oss_upload_role: .* choose a name without "_"/;
    expect(await run(["plan"], "doubtful", ACCESS, roleArn)).toMatchObject({
      code: 0,
      out: expect.stringMatching(notice),
    });
    expect((await run(["plan"], "plain")).out).not.toMatch(/may refuse/);
  });

  it.each([
    ["no keys", { ALIBABA_CLOUD_ACCESS_KEY_ID: "" }, /ALIBABA_CLOUD_ACCESS_KEY_ID and/],
    ["RAM in the clear", { RAM_ENDPOINT: "http://ram.example.com" }, /RAM_ENDPOINT: write https/],
    ["STS in the clear", { STS_ENDPOINT: "http://sts.example.com" }, /STS_ENDPOINT: write https/],
  ])("is called wrongly with %s", async (_case, environment, message) => {
    await expect(run(["plan"], "odd", ACCESS, environment)).rejects.toThrow(message);
  });
});

describe("provision in another account than the keys'", () => {
  it.each(["plan", "apply"])(
    "%s reads and changes nothing, and says which account is whose",
    async (command) => {
      const calls = sandbox.world.journal.length;
      expect(
        await run([command, "--yes"], "foreign", ACCESS, {
          OSS_ROLE_ARN: "acs:ram::9999999999999999:role/foreign-client",
        }),
      ).toEqual({
        code: 2,
        out: "",
        errors: expect.stringMatching(
          /^Nothing was changed: OSS_ROLE_ARN belongs to account 9999999999999999, but the keys belong to account 1234567890123456 \(.*\)\. Fix the account ID/,
        ),
      });
      expect(sandbox.world.journal.slice(calls).map(({ service }) => service)).toEqual(["sts"]);
    },
  );

  it("changes nothing where STS does not say whose keys they are", async () => {
    const fault = sandbox.faults.add({ service: "sts", fault: { kind: "empty" } });
    const result = await run(["apply", "--yes"], "nobodys");
    sandbox.faults.clear(fault);
    expect(result).toEqual({
      code: 1,
      out: "",
      errors:
        "Nothing was changed: STS did not say which account the keys belong to: not an answer from this service: it names no account; check STS_ENDPOINT: another service, or a proxy, answers there",
    });
    expect(world().roles.has("nobodys-client")).toBe(false);
  });
});

describe("the role of forms and signed URLs", () => {
  const FORMS = ACCESS.replace(
    "rules:",
    `rules:
  - { name: photos, allow: [upload], prefix: "photos/{sub}/", upload: { maxBytes: 100, contentTypes: [image/*] } }
  - { name: office, allow: [read], prefix: "office/{sub}/", sourceIp: request }`,
  );
  const documentOf = (name: string) =>
    JSON.parse(
      world()
        .policies.get(name)
        ?.versions.find(({ isDefault }) => isDefault)?.document ?? "",
    );
  const attachedTo = (role: string) =>
    world()
      .roles.get(role)
      ?.attached.map(({ name }) => name);

  it("trusts Function Compute alone, and may do what forms and URLs of the rules may, and nothing else", async () => {
    expect(await run(["apply", "--yes"], "forms", FORMS)).toMatchObject({ code: 0, errors: "" });
    expect(JSON.parse(world().roles.get("forms-uploads")?.trustPolicy ?? "")).toEqual({
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: ["fc.aliyuncs.com"] } }],
    });
    expect(attachedTo("forms-uploads")).toEqual(["forms-client-uploads"]);
    expect(documentOf("forms-client-uploads")).toEqual({
      Version: "1",
      Statement: [
        { Effect: "Allow", Action: "oss:PutObject", Resource: "acs:oss:*:*:examplebucket/photos/*/*" },
        {
          Effect: "Allow",
          Action: "oss:GetObject",
          Resource: [
            "acs:oss:*:*:examplebucket/teams/blue/*",
            "acs:oss:*:*:examplebucket/teams/red/*",
            "acs:oss:*:*:examplebucket/users/*/*",
          ],
        },
      ],
    });
    // Forms add nothing to what credentials may do, and credentials nothing to what forms may do.
    expect(JSON.stringify(documentOf("forms-client-access"))).not.toContain("photos/");
    expect(attachedTo("forms-client")).toEqual(["forms-client-access"]);
    expect(attachedTo("forms-function")).toEqual(["forms-client-assume"]);
  });

  it("may do nothing where no rule has upload, or a read that can be signed", async () => {
    const listing = ACCESS.replace("[read, write, list, delete]", "[list]").replace("[read, list]", "[list]");
    expect((await run(["apply", "--yes"], "mute", listing)).code).toBe(0);
    expect(documentOf("mute-client-uploads")).toEqual({
      Version: "1",
      Statement: [{ Effect: "Deny", Action: "oss:*", Resource: "acs:oss:*:*:*" }],
    });
    // The first rule with upload widens: somebody has to want it.
    const wider = await run(["apply", "--yes"], "mute", FORMS);
    expect(wider.code).toBe(1);
    expect(wider.out).toContain("WIDENS: oss:PutObject acs:oss:*:*:examplebucket/photos/*/*");
  });

  it("is not there with --no-uploads, and then the caller may only assume", async () => {
    const args = ["apply", "--yes", "--no-uploads", "--caller-user", "only-caller"];
    expect((await run(args, "only", FORMS)).code).toBe(0);
    expect(world().roles.has("only-uploads")).toBe(false);
    expect(world().policies.has("only-client-uploads")).toBe(false);
    expect(
      world()
        .users.get("only-caller")
        ?.attached.map(({ name }) => name),
    ).toEqual(["only-client-assume"]);
  });

  it("has its policy in common with the caller user, whose key signs outside Function Compute", async () => {
    expect((await run(["apply", "--yes", "--caller-user", "both-caller"], "both", FORMS)).code).toBe(0);
    expect(
      world()
        .users.get("both-caller")
        ?.attached.map(({ name }) => name),
    ).toEqual(["both-client-assume", "both-client-uploads"]);
    expect(JSON.parse(world().roles.get("both-client")?.trustPolicy ?? "").Statement[0].Principal).toEqual({
      RAM: [
        `acs:ram::${sandbox.accountId}:role/both-function`,
        `acs:ram::${sandbox.accountId}:user/both-caller`,
      ],
    });
  });

  it.each([
    ["the function's role", "one-function", "--function-role and --uploads-role"],
    ["the client role", "ONE-client", "OSS_ROLE_ARN and --uploads-role"],
  ])("is refused where it is %s: one role would have the access of both", async (_case, role, where) => {
    const { code, errors } = await run(["plan", "--uploads-role", role], "one", FORMS);
    expect([code, errors]).toEqual([2, `${where} both name ${role}; write two different roles`]);
  });

  it("is refused with a name that RAM would not take", async () => {
    const { code, errors } = await run(["plan", "--uploads-role", "a/b"], "one", FORMS);
    expect([code, errors]).toEqual([
      2,
      expect.stringMatching(/^--uploads-role is "a\/b"; write a role's name/),
    ]);
  });
});

describe("an apply that was interrupted", () => {
  const OPERATIONS = [
    "CreatePolicy",
    "CreateUser",
    "AttachPolicyToUser",
    "CreateAccessKey",
    "UpdateUser",
    "CreateRole",
    "AttachPolicyToRole",
    "UpdateRole",
  ];
  const args = (name: string) => ["apply", "--yes", "--caller-user", `${name}-caller`];

  it("says what is done and what RAM says", async () => {
    sandbox.faults.add({ ...faultIn("CreateRole"), fault: { kind: "error", status: 503 } });
    const stopped = await run(["apply", "--yes"], "halfway");
    expect(stopped.code).toBe(1);
    expect(stopped.errors).toMatch(
      /^failed: role halfway-function.*ServiceUnavailable.*\n3 of 12 changes done\. Fix the problem, then run the same command again/,
    );
  });

  it.each(OPERATIONS)("in %s goes on from there, and needs no flag for it", async (operation) => {
    const name = `stopped-${operation.toLowerCase()}`;
    sandbox.faults.add({ ...faultIn(operation), fault: { kind: "error", status: 503 } });
    expect((await run(args(name), name)).code).toBe(1);
    expect(await run(args(name), name)).toMatchObject({ code: 0, errors: "" });
    expect((await run(args(name), name)).out).toMatch(/^Nothing to change\./);
  });

  it.each(OPERATIONS)("after %s, whose answer was lost, goes on too", async (operation) => {
    const name = `lost-${operation.toLowerCase()}`;
    sandbox.faults.add({ ...faultIn(operation), fault: { kind: "truncated" } });
    expect((await run(args(name), name)).code).toBe(1);
    expect(await run(args(name), name)).toMatchObject({ code: 0, errors: "" });
    expect((await run(args(name), name)).out).toMatch(/^Nothing to change\./);
  });

  function faultIn(operation: string) {
    return { service: "ram", operation, times: 1 } as const;
  }
});

describe("what somebody took away, to stop everything, is not given back without --allow-widening", () => {
  it.each([
    [
      "the policy of the client role",
      (name: string) => world().roles.get(`${name}-client`)?.attached.splice(0),
    ],
    [
      "the policy of the function's role",
      (name: string) => world().roles.get(`${name}-function`)?.attached.splice(0),
    ],
    [
      "the policies of both",
      (name: string) => {
        world().roles.get(`${name}-client`)?.attached.splice(0);
        world().roles.get(`${name}-function`)?.attached.splice(0);
      },
    ],
    ["the policy of the caller", (name: string) => world().users.get(`${name}-caller`)?.attached.splice(0)],
    [
      "the caller's key",
      (name: string) => {
        for (const key of world().users.get(`${name}-caller`)?.accessKeys ?? []) key.status = "Inactive";
      },
    ],
  ])("%s", async (what, stop) => {
    const name = `taken-${what.replaceAll(/[^a-z]/g, "")}`;
    const args = ["apply", "--yes", "--caller-user", `${name}-caller`];
    expect((await run(args, name)).code).toBe(0);
    stop(name);
    const before = JSON.stringify([...world().roles, ...world().users]);
    const refused = await run(args, name);
    expect(refused).toMatchObject({ code: 1, errors: expect.stringContaining("add --allow-widening") });
    expect(refused.out).toMatch(/^\+ (?:policy|access key).*\n {4}WIDENS: /m);
    expect(JSON.stringify([...world().roles, ...world().users])).toBe(before);
    expect((await run([...args, "--allow-widening"], name)).code).toBe(0);
  });

  it("nor is anything given to a role or a user that others have made", async () => {
    addRole(sandbox.world, world(), {
      name: "shared-function",
      trustPolicy: policyText({
        Effect: "Allow",
        Action: "sts:AssumeRole",
        Principal: { Service: ["fc.aliyuncs.com"] },
      }),
    });
    addUser(sandbox.world, world(), "shared-caller");
    const { code, out } = await run(["apply", "--yes", "--caller-user", "shared-caller"], "shared");
    expect(code).toBe(1);
    expect(out.split("\n").filter((line) => line.includes("WIDENS"))).toEqual([
      "    WIDENS: the whole policy, for a user that exists without it",
      "    WIDENS: the whole policy, for a user that exists without it",
      "    WIDENS: a long-lived key, for a user that has no active one",
      "    WIDENS: the whole policy, for a role that exists without it",
    ]);
    expect(world().roles.get("shared-function")?.attached).toEqual([]);
  });
});

describe("the access key of a caller", () => {
  const args = (name: string) => ["apply", "--yes", "--caller-user", `${name}-caller`];
  const keysOf = (name: string) => world().users.get(`${name}-caller`)?.accessKeys ?? [];

  it("is printed once, by a name that is not the administrator's, and no second one is made", async () => {
    const first = await run(args("keyed"), "keyed");
    const [key] = keysOf("keyed");
    expect(first.out).toContain(`CALLER_ACCESS_KEY_ID=${key?.id}\n  CALLER_ACCESS_KEY_SECRET=${key?.secret}`);
    expect(first.out).not.toMatch(/^ *ALIBABA_CLOUD_ACCESS_KEY_ID=/m);
    const second = await run(args("keyed"), "keyed");
    expect(second).toMatchObject({ code: 0, errors: "" });
    expect(second.out).toMatch(
      new RegExp(
        `^Nothing to change\\.\\n! user keyed-caller has the access key ${key?.id}, created .*, so no new key is created\\. `,
      ),
    );
    expect(second.out).not.toContain(key?.secret);
    expect(keysOf("keyed")).toHaveLength(1);
  });

  it.each([
    ["lost on its way", { kind: "truncated" }, 1],
    ["an answer without it", { kind: "empty" }, 0],
  ] as const)("%s: is told of as a key that may be there and that nobody has", async (how, fault, made) => {
    const name = `keyless-${fault.kind}`;
    sandbox.faults.add({ service: "ram", operation: "CreateAccessKey", times: 1, fault });
    const { code, out, errors } = await run(args(name), name);
    expect([code, keysOf(name).length], how).toEqual([1, made]);
    expect(errors).toMatch(
      /RAM may have created a key, and its secret is lost: look at the access keys of keyless-/,
    );
    expect(out).not.toContain("CALLER_ACCESS_KEY_ID");
  });
});

describe("an answer that is not RAM's", () => {
  it.each([
    ["a page", { kind: "html" }, /not an answer from this service: not JSON; check RAM_ENDPOINT:/],
    [
      "nothing of what was asked for",
      { kind: "empty" },
      /not an answer from this service: it has no role; check RAM_ENDPOINT:/,
    ],
    [
      "an error without a code",
      { kind: "answer", status: 404, body: "{}" },
      /status 404 without an error code; check RAM_ENDPOINT/,
    ],
    [
      "a cut connection",
      { kind: "reset" },
      /no answer: the connection was cut \(ECONNRESET\); fix RAM_ENDPOINT/,
    ],
  ] as const)("is %s, and nothing is made of it", async (_case, fault, message) => {
    const rule = sandbox.faults.add({ service: "ram", operation: "GetRole", fault });
    const result = await run(["apply", "--yes"], "odd-answer");
    sandbox.faults.clear(rule);
    expect(result).toMatchObject({ code: 1, out: "", errors: expect.stringMatching(message) });
    expect(world().policies.has("odd-answer-client-access")).toBe(false);
  });
});

describe("the three forms of the desired state", () => {
  const desired = desiredStateFor(rulesFrom(ACCESS), {
    accountId: "1234567890123456",
    clientRole: "oss-client",
    functionRole: "oss-function",
    uploadsRole: "oss-uploads",
    callerUser: "oss-caller",
    bucket: "examplebucket",
  });
  const expected = {
    roles: desired.roles.map(({ name, trustPolicy, maxSessionSeconds }) => ({
      name,
      trustPolicy,
      maxSessionSeconds,
    })),
    policies: [
      ...new Map(
        [...desired.users, ...desired.roles].flatMap(({ policies }) =>
          policies.map((policy) => [policy.name, policy.document] as const),
        ),
      ),
    ],
    attached: [...desired.users, ...desired.roles]
      .flatMap(({ name, policies }) => policies.map((policy) => `${name} ${policy.name}`))
      .sort(),
  };

  it("ROS says the same", () => {
    const { Resources: resources } = parse(asRos(desired)) as {
      readonly Resources: Readonly<
        Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
      >;
    };
    const of = (type: string) =>
      Object.values(resources)
        .filter(({ Type }) => Type === type)
        .map(({ Properties }) => Properties);
    expect({
      roles: of("ALIYUN::RAM::Role").map((role) => ({
        name: role["RoleName"],
        trustPolicy: role["AssumeRolePolicyDocument"],
        maxSessionSeconds: role["MaxSessionDuration"],
      })),
      policies: of("ALIYUN::RAM::ManagedPolicy").map((policy) => [
        policy["PolicyName"],
        policy["PolicyDocument"],
      ]),
      attached: of("ALIYUN::RAM::ManagedPolicy")
        .flatMap((policy) =>
          [...((policy["Users"] ?? []) as string[]), ...((policy["Roles"] ?? []) as string[])].map(
            (name) => `${name} ${policy["PolicyName"]}`,
          ),
        )
        .sort(),
    }).toEqual(expected);
  });

  it("Terraform says the same", () => {
    const text = asTerraform(desired);
    const blocks = [...text.matchAll(/resource "(\w+)" "([\w-]+)" \{\n([\s\S]*?)\n\}(?=\n|$)/g)].map(
      ([, type, label, body = ""]) => ({ type, label, body }),
    );
    const field = (body: string, name: string) =>
      new RegExp(`^ *${name} += "?([^"\\n]*)"?`, "m").exec(body)?.[1];
    // What Terraform gives to RAM is made of the value, so that no blank of the text counts.
    const json = (body: string) =>
      JSON.parse((/= jsonencode\(([\s\S]*?\})\)$/m.exec(body)?.[1] ?? "").replaceAll("$${", "${")) as unknown;
    const of = (type: string) => blocks.filter((block) => block.type === type);
    expect({
      roles: of("alicloud_ram_role").map(({ body }) => ({
        name: field(body, "role_name"),
        trustPolicy: json(body),
        maxSessionSeconds: Number(field(body, "max_session_duration")),
      })),
      policies: of("alicloud_ram_policy").map(({ body }) => [field(body, "policy_name"), json(body)]),
      attached: [...of("alicloud_ram_user_policy_attachment"), ...of("alicloud_ram_role_policy_attachment")]
        .map(
          ({ body }) =>
            `${/alicloud_ram_(?:user|role)\.([\w-]+)\./.exec(body)?.[1]} ${/alicloud_ram_policy\.([\w-]+)\./.exec(body)?.[1]}`,
        )
        .sort(),
    }).toEqual(expected);
  });
});

describe("what widens", () => {
  const policy = (resource: string, extra = {}) =>
    JSON.stringify({
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "oss:GetObject", Resource: resource, ...extra }],
    });
  it.each([
    ["a longer prefix narrows", policy("b/users/*"), policy("b/users/*/*"), []],
    ["a shorter prefix widens", policy("b/users/*/*"), policy("b/users/*"), ["oss:GetObject b/users/*"]],
    [
      "a condition that goes widens",
      policy("b/*", { Condition: { Bool: { "acs:SecureTransport": "true" } } }),
      policy("b/*"),
      ["oss:GetObject b/*"],
    ],
    [
      "any text in place of one character widens",
      policy("b/users/?/*"),
      policy("b/users/*/*"),
      ["oss:GetObject b/users/*/*"],
    ],
    [
      "all but something widens",
      policy("b/users/*"),
      JSON.stringify({
        Version: "1",
        Statement: [{ Effect: "Allow", NotAction: "oss:DeleteObject", Resource: "b/users/*" }],
      }),
      ["not oss:DeleteObject b/users/*"],
    ],
    [
      "another principal widens",
      trust("acs:ram::1:role/a"),
      trust("acs:ram::2:role/a"),
      ["sts:AssumeRole RAM acs:ram::2:role/a"],
    ],
  ])("%s", (_case, before, after, widened) => {
    expect(wideningFrom(before, after)).toEqual(widened);
  });

  it.each([
    ["a role instead of its whole account", "acs:ram::1:root", "acs:ram::1:role/a", []],
    ["a user instead of its whole account", "acs:ram::1:root", "acs:ram::1:user/a", []],
    [
      "a role instead of another account",
      "acs:ram::2:root",
      "acs:ram::1:role/a",
      ["sts:AssumeRole RAM acs:ram::1:role/a"],
    ],
    [
      "a whole account instead of a role",
      "acs:ram::1:role/a",
      "acs:ram::1:root",
      ["sts:AssumeRole RAM acs:ram::1:root"],
    ],
  ])("%s", (_case, before, after, widened) => {
    expect(wideningFrom(trust(before), trust(after))).toEqual(widened);
  });

  it.each([
    ["an action that was not taken out", "ram:*", { Action: "oss:GetObject" }, []],
    ["an action that was taken out", "oss:Get*", { Action: "oss:GetObject" }, ["oss:GetObject *"]],
    ["actions of which some were taken out", "oss:GetObject", { Action: "oss:*" }, ["oss:* *"]],
    ["more taken out than before", "oss:GetObject", { NotAction: ["oss:Get*", "ram:*"] }, []],
    ["less taken out than before", "oss:Get*", { NotAction: "oss:GetObject" }, ["not oss:GetObject *"]],
  ])("where all was allowed but something: %s", (_case, taken, after, widened) => {
    const all = (actions: object) => policyText({ Effect: "Allow", Resource: "*", ...actions });
    expect(wideningFrom(all({ NotAction: taken }), all(after))).toEqual(widened);
  });

  function trust(arn: string): string {
    return JSON.stringify({
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { RAM: [arn] } }],
    });
  }
});

async function run(
  args: readonly string[],
  name: string,
  access = ACCESS,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly out: string; readonly errors: string }> {
  const out: string[] = [];
  const errors: string[] = [];
  const terminal: Terminal = {
    environment: {
      OSS_ROLE_ARN: `acs:ram::${sandbox.accountId}:role/${name}-client`,
      OSS_BUCKET: "examplebucket",
      STS_ENDPOINT: sandbox.sts.url,
      RAM_ENDPOINT: sandbox.ram.url,
      ALIBABA_CLOUD_ACCESS_KEY_ID: sandbox.administrator.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: sandbox.administrator.accessKeySecret,
      ...environment,
    },
    out: (text) => out.push(text),
    error: (text) => errors.push(text),
    ask: undefined,
    question: undefined,
    colour: false,
    nowMs: Date.now,
    wait: async () => undefined,
  };
  const named = (option: string, role: string) => (args.includes(option) ? [] : [option, role]);
  const code = await provision.run(
    [
      ...args,
      ...named("--function-role", `${name}-function`),
      ...(args.includes("--no-uploads") ? [] : named("--uploads-role", `${name}-uploads`)),
    ],
    terminal,
    readerOf(parse(access)),
  );
  return { code, out: out.join("\n"), errors: errors.join("\n") };
}

function world(): Account {
  const account = sandbox.world.accounts.get(sandbox.accountId);
  if (account === undefined) throw new Error("no account");
  return account;
}

function policyText(statement: object): string {
  return JSON.stringify({ Version: "1", Statement: [statement] });
}

function rulesFrom(text: string): AccessRules {
  const result = accessRulesFrom(parse(text));
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
