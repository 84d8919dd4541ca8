import { beforeEach, describe, expect, it } from "vitest";
import { addAccount, newAccessKey } from "../../sandbox/world.ts";
import {
  type AliOss,
  aliOss,
  errorOf,
  failureOf,
  folderStatements,
  lastEntry,
  policyText,
  sessionKey,
  userKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
const administrator = aliOss(oss, oss.administrator, "V4");
let users = 0;

const BY_SESSION = {
  status: 403,
  code: "AccessDenied",
  ec: "0003-00000301",
  message: "Access denied by authorizer's policy.",
};
const BY_ROLE = {
  status: 403,
  code: "AccessDenied",
  ec: "0003-00000001",
  message: "You have no right to access this object because of bucket acl.",
};
const BY_DENY = {
  status: 403,
  code: "AccessDenied",
  ec: "0003-00000201",
  message: "Access denied by bucket policy.",
};
const BY_BUCKET_POLICY = { status: 403, code: "AccessDenied", ec: "0003-00000101" };
const ANONYMOUS = { status: 403, code: "AccessDenied", ec: "0003-00000905" };

beforeEach(async () => {
  for (const key of ["users/alice/a", "users/bob/b", "users/alice2/c", "public/d"]) {
    await administrator.put(key, Buffer.from(key));
  }
});

const session = (statements?: readonly object[]) => aliOss(oss, sessionKey(oss, statements), "V4");

function user(...statements: readonly object[]): AliOss {
  users += 1;
  return aliOss(oss, userKey(oss, statements, `user-${users}`), "V4");
}

describe("a session of one folder", () => {
  const FOLDER = folderStatements("users/alice/", "oss:GetObject", "oss:PutObject", "oss:DeleteObject");
  let alice: AliOss;
  beforeEach(() => {
    alice = session(FOLDER);
  });

  it("does there what it may, and the folder's own marker is part of it", async () => {
    expect((await alice.get("users/alice/a")).res.status).toBe(200);
    expect((await alice.put("users/alice/", Buffer.alloc(0))).res.status).toBe(200);
    expect((await alice.delete("users/alice/a")).res.status).toBe(204);
    const { objects } = await alice.list({ prefix: "users/alice/", "max-keys": 10 }, {});
    expect(objects.map(({ name }) => name)).toEqual(["users/alice/"]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["read another's object", () => alice.get("users/bob/b")],
    ["read in a folder whose name begins alike", () => alice.get("users/alice2/c")],
    ["learn whether an object is there", () => alice.get("users/bob/nothing")],
    ["write beside the folder", () => alice.put("users/alice", Buffer.from("x"))],
    ["delete another's object", () => alice.delete("users/bob/b")],
    ["list without a prefix", () => alice.list({ "max-keys": 10 }, {})],
    ["list with a shorter prefix", () => alice.list({ prefix: "users/a", "max-keys": 10 }, {})],
    ["list the folder without its slash", () => alice.list({ prefix: "users/alice", "max-keys": 10 }, {})],
    ["list another's folder", () => alice.listV2({ prefix: "users/bob/" })],
    ["copy from another's folder", () => alice.copy("users/alice/x", "users/bob/b")],
    ["copy into another's folder", () => alice.copy("users/bob/x", "users/alice/a")],
    ["delete several, one of them another's", () => alice.deleteMulti(["users/alice/a", "users/bob/b"])],
    ["tag what it uploads", () => alice.put("users/alice/t", Buffer.from("x"), tagged)],
    ["change an ACL", () => alice.putACL("users/alice/a", "public-read")],
    ["read an ACL", () => alice.getACL("users/alice/a")],
    ["read tags", () => alice.getObjectTagging("users/alice/a")],
    ["list versions", () => alice.getBucketVersions({ prefix: "users/alice/" })],
    ["read a version", () => alice.get("users/alice/a", { versionId: "null" })],
    ["read what the bucket is", () => alice.getBucketInfo("examplebucket")],
    ["list buckets", () => alice.listBuckets({}, {})],
    ["make a bucket", () => alice.putBucket("alices-bucket")],
    ["delete the bucket", () => alice.deleteBucket("examplebucket")],
  ])("cannot %s", async (_case, call) => {
    expect(await failureOf(call())).toEqual(BY_SESSION);
    expect(oss.bucket.objects.size).toBe(4);
  });

  const tagged = { headers: { "x-oss-tagging": "a=1" } };

  it("cannot read another's object through a link in its own folder", async () => {
    await alice.putSymlink("users/alice/link", "users/bob/b", { storageClass: "Standard" });
    expect(await failureOf(alice.get("users/alice/link"))).toEqual(BY_SESSION);
    expect(await failureOf(alice.head("users/alice/link"))).toMatchObject({
      status: 403,
      ec: "0003-00000301",
    });
    await alice.putSymlink("users/alice/link", "users/alice/a", { storageClass: "Standard" });
    expect((await alice.get("users/alice/link")).content).toEqual(Buffer.from("users/alice/a"));
  });

  it("cannot copy parts from another's folder", async () => {
    const { uploadId } = await alice.initMultipartUpload("users/alice/copy");
    const source = { sourceKey: "users/bob/b", sourceBucketName: "examplebucket" } as never;
    expect(await failureOf(alice.uploadPartCopy("users/alice/copy", uploadId, 1, "0-1", source, {}))).toEqual(
      BY_SESSION,
    );
  });

  it("cannot open an object that its ACL opens to everybody: a session policy is never widened", async () => {
    oss.bucket.acl = "public-read-write";
    expect(await failureOf(alice.get("users/bob/b"))).toEqual(BY_SESSION);
  });

  it("cannot be widened by a bucket policy either", async () => {
    oss.bucket.policy = policyText([
      { Effect: "Allow", Action: "oss:*", Principal: ["*"], Resource: ["acs:oss:*:*:examplebucket/*"] },
    ]);
    expect(await failureOf(alice.get("users/bob/b"))).toEqual(BY_SESSION);
  });
});

describe("whose no it was", () => {
  it("is the role's, where the session's policy allows more than the role has", async () => {
    const everything = session([{ Effect: "Allow", Action: "oss:*", Resource: "*" }]);
    expect((await everything.get("users/bob/b")).res.status).toBe(200);
    expect(await failureOf(everything.getACL("users/bob/b"))).toEqual(BY_ROLE);
    expect(await failureOf(everything.listBuckets({}, {}))).toMatchObject({
      status: 403,
      code: "AccessDenied",
      message: "You are forbidden to list buckets.",
    });
  });

  it("is an explicit deny's, with its detail", async () => {
    const denied = user(
      { Effect: "Allow", Action: "oss:*", Resource: "*" },
      { Effect: "Deny", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/users/bob/*" },
    );
    expect((await denied.get("users/alice/a")).res.status).toBe(200);
    expect(await failureOf(denied.get("users/bob/b"))).toEqual(BY_DENY);
    expect(lastEntry(oss)?.because).toBe(
      `identity policy: statement 1 of policy-of-user-${users} denies oss:GetObject on acs:oss:*:1234567890123456:examplebucket/users/bob/b`,
    );
  });

  it("is the bucket policy's", async () => {
    oss.bucket.policy = policyText([
      {
        Effect: "Deny",
        Action: ["oss:GetObject"],
        Principal: ["*"],
        Resource: ["acs:oss:*:*:examplebucket/users/bob/*"],
      },
    ]);
    const everything = user({ Effect: "Allow", Action: "oss:*", Resource: "*" });
    expect(await failureOf(everything.get("users/bob/b"))).toMatchObject(BY_BUCKET_POLICY);
    const anonymous = await fetch(urlOf("users/bob/b"));
    expect(await errorOf(anonymous)).toMatchObject(BY_BUCKET_POLICY);
  });

  it("is nobody's: a user without policies", async () => {
    const powerless = user();
    expect(await failureOf(powerless.get("users/bob/b"))).toEqual(BY_ROLE);
    expect(await failureOf(powerless.put("x", Buffer.from("x")))).toEqual(BY_ROLE);
  });
});

describe("conditions", () => {
  it("on the object's ACL need the header to be sent", async () => {
    const client = user({
      Effect: "Allow",
      Action: "oss:PutObject",
      Resource: "acs:oss:*:*:examplebucket/*",
      Condition: { StringEquals: { "oss:x-oss-object-acl": "private" } },
    });
    const put = (headers: object) => client.put("x", Buffer.from("x"), { headers });
    expect((await put({ "x-oss-object-acl": "private" })).res.status).toBe(200);
    expect(await failureOf(put({}))).toEqual(BY_ROLE);
    expect(await failureOf(put({ "x-oss-object-acl": "public-read" }))).toEqual(BY_ROLE);
  });

  it("on address, agent, time, encryption and access key see the request's", async () => {
    const allow = (Condition: object) =>
      user({ Effect: "Allow", Action: "oss:GetObject", Resource: "*", Condition });
    const open: object[] = [
      { IpAddress: { "acs:SourceIp": "127.0.0.0/8" } },
      { StringLike: { "acs:UserAgent": "aliyun-sdk-nodejs/6.*" } },
      { DateLessThan: { "acs:CurrentTime": "2099-01-01T00:00:00Z" } },
      { Bool: { "acs:SecureTransport": "false" } },
      { StringLike: { "acs:AccessId": "LTAI*" } },
    ];
    const closed: object[] = [
      { IpAddress: { "acs:SourceIp": "10.0.0.0/8" } },
      { StringLike: { "acs:UserAgent": "curl/*" } },
      { DateLessThan: { "acs:CurrentTime": "2020-01-01T00:00:00Z" } },
      { Bool: { "acs:SecureTransport": "true" } },
      { StringLike: { "acs:AccessId": "STS.*" } },
    ];
    for (const condition of open) {
      expect((await allow(condition).get("users/bob/b")).res.status).toBe(200);
    }
    for (const condition of closed) {
      expect(await failureOf(allow(condition).get("users/bob/b"))).toEqual(BY_ROLE);
    }
  });

  it("on delimiter and prefix see a listing's, in both versions", async () => {
    const client = user({
      Effect: "Allow",
      Action: "oss:ListObjects",
      Resource: "acs:oss:*:*:examplebucket",
      Condition: { StringEquals: { "oss:Delimiter": "/", "oss:Prefix": ["", "users/"] } },
    });
    expect((await client.list({ delimiter: "/", "max-keys": 5 }, {})).prefixes).toEqual([
      "public/",
      "users/",
    ]);
    expect((await client.listV2({ delimiter: "/", prefix: "users/" })).objects).toEqual([]);
    expect(await failureOf(client.listV2({ prefix: "users/" }))).toEqual(BY_ROLE);
    expect(await failureOf(client.listV2({ delimiter: "/", prefix: "public/" }))).toEqual(BY_ROLE);
  });

  it("on tags see those of the object and those of the request", async () => {
    const client = user(
      {
        Effect: "Allow",
        Action: "oss:GetObject",
        Resource: "*",
        Condition: { StringEquals: { "oss:ExistingObjectTag/team": "red" } },
      },
      {
        Effect: "Allow",
        Action: ["oss:PutObject", "oss:PutObjectTagging"],
        Resource: "*",
        Condition: { StringEquals: { "oss:RequestObjectTag/team": "red" } },
      },
    );
    await administrator.putObjectTagging("users/bob/b", { team: "red" });
    expect((await client.get("users/bob/b")).res.status).toBe(200);
    expect(await failureOf(client.get("users/alice/a"))).toEqual(BY_ROLE);
    const put = (team: string) =>
      client.put("x", Buffer.from("x"), { headers: { "x-oss-tagging": `team=${team}` } });
    expect((await put("red")).res.status).toBe(200);
    expect(await failureOf(put("blue"))).toEqual(BY_ROLE);
  });
});

describe("ACLs", () => {
  it("open objects, and not the listing, to those who did not sign", async () => {
    expect(await errorOf(await fetch(urlOf("public/d")))).toMatchObject(ANONYMOUS);
    oss.bucket.acl = "public-read";
    expect(await (await fetch(urlOf("public/d"))).text()).toBe("public/d");
    expect(await errorOf(await fetch(urlOf("")))).toMatchObject(ANONYMOUS);
    const put = () => fetch(urlOf("x"), { method: "PUT", body: Buffer.from("x") });
    expect(await errorOf(await put())).toMatchObject(ANONYMOUS);
    oss.bucket.acl = "public-read-write";
    expect((await put()).status).toBe(200);
    expect((await fetch(urlOf("x"), { method: "DELETE" })).status).toBe(204);
    expect(await errorOf(await fetch(`${urlOf("public/d")}?acl`))).toMatchObject(ANONYMOUS);
  });

  it("of an object go before the bucket's, either way", async () => {
    await administrator.putACL("public/d", "public-read");
    expect((await fetch(urlOf("public/d"))).status).toBe(200);
    oss.bucket.acl = "public-read";
    await administrator.putACL("public/d", "private");
    expect((await fetch(urlOf("public/d"))).status).toBe(403);
  });

  it("give nobody headers to answer with", async () => {
    oss.bucket.acl = "public-read";
    const response = await fetch(`${urlOf("public/d")}?response-content-type=text/html`);
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "InvalidRequest" });
  });

  it("open an object to a user without policies", async () => {
    oss.bucket.acl = "public-read";
    expect((await user().get("public/d")).res.status).toBe(200);
  });
});

describe("another account", () => {
  it("opens nothing with its own policies, and what a bucket policy gives it", async () => {
    const account = addAccount(oss.world, "2222222222222222");
    const key = newAccessKey(oss.world);
    account.rootKeys.push(key);
    const other = aliOss(oss, { accessKeyId: key.id, accessKeySecret: key.secret }, "V4");
    expect(await failureOf(other.get("public/d"))).toEqual(BY_ROLE);
    oss.bucket.policy = policyText([
      {
        Effect: "Allow",
        Action: ["oss:GetObject"],
        Principal: ["2222222222222222"],
        Resource: ["acs:oss:*:*:examplebucket/public/*"],
      },
    ]);
    expect((await other.get("public/d")).res.status).toBe(200);
    expect(await failureOf(other.get("users/bob/b"))).toEqual(BY_ROLE);
    expect((await other.listBuckets({}, {})) as object).toMatchObject({ buckets: null });
  });
});

function urlOf(key: string): string {
  return `http://127.0.0.1:${oss.port}/examplebucket/${key}`;
}
