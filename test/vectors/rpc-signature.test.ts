import { describe, expect, it } from "vitest";
import { rpcSignature, rpcStringToSign } from "../../sandbox/sts/rpc-signature.ts";

const PUBLISHED = [
  {
    // Source: Alibaba Cloud help, "Request structure and signature, V2 RPC".
    name: "DescribeDedicatedHosts",
    parameters: {
      AccessKeyId: "testid",
      Action: "DescribeDedicatedHosts",
      Format: "JSON",
      RegionId: "cn-beijing",
      SignatureMethod: "HMAC-SHA1",
      SignatureNonce: "edb2b34af0af9a6d14deaf7c1a5315eb",
      SignatureVersion: "1.0",
      Timestamp: "2023-03-13T08:34:30Z",
      Version: "2014-05-26",
    },
    signature: "9NaGiOspFP5UPcwX8Iwt2YJXXuk=",
  },
  {
    // Source: RAM documentation (2021), "Signature mechanism" of the STS API.
    name: "AssumeRole",
    parameters: {
      AccessKeyId: "testid",
      Action: "AssumeRole",
      Format: "JSON",
      RoleArn: "acs:ram::1234567890123:role/firstrole",
      RoleSessionName: "client",
      SignatureMethod: "HMAC-SHA1",
      SignatureNonce: "571f8fb8-506e-11e5-8e12-b8e8563dc8d2",
      SignatureVersion: "1.0",
      Timestamp: "2015-09-01T05:57:34Z",
      Version: "2015-04-01",
    },
    signature: "gNI7b0AyKZHxDgjBGPDgJ1Ce3L4=",
  },
] as const;

describe("RPC signature, HMAC-SHA1", () => {
  it.each(PUBLISHED)("gives the published signature of $name", ({ parameters, signature }) => {
    const stringToSign = rpcStringToSign("GET", Object.entries(parameters));
    expect(rpcSignature("testsecret", stringToSign)).toBe(signature);
  });

  it("leaves the signature itself out, and sorts by name", () => {
    const one = rpcStringToSign("POST", [
      ["b", "2"],
      ["Signature", "x"],
      ["a", "*~ "],
    ]);
    expect(one).toBe("POST&%2F&a%3D%252A~%2520%26b%3D2");
  });
});
