import { beforeEach, describe, expect, it } from "vitest";
import { aliOss, folderStatements, type OssKey, sessionKey } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
let alice: OssKey;

beforeEach(() => {
  oss.world.accessLog.length = 0;
  alice = sessionKey(oss, folderStatements("users/alice/", "oss:PutObject", "oss:GetObject"));
});

/** The fields of a line, without their quotation marks. Source of the form: OSS "Logging", log format. */
const FORM =
  /^(\S+) - - \[([^\]]+)\] "([^"]*)" (\d+) (\d+) (\d+) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" (\S+) (\d+) "([^"]*)" (\d+) "([^"]*)" (\S+) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)"$/;
const NAMES = [
  "remoteIp",
  "time",
  "requestUrl",
  "status",
  "sentBytes",
  "requestTime",
  "referer",
  "userAgent",
  "hostName",
  "requestId",
  "loggingFlag",
  "requester",
  "operation",
  "bucket",
  "object",
  "objectSize",
  "serverCostTime",
  "errorCode",
  "requestLength",
  "userId",
  "deltaDataSize",
  "syncRequest",
  "storageClass",
  "targetStorageClass",
  "accelerationPoint",
  "accessKeyId",
  "bucketArn",
];

function fieldsOf(text: string): Readonly<Record<string, string>> {
  const [, ...values] = FORM.exec(text) ?? [];
  expect(values, text).toHaveLength(NAMES.length);
  return Object.fromEntries(NAMES.map((name, at) => [name, values[at] ?? ""]));
}

const lines = () => oss.world.accessLog.map(({ text }) => fieldsOf(text));

describe("OSS's access log", () => {
  it("has the form of the documents' example and of a published line", () => {
    for (const line of [
      '192.168.0.1 - - [03/Jan/2021:14:59:49 +0800] "GET /example.jpg HTTP/1.0" 200 999131 127 "http://www.aliyun.com/product/oss" "curl/7.15.5" "examplebucket.oss-cn-hangzhou.aliyuncs.com" "5FF16B65F05BC932307A3C3C" "true" "16571836914537" "GetObject" "examplebucket" "example.jpg" 999131 88 "-" 302 "16571836914537" - "cdn" "standard" "-" "-" "LTAI" "acs:oss*"',
      '192.0.2.52 - - [13/Sep/2026:15:47:19 +0800] "GET /app.ico HTTP/1.1" 200 370070 15 "-" "curl/8.7.1" "downloads.oss-cn-hangzhou.aliyuncs.com" "6AA65507B46F7C37345E7179" "true" "-" "GetObject" "downloads" "app.ico" 370070 13 "-" 119 "1487251194223355" - "-" "standard" "-" "-" "-" "-"',
    ])
      fieldsOf(line);
  });

  it("has a line for each request to a bucket: who, what, how it ended, and how much changed", async () => {
    const client = aliOss(oss, alice, "V4");
    await client.put("users/alice/a b.txt", Buffer.from("Hello"));
    await client.put("users/alice/a b.txt", Buffer.from("Hello, you"));
    await client.get("users/alice/a b.txt");
    await expect(client.get("users/bob/a.txt")).rejects.toMatchObject({ code: "AccessDenied" });
    const own = { accessKeyId: alice.accessKeyId, bucket: oss.bucket.name, loggingFlag: "true" };
    const object = "users%2Falice%2Fa%20b.txt";
    expect(lines()).toMatchObject([
      {
        ...own,
        operation: "PutObject",
        status: "200",
        object,
        objectSize: "5",
        deltaDataSize: "5",
        errorCode: "-",
      },
      { ...own, operation: "PutObject", status: "200", object, objectSize: "10", deltaDataSize: "5" },
      { ...own, operation: "GetObject", status: "200", object, sentBytes: "10", deltaDataSize: "-" },
      {
        ...own,
        operation: "GetObject",
        status: "403",
        object: "users%2Fbob%2Fa.txt",
        objectSize: "-",
        errorCode: "AccessDenied",
        storageClass: "-",
      },
    ]);
    const [first] = oss.world.journal.slice(-4);
    expect(lines()[0]).toMatchObject({ requestId: first?.requestId, storageClass: "standard" });
  });

  it("has China's time, and the role of a session", async () => {
    await aliOss(oss, alice, "V4").put("users/alice/a.txt", Buffer.from("x"));
    const [line] = lines();
    const [day = "", month = "", year = "", time = ""] = (line?.["time"] ?? "").split(/[/ ]|:(?=\d\d:\d\d:)/);
    const ms = Date.parse(`${day} ${month} ${year} ${time} GMT+0800`);
    expect(Math.abs(ms - oss.clock.nowMs())).toBeLessThan(60_000);
    expect(line?.["requester"]).toBe(oss.world.sessions.get(alice.accessKeyId)?.role.id);
  });

  it("names the key of a request whose signature is wrong, and nobody as its requester", async () => {
    const wrong = aliOss(oss, { ...alice, accessKeySecret: "wrong" }, "V4");
    await expect(wrong.get("users/alice/a.txt")).rejects.toMatchObject({ code: "SignatureDoesNotMatch" });
    expect(lines()).toMatchObject([
      { accessKeyId: alice.accessKeyId, requester: "-", errorCode: "SignatureDoesNotMatch", status: "403" },
    ]);
  });

  it("hides the signature and the security token of a signed URL", async () => {
    const client = aliOss(oss, alice, "V4");
    await client.put("users/alice/a.txt", Buffer.from("x"));
    for (const url of [
      client.signatureUrl("users/alice/a.txt"),
      await client.signatureUrlV4("GET", 60, undefined, "users/alice/a.txt"),
    ])
      expect((await fetch(url)).status).toBe(200);
    const texts = oss.world.accessLog.map(({ text }) => text);
    expect(texts).toHaveLength(3);
    for (const text of texts) {
      expect(decodeURIComponent(text)).not.toContain(alice.stsToken);
      expect(text).not.toMatch(/[?&](?:x-oss-)?signature=(?!\*\*\*)/i);
    }
    expect(lines()[1]?.["requestUrl"]).toContain("ignature=***");
  });

  it("keeps one line for each request, whatever a header holds", async () => {
    await fetch(`http://127.0.0.1:${oss.port}/${oss.bucket.name}/a.txt`, {
      headers: { "user-agent": 'curl" "x" "y', referer: "https://example.com/\\" },
    });
    expect(lines()).toMatchObject([{ userAgent: "curl%22 %22x%22 %22y", accessKeyId: "-", requester: "-" }]);
  });
});
