import {
  AttachPolicyToRoleRequest,
  AttachPolicyToUserRequest,
  CreateAccessKeyRequest,
  CreatePolicyRequest,
  CreatePolicyVersionRequest,
  CreateRoleRequest,
  CreateUserRequest,
  DeleteAccessKeyRequest,
  DeletePolicyRequest,
  DeletePolicyVersionRequest,
  DeleteRoleRequest,
  DeleteUserRequest,
  DetachPolicyFromRoleRequest,
  DetachPolicyFromUserRequest,
  GetPolicyRequest,
  GetPolicyVersionRequest,
  GetRoleRequest,
  GetUserRequest,
  ListAccessKeysRequest,
  ListEntitiesForPolicyRequest,
  ListPoliciesForRoleRequest,
  ListPoliciesForUserRequest,
  ListPoliciesRequest,
  ListPolicyVersionsRequest,
  ListRolesRequest,
  ListUsersRequest,
  SetDefaultPolicyVersionRequest,
  UpdateAccessKeyRequest,
  UpdateRoleRequest,
  UpdateUserRequest,
} from "@alicloud/ram20150501";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sandboxClock } from "../../sandbox/clock.ts";
import { type LoopbackServer, loopbackServer } from "../../sandbox/http.ts";
import { ramServer } from "../../sandbox/ram/server.ts";
import { stsServer } from "../../sandbox/sts/server.ts";
import {
  type Account,
  addAccount,
  addPolicy,
  addRole,
  addUser,
  attachPolicy,
  emptyWorld,
  newAccessKey,
  type World,
} from "../../sandbox/world.ts";
import { outcomeOf, ramClient } from "../support/ram-clients.ts";
import { rpcRequest, send } from "../support/rpc-requests.ts";
import { type ClientKey, STS_CLIENTS } from "../support/sts-clients.ts";

const ID = "1234567890123456";
const TRUST = policy({
  Action: "sts:AssumeRole",
  Effect: "Allow",
  Principal: { RAM: [`acs:ram::${ID}:root`] },
});
const UPLOAD = policy({
  Effect: "Allow",
  Action: ["oss:PutObject"],
  Resource: ["acs:oss:*:*:examplebucket", "acs:oss:*:*:examplebucket/*"],
});

let ram: LoopbackServer;
let sts: LoopbackServer;
let world: World;
let account: Account;
let root: ClientKey;
let client: ReturnType<typeof ramClient>;

beforeAll(async () => {
  ram = await loopbackServer();
  sts = await loopbackServer();
  world = emptyWorld(sandboxClock());
  ram.answerWith(ramServer(world));
  sts.answerWith(stsServer(world));
});

afterAll(() => Promise.all([ram.close(), sts.close()]));

/** A new account in the same cloud: as if nothing had been set up. */
beforeEach(() => {
  account = addAccount(world, ID);
  const key = newAccessKey(world);
  account.rootKeys.push(key);
  root = { accessKeyId: key.id, accessKeySecret: key.secret };
  client = ramClient(ram.url, root);
});

describe("the guide's setup, step by step", () => {
  it("ends with a user that can assume the role, and with nothing else", async () => {
    await client.createUser(new CreateUserRequest({ userName: "app-server", displayName: "App server" }));
    const { accessKey } =
      (await client.createAccessKey(new CreateAccessKeyRequest({ userName: "app-server" }))).body ?? {};
    const user = {
      accessKeyId: accessKey?.accessKeyId ?? "",
      accessKeySecret: accessKey?.accessKeySecret ?? "",
    };
    const { role } =
      (
        await client.createRole(
          new CreateRoleRequest({ roleName: "RamOssTest", assumeRolePolicyDocument: TRUST }),
        )
      ).body ?? {};
    expect(role).toMatchObject({
      arn: `acs:ram::${ID}:role/ramosstest`,
      roleName: "RamOssTest",
      maxSessionDuration: 3600,
      assumeRolePolicyDocument: TRUST,
    });
    const assume = () => assumeRole(user, role?.arn ?? "");
    expect(await assume()).toBe("403 NoPermission");

    await client.attachPolicyToUser(
      new AttachPolicyToUserRequest({
        policyType: "System",
        policyName: "AliyunSTSAssumeRoleAccess",
        userName: "app-server",
      }),
    );
    await client.createPolicy(
      new CreatePolicyRequest({ policyName: "ram-oss-upload", policyDocument: UPLOAD }),
    );
    await client.attachPolicyToRole(
      new AttachPolicyToRoleRequest({
        policyType: "Custom",
        policyName: "ram-oss-upload",
        roleName: "RamOssTest",
      }),
    );
    expect(await assume()).toBe("200");
    expect(await outcomeOf(ramClient(ram.url, user).listUsers(new ListUsersRequest({})))).toBe(
      "403 NoPermission",
    );
  });

  it("is undone from its end: nothing goes while something hangs on it", async () => {
    await setUp("app-server", "RamOssTest", "ram-oss-upload");
    const policyName = "ram-oss-upload";
    const deletes = {
      user: () => outcomeOf(client.deleteUser(new DeleteUserRequest({ userName: "app-server" }))),
      role: () => outcomeOf(client.deleteRole(new DeleteRoleRequest({ roleName: "RamOssTest" }))),
      policy: () => outcomeOf(client.deletePolicy(new DeletePolicyRequest({ policyName }))),
    };
    expect(await deletes.user()).toBe("409 DeleteConflict.User.AccessKey");
    expect(await deletes.role()).toBe("409 DeleteConflict.Role.Policy");
    expect(await deletes.policy()).toBe("409 DeleteConflict.Policy.User");

    const [key] =
      (await client.listAccessKeys(new ListAccessKeysRequest({ userName: "app-server" }))).body?.accessKeys
        ?.accessKey ?? [];
    const userAccessKeyId = key?.accessKeyId ?? "";
    await client.deleteAccessKey(new DeleteAccessKeyRequest({ userName: "app-server", userAccessKeyId }));
    expect(await deletes.user()).toBe("409 DeleteConflict.User.Policy");

    const reference = { policyType: "Custom", policyName };
    await client.detachPolicyFromUser(
      new DetachPolicyFromUserRequest({ ...reference, userName: "app-server" }),
    );
    expect(await deletes.policy()).toBe("409 DeleteConflict.Policy.Role");
    await client.detachPolicyFromRole(
      new DetachPolicyFromRoleRequest({ ...reference, roleName: "RamOssTest" }),
    );
    expect(await Promise.all([deletes.user(), deletes.role(), deletes.policy()])).toEqual([
      "200",
      "200",
      "200",
    ]);
    expect([account.users.size, account.roles.size, account.policies.size]).toEqual([0, 0, 0]);
  });
});

describe("users", () => {
  it("are answered with their texts, their id and their dates", async () => {
    const { user } =
      (
        await client.createUser(
          new CreateUserRequest({ userName: "alice", displayName: "Alice Müller", comments: "a & b <c>" }),
        )
      ).body ?? {};
    expect(user).toMatchObject({ userName: "alice", displayName: "Alice Müller", comments: "a & b <c>" });
    expect(user?.userId).toMatch(/^\d{18}$/);
    expect(user?.createDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const got = (await client.getUser(new GetUserRequest({ userName: "alice" }))).body?.user;
    expect(got).toMatchObject({ ...user, updateDate: user?.createDate });
  });

  it("keep their id, key and policies when they are renamed", async () => {
    const key = await userWith("alice", policyAllowing("ram:GetUser", "*"));
    await client.updateUser(
      new UpdateUserRequest({ userName: "alice", newUserName: "alicia", newDisplayName: "Alicia" }),
    );
    expect(await outcomeOf(client.getUser(new GetUserRequest({ userName: "alice" })))).toBe(
      "404 EntityNotExist.User",
    );
    const own = (await ramClient(ram.url, key).getUser(new GetUserRequest({}))).body?.user;
    expect(own).toMatchObject({ userName: "alicia", displayName: "Alicia" });
  });

  it("come in pages, in the order of their names, and none twice or never", async () => {
    for (const name of ["e", "b", "d", "a", "c"]) addUser(world, account, name);
    const page = async (marker?: string) =>
      (await client.listUsers(new ListUsersRequest({ maxItems: 2, ...(marker && { marker }) }))).body;
    const names = (body: Awaited<ReturnType<typeof page>>) => body?.users?.user?.map((user) => user.userName);

    const first = await page();
    expect([names(first), first?.isTruncated]).toEqual([["a", "b"], true]);
    account.users.delete("a");
    const second = await page(first?.marker);
    expect([names(second), second?.isTruncated]).toEqual([["c", "d"], true]);
    const third = await page(second?.marker);
    expect([names(third), third?.isTruncated, third?.marker]).toEqual([["e"], false, undefined]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ["a name twice", () => create("alice"), "409 EntityAlreadyExists.User"],
    ["a name of 65 characters", () => create("a".repeat(65)), "400 InvalidParameter.UserName.Length"],
    ["a name with a blank", () => create("al ice"), "400 InvalidParameter.UserName.InvalidChars"],
    ["a name with a wildcard", () => create("al*"), "400 InvalidParameter.UserName.InvalidChars"],
    ["a name with a slash", () => create("a/b"), "400 InvalidParameter.UserName.InvalidChars"],
    ["no name", () => client.createUser(new CreateUserRequest({})), "400 MissingUserName"],
    [
      "a display name of 129 characters",
      () => client.createUser(new CreateUserRequest({ userName: "bob", displayName: "x".repeat(129) })),
      "400 InvalidParameter.DisplayName.Length",
    ],
    [
      "comments of 129 characters",
      () => client.createUser(new CreateUserRequest({ userName: "bob", comments: "x".repeat(129) })),
      "400 InvalidParameter.Comments.Length",
    ],
    [
      "an unknown user",
      () => client.deleteUser(new DeleteUserRequest({ userName: "bob" })),
      "404 EntityNotExist.User",
    ],
    [
      "a name that someone else has",
      () => client.updateUser(new UpdateUserRequest({ userName: "alice", newUserName: "carol" })),
      "409 EntityAlreadyExists.User",
    ],
    [
      "a new name that is none",
      () => client.updateUser(new UpdateUserRequest({ userName: "alice", newUserName: "a b" })),
      "400 InvalidParameter.NewUserName.InvalidChars",
    ],
    [
      "a page of no entries",
      () => client.listUsers(new ListUsersRequest({ maxItems: 0 })),
      "400 InvalidParameter.MaxItems",
    ],
    [
      "a page of 1001 entries",
      () => client.listUsers(new ListUsersRequest({ maxItems: 1001 })),
      "400 InvalidParameter.MaxItems",
    ],
    [
      "a marker that was never given",
      () => client.listUsers(new ListUsersRequest({ marker: "!" })),
      "400 InvalidParameter.Marker",
    ],
  ])("refuse %s", async (_case, call, outcome) => {
    addUser(world, account, "alice");
    addUser(world, account, "carol");
    expect(await outcomeOf(call())).toBe(outcome);
    expect([...account.users.keys()].toSorted()).toEqual(["alice", "carol"]);
  });

  it("are 1000 at most", async () => {
    for (let count = 0; count < 1000; count += 1) addUser(world, account, `u${count}`);
    expect(await outcomeOf(create("one-more"))).toBe("409 LimitExceeded.User");
  });

  const create = (userName: string) => client.createUser(new CreateUserRequest({ userName }));
});

describe("access keys", () => {
  it("show their secret once, when they are made", async () => {
    addUser(world, account, "alice");
    const { accessKey } =
      (await client.createAccessKey(new CreateAccessKeyRequest({ userName: "alice" }))).body ?? {};
    expect(accessKey?.accessKeyId).toMatch(/^LTAI[A-Za-z0-9]{20}$/);
    expect(accessKey?.accessKeySecret).toMatch(/^[A-Za-z0-9]{30}$/);
    const listed = await client.listAccessKeys(new ListAccessKeysRequest({ userName: "alice" }));
    expect(listed.body?.accessKeys?.accessKey).toMatchObject([
      { accessKeyId: accessKey?.accessKeyId, status: "Active" },
    ]);
    // The SDK drops what its model does not have: the wire itself must not carry the secret.
    const wire = await send(
      ram.url,
      rpcRequest("GET", root, { Action: "ListAccessKeys", Version: "2015-05-01", UserName: "alice" }),
    );
    expect(wire.text).toContain(accessKey?.accessKeyId);
    expect(wire.text).not.toContain(accessKey?.accessKeySecret);
  });

  it("do not sign while they are inactive, nor once they are deleted", async () => {
    const key = await userWith("alice", policyAllowing("ram:GetUser", "*"));
    const own = () => outcomeOf(ramClient(ram.url, key).getUser(new GetUserRequest({})));
    const userAccessKeyId = key.accessKeyId;
    const update = (status: string) =>
      client.updateAccessKey(new UpdateAccessKeyRequest({ userName: "alice", userAccessKeyId, status }));
    expect(await own()).toBe("200");
    await update("Inactive");
    expect(await own()).toBe("400 InvalidAccessKeyId.Inactive");
    await update("Active");
    expect(await own()).toBe("200");
    await client.deleteAccessKey(new DeleteAccessKeyRequest({ userName: "alice", userAccessKeyId }));
    expect(await own()).toBe("404 InvalidAccessKeyId.NotFound");
  });

  it("are two a user at most", async () => {
    addUser(world, account, "alice");
    const create = () => outcomeOf(client.createAccessKey(new CreateAccessKeyRequest({ userName: "alice" })));
    expect([await create(), await create(), await create()]).toEqual([
      "200",
      "200",
      "409 LimitExceeded.User.AccessKey",
    ]);
  });

  it("refuse a status that is none, and a key of another user", async () => {
    const key = await userWith("alice", UPLOAD);
    addUser(world, account, "bob");
    const update = (userName: string, status: string) =>
      outcomeOf(
        client.updateAccessKey(
          new UpdateAccessKeyRequest({ userName, userAccessKeyId: key.accessKeyId, status }),
        ),
      );
    expect(await update("alice", "Deleted")).toBe("400 InvalidParameter.Status");
    expect(await update("bob", "Inactive")).toBe("404 EntityNotExist.User.AccessKey");
  });
});

describe("roles", () => {
  it("are found whatever the case of their name", async () => {
    await client.createRole(
      new CreateRoleRequest({ roleName: "RamOssTest", assumeRolePolicyDocument: TRUST }),
    );
    const { role } = (await client.getRole(new GetRoleRequest({ roleName: "ramOSStest" }))).body ?? {};
    expect(role?.roleName).toBe("RamOssTest");
    expect(
      await outcomeOf(
        client.createRole(new CreateRoleRequest({ roleName: "RAMOSSTEST", assumeRolePolicyDocument: TRUST })),
      ),
    ).toBe("409 EntityAlreadyExists.Role");
  });

  it("change their trust, their description and their sessions' length", async () => {
    addRole(world, account, { name: "writer", trustPolicy: TRUST });
    const toFunctionCompute = policy({
      Action: "sts:AssumeRole",
      Effect: "Allow",
      Principal: { Service: ["fc.aliyuncs.com"] },
    });
    await client.updateRole(
      new UpdateRoleRequest({
        roleName: "writer",
        newAssumeRolePolicyDocument: toFunctionCompute,
        newMaxSessionDuration: 43_200,
      }),
    );
    await client.updateRole(new UpdateRoleRequest({ roleName: "writer", newDescription: "writes" }));
    const { role } = (await client.getRole(new GetRoleRequest({ roleName: "writer" }))).body ?? {};
    expect(role).toMatchObject({
      assumeRolePolicyDocument: toFunctionCompute,
      maxSessionDuration: 43_200,
      description: "writes",
    });
    const key = await userWith("alice", policyAllowing("sts:AssumeRole", "*"));
    expect(await assumeRole(key, role?.arn ?? "")).toBe("403 NoPermission");
  });

  it("come in pages", async () => {
    for (const name of ["B", "a", "C"]) addRole(world, account, { name, trustPolicy: TRUST });
    const {
      roles,
      isTruncated,
      marker = "",
    } = (await client.listRoles(new ListRolesRequest({ maxItems: 2 }))).body ?? {};
    expect([roles?.role?.map(({ roleName }) => roleName), isTruncated]).toEqual([["a", "B"], true]);
    const rest = (await client.listRoles(new ListRolesRequest({ marker }))).body;
    expect(rest?.roles?.role?.map(({ roleName }) => roleName)).toEqual(["C"]);
  });

  it.each<[string, object, string]>([
    ["a name with an underscore", { roleName: "ram_oss" }, "400 InvalidParameter.RoleName.InvalidChars"],
    ["a name of 65 characters", { roleName: "r".repeat(65) }, "400 InvalidParameter.RoleName.Length"],
    ["a session of 3599 seconds", { maxSessionDuration: 3599 }, "400 InvalidParameter.MaxSessionDuration"],
    ["a session of 43201 seconds", { maxSessionDuration: 43_201 }, "400 InvalidParameter.MaxSessionDuration"],
    ["no trust policy", { assumeRolePolicyDocument: undefined }, "400 MissingAssumeRolePolicyDocument"],
    ["a trust policy that is no JSON", { assumeRolePolicyDocument: "{" }, "400 MalformedPolicyDocument"],
    [
      "a trust policy without a Principal",
      { assumeRolePolicyDocument: UPLOAD },
      "400 MalformedPolicyDocument",
    ],
    [
      "a trust policy of 6145 characters",
      { assumeRolePolicyDocument: TRUST.padEnd(6145) },
      "400 InvalidParameter.AssumeRolePolicyDocument.Length",
    ],
    [
      "a description of 1025 characters",
      { description: "x".repeat(1025) },
      "400 InvalidParameter.Description.Length",
    ],
  ])("refuse %s", async (_case, change, outcome) => {
    const good = { roleName: "writer", assumeRolePolicyDocument: TRUST };
    expect(await outcomeOf(client.createRole(new CreateRoleRequest({ ...good, ...change })))).toBe(outcome);
    expect(account.roles.size).toBe(0);
  });

  it("refuse an unknown name", async () => {
    const roleName = "nobody";
    const outcomes = await Promise.all(
      [
        client.getRole(new GetRoleRequest({ roleName })),
        client.updateRole(new UpdateRoleRequest({ roleName })),
        client.deleteRole(new DeleteRoleRequest({ roleName })),
        client.listPoliciesForRole(new ListPoliciesForRoleRequest({ roleName })),
      ].map(outcomeOf),
    );
    expect(new Set(outcomes)).toEqual(new Set(["404 EntityNotExist.Role"]));
  });
});

describe("policies", () => {
  it("are answered with their default version and how many they are attached to", async () => {
    await setUp("app-server", "RamOssTest", "ram-oss-upload");
    const { policy: got, defaultPolicyVersion } =
      (await client.getPolicy(new GetPolicyRequest({ policyType: "Custom", policyName: "ram-oss-upload" })))
        .body ?? {};
    expect(got).toMatchObject({ policyType: "Custom", defaultVersion: "v1", attachmentCount: 2 });
    expect(defaultPolicyVersion).toMatchObject({
      versionId: "v1",
      isDefaultVersion: true,
      policyDocument: UPLOAD,
    });
  });

  it("of the system are there from the start, with the documented text", async () => {
    const { defaultPolicyVersion } =
      (
        await client.getPolicy(
          new GetPolicyRequest({ policyType: "System", policyName: "AliyunSTSAssumeRoleAccess" }),
        )
      ).body ?? {};
    expect(JSON.parse(defaultPolicyVersion?.policyDocument ?? "")).toEqual({
      Version: "1",
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" }],
    });
    expect(
      await outcomeOf(
        client.deletePolicy(new DeletePolicyRequest({ policyName: "AliyunSTSAssumeRoleAccess" })),
      ),
    ).toBe("404 EntityNotExist.Policy");
  });

  it("are listed by type", async () => {
    addPolicy(world, account, "mine", UPLOAD);
    const names = async (policyType?: string) =>
      (
        await client.listPolicies(new ListPoliciesRequest(policyType === undefined ? {} : { policyType }))
      ).body?.policies?.policy?.map(({ policyName }) => policyName);
    expect(await names("Custom")).toEqual(["mine"]);
    expect(await names("System")).toContain("AliyunOSSReadOnlyAccess");
    expect(await names()).toEqual(["mine", ...((await names("System")) ?? [])]);
    expect(await outcomeOf(client.listPolicies(new ListPoliciesRequest({ policyType: "custom" })))).toBe(
      "400 InvalidParameter.PolicyType",
    );
  });

  it("decide by their default version, from the moment it is set", async () => {
    const key = await userWith("alice", policyAllowing("ram:GetUser", "*"));
    const own = () => outcomeOf(ramClient(ram.url, key).getUser(new GetUserRequest({})));
    const policyName = "alice-policy";
    const policyDocument = policyAllowing("ram:ListUsers", "*");
    const { policyVersion } =
      (await client.createPolicyVersion(new CreatePolicyVersionRequest({ policyName, policyDocument })))
        .body ?? {};
    expect(policyVersion).toMatchObject({ versionId: "v2", isDefaultVersion: false, policyDocument });
    expect(await own()).toBe("200");
    await client.setDefaultPolicyVersion(new SetDefaultPolicyVersionRequest({ policyName, versionId: "v2" }));
    expect(await own()).toBe("403 NoPermission");
    await client.createPolicyVersion(
      new CreatePolicyVersionRequest({
        policyName,
        policyDocument: policyAllowing("ram:Get*", "*"),
        setAsDefault: true,
      }),
    );
    expect(await own()).toBe("200");
  });

  it("have five versions at most; a new one takes the place of the oldest that does not count, if asked", async () => {
    addPolicy(world, account, "mine", UPLOAD);
    const create = (rotateStrategy?: string) =>
      client.createPolicyVersion(
        new CreatePolicyVersionRequest({
          policyName: "mine",
          policyDocument: UPLOAD,
          ...(rotateStrategy && { rotateStrategy }),
        }),
      );
    for (let count = 2; count <= 5; count += 1) await create();
    expect(await outcomeOf(create())).toBe("409 LimitExceeded.Policy.Version");
    expect(await outcomeOf(create("None"))).toBe("409 LimitExceeded.Policy.Version");
    await create("DeleteOldestNonDefaultVersionWhenLimitExceeded");
    const { policyVersions } =
      (
        await client.listPolicyVersions(
          new ListPolicyVersionsRequest({ policyType: "Custom", policyName: "mine" }),
        )
      ).body ?? {};
    expect(policyVersions?.policyVersion?.map(({ versionId }) => versionId)).toEqual([
      "v1",
      "v3",
      "v4",
      "v5",
      "v6",
    ]);
  });

  it("lose any version but the default one, and go only without others, or with them if asked", async () => {
    addPolicy(world, account, "mine", UPLOAD);
    await client.createPolicyVersion(
      new CreatePolicyVersionRequest({ policyName: "mine", policyDocument: UPLOAD }),
    );
    const deleteVersion = (versionId: string) =>
      outcomeOf(
        client.deletePolicyVersion(new DeletePolicyVersionRequest({ policyName: "mine", versionId })),
      );
    const deletePolicy = (cascadingDelete?: boolean) =>
      outcomeOf(
        client.deletePolicy(
          new DeletePolicyRequest({
            policyName: "mine",
            ...(cascadingDelete === undefined ? {} : { cascadingDelete }),
          }),
        ),
      );
    expect(await deletePolicy()).toBe("409 DeleteConflict.Policy.Version");
    expect(await deleteVersion("v1")).toBe("409 DeleteConflict.Policy.Version.Default");
    expect(await deleteVersion("v9")).toBe("404 EntityNotExist.Policy.Version");
    expect(await deleteVersion("1")).toBe("400 InvalidParameter.VersionId.Format");
    expect(
      await outcomeOf(
        client.getPolicyVersion(
          new GetPolicyVersionRequest({ policyType: "Custom", policyName: "mine", versionId: "v2" }),
        ),
      ),
    ).toBe("200");
    expect(await deletePolicy(true)).toBe("200");
    expect(account.policies.size).toBe(0);
  });

  it.each<[string, object, string]>([
    ["a name with a dot", { policyName: "a.b" }, "400 InvalidParameter.PolicyName.InvalidChars"],
    ["a name of 129 characters", { policyName: "p".repeat(129) }, "400 InvalidParameter.PolicyName.Length"],
    ["no document", { policyDocument: undefined }, "400 MissingPolicyDocument"],
    ["a document that is no JSON", { policyDocument: "allow" }, "400 MalformedPolicyDocument"],
    [
      "a document with Statements",
      { policyDocument: '{"Version":"1","Statements":[]}' },
      "400 MalformedPolicyDocument",
    ],
    [
      "a document of 6145 characters",
      { policyDocument: UPLOAD.padEnd(6145) },
      "400 InvalidParameter.PolicyDocument.Length",
    ],
  ])("refuse %s", async (_case, change, outcome) => {
    const good = { policyName: "mine", policyDocument: UPLOAD };
    expect(await outcomeOf(client.createPolicy(new CreatePolicyRequest({ ...good, ...change })))).toBe(
      outcome,
    );
    expect(account.policies.size).toBe(0);
  });

  it("take a document of exactly 6144 characters", async () => {
    const request = new CreatePolicyRequest({ policyName: "long", policyDocument: UPLOAD.padEnd(6144) });
    expect(await outcomeOf(client.createPolicy(request))).toBe("200");
    expect(await outcomeOf(client.createPolicy(request))).toBe("409 EntityAlreadyExists.Policy");
  });
});

describe("attachments", () => {
  it("show from both ends", async () => {
    await setUp("app-server", "RamOssTest", "ram-oss-upload");
    const reference = { policyType: "Custom", policyName: "ram-oss-upload" };
    const forUser = await client.listPoliciesForUser(
      new ListPoliciesForUserRequest({ userName: "app-server" }),
    );
    const forRole = await client.listPoliciesForRole(
      new ListPoliciesForRoleRequest({ roleName: "ramosstest" }),
    );
    expect(forUser.body?.policies?.policy).toMatchObject([{ ...reference, defaultVersion: "v1" }]);
    expect(forRole.body?.policies?.policy).toMatchObject([reference]);
    const { users, roles, groups } =
      (await client.listEntitiesForPolicy(new ListEntitiesForPolicyRequest(reference))).body ?? {};
    expect(users?.user).toMatchObject([{ userName: "app-server" }]);
    expect(roles?.role).toMatchObject([{ roleName: "RamOssTest" }]);
    expect(groups?.group).toEqual([]);
  });

  it("are made once and undone once", async () => {
    await setUp("app-server", "RamOssTest", "ram-oss-upload");
    const reference = { policyType: "Custom", policyName: "ram-oss-upload" };
    const attached = { ...reference, userName: "app-server" };
    expect(await outcomeOf(client.attachPolicyToUser(new AttachPolicyToUserRequest(attached)))).toBe(
      "409 EntityAlreadyExists.User.Policy",
    );
    const toRole = { ...reference, roleName: "RAMOSSTEST" };
    expect(await outcomeOf(client.attachPolicyToRole(new AttachPolicyToRoleRequest(toRole)))).toBe(
      "409 EntityAlreadyExists.Role.Policy",
    );
    await client.detachPolicyFromUser(new DetachPolicyFromUserRequest(attached));
    expect(await outcomeOf(client.detachPolicyFromUser(new DetachPolicyFromUserRequest(attached)))).toBe(
      "404 EntityNotExist.User.Policy",
    );
    await client.detachPolicyFromRole(new DetachPolicyFromRoleRequest(toRole));
    expect(await outcomeOf(client.detachPolicyFromRole(new DetachPolicyFromRoleRequest(toRole)))).toBe(
      "404 EntityNotExist.Role.Policy",
    );
  });

  it("tell a system policy from a custom one of the same name", async () => {
    addUser(world, account, "alice");
    addPolicy(world, account, "AliyunOSSFullAccess", UPLOAD);
    for (const policyType of ["System", "Custom"]) {
      const request = { policyType, policyName: "AliyunOSSFullAccess", userName: "alice" };
      expect(await outcomeOf(client.attachPolicyToUser(new AttachPolicyToUserRequest(request)))).toBe("200");
    }
    expect(account.users.get("alice")?.attached.map(({ type }) => type)).toEqual(["System", "Custom"]);
  });

  it("are five custom policies at most, beside those of the system", async () => {
    const user = addUser(world, account, "alice");
    for (let count = 1; count <= 5; count += 1) {
      addPolicy(world, account, `p${count}`, UPLOAD);
      attachPolicy(world, user, "Custom", `p${count}`);
    }
    addPolicy(world, account, "p6", UPLOAD);
    const attach = (policyType: string, policyName: string) =>
      outcomeOf(
        client.attachPolicyToUser(
          new AttachPolicyToUserRequest({ policyType, policyName, userName: "alice" }),
        ),
      );
    expect(await attach("Custom", "p6")).toBe("409 LimitExceeded.User.Policy");
    expect(await attach("System", "AliyunOSSFullAccess")).toBe("200");
  });

  it.each([
    ["an unknown policy", { policyName: "nothing" }, "404 EntityNotExist.Policy"],
    ["a system policy that the sandbox does not know", { policyType: "System" }, "404 EntityNotExist.Policy"],
    ["an unknown user", { userName: "nobody" }, "404 EntityNotExist.User"],
    ["a type that is none", { policyType: "Mine" }, "400 InvalidParameter.PolicyType"],
  ])("refuse %s", async (_case, change, outcome) => {
    const user = addUser(world, account, "alice");
    addPolicy(world, account, "mine", UPLOAD);
    const request = { policyType: "Custom", policyName: "mine", userName: "alice", ...change };
    expect(await outcomeOf(client.attachPolicyToUser(new AttachPolicyToUserRequest(request)))).toBe(outcome);
    expect(user.attached).toEqual([]);
  });
});

describe("who may call", () => {
  it("is told which action and which kind of policy refused", async () => {
    const key = await userWith("alice", UPLOAD);
    const refused = ramClient(ram.url, key).createUser(new CreateUserRequest({ userName: "bob" }));
    await expect(refused).rejects.toMatchObject({
      statusCode: 403,
      code: "NoPermission",
      accessDeniedDetail: {
        AuthAction: "ram:CreateUser",
        AuthPrincipalType: "SubUser",
        NoPermissionType: "ImplicitDeny",
        PolicyType: "AccountLevelIdentityBasedPolicy",
      },
    });
    expect(account.users.has("bob")).toBe(false);
    expect(world.journal.at(-1)).toMatchObject({
      service: "ram",
      operation: "CreateUser",
      principal: `acs:ram::${ID}:user/alice`,
      resource: `acs:ram:*:${ID}:user/*`,
      code: "NoPermission",
    });
  });

  it("reads everything and changes nothing with AliyunRAMReadOnlyAccess", async () => {
    const key = await userWith("alice", UPLOAD);
    attachPolicy(world, account.users.get("alice") ?? expect.fail(), "System", "AliyunRAMReadOnlyAccess");
    const alice = ramClient(ram.url, key);
    expect(await outcomeOf(alice.listUsers(new ListUsersRequest({})))).toBe("200");
    expect(await outcomeOf(alice.deleteUser(new DeleteUserRequest({ userName: "alice" })))).toBe(
      "403 NoPermission",
    );
  });

  it("is decided by the name in the resource, not more", async () => {
    const key = await userWith("alice", policyAllowing("ram:*", `acs:ram:*:${ID}:user/app-*`));
    addUser(world, account, "app-1");
    addUser(world, account, "other");
    const alice = ramClient(ram.url, key);
    const get = (userName: string) => outcomeOf(alice.getUser(new GetUserRequest({ userName })));
    expect(await get("app-1")).toBe("200");
    expect(await get("other")).toBe("403 NoPermission");
    expect(await get("app-nobody")).toBe("404 EntityNotExist.User");
    expect(await get("nobody")).toBe("403 NoPermission");
  });

  it("needs the user and the policy to attach: neither alone makes an administrator", async () => {
    const attach = async (name: string, document: string) => {
      const key = await userWith(name, document);
      return outcomeOf(
        ramClient(ram.url, key).attachPolicyToUser(
          new AttachPolicyToUserRequest({
            policyType: "System",
            policyName: "AdministratorAccess",
            userName: name,
          }),
        ),
      );
    };
    const action = "ram:AttachPolicyToUser";
    expect(await attach("a", policyAllowing(action, `acs:ram:*:${ID}:user/*`))).toBe("403 NoPermission");
    expect(await attach("b", policyAllowing(action, "acs:ram:*:system:policy/*"))).toBe("403 NoPermission");
    expect(await attach("c", policyAllowing(action, "*"))).toBe("200");
  });

  it("reaches only its own account", async () => {
    const other = addAccount(world, "6543210987654321");
    addUser(world, other, "victim");
    expect(await outcomeOf(client.deleteUser(new DeleteUserRequest({ userName: "victim" })))).toBe(
      "404 EntityNotExist.User",
    );
    expect(other.users.has("victim")).toBe(true);
  });

  it("is nobody whose signature is wrong", async () => {
    const forged = ramClient(ram.url, { ...root, accessKeySecret: "x".repeat(30) });
    expect(await outcomeOf(forged.listUsers(new ListUsersRequest({})))).toBe("400 SignatureDoesNotMatch");
  });
});

describe("an RPC client that signs with HMAC-SHA1 and asks for XML", () => {
  it("is answered in XML, with a list element for every entry", async () => {
    addUser(world, account, "alice");
    addUser(world, account, "bob");
    const request = rpcRequest("GET", root, { Action: "ListUsers", Version: "2015-05-01", Format: "XML" });
    const { status, text } = await send(ram.url, request);
    expect(status).toBe(200);
    expect(text).toMatch(/^<\?xml .*<ListUsersResponse>.*<Users><User>.*<\/User><User>.*<\/User><\/Users>/s);
    expect(text).toContain("<IsTruncated>false</IsTruncated>");
  });

  it("is told of an action that is none", async () => {
    const request = rpcRequest("GET", root, { Action: "CreateGroup", Version: "2015-05-01" });
    expect(JSON.parse((await send(ram.url, request)).text)).toMatchObject({ Code: "InvalidApi.NotFound" });
  });
});

/** A user with a key and a custom policy `<name>-policy`. */
async function userWith(name: string, document: string): Promise<ClientKey> {
  const user = addUser(world, account, name);
  const key = newAccessKey(world);
  user.accessKeys.push(key);
  addPolicy(world, account, `${name}-policy`, document);
  attachPolicy(world, user, "Custom", `${name}-policy`);
  return { accessKeyId: key.id, accessKeySecret: key.secret };
}

/** A user with a key, a role, and a policy that both have. */
async function setUp(userName: string, roleName: string, policyName: string): Promise<void> {
  const user = addUser(world, account, userName);
  user.accessKeys.push(newAccessKey(world));
  const role = addRole(world, account, { name: roleName, trustPolicy: TRUST });
  addPolicy(world, account, policyName, UPLOAD);
  attachPolicy(world, user, "Custom", policyName);
  attachPolicy(world, role, "Custom", policyName);
}

async function assumeRole(key: ClientKey, roleArn: string): Promise<string> {
  const [official] = STS_CLIENTS;
  const outcome = await official?.assumeRole(sts.url, key, { RoleArn: roleArn, RoleSessionName: "alice" });
  if (outcome === undefined || "credentials" in outcome) return "200";
  return `${outcome.failure.status} ${outcome.failure.code}`;
}

function policyAllowing(action: string, resource: string): string {
  return policy({ Effect: "Allow", Action: action, Resource: resource });
}

function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "1", Statement: statements });
}
