import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { aliOss, errorOf, type OssKey, sessionKey } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();

beforeEach(async () => {
  await aliOss(oss, oss.administrator, "V4").put("a b", Buffer.from("0123456789"));
});

function signature({ accessKeySecret }: OssKey, text: string): string {
  return createHmac("sha256", accessKeySecret).update(text).digest("base64");
}

const now = () => new Date(oss.clock.nowMs()).toUTCString();

/** GET /examplebucket/a%20b as oss2's AuthV2 signs it, with Range among the additional headers. */
function getHeaders(key: OssKey, date = now(), range = "bytes=0-2"): Record<string, string> {
  const token = key.stsToken === undefined ? "" : `x-oss-security-token:${key.stsToken}\n`;
  const text = `GET\n\n\n${date}\nrange:${range}\n${token}range\n%2Fexamplebucket%2Fa%20b`;
  return {
    date,
    range,
    authorization: `OSS2 AccessKeyId:${key.accessKeyId},AdditionalHeaders:range,Signature:${signature(key, text)}`,
    ...(key.stsToken === undefined ? {} : { "x-oss-security-token": key.stsToken }),
  };
}

function get(headers: Record<string, string>, query = "") {
  return fetch(`http://127.0.0.1:${oss.port}/examplebucket/a%20b${query}`, { headers });
}

/** The query of a URL as oss2's AuthV2 makes it. */
function signedQuery(key: OssKey, endsInSeconds: number): string {
  const expires = String(Math.floor(oss.clock.nowMs() / 1000) + endsInSeconds);
  const pairs = [
    ...(key.stsToken === undefined ? [] : [["security-token", key.stsToken]]),
    ["x-oss-access-key-id", key.accessKeyId],
    ["x-oss-expires", expires],
    ["x-oss-signature-version", "OSS2"],
  ].map(([name = "", value = ""]) => `${name}=${encodeURIComponent(value)}`);
  const text = `GET\n\n\n${expires}\n\n%2Fexamplebucket%2Fa%20b?${pairs.join("&")}`;
  return `?${pairs.join("&")}&x-oss-signature=${encodeURIComponent(signature(key, text))}`;
}

describe("V2 in a header", () => {
  it("is taken from long-lived keys and from sessions", async () => {
    for (const key of [oss.administrator, sessionKey(oss)]) {
      expect(await (await get(getHeaders(key))).text()).toBe("012");
    }
  });

  it("may have blanks behind its commas, as the SDK for Java writes it", async () => {
    const headers = getHeaders(oss.administrator);
    const authorization = headers["authorization"]?.replaceAll(",", ", ") ?? "";
    expect((await get({ ...headers, authorization })).status).toBe(206);
  });

  it.each<[string, (headers: Record<string, string>) => Record<string, string>, string]>([
    ["another range", (headers) => ({ ...headers, range: "bytes=0-9" }), ""],
    ["metadata that was not signed", (headers) => ({ ...headers, "x-oss-meta-a": "1" }), ""],
    ["a parameter of a listing, which V1 does not cover", (headers) => headers, "?prefix=a"],
  ])("is refused with %s", async (_case, change, query) => {
    const response = await get(change(getHeaders(oss.administrator)), query);
    expect(await errorOf(response)).toMatchObject({ status: 403, code: "SignatureDoesNotMatch" });
  });

  it.each<[string, Record<string, string>, object]>([
    [
      "without a signature",
      { authorization: "OSS2 AccessKeyId:a" },
      { status: 400, code: "InvalidArgument" },
    ],
    ["without a date", { date: "" }, { status: 403, code: "AccessDenied", ec: "0002-00000503" }],
    [
      "with an additional header that is not there",
      { authorization: "OSS2 AccessKeyId:a,AdditionalHeaders:b,Signature:c" },
      { status: 400, code: "InvalidArgument" },
    ],
  ])("is refused %s", async (_case, change, failure) => {
    const response = await get({ ...getHeaders(oss.administrator), ...change });
    expect(await errorOf(response)).toMatchObject(failure);
  });

  it("is refused with a date that is 20 minutes off, and with an unknown key", async () => {
    const old = new Date(oss.clock.nowMs() - 20 * 60_000).toUTCString();
    expect(await errorOf(await get(getHeaders(oss.administrator, old)))).toMatchObject({
      status: 403,
      code: "RequestTimeTooSkewed",
    });
    const unknown = { accessKeyId: "LTAIunknown", accessKeySecret: "x" };
    expect(await errorOf(await get(getHeaders(unknown)))).toMatchObject({
      status: 403,
      code: "InvalidAccessKeyId",
    });
  });
});

describe("V2 in a URL", () => {
  it("is taken until it ends", async () => {
    for (const key of [oss.administrator, sessionKey(oss)]) {
      expect(await (await get({}, signedQuery(key, 60))).text()).toBe("0123456789");
    }
    expect(await errorOf(await get({}, signedQuery(oss.administrator, -1)))).toMatchObject({
      status: 403,
      code: "AccessDenied",
      ec: "0002-00000069",
    });
  });

  it("covers every parameter", async () => {
    const query = signedQuery(oss.administrator, 60);
    for (const changed of [`${query}&v=3`, `${query}&response-content-type=text/html`]) {
      expect(await errorOf(await get({}, changed))).toMatchObject({
        status: 403,
        code: "SignatureDoesNotMatch",
      });
    }
  });

  it.each(["x-oss-access-key-id", "x-oss-expires", "x-oss-signature"])(
    "is refused without %s",
    async (name) => {
      const query = signedQuery(oss.administrator, 60).replace(new RegExp(`([?&])${name}=[^&]*&?`), "$1");
      expect(await errorOf(await get({}, query))).toMatchObject({ status: 400, code: "InvalidArgument" });
    },
  );

  it("beside one in a header is refused", async () => {
    const response = await get(getHeaders(oss.administrator), signedQuery(oss.administrator, 60));
    expect(await errorOf(response)).toMatchObject({ status: 400, code: "InvalidArgument" });
  });
});
