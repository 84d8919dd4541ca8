import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  aliOss,
  errorOf,
  folderStatements,
  type OssKey,
  SIGNATURE_VERSIONS,
  type SignatureVersion,
  sessionKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
let session: OssKey;

beforeEach(async () => {
  session = sessionKey(oss);
  await aliOss(oss, oss.administrator, "V4").put("é/a b.txt", Buffer.from("text"));
});

/** A signed URL, as ali-oss makes it. */
interface Signing {
  readonly key?: OssKey;
  readonly method?: "GET" | "PUT" | "HEAD" | "DELETE";
  readonly seconds?: number;
  readonly name?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function signedUrl(version: SignatureVersion, signing: Signing = {}): Promise<string> {
  const { key = session, method = "GET", seconds = 600, name = "é/a b.txt", headers = {} } = signing;
  const client = aliOss(oss, key, version);
  if (version === "V4") return client.signatureUrlV4(method, seconds, { headers }, name);
  return client.asyncSignatureUrl(name, {
    method,
    expires: seconds,
    ...headers,
  } as Parameters<typeof client.asyncSignatureUrl>[1]);
}

describe.each(SIGNATURE_VERSIONS)("a URL signed by ali-oss, %s", (version) => {
  it("gets, puts, heads and deletes, with a session or a long-lived key", async () => {
    for (const key of [session, oss.administrator]) {
      expect(await (await fetch(await signedUrl(version, { key }))).text()).toBe("text");
      const name = "new.txt";
      const put = await fetch(await signedUrl(version, { key, name, method: "PUT" }), {
        method: "PUT",
        body: Buffer.from("new"),
      });
      expect(put.status).toBe(200);
      const head = await fetch(await signedUrl(version, { key, name, method: "HEAD" }), { method: "HEAD" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, "3"]);
      const gone = await fetch(await signedUrl(version, { key, name, method: "DELETE" }), {
        method: "DELETE",
      });
      expect(gone.status).toBe(204);
    }
  });

  it("covers a content type that it was signed with", async () => {
    const headers = { "Content-Type": "text/css" };
    const url = await signedUrl(version, { method: "PUT", name: "a.css", headers });
    const put = (type: string) =>
      fetch(url, { method: "PUT", body: Buffer.from("a"), headers: { "content-type": type } });
    expect((await put("text/css")).status).toBe(200);
    expect(await errorOf(await put("text/html"))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
      ec: "0002-00000040",
    });
  });

  it("ends", async () => {
    const url = await signedUrl(version, { seconds: 600 });
    oss.clock.skew(595_000);
    expect((await fetch(url)).status).toBe(200);
    oss.clock.skew(602_000);
    expect(await errorOf(await fetch(url))).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: version === "V4" ? "0002-00000236" : "0002-00000069",
    });
    expect((await (await fetch(url)).text()).includes("<Message>Request has expired.</Message>")).toBe(true);
  });

  it("opens where it was signed by a clock that passed along with the cloud's", async () => {
    oss.clock.advance(3_600_000);
    vi.useFakeTimers({ toFake: ["Date"], now: oss.clock.nowMs() });
    onTestFinished(() => void vi.useRealTimers());
    expect((await fetch(await signedUrl(version, { key: sessionKey(oss) }))).status).toBe(200);
  });

  it("ends with its session, however long it was meant to last", async () => {
    const url = await signedUrl(version, { seconds: 7200 });
    oss.clock.advance(3_600_000);
    expect(await errorOf(await fetch(url))).toMatchObject({
      status: 403,
      code: "SecurityTokenExpired",
      ec: "0002-00000007",
    });
  });

  it.each<[string, (url: string) => string]>([
    ["another key", (url) => url.replace("a%20b", "a%20c")],
    ["a sub-resource", (url) => `${url}&acl`],
    ["another content type to answer with", (url) => `${url}&response-content-type=text/html`],
    ["a longer life", (url) => url.replace(/(xpires=)(\d+)/, (_all, name, value) => `${name}${+value + 9}`)],
  ])("refuses %s", async (_case, change) => {
    const changed = change(await signedUrl(version));
    expect(await errorOf(await fetch(changed))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
      ec: "0002-00000040",
    });
  });

  it("refuses another method", async () => {
    const response = await fetch(await signedUrl(version), { method: "DELETE" });
    expect(await errorOf(response)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
    expect(oss.bucket.objects.size).toBe(1);
  });

  it("gives no more than its session's policy", async () => {
    const alice = sessionKey(oss, folderStatements("users/alice/", "oss:GetObject"));
    const response = await fetch(await signedUrl(version, { key: alice }));
    expect(await errorOf(response)).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: "0003-00000301",
    });
  });

  it("refuses a URL whose token was taken out", async () => {
    const url = new URL(await signedUrl(version));
    url.searchParams.delete("security-token");
    url.searchParams.delete("x-oss-security-token");
    expect(await errorOf(await fetch(url))).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
      ec: "0002-00000003",
    });
  });

  it("echoes no token where it explains a mismatch", async () => {
    const { body } = await errorOf(await fetch(`${await signedUrl(version)}&acl`));
    expect(body).toContain("<StringToSign>");
    expect(body).not.toContain(session.stsToken);
  });
});

describe("a URL signed with V1", () => {
  it("names headers to answer with", async () => {
    const url = await aliOss(oss, session, "V1").asyncSignatureUrl("é/a b.txt", {
      response: { "content-type": "text/x-test", "content-disposition": 'attachment; filename="b"' },
    });
    const { headers } = await fetch(url);
    expect(headers.get("content-type")).toBe("text/x-test");
    expect(headers.get("content-disposition")).toBe('attachment; filename="b"');
  });

  it.each<[string, (url: URL) => void, object]>([
    ["no Signature", (url) => url.searchParams.delete("Signature"), { status: 403, code: "AccessDenied" }],
    ["no Expires", (url) => url.searchParams.delete("Expires"), { status: 403, code: "AccessDenied" }],
    [
      "an Expires that is no number",
      (url) => url.searchParams.set("Expires", "soon"),
      { status: 400, code: "InvalidArgument", ec: "0002-00000070" },
    ],
  ])("refuses %s", async (_case, change, failure) => {
    const url = new URL(await signedUrl("V1"));
    change(url);
    expect(await errorOf(await fetch(url))).toMatchObject(failure);
  });
});

describe("a URL signed with V4", () => {
  it("lasts 43,200 seconds at most with a session, 604,800 with a long-lived key", async () => {
    const { administrator: key } = oss;
    const status = async (signing: Signing) => (await fetch(await signedUrl("V4", signing))).status;
    expect(await status({ seconds: 43_200 })).toBe(200);
    expect(await status({ key, seconds: 604_800 })).toBe(200);
    for (const signing of [{ seconds: 43_201 }, { key, seconds: 604_801 }, { seconds: 0 }]) {
      expect(await errorOf(await fetch(await signedUrl("V4", signing)))).toMatchObject({
        status: 400,
        code: "InvalidArgument",
        ec: "0002-00000070",
      });
    }
  });

  it("is good from 15 minutes before it was signed", async () => {
    oss.clock.skew(-14 * 60_000);
    expect((await fetch(await signedUrl("V4"))).status).toBe(200);
    oss.clock.skew(-16 * 60_000);
    expect(await errorOf(await fetch(await signedUrl("V4")))).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: "0002-00000235",
    });
  });

  it("covers additional headers and queries of its own", async () => {
    const client = aliOss(oss, session, "V4");
    const headers = { "x-other": "1" };
    const queries = { "response-content-type": "text/x-test" };
    const url = await client.signatureUrlV4("GET", 60, { headers, queries }, "é/a b.txt", ["x-other"]);
    const response = await fetch(url, { headers });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/x-test"]);
    expect((await fetch(url, { headers: { "x-other": "2" } })).status).toBe(403);
    expect((await errorOf(await fetch(url))).status).toBe(400);
  });

  it("refuses a response header that no header can hold", async () => {
    const queries = { "response-content-disposition": "a\r\nset-cookie: b" };
    const url = await aliOss(oss, session, "V4").signatureUrlV4("GET", 60, { queries }, "é/a b.txt");
    expect(await errorOf(await fetch(url))).toMatchObject({ status: 400, code: "InvalidArgument" });
  });

  it.each<[string, (url: URL) => void, object]>([
    [
      "another version",
      (url) => url.searchParams.set("x-oss-signature-version", "OSS2"),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "no signature",
      (url) => url.searchParams.delete("x-oss-signature"),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "a malformed credential",
      (url) => url.searchParams.set("x-oss-credential", "ak"),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "another day's date",
      (url) => url.searchParams.set("x-oss-date", "20200101T000000Z"),
      { status: 400, code: "InvalidArgument" },
    ],
    [
      "a life that is no number",
      (url) => url.searchParams.set("x-oss-expires", "1h"),
      { status: 400, code: "InvalidArgument", ec: "0002-00000070" },
    ],
  ])("refuses %s", async (_case, change, failure) => {
    const url = new URL(await signedUrl("V4"));
    change(url);
    expect(await errorOf(await fetch(url))).toMatchObject(failure);
  });
});
