import { createHmac } from "node:crypto";
import { request as httpRequest } from "node:http";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { v4CanonicalRequest, v4Signature, v4StringToSign } from "../../sandbox/oss/signature-v4.ts";
import {
  aliOss,
  errorOf,
  failureOf,
  type OssKey,
  SIGNATURE_VERSIONS,
  type SignedCall,
  sessionKey,
  startOss,
  tamperingOss,
  userKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
let session: OssKey;

beforeEach(async () => {
  session = sessionKey(oss);
  await aliOss(oss, oss.administrator, "V4").put("a.txt", Buffer.from("a"));
});

describe.each(SIGNATURE_VERSIONS)("%s in a header", (version) => {
  const UNKNOWN = "The OSS Access Key Id you provided does not exist in our records.";

  it.each<[string, () => OssKey, object]>([
    [
      "an unknown key",
      () => ({ accessKeyId: "LTAInobody", accessKeySecret: "x" }),
      { status: 403, code: "InvalidAccessKeyId", ec: "0002-00000902", message: UNKNOWN },
    ],
    [
      "a disabled key",
      disabledKey,
      {
        status: 403,
        code: "InvalidAccessKeyId",
        ec: "0002-00000904",
        message: "The OSS Access Key Id you provided is disabled.",
      },
    ],
    [
      "a temporary key without its token",
      () => withoutToken(session),
      {
        status: 403,
        code: "InvalidAccessKeyId",
        ec: "0002-00000003",
        message: `${UNKNOWN} The Security Token may be lost to specify that it is a STS Access Id.`,
      },
    ],
    [
      "an unknown temporary key",
      () => ({ ...session, accessKeyId: "STS.nobody" }),
      { status: 403, code: "InvalidAccessKeyId", ec: "0002-00000902" },
    ],
    [
      "a long-lived key with a token",
      () => ({ ...oss.administrator, stsToken: session.stsToken ?? "" }),
      { status: 403, code: "InvalidAccessKeyId", ec: "0002-00000002" },
    ],
    [
      "a changed token",
      () => ({ ...session, stsToken: `${session.stsToken?.slice(0, -8)}AAAAAAA=` }),
      { status: 403, code: "InvalidSecurityToken", ec: "0002-00000008" },
    ],
    [
      "another session's token",
      () => ({ ...session, stsToken: sessionKey(oss).stsToken ?? "" }),
      { status: 403, code: "AccessKeyIdAndSecurityTokenNotMatch" },
    ],
    [
      "a wrong secret",
      () => ({ ...session, accessKeySecret: "wrong" }),
      { status: 403, code: "SignatureDoesNotMatch", ec: "0002-00000040" },
    ],
    [
      "a long-lived key's wrong secret",
      () => ({ ...oss.administrator, accessKeySecret: "wrong" }),
      { status: 403, code: "SignatureDoesNotMatch", ec: "0002-00000040" },
    ],
  ])("refuses %s", async (_case, key, failure) => {
    expect(await failureOf(aliOss(oss, key(), version).get("a.txt"))).toMatchObject(failure);
  });

  it("refuses an expired session, though the client's clock has not moved", async () => {
    oss.clock.advance(3_600_000);
    expect(await failureOf(aliOss(oss, session, version).get("a.txt"))).toEqual({
      status: 403,
      code: "SecurityTokenExpired",
      ec: "0002-00000007",
      message: "The security token you provided has expired.",
    });
  });

  it("serves a client whose clock passed along with the cloud's", async () => {
    oss.clock.advance(3_600_000);
    vi.useFakeTimers({ toFake: ["Date"], now: oss.clock.nowMs() });
    onTestFinished(() => void vi.useRealTimers());
    expect((await aliOss(oss, sessionKey(oss), version).get("a.txt")).res.status).toBe(200);
  });

  it("serves a clock that is 14 minutes off, and refuses 16, either way", async () => {
    for (const minutes of [-14, 14]) {
      oss.clock.skew(minutes * 60_000);
      expect((await aliOss(oss, session, version).get("a.txt")).res.status).toBe(200);
    }
    for (const minutes of [-16, 16]) {
      oss.clock.skew(minutes * 60_000);
      expect(await failureOf(aliOss(oss, session, version).get("a.txt"))).toMatchObject({
        status: 403,
        code: "RequestTimeTooSkewed",
        ec: "0002-00000504",
      });
    }
  });

  it("tells a client whose clock is wrong the right time, in the body and in Date", async () => {
    oss.clock.skew(3_600_000);
    const response = await sent(version, oss.administrator);
    const { body } = await errorOf(response);
    const serverTime = Date.parse(/<ServerTime>(.*)<\/ServerTime>/.exec(body)?.[1] ?? "");
    expect(Math.abs(serverTime - oss.clock.nowMs())).toBeLessThan(5000);
    expect(Math.abs(Date.parse(response.headers.get("date") ?? "") - oss.clock.nowMs())).toBeLessThan(5000);
  });

  it("explains a mismatch with its own string to sign, and echoes neither secret nor token", async () => {
    const key = { ...session, accessKeySecret: "wrong" };
    const response = await sent(version, key);
    const { body } = await errorOf(response);
    const text = /<StringToSign>([^<]*)<\/StringToSign>/.exec(body)?.[1] ?? "";
    const bytes = /<StringToSignBytes>([^<]*)<\/StringToSignBytes>/.exec(body)?.[1] ?? "";
    expect(Buffer.from(bytes.replaceAll(" ", ""), "hex").toString()).toBe(text);
    expect(text).toContain(version === "V4" ? "cn-hangzhou/oss/aliyun_v4_request" : "/examplebucket/a.txt");
    expect(body).toContain(`<OSSAccessKeyId>${session.accessKeyId}</OSSAccessKeyId>`);
    expect(body).toMatch(/<SignatureProvided>[^<]+<\/SignatureProvided>/);
    expect(body).toContain(
      "<EC>0002-00000040</EC><RecommendDoc>https://api.aliyun.com/troubleshoot?q=0002-00000040</RecommendDoc>",
    );
    expect(body).toContain("<HostId>localhost</HostId>");
    expect(body).not.toContain(session.stsToken);
    expect(response.headers.get("x-oss-ec")).toBe("0002-00000040");
  });

  it("tells HEAD in headers what went wrong", async () => {
    const key = { ...session, accessKeySecret: "wrong" };
    expect(await failureOf(aliOss(oss, key, version).head("a.txt"))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
      ec: "0002-00000040",
    });
  });

  it.each<[string, (call: SignedCall) => Partial<SignedCall>]>([
    ["method", () => ({ method: "POST" })],
    ["key", ({ url }) => ({ url: url.replace("a.txt", "b.txt") })],
    ["bucket", ({ url }) => ({ url: url.replace("/examplebucket/", "/otherbucket12/") })],
    ["content type", withHeader("content-type", "text/html")],
    ["Content-MD5", withHeader("content-md5", "kAFQmDzST7DWlj99KOF/cg==")],
    ["metadata", withHeader("x-oss-meta-a", "2")],
    ["added metadata", withHeader("x-oss-meta-b", "1")],
    ["object ACL", withHeader("x-oss-object-acl", "public-read")],
    ["tags", withHeader("x-oss-tagging", "a=1")],
    ["copy source", withHeader("x-oss-copy-source", "/examplebucket/a.txt")],
    ["sub-resource", ({ url }) => ({ url: `${url}?acl` })],
    ["process", ({ url }) => ({ url: `${url}?x-oss-process=image/resize,w_1` })],
    ["version", ({ url }) => ({ url: `${url}?versionId=null` })],
    [
      "date",
      ({ headers }) => ({ headers: { ...headers, "x-oss-date": later(headers["x-oss-date"] ?? "") } }),
    ],
  ])("refuses a request whose %s was changed after signing", async (_element, change) => {
    oss.world.buckets.set("otherbucket12", { ...oss.bucket, name: "otherbucket12", objects: new Map() });
    onTestFinished(() => void oss.world.buckets.delete("otherbucket12"));
    const client = tamperingOss(oss, session, version, change);
    const put = client.put("a.txt", Buffer.from("a"), {
      mime: "text/plain",
      headers: { "x-oss-meta-a": "1" },
    });
    const failure = await failureOf(put);
    expect(failure).toMatchObject({ status: 403, code: "SignatureDoesNotMatch", ec: "0002-00000040" });
    expect(oss.bucket.objects.get("a.txt")?.headers["x-oss-meta-a"]).toBeUndefined();
  });

  it.each(["prefix", "delimiter", "marker", "max-keys"])(
    `${version === "V4" ? "covers" : "does not cover"} %s of a listing`,
    async (parameter) => {
      const client = tamperingOss(oss, session, version, ({ url }) => ({ url: `${url}&${parameter}=9` }));
      const list = client.list({ "encoding-type": "url" } as never, {});
      if (version === "V1") expect((await list).res.status).toBe(200);
      else expect(await failureOf(list)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    },
  );

  it("can answer an expired session as many clients report it", async () => {
    const other = await startOss({ expiredTokenCode: "InvalidAccessKeyId" });
    const key = sessionKey(other);
    other.clock.advance(3_600_000);
    expect(await failureOf(aliOss(other, key, version).list({ "max-keys": 1 }, {}))).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
      ec: "0002-00000902",
    });
    await other.close();
  });
});

describe("V4 in a header", () => {
  it.each<[string, (call: SignedCall) => Partial<SignedCall>, object]>([
    [
      "another region",
      withAuthorization((text) => text.replace("cn-hangzhou", "cn-beijing")),
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    [
      "another product",
      withAuthorization((text) => text.replace("/oss/", "/sts/")),
      { status: 400, code: "InvalidArgument", message: "Invalid credential in Authorization header." },
    ],
    [
      "no signature",
      withAuthorization((text) => text.replace(/,Signature=.*/, "")),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "another day in the credential",
      withAuthorization((text) => text.replace(/\/\d{8}\//, "/20200101/")),
      { status: 400, code: "InvalidArgument", message: "Invalid signing date in Authorization header." },
    ],
    [
      "additional headers that are not there",
      withAuthorization((text) => text.replace(",Signature", ",AdditionalHeaders=x-nothing,Signature")),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "additional headers that were not signed",
      withAuthorization((text) => text.replace(",Signature", ",AdditionalHeaders=host,Signature")),
      { status: 403, code: "SignatureDoesNotMatch" },
    ],
    [
      "a payload hash",
      withHeader("x-oss-content-sha256", "0".repeat(64)),
      { status: 400, code: "InvalidArgument" },
    ],
  ])("refuses %s", async (_case, change, failure) => {
    const client = tamperingOss(oss, session, "V4", change);
    expect(await failureOf(client.get("a.txt"))).toMatchObject(failure);
  });

  it("refuses a region that is not the bucket's, signed as it should be", async () => {
    const client = aliOss(oss, session, "V4", { region: "oss-cn-beijing" });
    expect(await failureOf(client.get("a.txt"))).toMatchObject({
      status: 400,
      code: "InvalidArgument",
      ec: "0002-00000226",
      message: "Invalid signing region in Authorization header.",
    });
  });

  it("refuses a date that is days away as no signing date", async () => {
    oss.clock.skew(3 * 24 * 3_600_000);
    expect(await failureOf(aliOss(oss, oss.administrator, "V4").get("a.txt"))).toMatchObject({
      status: 400,
      code: "InvalidArgument",
      message: "Invalid signing date in Authorization header.",
    });
  });

  it("covers additional headers", async () => {
    const client = aliOss(oss, session, "V4");
    const put = { headers: { "x-other": "1" }, additionalHeaders: ["x-other", "host"] };
    const withHost = { ...put, headers: { ...put.headers, host: `localhost:${oss.port}` } };
    expect((await client.put("b.txt", Buffer.from("b"), withHost as never)).res.status).toBe(200);
    const tampering = tamperingOss(oss, session, "V4", withHeader("x-other", "2"));
    expect(await failureOf(tampering.put("b.txt", Buffer.from("b"), withHost as never))).toMatchObject({
      code: "SignatureDoesNotMatch",
    });
  });
});

describe("a request", () => {
  it.each<[string, string, RequestInit, object]>([
    [
      "without a signature",
      "/examplebucket/a.txt",
      {},
      {
        status: 403,
        code: "AccessDenied",
        ec: "0003-00000905",
      },
    ],
    [
      "without a signature, to list buckets",
      "/",
      {},
      { status: 403, code: "AccessDenied", ec: "0003-00000905" },
    ],
    [
      "for a bucket that is not there",
      "/otherbucket12/a.txt",
      {},
      { status: 404, code: "NoSuchBucket", ec: "0015-00000101" },
    ],
    [
      "for a bucket that cannot be",
      "/Upper_Case/a.txt",
      {},
      { status: 400, code: "InvalidBucketName", ec: undefined },
    ],
    [
      "for a key that begins with a slash",
      "/examplebucket//a.txt",
      { method: "PUT", body: "a" },
      { status: 400, code: "InvalidObjectName" },
    ],
    [
      "for a key that begins with a backslash",
      "/examplebucket/%5Ca.txt",
      {},
      { status: 400, code: "InvalidObjectName" },
    ],
    [
      "for a key of 1,024 bytes",
      `/examplebucket/${"k".repeat(1024)}`,
      {},
      { status: 400, code: "InvalidObjectName" },
    ],
    ["whose path is not UTF-8", "/examplebucket/%FF", {}, { status: 400, code: "InvalidArgument" }],
    ["whose query is broken", "/examplebucket/a.txt?x=%G1", {}, { status: 400, code: "InvalidURI" }],
    [
      "with a parameter twice",
      "/examplebucket?prefix=a&prefix=b",
      {},
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "with another kind of authorization",
      "/examplebucket/a.txt",
      { headers: { authorization: "Bearer x" } },
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "with two signatures",
      "/examplebucket/a.txt?OSSAccessKeyId=a&Signature=b&Expires=1",
      { headers: { authorization: "OSS a:b" } },
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "without a date",
      "/examplebucket/a.txt",
      { headers: { authorization: "OSS a:b" } },
      { status: 403, code: "AccessDenied", ec: "0002-00000503" },
    ],
    [
      "by a method that is none",
      "/examplebucket/a.txt",
      { method: "PATCH" },
      { status: 405, code: "MethodNotAllowed" },
    ],
    [
      "for what the sandbox does not do",
      "/examplebucket?lifecycle",
      {},
      { status: 501, code: "NotImplemented" },
    ],
    [
      "for image processing",
      "/examplebucket/a.txt?x-oss-process=image/info",
      {},
      { status: 501, code: "NotImplemented" },
    ],
    [
      "with a callback that would never come",
      "/examplebucket/a.txt",
      { method: "PUT", headers: { "x-oss-callback": "e30=" } },
      { status: 501, code: "NotImplemented" },
    ],
  ])("%s is refused", async (_case, path, init, failure) => {
    const response = await fetch(`http://127.0.0.1:${oss.port}${path}`, init);
    const answered = await errorOf(response);
    expect(answered).toMatchObject(failure);
    expect(response.headers.get("x-oss-ec")).toBe(answered.ec ?? null);
    expect(response.headers.get("server")).toBe("AliyunOSS");
    expect(answered.body).toContain(
      `<RequestId>${response.headers.get("x-oss-request-id")}</RequestId><HostId>127.0.0.1</HostId>`,
    );
  });

  it("finds the bucket in the host: of an IP endpoint, of *.localhost, of a custom domain", async () => {
    const other = await startOss();
    other.bucket.hosts = ["photos.test"];
    other.bucket.acl = "public-read";
    await aliOss(other, other.administrator, "V4").put("a.txt", Buffer.from("a"));
    const hosts = [
      "examplebucket.oss-cn-hangzhou.aliyuncs.com",
      "examplebucket.oss-cn-hangzhou-internal.aliyuncs.com",
      `examplebucket.localhost:${other.port}`,
      "photos.test",
    ];
    for (const host of hosts) expect(await statusOf(other.port, host, "/a.txt")).toBe(200);
    expect(await statusOf(other.port, "examplebucket.oss-cn-beijing.aliyuncs.com", "/a.txt")).toBe(403);
    expect(await statusOf(other.port, "nobodys.test", "/photos/a.txt")).toBe(404);
    await other.close();
  });

  it.each(SIGNATURE_VERSIONS)(
    "of ali-oss with an IP endpoint, which names the bucket in Host, %s",
    async (version) => {
      const endpoint = `http://127.0.0.1:${oss.port}`;
      const client = aliOss(oss, session, version, { endpoint, ...({ sldEnable: false } as object) });
      expect((await client.get("a.txt")).content).toEqual(Buffer.from("a"));
      expect((await client.list({ "max-keys": 1 }, {})).objects).toHaveLength(1);
      const beijing = aliOss(oss, session, version, {
        endpoint,
        region: "oss-cn-beijing",
        ...({ sldEnable: false } as object),
      });
      expect(await failureOf(beijing.get("a.txt"))).toMatchObject(
        version === "V4"
          ? { status: 400, code: "InvalidArgument", ec: "0002-00000226" }
          : { status: 403, code: "AccessDenied", ec: "0003-00001403" },
      );
    },
  );
});

function withoutToken({ accessKeyId, accessKeySecret }: OssKey): OssKey {
  return { accessKeyId, accessKeySecret };
}

let disabledKeys = 0;

function disabledKey(): OssKey {
  disabledKeys += 1;
  const key = userKey(oss, [], `disabled-${disabledKeys}`);
  const user = oss.scene.account.users.get(`disabled-${disabledKeys}`);
  for (const accessKey of user?.accessKeys ?? []) accessKey.status = "Inactive";
  return key;
}

function withHeader(name: string, value: string) {
  return ({ headers }: SignedCall): Partial<SignedCall> => {
    const others = Object.entries(headers).filter(([other]) => other.toLowerCase() !== name);
    return { headers: { ...Object.fromEntries(others), [name]: value } };
  };
}

function withAuthorization(change: (text: string) => string) {
  return ({ headers }: SignedCall): Partial<SignedCall> => ({
    headers: { ...headers, authorization: change(headers["authorization"] ?? "") },
  });
}

/** One second later, in the form of the version. */
function later(date: string): string {
  if (!/^\d{8}T/.test(date)) return new Date(Date.parse(date) + 1000).toUTCString();
  const second = Number(date.slice(13, 15));
  return `${date.slice(0, 13)}${String(second === 59 ? 58 : second + 1).padStart(2, "0")}Z`;
}

/** The answer to a request of ali-oss as it came. */
async function sent(version: (typeof SIGNATURE_VERSIONS)[number], key: OssKey): Promise<Response> {
  let signed: SignedCall | undefined;
  const client = tamperingOss(oss, key, version, (seen) => {
    signed = seen;
    return {};
  });
  await failureOf(client.get("a.txt"));
  if (signed === undefined) throw new Error("nothing was sent");
  return fetch(signed.url, { method: signed.method, headers: { ...signed.headers } });
}

function statusOf(port: number, host: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest({ port, host: "127.0.0.1", path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("V1, signed by hand", () => {
  it("takes Date where there is no x-oss-date", async () => {
    const date = new Date().toUTCString();
    const { accessKeyId, accessKeySecret } = oss.administrator;
    const text = `GET\n\n\n${date}\n/examplebucket/a.txt`;
    const signature = createHmac("sha1", accessKeySecret).update(text).digest("base64");
    const headers = { date, authorization: `OSS ${accessKeyId}:${signature}` };
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/a.txt`, { headers });
    expect(response.status).toBe(200);
  });

  it.each([
    ["ISO 8601", (now: Date) => now.toISOString()],
    ["V4's form", (now: Date) => now.toISOString().replace(/[-:]|\.\d+/g, "")],
    ["GMT without its name", (now: Date) => now.toUTCString().replace(" GMT", "")],
    ["no weekday", (now: Date) => now.toUTCString().slice(5)],
  ])("takes no date but one of HTTP: %s", async (_case, written) => {
    const date = written(new Date());
    const { accessKeyId, accessKeySecret } = oss.administrator;
    const text = `GET\n\n\n${date}\nx-oss-date:${date}\n/examplebucket/a.txt`;
    const signature = createHmac("sha1", accessKeySecret).update(text).digest("base64");
    const headers = { "x-oss-date": date, authorization: `OSS ${accessKeyId}:${signature}` };
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/a.txt`, { headers });
    expect(await errorOf(response)).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: "0002-00000503",
    });
  });
});

describe("V4, signed by hand", () => {
  const answerTo = (headers: Record<string, string>, signedDate: string, day: string) => {
    const { accessKeyId, accessKeySecret } = oss.administrator;
    const signed = { "x-oss-content-sha256": "UNSIGNED-PAYLOAD", ...headers };
    const canonical = v4CanonicalRequest(
      { method: "GET", bucket: "examplebucket", key: "a.txt", parameters: new Map(), headers: signed },
      [],
    );
    const credential = { accessKeyId, day, region: "cn-hangzhou" };
    const signature = v4Signature(
      accessKeySecret,
      credential,
      v4StringToSign(credential, signedDate, canonical),
    );
    const scope = `${accessKeyId}/${day}/cn-hangzhou/oss/aliyun_v4_request`;
    const authorization = `OSS4-HMAC-SHA256 Credential=${scope},Signature=${signature}`;
    return fetch(`http://127.0.0.1:${oss.port}/examplebucket/a.txt`, {
      headers: { ...signed, authorization },
    });
  };
  const dayOf = (now: Date) => now.toISOString().slice(0, 10).replaceAll("-", "");

  it("takes Date in HTTP's form where there is no x-oss-date, as aliyun-oss-go-sdk sends it", async () => {
    const now = new Date();
    const date = now.toUTCString();
    expect((await answerTo({ date }, date, dayOf(now))).status).toBe(200);
  });

  it.each<[string, (now: Date) => [date: string, day: string]]>([
    ["of another day than the credential", (now) => [now.toUTCString(), "20200101"]],
    ["without its zone", (now) => [now.toUTCString().replace(" GMT", ""), dayOf(now)]],
  ])("takes no Date %s", async (_case, written) => {
    const [date, day] = written(new Date());
    expect(await errorOf(await answerTo({ date }, date, day))).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
  });

  it("takes no x-oss-date in HTTP's form", async () => {
    const now = new Date();
    const date = now.toUTCString();
    const answer = await answerTo({ "x-oss-date": date }, date, dayOf(now));
    expect(await errorOf(answer)).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
