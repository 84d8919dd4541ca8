import { beforeAll, describe, expect, it } from "vitest";
import {
  addAccount,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  newAccessKey,
  type RamUser,
} from "../../sandbox/world.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";
import {
  type AssumeRoleParameters,
  type ClientKey,
  callerIdentity,
  STS_CLIENTS,
  type StsCredentials,
  type StsOutcome,
} from "../support/sts-clients.ts";

const SESSION_POLICY = JSON.stringify({
  Version: "1",
  Statement: [
    { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/u 1/~*é'()!+/*" },
  ],
});

const sandbox = await sandboxForTests();
const caller: ClientKey = { accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret };
const good: AssumeRoleParameters = {
  RoleArn: sandbox.roleArn,
  RoleSessionName: "u_1.a@b-c",
  DurationSeconds: 900,
  Policy: SESSION_POLICY,
};

beforeAll(addMoreRoles);

describe.each(STS_CLIENTS)("$name", ({ assumeRole }) => {
  const call = (parameters: AssumeRoleParameters, key: ClientKey = caller) =>
    assumeRole(sandbox.sts.url, key, parameters);

  it("gets credentials for the role, in the documented forms", async () => {
    const { accessKeyId, accessKeySecret, securityToken, expiration } = credentials(await call(good));
    expect(accessKeyId).toMatch(/^STS\.[A-Za-z0-9]{25}$/);
    expect(accessKeySecret).toMatch(/^[A-Za-z0-9]{44}$/);
    expect(securityToken).toMatch(/^CAIS[A-Za-z0-9+/]+=*$/);
    expect(expiration).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const leftMs = Date.parse(expiration) - sandbox.clock.nowMs();
    expect(leftMs).toBeGreaterThan(890_000);
    expect(leftMs).toBeLessThanOrEqual(900_000);
  });

  it("gets credentials that are the session's, with the policy as it was sent", async () => {
    const made = credentials(await call(good));
    const session = sandbox.world.sessions.get(made.accessKeyId);
    expect(session).toMatchObject({
      name: "u_1.a@b-c",
      policy: SESSION_POLICY,
      accountId: sandbox.accountId,
    });
    expect(await callerIdentity(sandbox.sts.url, made)).toMatchObject({
      identityType: "AssumedRoleUser",
      arn: `${sandbox.roleArn}/u_1.a@b-c`,
      accountId: sandbox.accountId,
      principalId: `${session?.role.id}:u_1.a@b-c`,
    });
  });

  it("gets a longer token for a longer policy", async () => {
    const { Policy: _none, ...whole } = good;
    const plain = credentials(await call(whole));
    const narrowed = credentials(await call(good));
    expect(narrowed.securityToken.length - plain.securityToken.length).toBeGreaterThan(SESSION_POLICY.length);
  });

  it.each<[string, Partial<AssumeRoleParameters>, string]>([
    ["a duration below 900 seconds", { DurationSeconds: 899 }, "InvalidParameter.DurationSeconds"],
    ["a duration above the role's limit", { DurationSeconds: 3601 }, "InvalidParameter.DurationSeconds"],
    ["a duration that is no whole number", { DurationSeconds: 900.5 }, "InvalidParameter.DurationSeconds"],
    ["a negative duration", { DurationSeconds: -900 }, "InvalidParameter.DurationSeconds"],
    ["a session name of one character", { RoleSessionName: "a" }, "InvalidParameter.RoleSessionName"],
    [
      "a session name of 65 characters",
      { RoleSessionName: "a".repeat(65) },
      "InvalidParameter.RoleSessionName",
    ],
    ["a session name with a slash", { RoleSessionName: "a/b" }, "InvalidParameter.RoleSessionName"],
    ["a session name beyond ASCII", { RoleSessionName: "zoë" }, "InvalidParameter.RoleSessionName"],
    ["a role ARN of another form", { RoleArn: "arn:aws:iam::1:role/x" }, "InvalidParameter.RoleArn"],
    ["a role ARN without a name", { RoleArn: "acs:ram::1234567890123456:role/" }, "InvalidParameter.RoleArn"],
    [
      "a policy that does not know its grammar",
      { Policy: '{"Statements":[]}' },
      "InvalidParameter.PolicyGrammar",
    ],
    [
      "a policy with a Principal",
      { Policy: policy({ Effect: "Allow", Action: "*", Resource: "*", Principal: { RAM: ["x"] } }) },
      "InvalidParameter.PolicyGrammar",
    ],
    ["a policy of 2,049 bytes", { Policy: policyOf(2049) }, "InvalidParameter.PolicySize"],
  ])("is refused %s", async (_case, change, code) => {
    expect(await call({ ...good, ...change })).toEqual({ failure: { status: 400, code } });
  });

  it("is granted what lies just inside the limits", async () => {
    const inside: readonly Partial<AssumeRoleParameters>[] = [
      { DurationSeconds: 3600 },
      { RoleSessionName: "ab" },
      { RoleSessionName: "a".repeat(64) },
      { Policy: policyOf(2048) },
    ];
    for (const change of inside) credentials(await call({ ...good, ...change }));
  });

  it.each<[string, string]>([
    ["a role that does not exist", "acs:ram::1234567890123456:role/nobody"],
    ["a role of an account that does not exist", "acs:ram::9999999999999999:role/ramosstest"],
    ["a user", "acs:ram::1234567890123456:user/oss-valet-caller"],
  ])("is refused %s", async (_case, RoleArn) => {
    const failure = { status: 404, code: "EntityNotExist.Role" };
    expect(await call({ ...good, RoleArn })).toEqual({ failure });
  });

  it.each<[string, () => ClientKey, number, string]>([
    [
      "an unknown access key",
      () => ({ ...caller, accessKeyId: "LTAInobody" }),
      404,
      "InvalidAccessKeyId.NotFound",
    ],
    ["an inactive access key", () => keyOf("retired"), 400, "InvalidAccessKeyId.Inactive"],
    [
      "a wrong secret",
      () => ({ ...caller, accessKeySecret: `${caller.accessKeySecret}x` }),
      400,
      "SignatureDoesNotMatch",
    ],
    ["a user without any policy", () => keyOf("powerless"), 403, "NoPermission"],
    ["a user that is denied it explicitly", () => keyOf("denied"), 403, "NoPermission"],
    ["the account's root", () => rootKey(), 403, "NoPermission"],
  ])("is refused with %s", async (_case, key, status, code) => {
    const outcome = await call(good, key());
    expect(outcome).toMatchObject({ failure: { status, code } });
  });

  it("is refused a role that trusts a service alone", async () => {
    const RoleArn = "acs:ram::1234567890123456:role/oss-valet-function";
    expect(await call({ ...good, RoleArn }, keyOf("anywhere"))).toMatchObject({
      failure: { status: 403, code: "NoPermission" },
    });
  });

  it("is refused where its clock is 16 minutes off, either way, and served at 14", async () => {
    for (const minutes of [-16, 16]) {
      sandbox.clock.skew(minutes * 60_000);
      const failure = { status: 400, code: "InvalidTimeStamp.Expired" };
      expect(await call(good)).toEqual({ failure });
    }
    for (const minutes of [-14, 14]) {
      sandbox.clock.skew(minutes * 60_000);
      credentials(await call(good));
    }
  });
});

describe.each(STS_CLIENTS.filter(({ withSecurityToken }) => withSecurityToken))(
  "$name, with a security token",
  ({ assumeRole }) => {
    const call = (parameters: AssumeRoleParameters, key: ClientKey = caller) =>
      assumeRole(sandbox.sts.url, key, parameters);
    const session = async (Policy = "") =>
      credentials(await call({ ...good, RoleArn: arnOf("middle"), Policy }, keyOf("anywhere")));

    it.each<[string, (own: StsCredentials, other: StsCredentials) => ClientKey, string]>([
      [
        "without its token",
        ({ accessKeyId, accessKeySecret }) => ({ accessKeyId, accessKeySecret }),
        "MissingSecurityToken",
      ],
      [
        "with another session's token",
        (own, { securityToken }) => ({ ...own, securityToken }),
        "InvalidSecurityToken.MismatchWithAccessKey",
      ],
      [
        "with a changed token",
        (own) => ({ ...own, securityToken: `${own.securityToken.slice(0, -8)}AAAAAAA=` }),
        "InvalidSecurityToken.Malformed",
      ],
      [
        "with no token at all",
        (own) => ({ ...own, securityToken: "token" }),
        "InvalidSecurityToken.Malformed",
      ],
      [
        "with a wrong secret",
        (own) => ({ ...own, accessKeySecret: caller.accessKeySecret }),
        "SignatureDoesNotMatch",
      ],
    ])("refuses a session %s", async (_case, key, code) => {
      const [own, other] = [await session(), await session()];
      expect(await call(good, key(own, other))).toEqual({ failure: { status: 400, code } });
    });

    it("refuses a session token beside a long-lived key", async () => {
      const { securityToken } = await session();
      const code = "InvalidSecurityToken.MismatchWithAccessKey";
      expect(await call(good, { ...caller, securityToken })).toEqual({ failure: { status: 400, code } });
    });

    it("refuses a session that has ended, though the client's clock has not moved", async () => {
      const own = await session();
      sandbox.clock.advance(901_000);
      const code = "InvalidSecurityToken.Expired";
      expect(await call(good, own)).toEqual({ failure: { status: 400, code } });
    });

    it("goes from one role to the next, where both gates are open", async () => {
      const next = credentials(await call({ ...good, RoleArn: arnOf("last") }, await session()));
      expect(sandbox.world.sessions.get(next.accessKeyId)?.role.name).toBe("last");
    });

    it("cannot go on from a session whose policy leaves AssumeRole out", async () => {
      const narrowed = await session(policy({ Effect: "Allow", Action: "oss:*", Resource: "*" }));
      expect(await call({ ...good, RoleArn: arnOf("last") }, narrowed)).toEqual({
        failure: { status: 403, code: "NoPermission", policyType: "SessionPolicy" },
      });
    });
  },
);

describe("the two gates of AssumeRole", () => {
  const [sdk] = STS_CLIENTS;
  const call = (parameters: AssumeRoleParameters, key: ClientKey) =>
    sdk?.assumeRole(sandbox.sts.url, key, parameters);

  it.each<[string, string, () => string, string]>([
    ["the caller's own policies", "powerless", () => sandbox.roleArn, "AccountLevelIdentityBasedPolicy"],
    ["the role's trust policy", "anywhere", () => arnOf("oss-valet-function"), "AssumeRolePolicy"],
    ["a trust policy's explicit deny", "anywhere", () => arnOf("closed"), "AssumeRolePolicy"],
  ])("tell by AccessDeniedDetail that it was %s", async (_case, user, roleArn, policyType) => {
    expect(await call({ ...good, RoleArn: roleArn() }, keyOf(user))).toEqual({
      failure: { status: 403, code: "NoPermission", policyType },
    });
  });

  it("let a session on only with the external id that the trust policy asks for", async () => {
    const RoleArn = arnOf("external");
    const refused = { failure: { status: 403, code: "NoPermission", policyType: "AssumeRolePolicy" } };
    expect(await call({ ...good, RoleArn }, keyOf("anywhere"))).toEqual(refused);
    expect(await call({ ...good, RoleArn, ExternalId: "wrong" }, keyOf("anywhere"))).toEqual(refused);
    expect(await call({ ...good, RoleArn, ExternalId: "app-1" }, keyOf("anywhere"))).toHaveProperty(
      "credentials",
    );
  });

  it("open another account's role to a user that it names", async () => {
    const RoleArn = "acs:ram::2222222222222222:role/foreign";
    expect(await call({ ...good, RoleArn }, keyOf("anywhere"))).toHaveProperty("credentials");
    expect(await call({ ...good, RoleArn }, caller)).toEqual({
      failure: { status: 403, code: "NoPermission", policyType: "AccountLevelIdentityBasedPolicy" },
    });
  });

  it("tell a role's name without regard to case", async () => {
    const RoleArn = "acs:ram::1234567890123456:role/RAMOSSTEST";
    expect(await call({ ...good, RoleArn }, caller)).toHaveProperty("credentials");
  });

  it("keep a source identity through the next role, and let no session change it", async () => {
    const first = await call(
      { ...good, Policy: "", RoleArn: arnOf("middle"), SourceIdentity: "alice" },
      keyOf("anywhere"),
    );
    const own = credentials(first);
    const next = credentials(await call({ ...good, RoleArn: arnOf("last") }, own));
    expect(sandbox.world.sessions.get(next.accessKeyId)?.sourceIdentity).toBe("alice");
    expect(await call({ ...good, RoleArn: arnOf("last"), SourceIdentity: "bob" }, own)).toEqual({
      failure: { status: 400, code: "InvalidParameter.SourceIdentity" },
    });
  });

  it.each<[string, Partial<AssumeRoleParameters>, string]>([
    ["an external id of one character", { ExternalId: "a" }, "InvalidParameter.ExternalId"],
    ["an external id with a blank", { ExternalId: "a b" }, "InvalidParameter.ExternalId"],
    [
      "a source identity that begins acs:",
      { SourceIdentity: "acs:alice" },
      "InvalidParameter.SourceIdentity",
    ],
    ["no role", { RoleArn: "" }, "MissingRoleArn"],
    ["no session name", { RoleSessionName: "" }, "MissingRoleSessionName"],
  ])("refuse %s before they look at policies", async (_case, change, code) => {
    expect(await call({ ...good, ...change }, keyOf("powerless"))).toEqual({
      failure: { status: 400, code },
    });
  });

  it("give a session of twelve hours where the role allows it", async () => {
    const parameters = { ...good, Policy: "", RoleArn: arnOf("middle") };
    expect(await call({ ...parameters, DurationSeconds: 43_200 }, keyOf("anywhere"))).toHaveProperty(
      "credentials",
    );
  });
});

/** One statement, and as many bytes as are asked for. */
function policyOf(bytes: number): string {
  const statement = { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/" };
  const missing = bytes - policy(statement).length;
  return policy({ ...statement, Resource: statement.Resource + "x".repeat(missing) });
}

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "1", Statement: statements });
}

function credentials(outcome: StsOutcome | undefined): StsCredentials {
  if (outcome === undefined || !("credentials" in outcome)) {
    throw new Error(`expected credentials, got ${JSON.stringify(outcome)}`);
  }
  return outcome.credentials;
}

function addMoreRoles(): void {
  const { world, accountId } = sandbox;
  const account = world.accounts.get(accountId);
  if (account === undefined) throw new Error("the sandbox has no account");
  const ownAccount = { RAM: [`acs:ram::${accountId}:root`] };
  const trust = (...statements: readonly object[]) => policy(...statements);
  const open = { Effect: "Allow", Action: "sts:AssumeRole", Principal: ownAccount };

  for (const name of ["middle", "last"]) {
    const role = addRole(world, account, { name, trustPolicy: trust(open), maxSessionSeconds: 43_200 });
    attachPolicy(world, role, "System", "AliyunSTSAssumeRoleAccess");
  }
  addRole(world, account, {
    name: "closed",
    trustPolicy: trust(open, { ...open, Effect: "Deny" }),
  });
  addRole(world, account, {
    name: "external",
    trustPolicy: trust({ ...open, Condition: { StringEquals: { "sts:ExternalId": "app-1" } } }),
  });
  const foreign = addAccount(world, "2222222222222222");
  addRole(world, foreign, {
    name: "foreign",
    trustPolicy: trust({ ...open, Principal: { RAM: [`acs:ram::${accountId}:user/anywhere`] } }),
  });

  for (const name of ["powerless", "retired", "denied", "anywhere"]) {
    addUser(world, account, name).accessKeys.push(newAccessKey(world));
  }
  attachPolicy(world, userNamed("anywhere"), "System", "AliyunSTSAssumeRoleAccess");
  attachPolicy(world, userNamed("denied"), "System", "AliyunSTSAssumeRoleAccess");
  addPolicy(world, account, "no-roles", policy({ Effect: "Deny", Action: "sts:*", Resource: "*" }));
  attachPolicy(world, userNamed("denied"), "Custom", "no-roles");
  const [retired] = userNamed("retired").accessKeys;
  if (retired !== undefined) retired.status = "Inactive";
  account.rootKeys.push(newAccessKey(world));
}

function userNamed(name: string): RamUser {
  const user = sandbox.world.accounts.get(sandbox.accountId)?.users.get(name);
  if (user === undefined) throw new Error(`no user ${name}`);
  return user;
}

function keyOf(user: string): ClientKey {
  const [key] = userNamed(user).accessKeys;
  return { accessKeyId: key?.id ?? "", accessKeySecret: key?.secret ?? "" };
}

function rootKey(): ClientKey {
  const key = sandbox.world.accounts.get(sandbox.accountId)?.rootKeys[0];
  return { accessKeyId: key?.id ?? "", accessKeySecret: key?.secret ?? "" };
}

function arnOf(role: string): string {
  return `acs:ram::${sandbox.accountId}:role/${role}`;
}
