import { describe, expect, it } from "vitest";
import {
  acs3AuthorizationFrom,
  acs3CanonicalRequest,
  acs3Signature,
  acs3StringToSign,
} from "../../sandbox/sts/acs3-signature.ts";
import { sha256Hex } from "../../sandbox/world.ts";

/** Source: Alibaba Cloud help, "Request syntax and signature method V3", the RunInstances example. */
const PUBLISHED = {
  method: "POST",
  path: "/",
  query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
  headers: {
    host: "ecs.cn-shanghai.aliyuncs.com",
    "x-acs-action": "RunInstances",
    "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "x-acs-date": "2023-10-26T10:22:32Z",
    "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
    "x-acs-version": "2014-05-26",
  },
  bodySha256: sha256Hex(""),
} as const;

const SIGNED = Object.keys(PUBLISHED.headers);

describe("ACS3-HMAC-SHA256", () => {
  it("gives the published hash of the canonical request", () => {
    expect(sha256Hex(acs3CanonicalRequest(PUBLISHED, SIGNED))).toBe(
      "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259",
    );
  });

  it("gives the published signature", () => {
    const stringToSign = acs3StringToSign(acs3CanonicalRequest(PUBLISHED, SIGNED));
    expect(acs3Signature("YourAccessKeySecret", stringToSign)).toBe(
      "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
    );
  });

  it("reads the same from a query that leaves * ' ( ) ! literal, as the Node.js SDK does", () => {
    const literal = acs3CanonicalRequest({ ...PUBLISHED, query: "b=*'()!~&a=" }, []);
    const encoded = acs3CanonicalRequest({ ...PUBLISHED, query: "a=&b=%2A%27%28%29%21%7E" }, []);
    expect(literal).toBe(encoded);
    expect(literal.split("\n")[2]).toBe("a=&b=%2A%27%28%29%21~");
  });

  it.each([
    ["another algorithm", "ACS3-RSA-SHA256"],
    ["no algorithm", ""],
  ])("reads no Authorization header with %s", (_case, algorithm) => {
    const rest = `Credential=LTAI,SignedHeaders=host,Signature=${"0".repeat(64)}`;
    expect(acs3AuthorizationFrom(`ACS3-HMAC-SHA256 ${rest}`)).toEqual({
      accessKeyId: "LTAI",
      signedHeaders: ["host"],
      signature: "0".repeat(64),
    });
    expect(acs3AuthorizationFrom(`${algorithm} ${rest}`)).toBeUndefined();
  });
});
