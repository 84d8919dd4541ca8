import { describe, expect, it } from "vitest";
import {
  endpointOfBucket,
  ossEndpointAt,
  ossNameFrom,
  regionEndpoint,
} from "../../../shared/domain/oss-endpoint.ts";

describe("whose name an endpoint has", () => {
  it.each<[string, boolean]>([
    ["https://files.example.com", true],
    ["https://oss-cn-hangzhou.aliyuncs.com", false],
    ["https://oss-accelerate.aliyuncs.com", false],
    ["https://cn-hangzhou.oss.aliyuncs.com", false],
    ["http://localhost:9001", false],
    ["http://127.0.0.1:9001", false],
    ["http://[::1]:9001", false],
    ["https://oss-cn-hangzhou-aliyuncs.com", true],
    ["https://oss-cn-hangzhou.aliyuncs.com.example.com", true],
    ["https://notaliyuncs.com", true],
    ["https://localhost.example.com", true],
  ])("%s: a bucket's own domain: %s", (url, cname) => {
    expect(ossEndpointAt(new URL(url))).toEqual({ url, cname });
  });
});

describe("the parts of an OSS name", () => {
  it.each<[string, object | undefined]>([
    ["oss-cn-hangzhou.aliyuncs.com", { before: "", place: "cn-hangzhou", internal: false }],
    ["oss-cn-hangzhou-internal.aliyuncs.com", { before: "", place: "cn-hangzhou", internal: true }],
    ["photos.oss-cn-wuhan-lr.aliyuncs.com", { before: "photos", place: "cn-wuhan-lr", internal: false }],
    ["s3.oss-cn-hangzhou.aliyuncs.com", { before: "s3", place: "cn-hangzhou", internal: false }],
    ["oss-accelerate-overseas.aliyuncs.com", { before: "", place: "accelerate-overseas", internal: false }],
    ["cn-hangzhou.oss.aliyuncs.com", { before: "", place: "cn-hangzhou", internal: false }],
    ["photos.cn-hangzhou.oss.aliyuncs.com", { before: "photos", place: "cn-hangzhou", internal: false }],
    ["sts.cn-hangzhou.aliyuncs.com", undefined],
    ["oss-cn-hangzhou.aliyuncs.com.example.com", undefined],
    ["files.example.com", undefined],
  ])("%s", (name, parts) => {
    expect(ossNameFrom(name)).toEqual(parts);
  });
});

it("a bucket has its own endpoint, or that of the others, whatever its name is", () => {
  const others = regionEndpoint("cn-hangzhou");
  const files = { url: "https://files.example.com", cname: true };
  const endpoints = { ofBuckets: new Map([["examplebucket", files]]), others };
  expect(endpointOfBucket(endpoints, "examplebucket")).toBe(files);
  expect(endpointOfBucket(endpoints, "constructor")).toBe(others);
});
