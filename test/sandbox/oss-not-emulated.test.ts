import { describe, expect, it } from "vitest";
import { aliOss, lastEntry, type OssKey } from "../support/oss-service.ts";
import { type RawResponse, rawRequest } from "../support/raw-request.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { v1Lines } from "../support/v1-lines.ts";

const oss = await ossForTests();
const UNKNOWN_KEY: OssKey = { accessKeyId: "LTAIunknown", accessKeySecret: "x" };

/** A request in path style, signed with V1 over `resource`, which is the path unless it says otherwise. */
function send(
  method: string,
  path: string,
  { key = oss.administrator, resource = path, headers = [] as readonly string[], host = "localhost" } = {},
): Promise<RawResponse> {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Content-Length: 0",
    ...headers,
    ...v1Lines(oss, key, {
      method,
      resource,
      ossHeaders: headers.map((line) => `${line.replace(": ", ":")}\n`).join(""),
    }),
  ];
  return rawRequest(oss.port, lines);
}

const NOT_IMPLEMENTED = { status: 501, body: expect.stringContaining("<Code>NotImplemented</Code>") };

describe("a sub-resource that no operation knows is refused, and nothing is done", () => {
  it.each([
    ["DELETE", "/examplebucket/?accessPoint"],
    ["DELETE", "/examplebucket/?lifecycle"],
    ["GET", "/examplebucket/?accessPoint"],
    ["GET", "/examplebucket/?redundancyTransition"],
    ["POST", "/examplebucket/?redundancyTransition"],
    ["PUT", "/examplebucket/?userDefinedLogFieldsConfig"],
    ["PUT", "/examplebucket/?rtc"],
    ["GET", "/?regions"],
    ["GET", "/?accessPoint"],
    ["GET", "/?regionList"],
    ["PUT", "/examplebucket/a?legalHold"],
    ["PUT", "/examplebucket/a?retention"],
    ["POST", "/examplebucket/a?cleanRestoredObject"],
    ["POST", "/examplebucket/a?x-oss-async-process"],
    ["GET", "/examplebucket/a?x-oss-process=image/info"],
    ["GET", "/examplebucket/a?x-oss-ac-source-ip=192.0.2.1"],
  ])("%s %s, which the SDKs sign", async (method, path) => {
    await aliOss(oss, oss.administrator, "V4").put("a", Buffer.from("a"));
    expect(await send(method, path)).toMatchObject(NOT_IMPLEMENTED);
    expect(oss.world.buckets.has("examplebucket")).toBe(true);
    expect(oss.bucket.objects.get("a")?.content.size).toBe(1);
    expect(lastEntry(oss)).toMatchObject({ operation: "Unknown", status: 501 });
  });

  it.each([
    ["DELETE", "/examplebucket/", "tomorrowsConfig"],
    ["GET", "/examplebucket/", "accessmonitor"],
    ["PUT", "/examplebucket/a", "tomorrowsConfig"],
    ["GET", "/examplebucket/a", "tomorrowsConfig"],
  ])("%s %s?%s, whether V1 signs the name or not", async (method, path, name) => {
    expect(await send(method, `${path}?${name}`)).toMatchObject(NOT_IMPLEMENTED);
    expect(await send(method, `${path}?${name}`, { resource: path })).toMatchObject(NOT_IMPLEMENTED);
    expect(oss.world.buckets.has("examplebucket")).toBe(true);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it.each([
    ["PUT", "/examplebucket/a?v=3"],
    ["DELETE", "/examplebucket/?older-than=3"],
    ["GET", "/examplebucket/?tag=red"],
    ["GET", "/?tag-key=team"],
  ])("%s %s: a parameter with a value, too", async (method, path) => {
    const resource = path.slice(0, path.indexOf("?"));
    expect(await send(method, path, { resource })).toMatchObject(NOT_IMPLEMENTED);
    expect(oss.world.buckets.has("examplebucket")).toBe(true);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("makes no bucket", async () => {
    for (const name of ["accessmonitor", "encryption"]) {
      const { status, body } = await send("PUT", `/new-bucket/?${name}`);
      expect([status, body]).toEqual([404, expect.stringContaining("<Code>NoSuchBucket</Code>")]);
    }
    expect(oss.world.buckets.has("new-bucket")).toBe(false);
  });
});

it("a parameter with a value that nobody knows does not change how an object is read", async () => {
  await aliOss(oss, oss.administrator, "V4").put("a", Buffer.from("a"));
  for (const method of ["GET", "HEAD"]) {
    const answer = await send(method, "/examplebucket/a?v=3", { resource: "/examplebucket/a" });
    expect(answer.status).toBe(200);
  }
});

it("a caller's own parameter does not change what is done with an object", async () => {
  const own = "x-param-null&x-param-value=value";
  for (const [method, status] of [
    ["PUT", 200],
    ["HEAD", 200],
    ["GET", 200],
    ["DELETE", 204],
  ] as const) {
    const answer = await send(method, `/examplebucket/a?${own}`, { resource: "/examplebucket/a" });
    expect([method, answer.status]).toEqual([method, status]);
  }
});

it.each([
  ["PUT", "/examplebucket/a?x-amz-acl"],
  ["PUT", "/examplebucket/a?x-oss-tomorrow"],
  ["DELETE", "/examplebucket/?x-param-value=value"],
])("%s %s: no such parameter is of the caller's own", async (method, path) => {
  const resource = path.slice(0, path.indexOf("?"));
  const signed = path.includes("x-oss-") ? path : resource;
  expect(await send(method, path, { resource: signed })).toMatchObject(NOT_IMPLEMENTED);
});

it("ListBuckets takes a bid", async () => {
  expect((await send("GET", "/?bid=26842", { resource: "/" })).status).toBe(200);
});

describe("a header that changes what an operation does, and is not emulated, is refused", () => {
  it.each([
    "x-oss-object-worm-mode: COMPLIANCE",
    "x-oss-object-worm-retain-until-date: 2027-10-10T00:00:00.000Z",
    "x-oss-server-side-data-encryption: SM4",
    "x-oss-server-side-encryption-key-id: 9468da86",
    "x-oss-persistent-headers: a:Yg==",
    "x-oss-callback: e30=",
    "x-oss-process: image/info",
  ])("%s", async (header) => {
    expect(await send("PUT", "/examplebucket/a", { headers: [header] })).toMatchObject(NOT_IMPLEMENTED);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("x-oss-request-payer has no effect", async () => {
    const headers = ["x-oss-request-payer: requester"];
    expect((await send("PUT", "/examplebucket/a", { headers })).status).toBe(200);
  });

  it.each([
    ["245760", 200],
    ["838860800", 200],
    ["245759", 400],
    ["838860801", 400],
    ["fast", 400],
  ])("x-oss-traffic-limit: %s slows nothing down, and is answered with %i", async (limit, status) => {
    const headers = [`x-oss-traffic-limit: ${limit}`];
    const answer = await send("PUT", "/examplebucket/a", { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("x-oss-qos-delay-time")).toBe(status === 200 ? "0" : undefined);
    expect(oss.bucket.objects.has("a")).toBe(status === 200);
  });
});

describe("the signature of S3", () => {
  it.each<[string, string, readonly string[]]>([
    ["version 4, in a header", "/a", ["Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request"]],
    ["version 2, in a header", "/a", ["Authorization: AWS a:b"]],
    ["version 4, in a URL", "/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=b", []],
    ["version 2, in a URL", "/a?AWSAccessKeyId=a&Signature=b&Expires=1", []],
  ])("%s is refused, and the answer says why", async (_case, path, headers) => {
    const lines = [`GET ${path} HTTP/1.1`, "Host: examplebucket.localhost", ...headers];
    const answer = await rawRequest(oss.port, lines);
    expect(answer).toMatchObject(NOT_IMPLEMENTED);
    expect(answer.body).toContain("the signature of Amazon S3");
  });
});

describe("the order of the checks", () => {
  it.each([
    ["GET", "/nobodys-bucket/?acl"],
    ["HEAD", "/nobodys-bucket/a"],
    ["PUT", "/nobodys-bucket/a"],
    ["GET", "/nobodys-bucket/?lifecycle"],
  ])("%s %s with an unknown key: the bucket is missing", async (method, path) => {
    const { status, headers, body } = await send(method, path, { key: UNKNOWN_KEY });
    const error = Buffer.from(headers.get("x-oss-err") ?? "", "base64").toString("utf8");
    expect([status, body + error]).toEqual([404, expect.stringContaining("<Code>NoSuchBucket</Code>")]);
  });

  it.each([
    ["GET", "/examplebucket/?acl"],
    ["GET", "/examplebucket/?lifecycle"],
    ["PUT", "/new-bucket/"],
    ["GET", "/"],
    ["GET", "/?regions"],
  ])("%s %s with an unknown key: the key is unknown, whatever was asked for", async (method, path) => {
    const { status, body } = await send(method, path, { key: UNKNOWN_KEY });
    expect([status, body]).toEqual([403, expect.stringContaining("<Code>InvalidAccessKeyId</Code>")]);
  });

  it("what is not emulated, with the wrong secret: the signature is wrong", async () => {
    const key = { ...oss.administrator, accessKeySecret: "wrong" };
    const { status, body } = await send("GET", "/examplebucket/?lifecycle", { key });
    expect([status, body]).toEqual([403, expect.stringContaining("<Code>SignatureDoesNotMatch</Code>")]);
  });
});

describe("the bucket in the path", () => {
  it.each([
    ["oss-cn-hangzhou.aliyuncs.com", 403],
    ["oss-cn-hangzhou-internal.aliyuncs.com", 403],
    ["127.0.0.1", 200],
    ["localhost", 200],
    ["sandbox.test", 200],
  ])("at %s: %i", async (host, status) => {
    const answer = await send("GET", "/examplebucket/?acl", { host });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toContain("<Code>SecondLevelDomainForbidden</Code>");
  });

  it("is not needed to list buckets", async () => {
    expect((await send("GET", "/", { host: "oss-cn-hangzhou.aliyuncs.com" })).status).toBe(200);
  });
});

describe("a key that begins with a slash", () => {
  it.each([
    ["GET", 404, "NoSuchKey"],
    ["HEAD", 404, "NoSuchKey"],
    ["PUT", 400, "InvalidObjectName"],
    ["DELETE", 400, "InvalidObjectName"],
  ])("%s: %i %s", async (method, status, code) => {
    await send(method, "/examplebucket//a");
    expect(lastEntry(oss)).toMatchObject({ status, code });
  });
});
