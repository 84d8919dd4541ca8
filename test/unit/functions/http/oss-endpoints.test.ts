import { describe, expect, it } from "vitest";
import { ossEndpointsFrom } from "../../../../functions/http/oss-endpoints.ts";
import { settingsOf } from "../../../../functions/http/settings.ts";

const DEPLOYMENT = {
  bucket: "examplebucket",
  region: "cn-hangzhou",
  bucketsOfRules: ["docs-bucket", "team-bucket"],
};
const REGION = { url: "https://oss-cn-hangzhou.aliyuncs.com", cname: false };
const FILES = { url: "https://files.example.com", cname: true };
const DOCS = { url: "https://docs.example.com", cname: true };

function read(value: string | undefined, change: Partial<typeof DEPLOYMENT> = {}) {
  const { refuse, problems } = settingsOf({});
  const endpoints = ossEndpointsFrom(value, { ...DEPLOYMENT, ...change }, refuse);
  return { endpoints, problems };
}

describe("OSS_ENDPOINT", () => {
  const KEY = "Kj8dP2mQ9xW4vB7nL1sT6yH3cF5rZ0";
  it.each([
    ["two addresses without a bucket", `https://oss-cn-hangzhou.aliyuncs.com,https://${KEY}.example.com`],
    [
      "two addresses for a bucket",
      `docs-bucket=https://docs.example.com,docs-bucket=https://${KEY}.example.com`,
    ],
    ["one domain for two buckets", `docs-bucket=https://${KEY}.example.com,https://${KEY}.example.com`],
    ["a bucket that no rule names", `${KEY}=https://docs.example.com`],
  ])("does not show a key in a contradiction: %s", (_case, value) => {
    const { problems } = read(value);
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems).toLowerCase()).not.toContain(KEY.toLowerCase());
  });

  it.each<[string, string | undefined, object]>([
    ["is not set: the region's endpoint for every bucket", undefined, { ofBuckets: {}, others: REGION }],
    [
      "a domain of one's own: the bucket's, and the region's endpoint for every other bucket",
      "https://files.example.com",
      { ofBuckets: { examplebucket: FILES }, others: REGION },
    ],
    [
      "with a slash at the end",
      "https://files.example.com/",
      { ofBuckets: { examplebucket: FILES }, others: REGION },
    ],
    [
      "a domain for each of two buckets",
      "https://files.example.com, docs-bucket=https://docs.example.com",
      { ofBuckets: { examplebucket: FILES, "docs-bucket": DOCS }, others: REGION },
    ],
    [
      "with blanks around the =, in another order, and with the port and the upper case of a browser's address line",
      " docs-bucket = https://DOCS.example.com:443/ ,https://files.example.com",
      { ofBuckets: { examplebucket: FILES, "docs-bucket": DOCS }, others: REGION },
    ],
    [
      "a domain for the bucket of a rule only",
      "docs-bucket=https://docs.example.com",
      { ofBuckets: { "docs-bucket": DOCS }, others: REGION },
    ],
    [
      "the bucket's domain, written with the bucket",
      "examplebucket=https://files.example.com",
      { ofBuckets: { examplebucket: FILES }, others: REGION },
    ],
    [
      "a domain whose first step is the bucket's name, as the bucket photos may have photos.example.com",
      "https://examplebucket.example.com",
      {
        ofBuckets: { examplebucket: { url: "https://examplebucket.example.com", cname: true } },
        others: REGION,
      },
    ],
    [
      "an endpoint of Alibaba Cloud: for every bucket, and no domain of one's own",
      "https://oss-accelerate.aliyuncs.com",
      { ofBuckets: {}, others: { url: "https://oss-accelerate.aliyuncs.com", cname: false } },
    ],
    [
      "an internal endpoint for all buckets but one",
      "https://oss-cn-hangzhou-internal.aliyuncs.com, examplebucket=https://files.example.com",
      {
        ofBuckets: { examplebucket: FILES },
        others: { url: "https://oss-cn-hangzhou-internal.aliyuncs.com", cname: false },
      },
    ],
    ...["http://127.0.0.1:9001", "http://localhost:9001", "https://localhost:9443", "http://[::1]:9001"].map(
      (url): [string, string, object] => [
        `the local cloud: ${url}`,
        url,
        { ofBuckets: {}, others: { url, cname: false } },
      ],
    ),
  ])("%s", (_, value, { ofBuckets, others }: { ofBuckets?: object; others?: object }) => {
    expect(read(value)).toEqual({
      endpoints: { ofBuckets: new Map(Object.entries(ofBuckets ?? {})), others },
      problems: [],
    });
  });

  it("does not judge an entry's bucket while access.yaml or OSS_BUCKET has a problem", () => {
    const noRules = { ...DEPLOYMENT, bucketsOfRules: undefined };
    const { refuse, problems } = settingsOf({});
    ossEndpointsFrom("some-bucket=https://docs.example.com", noRules, refuse);
    ossEndpointsFrom("some-bucket=https://docs.example.com", { ...DEPLOYMENT, bucket: "" }, refuse);
    expect(problems).toEqual([]);
  });

  const ADDRESS = "write https:// and a host name only (http:// only for a loopback address)";
  const ONE_COMMA =
    "separate entries by one comma: https://files.example.com, docs-bucket=https://docs.example.com";
  const ITSELF = "the SDKs put the bucket before it themselves";
  const FULL = "write the full domain name that is bound to the bucket, such as https://files.example.com";

  it.each<[string, string, string, string]>([
    ["no scheme", "files.example.com", 'is "files.example.com"', "write https://files.example.com"],
    [
      "no scheme, and a port",
      "files.example.com:8443",
      'is "files.example.com:8443"',
      "write https://files.example.com:8443",
    ],
    [
      "no scheme behind a bucket",
      "docs-bucket=docs.example.com/",
      'is "docs-bucket=docs.example.com/"',
      "write docs-bucket=https://docs.example.com",
    ],
    [
      "no scheme before an endpoint that has the bucket in it",
      "examplebucket.oss-cn-hangzhou.aliyuncs.com",
      'is "examplebucket.oss-cn-hangzhou.aliyuncs.com"',
      `write https://oss-cn-hangzhou.aliyuncs.com: ${ITSELF}`,
    ],
    [
      "http to a name of one's own",
      "http://files.example.com",
      'is "http://files.example.com"',
      "write https://files.example.com (http:// only for a loopback address)",
    ],
    ["another scheme", "oss://examplebucket", 'is "oss://examplebucket"', ADDRESS],
    ["a file", "file:///etc", 'is "file:///etc"', ADDRESS],
    ["a word", "yes", 'is "yes"', ADDRESS],
    [
      "a path",
      "https://files.example.com/photos",
      'is "https://files.example.com/photos"',
      "write https://files.example.com, without a path",
    ],
    [
      "the bucket in a path",
      "https://oss-cn-hangzhou.aliyuncs.com/examplebucket",
      'is "https://oss-cn-hangzhou.aliyuncs.com/examplebucket"',
      "write https://oss-cn-hangzhou.aliyuncs.com, without a path",
    ],
    [
      "a query",
      "https://files.example.com/?x=1",
      'is "https://files.example.com/?x=1"',
      "write https://files.example.com, without a path",
    ],
    [
      "the bucket before an endpoint of Alibaba Cloud",
      "https://examplebucket.oss-cn-hangzhou.aliyuncs.com",
      'is "https://examplebucket.oss-cn-hangzhou.aliyuncs.com"',
      `write https://oss-cn-hangzhou.aliyuncs.com: ${ITSELF}`,
    ],
    [
      "the same in an entry",
      "docs-bucket=https://docs-bucket.oss-accelerate.aliyuncs.com",
      'is "docs-bucket=https://docs-bucket.oss-accelerate.aliyuncs.com"',
      `write docs-bucket=https://oss-accelerate.aliyuncs.com: ${ITSELF}`,
    ],
    [
      "the S3 endpoint",
      "https://s3.oss-cn-hangzhou.aliyuncs.com",
      'is "https://s3.oss-cn-hangzhou.aliyuncs.com"',
      "write https://oss-cn-hangzhou.aliyuncs.com: SDKs for S3 use the s3 name, Apps of OSS do not",
    ],
    ...["https://oss-cn-hangzhou.aliyuncs.cn", "https://oss-cn-hangzhou.aliyun.com"].map(
      (url): [string, string, string, string] => [
        `a name of Alibaba Cloud with a typo: ${url}`,
        url,
        `is "${url}"`,
        "write https://oss-cn-hangzhou.aliyuncs.com",
      ],
    ),
    [
      "a dot at the end",
      "https://files.example.com.",
      'is "https://files.example.com."',
      "write https://files.example.com, without the dot at the end",
    ],
    ["an IP address", "https://203.0.113.7", 'is "https://203.0.113.7"', FULL],
    ["an IPv6 address", "https://[2001:db8::1]", 'is "https://[2001:db8::1]"', FULL],
    ["a host without a domain", "https://examplebucket", 'is "https://examplebucket"', FULL],
    ["a wildcard", "https://*.example.com", 'is "https://*.example.com"', FULL],
    [
      "a colon behind the bucket",
      "docs-bucket: https://docs.example.com",
      'is "docs-bucket: https://docs.example.com"',
      "write docs-bucket=https://docs.example.com",
    ],
    [
      "nothing before the =",
      "=https://docs.example.com",
      'is "=https://docs.example.com"',
      "write a bucket's name before the =, such as docs-bucket=https://docs.example.com",
    ],
    [
      "nothing behind the =",
      "docs-bucket=",
      'is "docs-bucket="',
      "write docs-bucket=https:// and a host name only (http:// only for a loopback address)",
    ],
    ["a comma at the end", "https://files.example.com,", "has a comma without an entry", ONE_COMMA],
    ["only a comma", ",", "has a comma without an entry", ONE_COMMA],
    [
      "a blank in place of the comma",
      "https://files.example.com docs-bucket=https://docs.example.com",
      'is "https://files.example.com docs-bucket=https://docs.example.com"',
      ONE_COMMA,
    ],
    [
      "a semicolon in place of the comma",
      "https://files.example.com;docs-bucket=https://docs.example.com",
      'is "https://files.example.com;docs-bucket=https://docs.example.com"',
      ONE_COMMA,
    ],
    [
      "one wrong entry of several",
      "https://files.example.com, docs-bucket=http://docs.example.com",
      'has "docs-bucket=http://docs.example.com"',
      "write docs-bucket=https://docs.example.com (http:// only for a loopback address)",
    ],
    [
      "a password, which is not repeated",
      "docs-bucket=https://me:hunter2@example.com",
      "contains an @",
      ADDRESS,
    ],
    [
      "two addresses without a bucket",
      "https://files.example.com, https://docs.example.com",
      "has two addresses without a bucket, https://files.example.com and https://docs.example.com",
      "write the bucket before the second, such as docs-bucket=https://docs.example.com",
    ],
    [
      "a bucket listed twice",
      "docs-bucket=https://docs.example.com, docs-bucket=https://d.example.com",
      "has two addresses for docs-bucket, https://docs.example.com and https://d.example.com",
      "keep one; a domain without a bucket before it is that of OSS_BUCKET",
    ],
    [
      "OSS_BUCKET's domain twice",
      "https://files.example.com, examplebucket=https://f.example.com",
      "has two addresses for examplebucket, https://files.example.com and https://f.example.com",
      "keep one; a domain without a bucket before it is that of OSS_BUCKET",
    ],
    [
      "one domain for two buckets",
      "https://files.example.com, docs-bucket=https://files.example.com",
      "has https://files.example.com for examplebucket and for docs-bucket, but a domain stands for one bucket",
      "give each bucket a domain of its own",
    ],
    [
      "a bucket that no rule names",
      "docs-buckt=https://docs.example.com",
      'names "docs-buckt", which is neither OSS_BUCKET nor the bucket of a rule in access.yaml',
      "write examplebucket or docs-bucket or team-bucket before the =, or delete the entry",
    ],
  ])("refuses %s", (_, value, is, fix) => {
    expect(read(value).problems).toEqual([{ where: "OSS_ENDPOINT", is, fix }]);
  });
});
