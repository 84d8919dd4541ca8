import { describe, expect, it } from "vitest";
import { type SignedRequest, v1Signature, v1StringToSign } from "../../sandbox/oss/signature-v1.ts";
import { v2Signature, v2StringToSign } from "../../sandbox/oss/signature-v2.ts";
import { v4CanonicalRequest, v4Signature, v4StringToSign } from "../../sandbox/oss/signature-v4.ts";
import { signatureOf, signingKeys } from "../../shared/adapters/oss-signer/signing-key.ts";

// Source of all values: the signers' own tests in aliyun/alibabacloud-oss-go-sdk-v2, oss/signer/v1_test.go and
// v4_test.go. Access key `ak`, secret `sk`.

const V1_PUT: SignedRequest = {
  method: "PUT",
  bucket: "examplebucket",
  key: "nelson",
  headers: {
    "content-md5": "eB5eJF1ptWaXm4bijSPyxw==",
    "content-type": "text/html",
    "x-oss-date": "Wed, 28 Dec 2022 10:27:41 GMT",
    "x-oss-meta-author": "alice",
    "x-oss-meta-magic": "abracadabra",
  },
  parameters: new Map(),
};

describe("V1 signature", () => {
  it.each<[string, SignedRequest, string]>([
    ["a header", V1_PUT, "kSHKmLxlyEAKtZPkJhG9bZb5k7M="],
    [
      "a header, with a sub-resource",
      { ...V1_PUT, parameters: new Map([["acl", ""]]) },
      "/afkugFbmWDQ967j1vr6zygBLQk=",
    ],
  ])("gives the published signature in %s", (_case, request, signature) => {
    const date = request.headers["x-oss-date"] ?? "";
    expect(v1Signature("sk", v1StringToSign(request, date))).toBe(signature);
  });

  it("gives the published signature in a URL", () => {
    const request: SignedRequest = {
      method: "GET",
      bucket: "bucket",
      key: "key",
      headers: {},
      parameters: new Map([["versionId", "versionId"]]),
    };
    expect(v1Signature("sk", v1StringToSign(request, "1699807420"))).toBe("dcLTea+Yh9ApirQ8o8dOPqtvJXQ=");
  });

  it("gives the published signature in a URL with a security token, the key unescaped", () => {
    const request: SignedRequest = {
      method: "GET",
      bucket: "bucket",
      key: "key+123",
      headers: {},
      parameters: new Map([
        ["versionId", "versionId"],
        ["security-token", "token"],
      ]),
    };
    expect(v1Signature("sk", v1StringToSign(request, "1699808204"))).toBe("jzKYRrM5y6Br0dRFPaTGOsbrDhY=");
  });

  it("does not cover the parameters of a listing", () => {
    const list = (parameters: [string, string][]) =>
      v1StringToSign({ ...V1_PUT, method: "GET", key: undefined, parameters: new Map(parameters) }, "");
    expect(list([["prefix", "users/alice/"]])).toBe(list([["prefix", "users/bob/"]]));
    expect(list([["continuation-token", "a"]])).not.toBe(list([["continuation-token", "b"]]));
  });
});

// Made with oss2 2.19.1's AuthV2, access key `ak`, secret `sk`.
describe("V2 signature", () => {
  const { "x-oss-date": _date, ...headers } = V1_PUT.headers;
  const GET: SignedRequest = {
    method: "GET",
    bucket: "bucket",
    key: "key",
    headers: {},
    parameters: new Map(),
  };
  it.each<[string, SignedRequest, readonly string[], string]>([
    ["a header", { ...V1_PUT, headers }, [], "OlBBwZKfdN8/0KZa7cCMVxCF6I51UQa2D+x/slJMMZ4="],
    [
      "a header, with a sub-resource",
      { ...V1_PUT, headers, parameters: new Map([["acl", ""]]) },
      [],
      "1NoMopJg9HqD2/BmNAVzVoLdPcEPbq99q3tRGwA6who=",
    ],
    [
      "a header, with additional headers, strange characters and an empty parameter",
      {
        ...GET,
        bucket: "examplebucket",
        key: "é/(a*) +.txt",
        headers: { range: "bytes=0-9", "if-modified-since": "x", accept: "*/*" },
        parameters: new Map([
          ["versionId", "v 1"],
          ["prefix", "a/b+"],
          ["empty", ""],
        ]),
      },
      ["range", "if-modified-since"],
      "cdBbQFCEtBq27U8BUCiDx6dIWOto2ZQYsFrvbrbsMA8=",
    ],
    [
      "a header, of the service itself",
      { ...GET, bucket: undefined, key: undefined, parameters: new Map([["prefix", "a"]]) },
      [],
      "JF3gkqIpSGhRG2fxi022Xi9GdGdDVSPwgW37/QyaG5E=",
    ],
  ])("gives oss2's signature in %s", (_case, request, additional, signature) => {
    const date = "Wed, 28 Dec 2022 10:27:41 GMT";
    expect(v2Signature("sk", v2StringToSign(request, date, additional))).toBe(signature);
  });

  it.each<[string, SignedRequest, readonly string[], [string, string][], string]>([
    [
      "a URL",
      { ...GET, key: "key+123" },
      [],
      [["versionId", "v"]],
      "K+hDYVD60mCfoYpGxCuURQbORXnj0Y4VbtLotdw6+Qs=",
    ],
    [
      "a URL, with a security token and an additional header",
      { ...GET, headers: { host: "h" } },
      ["host"],
      [
        ["security-token", "token"],
        ["x-oss-additional-headers", "host"],
      ],
      "Hf6STNDCDcIlTf1rnrWGY2ZJ9JLw9I6O1NnDR1BuF1g=",
    ],
  ])("gives oss2's signature in %s", (_case, request, additional, more, signature) => {
    const parameters = new Map([
      ...more,
      ["x-oss-signature-version", "OSS2"],
      ["x-oss-expires", "1699800600"],
      ["x-oss-access-key-id", "ak"],
      ["x-oss-signature", signature],
    ] as const);
    const text = v2StringToSign({ ...request, parameters }, "1699800600", additional);
    expect(v2Signature("sk", text)).toBe(signature);
  });
});

const QUERY = [
  ["+param1", "value3"],
  ["|param1", "value4"],
  ["+param2", ""],
  ["|param2", ""],
  ["param1", "value1"],
  ["param2", ""],
] as const;

const V4_PUT: SignedRequest = {
  method: "PUT",
  bucket: "bucket",
  key: "1234+-/123/1.txt",
  headers: { "x-oss-head1": "value", "content-type": "text/plain" },
  parameters: new Map(QUERY),
};

/** What the function's own signer makes of the same text: it shares no code with the sandbox. */
function productsSignature(
  accessKeySecret: string,
  { day, region }: { readonly day: string; readonly region: string },
  text: string,
): string {
  return signatureOf(signingKeys(region)({ accessKeyId: "ak", accessKeySecret }, day), text);
}

describe("V4 signature", () => {
  it.each<[string, number, Record<string, string>, readonly string[], string]>([
    ["a header", 1702743657, {}, [], "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe"],
    [
      "a header, with a security token",
      1702784856,
      { "x-oss-security-token": "token" },
      [],
      "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    ],
    [
      "a header, with additional headers",
      1702747512,
      { abc: "value", zabc: "value" },
      ["abc", "zabc"],
      "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
    ],
  ])("gives the published signature in %s", (_case, seconds, headers, additional, signature) => {
    const { timestamp, credential } = signedAt(seconds);
    const request = {
      ...V4_PUT,
      headers: {
        ...V4_PUT.headers,
        "x-oss-date": timestamp,
        "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
        ...headers,
      },
    };
    const canonical = v4CanonicalRequest(request, additional);
    const text = v4StringToSign(credential, timestamp, canonical);
    expect(v4Signature("sk", credential, text)).toBe(signature);
    expect(productsSignature("sk", credential, text)).toBe(signature);
  });

  it.each<[string, number, [string, string][], string]>([
    ["a URL", 1702781677, [], "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe"],
    [
      "a URL, with a security token",
      1702785388,
      [["x-oss-security-token", "token"]],
      "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5",
    ],
  ])("gives the published signature in %s", (_case, seconds, more, signature) => {
    const { timestamp, credential, scope } = signedAt(seconds);
    const request: SignedRequest = {
      ...V4_PUT,
      headers: { "x-oss-head1": "value", "content-type": "application/octet-stream" },
      parameters: new Map([
        ...QUERY,
        ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
        ["x-oss-credential", `ak/${scope}`],
        ["x-oss-date", timestamp],
        ["x-oss-expires", "599"],
        ...more,
      ]),
    };
    const canonical = v4CanonicalRequest(request, []);
    const text = v4StringToSign(credential, timestamp, canonical);
    expect(v4Signature("sk", credential, text)).toBe(signature);
    expect(productsSignature("sk", credential, text)).toBe(signature);
  });

  it("writes an empty value both ways, and a sub-resource always bare", () => {
    const parameters = new Map([
      ["prefix", ""],
      ["acl", ""],
    ]);
    const queryOf = (emptyValues: "bare" | "bare sub-resources") =>
      v4CanonicalRequest({ ...V4_PUT, parameters }, [], emptyValues).split("\n")[2];
    expect(queryOf("bare")).toBe("acl&prefix");
    expect(queryOf("bare sub-resources")).toBe("acl&prefix=");
  });

  it("signs the service's path, a bucket's and a key's", () => {
    const pathOf = (bucket: string | undefined, key: string | undefined) =>
      v4CanonicalRequest({ ...V4_PUT, bucket, key }, []).split("\n")[1];
    expect(pathOf(undefined, undefined)).toBe("/");
    expect(pathOf("b", undefined)).toBe("/b/");
    expect(pathOf("b", "é/(a*)")).toBe("/b/%C3%A9/%28a%2A%29");
  });
});

function signedAt(seconds: number) {
  const timestamp = new Date(seconds * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  const day = timestamp.slice(0, 8);
  const credential = { accessKeyId: "ak", day, region: "cn-hangzhou" };
  return { timestamp, credential, scope: `${day}/cn-hangzhou/oss/aliyun_v4_request` };
}
