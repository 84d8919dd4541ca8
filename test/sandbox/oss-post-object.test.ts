import { createHmac, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import {
  aliOss,
  errorOf,
  folderStatements,
  lastEntry,
  type OssKey,
  SIGNATURE_VERSIONS,
  type SignatureVersion,
  sessionKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
let alice: OssKey;

beforeEach(() => {
  alice = sessionKey(oss, folderStatements("users/alice/", "oss:PutObject"));
});

type Fields = Readonly<Record<string, string>>;

const CONDITIONS: readonly unknown[] = [
  { bucket: "examplebucket" },
  ["starts-with", "$key", "users/alice/"],
  ["content-length-range", 1, 1000],
];

/** The fields of a form that ali-oss signed. */
function signedFields(
  version: SignatureVersion,
  {
    key = alice,
    conditions = CONDITIONS,
    expiration = new Date(Date.now() + 60_000).toISOString(),
  }: {
    readonly key?: OssKey;
    readonly conditions?: readonly unknown[];
    readonly expiration?: string;
  } = {},
): Fields {
  const client = aliOss(oss, key, version);
  const policy = { expiration, conditions };
  const token: Fields = key.stsToken === undefined ? {} : { "x-oss-security-token": key.stsToken };
  if (version === "V1") return { ...client.calculatePostSignature(policy), ...token };
  const now = new Date();
  const date = now.toISOString().replace(/[-:]|\.\d+/g, "");
  return {
    policy: Buffer.from(JSON.stringify(policy)).toString("base64"),
    "x-oss-signature-version": "OSS4-HMAC-SHA256",
    "x-oss-credential": `${key.accessKeyId}/${date.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
    "x-oss-date": date,
    "x-oss-signature": client.signPostObjectPolicyV4(policy, now),
    ...token,
  };
}

function post(
  fields: Fields,
  file: Blob | string = new Blob(["text"]),
  more: Fields = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  if (typeof file === "string") form.set("file", file);
  else form.set("file", file, "é photo.jpg");
  for (const [name, value] of Object.entries(more)) form.append(name, value);
  return fetch(`http://127.0.0.1:${oss.port}/examplebucket/`, { method: "POST", body: form });
}

const stored = (key: string) => oss.bucket.objects.get(key);

describe.each(SIGNATURE_VERSIONS)("a form signed by ali-oss, %s", (version) => {
  it("stores its file, and answers 204, 200 or 201", async () => {
    const fields = { key: "users/alice/a", ...signedFields(version) };
    const response = await post(fields);
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(stored("users/alice/a")).toMatchObject({ type: "Normal", content: { size: 4 } });
    expect(lastEntry(oss)).toMatchObject({
      operation: "PostObject",
      principal: "acs:ram::1234567890123456:role/ramosstest/alice",
      resource: "acs:oss:*:1234567890123456:examplebucket/users/alice/a",
      status: 204,
    });
    expect((await post({ ...fields, success_action_status: "200" })).status).toBe(200);
    const created = await post({ ...fields, success_action_status: "201" });
    expect(created.status).toBe(201);
    expect(await created.text()).toContain(
      "<PostResponse><Bucket>examplebucket</Bucket><Location>http://examplebucket.oss-cn-hangzhou.aliyuncs.com/users%2Falice%2Fa</Location><Key>users/alice/a</Key><ETag>&quot;",
    );
  });

  it("keeps metadata, ACL and content type", async () => {
    const response = await post({
      key: "users/alice/a",
      "x-oss-meta-by": "älice",
      "x-oss-object-acl": "public-read",
      "x-oss-content-type": "image/x-test",
      ...signedFields(version),
    });
    expect(response.status).toBe(204);
    expect(stored("users/alice/a")).toMatchObject({
      acl: "public-read",
      headers: { "content-type": "image/x-test", "x-oss-meta-by": "älice" },
    });
  });

  it("takes x-oss-content-type before the file's own type, and that before the field Content-Type", async () => {
    const file = new Blob(["text"], { type: "text/plain" });
    const fields = { key: "users/alice/a", "Content-Type": "image/jpeg", ...signedFields(version) };
    await post(fields, file);
    expect(stored("users/alice/a")?.headers["content-type"]).toBe("text/plain");
    await post({ ...fields, "x-oss-content-type": "image/png" }, file);
    expect(stored("users/alice/a")?.headers["content-type"]).toBe("image/png");
    await post(fields, "a plain field has no type");
    expect(stored("users/alice/a")?.headers["content-type"]).toBe("image/jpeg");
  });

  it("sends the browser to success_action_redirect, with what was stored", async () => {
    const form = new FormData();
    const fields = { key: "users/alice/é a", success_action_redirect: "https://app.example.com/done?x=1" };
    for (const [name, value] of Object.entries({ ...fields, ...signedFields(version) }))
      form.set(name, value);
    form.set("file", new Blob(["text"]));
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/`, {
      method: "POST",
      body: form,
      redirect: "manual",
    });
    expect(response.status).toBe(303);
    const to = new URL(response.headers.get("location") ?? "");
    expect([to.origin, to.pathname, Object.fromEntries(to.searchParams)]).toEqual([
      "https://app.example.com",
      "/done",
      { x: "1", bucket: "examplebucket", key: "users/alice/é a", etag: response.headers.get("etag") },
    ]);
    const noAddress = await post({ ...fields, ...signedFields(version), success_action_redirect: "nowhere" });
    expect(noAddress.status).toBe(204);
  });

  it("puts the file's own name in place of the placeholder", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder of PostObject
    const response = await post({ key: "users/alice/${filename}", ...signedFields(version) });
    expect(response.status).toBe(204);
    expect(stored("users/alice/é photo.jpg")?.content.size).toBe(4);
  });

  it("takes a file that is a plain field, and none of the fields behind it", async () => {
    const fields = { key: "users/alice/a", ...signedFields(version) };
    expect((await post(fields, "text", { "x-oss-object-acl": "public-read" })).status).toBe(204);
    expect(stored("users/alice/a")).toMatchObject({ acl: "default", content: { size: 4 } });
  });

  it.each<[string, Parameters<typeof signedFields>[1], Fields, object]>([
    [
      "a key outside the policy",
      {},
      { key: "users/bob/a" },
      { status: 403, code: "AccessDenied", ec: "0006-00000227" },
    ],
    [
      "a key that the policy allows and the session does not",
      { conditions: [["starts-with", "$key", ""]] },
      { key: "users/bob/a" },
      { status: 403, code: "AccessDenied", ec: "0003-00000301" },
    ],
    [
      "another bucket's policy",
      { conditions: [{ bucket: "otherbucket" }] },
      {},
      { status: 403, code: "AccessDenied", ec: "0006-00000227" },
    ],
    [
      "a field that must have another value",
      { conditions: [["eq", "$success_action_status", "200"]] },
      { success_action_status: "201" },
      { status: 403, code: "AccessDenied", ec: "0006-00000227" },
    ],
    [
      "a content type that is not in the list",
      { conditions: [["in", "$content-type", ["image/jpeg", "image/png"]]] },
      { "Content-Type": "text/html" },
      { status: 403, code: "AccessDenied", ec: "0006-00000227" },
    ],
    [
      "a value that must not be",
      { conditions: [["not-in", "$x-oss-object-acl", ["public-read"]]] },
      { "x-oss-object-acl": "public-read" },
      { status: 403, code: "AccessDenied", ec: "0006-00000227" },
    ],
    [
      "a policy that has ended",
      { expiration: "2020-01-01T00:00:00.000Z" },
      {},
      { status: 403, code: "AccessDenied" },
    ],
    ["a policy without conditions", { conditions: [] }, {}, { status: 400, code: "InvalidPolicyDocument" }],
    [
      "a policy with a condition of no known kind",
      { conditions: [["like", "$key", "*"]] },
      {},
      { status: 400, code: "InvalidPolicyDocument" },
    ],
    [
      "a policy whose list is none",
      { conditions: [["not-in", "$cache-control", "no-cache"]] },
      {},
      { status: 400, code: "InvalidPolicyDocument", ec: "0006-00000224" },
    ],
    ...[
      ["content-length-range", 5, 1],
      ["content-length-range", null, null],
      ["content-length-range", "0", "3"],
      ["content-length-range", 0, 3.5],
      ["content-length-range", -1, 3],
      ["content-length-range", 0],
      ["content-length-range", 0, 3, 4],
    ].map((condition): [string, Parameters<typeof signedFields>[1], Fields, object] => [
      `a policy with ${JSON.stringify(condition)}`,
      { conditions: [condition] },
      {},
      { status: 400, code: "InvalidPolicyDocument", ec: "0006-00000220" },
    ]),
    [
      "a field whose name no header can have",
      {},
      { "x-oss-meta-a b": "x" },
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "a policy without an end",
      { expiration: undefined as unknown as string, conditions: CONDITIONS },
      { policy: Buffer.from(JSON.stringify({ conditions: CONDITIONS })).toString("base64") },
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    [
      "too large a file",
      { conditions: [["content-length-range", 0, 3]] },
      {},
      { status: 400, code: "EntityTooLarge" },
    ],
    [
      "too small a file",
      { conditions: [["content-length-range", 5, 9]] },
      {},
      { status: 400, code: "EntityTooSmall" },
    ],
    [
      "a changed policy",
      {},
      { policy: Buffer.from('{"expiration":"2030-01-01T00:00:00Z","conditions":[]}').toString("base64") },
      { status: 403, code: "SignatureDoesNotMatch", ec: "0002-00000040" },
    ],
    ["no policy", {}, { policy: "" }, { status: 400, code: "InvalidArgument", ec: "0002-00000702" }],
    [
      "no token",
      {},
      { "x-oss-security-token": "" },
      { status: 403, code: "InvalidAccessKeyId", ec: "0002-00000003" },
    ],
    [
      "another token",
      {},
      { "x-oss-security-token": "CAIS0000" },
      { status: 403, code: "InvalidSecurityToken", ec: "0002-00000008" },
    ],
    ["an invalid key", {}, { key: "/users/alice/a" }, { status: 400, code: "InvalidObjectName" }],
    ["no key", {}, { key: "" }, { status: 400, code: "InvalidObjectName" }],
    [
      "an ACL that is none",
      {},
      { "x-oss-object-acl": "everybody" },
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "a line break for a header",
      {},
      { "x-oss-meta-a": "a\r\nset-cookie: b" },
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "an answer about overwriting that is none",
      {},
      { "x-oss-forbid-overwrite": "yes" },
      { status: 400, code: "InvalidArgument", ec: "0006-00000117" },
    ],
    ["a callback", {}, { callback: "e30=" }, { status: 501, code: "NotImplemented" }],
    [
      "a field of more than 4 KB",
      {},
      { "x-oss-meta-a": "a".repeat(4097) },
      { status: 400, code: "FieldItemTooLong" },
    ],
  ])("refuses %s", async (_case, signing, change, failure) => {
    const response = await post({ key: "users/alice/a", ...signedFields(version, signing), ...change });
    expect(await errorOf(response)).toMatchObject(failure);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("quotes the condition that failed", async () => {
    const response = await post({ key: "users/bob/a", ...signedFields(version) });
    expect((await errorOf(response)).body).toContain(
      "<Message>Invalid according to Policy: Policy Condition failed: [&quot;starts-with&quot;,&quot;$key&quot;,&quot;users/alice/&quot;]</Message>",
    );
  });

  it("refuses a large file as soon as it is too large, and reads the rest away", async () => {
    const fields = { key: "users/alice/a", ...signedFields(version) };
    const response = await post(fields, new Blob([randomBytes(3_000_000)]));
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "EntityTooLarge" });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("refuses a second file", async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ key: "users/alice/a", ...signedFields(version) })) {
      form.set(name, value);
    }
    form.append("file", new Blob(["one"]), "1");
    form.append("file", new Blob(["two"]), "2");
    const url = `http://127.0.0.1:${oss.port}/examplebucket/`;
    expect(await errorOf(await fetch(url, { method: "POST", body: form }))).toMatchObject({
      status: 400,
      code: "IncorrectNumberOfFilesInPOSTRequest",
    });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("ends with its session", async () => {
    const fields = { key: "users/alice/a", ...signedFields(version) };
    oss.clock.advance(3_600_000);
    expect(await errorOf(await post(fields))).toMatchObject({
      status: 403,
      code: "SecurityTokenExpired",
      ec: "0002-00000007",
    });
  });
});

describe("a form", () => {
  it.each<[string, Fields, object]>([
    [
      "with a V1 signature field missing",
      { Signature: undefined as unknown as string },
      { status: 400, code: "InvalidArgument", ec: "0002-00000703" },
    ],
    [
      "with an empty signature",
      { Signature: "" },
      { status: 400, code: "InvalidArgument", ec: "0002-00000704" },
    ],
    [
      "with an empty access key",
      { OSSAccessKeyId: "" },
      { status: 400, code: "InvalidArgument", ec: "0002-00000707" },
    ],
    [
      "with no access key",
      { OSSAccessKeyId: undefined as unknown as string },
      { status: 400, code: "InvalidArgument", ec: "0002-00000706" },
    ],
  ])("%s is refused", async (_case, change, failure) => {
    const fields = { key: "users/alice/a", ...signedFields("V1"), ...change };
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    expect(await errorOf(await post(given))).toMatchObject(failure);
  });

  it.each<[string, Fields, object]>([
    [
      "a malformed credential",
      { "x-oss-credential": "ak" },
      { status: 400, code: "InvalidArgument", ec: "0002-00000708" },
    ],
    [
      "another day's date",
      { "x-oss-date": "20200101T000000Z" },
      { status: 400, code: "InvalidArgument", ec: "0002-00000709" },
    ],
    ["another version", { "x-oss-signature-version": "OSS2" }, { status: 400, code: "InvalidArgument" }],
  ])("of V4 with %s is refused", async (_case, change, failure) => {
    const response = await post({ key: "users/alice/a", ...signedFields("V4"), ...change });
    expect(await errorOf(response)).toMatchObject(failure);
  });

  it.each<[string, string, object]>([
    ["is no JSON", "{", { ec: "0006-00000201" }],
    ["is a list", "[]", { ec: "0006-00000201" }],
    ["is no UTF-8", "\u00ff", { ec: "0006-00000203" }],
    ["has no end", '{"conditions":[{"bucket":"examplebucket"}]}', { ec: "0006-00000208" }],
    ["ends on no day", '{"expiration":"soon","conditions":[{"bucket":"examplebucket"}]}', {}],
    ["has no conditions", '{"expiration":"2036-01-01T00:00:00Z"}', {}],
    [
      "has a condition that is a text",
      '{"expiration":"2036-01-01T00:00:00Z","conditions":["eq"]}',
      { ec: undefined },
    ],
    [
      "has a condition with two names",
      '{"expiration":"2036-01-01T00:00:00Z","conditions":[{"bucket":"a","key":"b"}]}',
      {},
    ],
  ])("whose policy %s is refused, although it is signed", async (_case, policy, failure) => {
    // Latin-1: a byte that is no UTF-8 stays one.
    const base64 = Buffer.from(policy, "latin1").toString("base64");
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const scope = [date.slice(0, 8), "cn-hangzhou", "oss", "aliyun_v4_request"];
    let key: Buffer = Buffer.from(`aliyun_v4${alice.accessKeySecret}`);
    for (const step of [...scope, base64]) key = createHmac("sha256", key).update(step).digest();
    const response = await post({
      key: "users/alice/a",
      policy: base64,
      "x-oss-signature-version": "OSS4-HMAC-SHA256",
      "x-oss-credential": `${alice.accessKeyId}/${scope.join("/")}`,
      "x-oss-date": date,
      "x-oss-security-token": alice.stsToken ?? "",
      "x-oss-signature": key.toString("hex"),
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "InvalidPolicyDocument", ...failure });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it.each([
    ['form-data; name="file"; filename="; name=key; "', "file", "; name=key; "],
    ['form-data; filename="a\\"b.jpg"; name="file"', "file", 'a"b.jpg'],
    ['form-data; filename="a%22b.jpg"; name=file', "file", 'a"b.jpg'],
    ["form-data; name=file; filename=plain.jpg", "file", "plain.jpg"],
  ])("reads %s as a part called %s", async (disposition, _name, filename) => {
    oss.bucket.acl = "public-read-write";
    const text = `--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na/\x24{filename}\r\n--x\r\nContent-Disposition: ${disposition}\r\n\r\ntext\r\n--x--\r\n`;
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: text,
    });
    expect([response.status, [...oss.bucket.objects.keys()]]).toEqual([204, [`a/${filename}`]]);
  });

  it("that nobody signed needs a bucket that everybody may write to", async () => {
    expect(await errorOf(await post({ key: "a" }))).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: "0003-00000905",
    });
    oss.bucket.acl = "public-read-write";
    expect((await post({ key: "a" })).status).toBe(204);
  });

  it("cannot meet a policy on the ACL with a header, which stores nothing", async () => {
    const key = sessionKey(oss, [
      {
        Effect: "Allow",
        Action: "oss:PutObject",
        Resource: "*",
        Condition: { StringEquals: { "oss:x-oss-object-acl": "private" } },
      },
    ]);
    const form = new FormData();
    const fields = signedFields("V1", { key, conditions: [["starts-with", "$key", ""]] });
    for (const [name, value] of Object.entries({ key: "a", ...fields })) form.set(name, value);
    form.set("file", new Blob(["text"]));
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/`, {
      method: "POST",
      body: form,
      headers: { "x-oss-object-acl": "private" },
    });
    expect(await errorOf(response)).toMatchObject({ status: 403, ec: "0003-00000301" });
  });

  it.each<[string, string | undefined, string, string]>([
    ["no form at all", "text/plain", "a=b", "RequestIsNotMultiPartContent"],
    ["no boundary", "multipart/form-data", "a=b", "RequestIsNotMultiPartContent"],
    ["another boundary", "multipart/form-data; boundary=x", "--y\r\n\r\n--y--", "MalformedPOSTRequest"],
    ["no end", "multipart/form-data; boundary=x", "--x\r\n", "MalformedPOSTRequest"],
    [
      "a part without a name",
      "multipart/form-data; boundary=x",
      "--x\r\ncontent-type: a/b\r\n\r\na\r\n--x--",
      "MalformedPOSTRequest",
    ],
    [
      "no file",
      "multipart/form-data; boundary=x",
      '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x--',
      "IncorrectNumberOfFilesInPOSTRequest",
    ],
    [
      "a field twice",
      "multipart/form-data; boundary=x",
      '--x\r\nContent-Disposition: form-data; name="key"\r\n\r\na\r\n--x\r\nContent-Disposition: form-data; name="KEY"\r\n\r\nb\r\n--x--',
      "InvalidArgument",
    ],
  ])("that is %s is refused", async (_case, type, body, code) => {
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/`, {
      method: "POST",
      body,
      headers: type === undefined ? {} : { "content-type": type },
    });
    expect(await errorOf(response)).toMatchObject({ status: 400, code });
  });
});
