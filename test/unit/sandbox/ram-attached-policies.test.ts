import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../../sandbox/clock.ts";
import { decideFor, identityPoliciesOf } from "../../../sandbox/ram/attached-policies.ts";
import {
  addAccount,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  type Caller,
  emptyWorld,
  newAccessKey,
  type Role,
  sessionArn,
} from "../../../sandbox/world.ts";

const OWN = "1234567890123456";
const OTHER = "6543210987654321";
const TRUST_ALL_OF_US = JSON.stringify({
  Version: "1",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { RAM: [`acs:ram::${OWN}:root`] } }],
});

describe("what has a say in a caller's request", () => {
  it("gives a user its attached policies, system and custom, in their default version", () => {
    const { world, account, user, asUser } = cloud();
    attachPolicy(world, user, "System", "AliyunSTSAssumeRoleAccess");
    const policy = addPolicy(world, account, "uploads", allow("oss:PutObject", "*"));
    policy.versions.push({ id: "v2", document: allow("oss:GetObject", "*"), isDefault: false, createdMs: 0 });
    attachPolicy(world, user, "Custom", "uploads");

    expect(identityPoliciesOf(world, asUser).map(({ name }) => name)).toEqual([
      "AliyunSTSAssumeRoleAccess",
      "uploads",
    ]);
    expect(decideFor(world, asUser, put(OWN))).toMatchObject({
      effect: "Allow",
      statement: { policy: "uploads" },
    });
    expect(decideFor(world, asUser, get(OWN))).toMatchObject({
      kind: "ImplicitDeny",
      layer: "identity policy",
    });
  });

  it("judges a session by its role as the role is now, not as it was when the session began", () => {
    const { world, account, role, session } = cloud();
    attachPolicy(world, role, "System", "AliyunOSSFullAccess");
    const caller = session(role);
    expect(decideFor(world, caller, put(OWN)).effect).toBe("Allow");

    role.attached.length = 0;
    expect(decideFor(world, caller, put(OWN))).toMatchObject({
      kind: "ImplicitDeny",
      layer: "identity policy",
    });

    attachPolicy(world, role, "System", "AliyunOSSFullAccess");
    account.roles.delete("writer");
    const namesake = addRole(world, account, { name: "writer", trustPolicy: TRUST_ALL_OF_US });
    attachPolicy(world, namesake, "System", "AliyunOSSFullAccess");
    expect(decideFor(world, caller, put(OWN))).toMatchObject({
      kind: "ImplicitDeny",
      layer: "identity policy",
    });
  });

  it("lets a session do what both its role and its session policy allow, and nothing else", () => {
    const { world, role, session } = cloud();
    attachPolicy(world, role, "System", "AliyunOSSReadOnlyAccess");
    const caller = session(role, allow(["oss:GetObject", "oss:PutObject"], "acs:oss:*:*:b/users/alice/*"));

    expect(decideFor(world, caller, get(OWN)).effect).toBe("Allow");
    expect(decideFor(world, caller, put(OWN))).toMatchObject({ effect: "Deny", layer: "identity policy" });
    expect(decideFor(world, caller, get(OWN, "users/bob/a.jpg"))).toMatchObject({
      kind: "ImplicitDeny",
      layer: "session policy",
      because: `session policy: no statement allows oss:GetObject on acs:oss:*:${OWN}:b/users/bob/a.jpg`,
    });
  });

  it("caps what a bucket policy gives a session by its session policy", () => {
    const { world, role, session } = cloud();
    const bucketPolicy = bucket("Allow", [`arn:sts::${OWN}:assumed-role/writer/*`]);
    expect(decideFor(world, session(role), put(OWN), bucketPolicy)).toMatchObject({
      effect: "Allow",
      layer: "resource policy",
    });
    const narrowed = session(role, allow("oss:GetObject", "*"));
    expect(decideFor(world, narrowed, put(OWN), bucketPolicy)).toMatchObject({
      kind: "ImplicitDeny",
      layer: "session policy",
    });
  });
});

describe("root", () => {
  it("may do everything with what the account owns", () => {
    const { world, root } = cloud();
    expect(decideFor(world, root, put(OWN)).effect).toBe("Allow");
  });

  it("is not stopped by a bucket policy's deny to everyone, unless the deny has a condition", () => {
    const { world, root } = cloud();
    const overHttp = { Bool: { "acs:SecureTransport": "false" } };
    const request = { ...put(OWN), context: { "acs:SecureTransport": "false" } };
    expect(decideFor(world, root, request, bucket("Deny", ["*"])).effect).toBe("Allow");
    expect(decideFor(world, root, request, bucket("Deny", ["*"], overHttp))).toMatchObject({
      kind: "ExplicitDeny",
      layer: "resource policy",
    });
    expect(decideFor(world, root, put(OWN), bucket("Deny", ["*"], overHttp)).effect).toBe("Allow");
  });
});

describe("another account's resources", () => {
  it.each(["root", "user", "session"] as const)(
    "are closed to a %s, however much the own policies allow",
    (kind) => {
      const { world, admins } = cloud();
      const decision = decideFor(world, admins[kind], put(OTHER));
      expect(decision).toMatchObject({ effect: "Deny", kind: "ImplicitDeny" });
    },
  );

  it("open by their owner's bucket policy, which names the user, the root or the session", () => {
    const { world, admins } = cloud();
    const policy = bucket("Allow", [OWN, admins.user.user.id, `arn:sts::${OWN}:assumed-role/ADMIN/*`]);
    for (const caller of Object.values(admins)) {
      expect(decideFor(world, caller, put(OTHER), policy)).toMatchObject({
        effect: "Allow",
        layer: "resource policy",
      });
    }
  });

  it("say that the owner did not open them, where only the own policies allow", () => {
    const { world, admins } = cloud();
    expect(decideFor(world, admins.user, put(OTHER), bucket("Allow", ["42"]))).toMatchObject({
      layer: "resource policy",
      because: `resource policy: no statement allows another account oss:PutObject on acs:oss:*:${OTHER}:b/users/alice/a.jpg`,
    });
  });

  it("do not concern AssumeRole, whose other gate is the role's trust policy", () => {
    const { world, admins } = cloud();
    const request = { action: "sts:AssumeRole", resource: `acs:ram::${OTHER}:role/writer`, context: {} };
    expect(decideFor(world, admins.user, request).effect).toBe("Allow");
  });
});

function put(owner: string, key = "users/alice/a.jpg") {
  return { action: "oss:PutObject", resource: `acs:oss:*:${owner}:b/${key}`, context: {} };
}

function get(owner: string, key = "users/alice/a.jpg") {
  return { ...put(owner, key), action: "oss:GetObject" };
}

function allow(action: string | readonly string[], resource: string): string {
  return JSON.stringify({
    Version: "1",
    Statement: [{ Effect: "Allow", Action: action, Resource: resource }],
  });
}

function bucket(effect: "Allow" | "Deny", principal: readonly string[], condition = {}): string {
  const statement = {
    Effect: effect,
    Action: "oss:*",
    Resource: "*",
    Principal: principal,
    Condition: condition,
  };
  return JSON.stringify({ Version: "1", Statement: [statement] });
}

function cloud() {
  const world = emptyWorld(sandboxClock());
  const account = addAccount(world, OWN);
  const user = addUser(world, account, "valet");
  const role = addRole(world, account, { name: "writer", trustPolicy: TRUST_ALL_OF_US });
  const root: Caller = {
    kind: "root",
    accountId: OWN,
    arn: `acs:ram::${OWN}:root`,
    key: newAccessKey(world),
  };
  const asUser: Caller = {
    kind: "user",
    accountId: OWN,
    arn: `acs:ram::${OWN}:user/valet`,
    key: newAccessKey(world),
    user,
  };
  const session = (of: Role, policy?: string): Caller => {
    const made = {
      accessKeyId: "STS.test",
      accessKeySecret: "secret",
      securityToken: "token",
      accountId: OWN,
      role: of,
      name: "alice",
      policy,
      sourceIdentity: undefined,
      createdMs: 0,
      isOfFunction: false,
      expiresMs: 1,
    };
    return { kind: "session", accountId: OWN, arn: sessionArn(made), session: made };
  };
  const admin = addUser(world, account, "admin");
  attachPolicy(world, admin, "System", "AdministratorAccess");
  const adminRole = addRole(world, account, { name: "Admin", trustPolicy: TRUST_ALL_OF_US });
  attachPolicy(world, adminRole, "System", "AdministratorAccess");
  const admins = {
    root,
    user: { ...asUser, arn: `acs:ram::${OWN}:user/admin`, user: admin } satisfies Caller,
    session: session(adminRole),
  };
  return { world, account, user, role, root, asUser, session, admins };
}
