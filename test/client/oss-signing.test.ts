import { describe, expect, it } from "vitest";
import { encodedQuery, signedHeaders, signedQuery } from "../../client/src/oss/sign-v4.ts";

// Source: the signers' own tests in aliyun/alibabacloud-oss-go-sdk-v2, oss/signer/v4_test.go: those with a security token.
const SIGNER = { accessKeyId: "ak", accessKeySecret: "sk", securityToken: "token", region: "cn-hangzhou" };
const REQUEST = {
  method: "PUT",
  bucket: "bucket",
  key: "1234+-/123/1.txt",
  query: {
    "+param1": "value3",
    "|param1": "value4",
    "+param2": "",
    "|param2": "",
    param1: "value1",
    param2: "",
  },
};

describe("V4 signatures by WebCrypto", () => {
  it("are the published one in a header", async () => {
    const headers = { "x-oss-head1": "value", "content-type": "text/plain" };
    const signed = await signedHeaders(SIGNER, { ...REQUEST, headers }, 1_702_784_856_000);
    expect(signed).toEqual({
      ...headers,
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": "20231217T034736Z",
      "x-oss-security-token": "token",
      authorization:
        "OSS4-HMAC-SHA256 Credential=ak/20231217/cn-hangzhou/oss/aliyun_v4_request,Signature=b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    });
  });

  it("are the published one in a URL", async () => {
    const headers = { "x-oss-head1": "value", "content-type": "application/octet-stream" };
    const query = await signedQuery(SIGNER, { ...REQUEST, headers }, 1_702_785_388_000, 599);
    expect(new URLSearchParams(query).get("x-oss-signature")).toBe(
      "3817ac9d206cd6dfc90f1c09c00be45005602e55898f26f5ddb06d7892e1f8b5",
    );
  });

  it("derive a key for each day and region, and never take another day's", async () => {
    const signatures = async (signer: typeof SIGNER) => {
      const days = [0, 86_400_000, 0].map((ms) => signedHeaders(signer, { ...REQUEST, headers: {} }, ms));
      return (await Promise.all(days)).map(({ authorization }) => authorization);
    };
    const [first, second, again] = await signatures(SIGNER);
    expect(again).toBe(first);
    // Apart from the date: a fresh signer, which has derived no key yet, gives the same.
    expect(await signatures({ ...SIGNER })).toEqual([first, second, again]);
  });

  it("order parameters by their encoded names, not by name and value", () => {
    expect(encodedQuery({ "a-b": 1, a: 2, "|": "", Z: undefined })).toBe("%7C&a=2&a-b=1");
  });
});
