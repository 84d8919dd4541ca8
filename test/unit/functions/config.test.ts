import { describe, expect, it } from "vitest";
import { composedService } from "../../../functions/credentials/compose.ts";
import {
  type CallerSource,
  ConfigError,
  configFrom,
  type Environment,
} from "../../../functions/credentials/config.ts";
import { accessFile, LOGIN } from "../../support/valet.ts";

const SETTINGS: Environment = {
  OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
  OSS_BUCKET: "examplebucket",
  OSS_REGION: "cn-hangzhou",
};
const { jwks: _, ...KEYLESS } = LOGIN;
const withSecret = (more: object = {}) =>
  accessFile({ issuers: [{ ...KEYLESS, secret: "JWT_SECRET", ...more }] });
const SECRET = "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA";

const NO_READERS = {
  secretKeysFrom: () => {
    throw new Error("no key is expected here");
  },
  publicKeysFrom: () => {
    throw new Error("no key is expected here");
  },
};
const configOf = (change: Environment = {}) =>
  configFrom({ ...SETTINGS, ...change }, accessFile(), NO_READERS);

/** As a deployer sees them. */
function problemsOf(
  change: Environment,
  file: unknown = accessFile(),
  callerSource: CallerSource = "fc-context",
): readonly string[] {
  try {
    composedService({ ...SETTINGS, ...change }, file, callerSource);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe("settings", () => {
  it("need three, and the rest has defaults", () => {
    expect(configOf()).toMatchObject({
      roleArn: "acs:ram::1234567890123456:role/oss-client",
      bucket: "examplebucket",
      region: "cn-hangzhou",
      ossEndpoint: "https://oss-cn-hangzhou.aliyuncs.com",
      sts: { host: "sts.cn-hangzhou.aliyuncs.com", protocol: "https" },
      allowedOrigins: [],
      callerCredentials: undefined,
      inFunctionCompute: false,
      host: "127.0.0.1",
      port: 9000,
    });
  });

  it.each<[string, Environment, object]>([
    [
      "an endpoint for OSS",
      { OSS_ENDPOINT: "https://files.example.com" },
      { ossEndpoint: "https://files.example.com" },
    ],
    [
      "an endpoint with a closing slash",
      { OSS_ENDPOINT: "https://files.example.com/" },
      { ossEndpoint: "https://files.example.com" },
    ],
    [
      "an STS in the VPC",
      { STS_ENDPOINT: "https://sts-vpc.cn-hangzhou.aliyuncs.com" },
      { sts: { host: "sts-vpc.cn-hangzhou.aliyuncs.com", protocol: "https" } },
    ],
    [
      "a local STS",
      { STS_ENDPOINT: "http://127.0.0.1:8080" },
      { sts: { host: "127.0.0.1:8080", protocol: "http" } },
    ],
    [
      "origins",
      { ALLOWED_ORIGINS: " https://a.example , http://localhost:3000,, " },
      { allowedOrigins: ["https://a.example", "http://localhost:3000"] },
    ],
    [
      "pages of Apps in a WebView",
      { ALLOWED_ORIGINS: "capacitor://localhost,ionic://localhost" },
      { allowedOrigins: ["capacitor://localhost", "ionic://localhost"] },
    ],
    ["every origin", { ALLOWED_ORIGINS: "*" }, { allowedOrigins: ["*"] }],
    ["a port", { PORT: "8080", FC_SERVER_PORT: "9001" }, { port: 8080 }],
    ["FC's port", { FC_SERVER_PORT: "9001" }, { port: 9001 }],
    ["FC itself: all addresses", { FC_FUNCTION_NAME: "valet" }, { inFunctionCompute: true, host: "0.0.0.0" }],
    ["blanks around a value", { OSS_BUCKET: " examplebucket\n" }, { bucket: "examplebucket" }],
    [
      "a long-lived key, its empty token being none",
      {
        ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAI",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s",
        ALIBABA_CLOUD_SECURITY_TOKEN: "",
      },
      { callerCredentials: { accessKeyId: "LTAI", accessKeySecret: "s" } },
    ],
    [
      "a temporary key",
      {
        ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.a",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s",
        ALIBABA_CLOUD_SECURITY_TOKEN: "t",
      },
      { callerCredentials: { accessKeyId: "STS.a", accessKeySecret: "s", securityToken: "t" } },
    ],
  ])("take %s", (_what, change, read) => {
    const config = configOf(change);
    expect(config).toMatchObject(read);
    if ("callerCredentials" in read) expect(config.callerCredentials).toEqual(read.callerCredentials);
  });
});

describe("a mistake in a setting names it and what to write", () => {
  const ADDRESS = "write https:// and a host, nothing behind it (http:// only for a loopback address)";
  const ARN = "write a role's ARN, acs:ram::<account id>:role/<name> (a name has letters, digits, . and -)";
  const BUCKET = "write the bare name, such as examplebucket (3 to 63 of a-z, 0-9, -)";

  it.each<[string, Environment, string]>([
    [
      "no role",
      { OSS_ROLE_ARN: undefined },
      "OSS_ROLE_ARN is not set: write the role's ARN, such as acs:ram::1234567890123456:role/oss-client",
    ],
    [
      "an empty bucket",
      { OSS_BUCKET: " " },
      "OSS_BUCKET is not set: write the bucket's name, such as examplebucket",
    ],
    [
      "no region",
      { OSS_REGION: undefined },
      "OSS_REGION is not set: write the bucket's region, such as cn-hangzhou",
    ],
    ["a role's name alone", { OSS_ROLE_ARN: "oss-client" }, `OSS_ROLE_ARN is "oss-client"; ${ARN}`],
    [
      "a user's ARN",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:user/x" },
      `OSS_ROLE_ARN is "acs:ram::1234567890123456:user/x"; ${ARN}`,
    ],
    [
      "a role's name that RAM does not take",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss_client" },
      `OSS_ROLE_ARN is "acs:ram::1234567890123456:role/oss_client"; ${ARN}`,
    ],
    [
      "a role with a wildcard",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:role/*" },
      `OSS_ROLE_ARN is "acs:ram::1234567890123456:role/*"; ${ARN}`,
    ],
    [
      "a bucket's address",
      { OSS_BUCKET: "oss://examplebucket" },
      `OSS_BUCKET is "oss://examplebucket"; ${BUCKET}`,
    ],
    ["a bucket with a wildcard", { OSS_BUCKET: "example*" }, `OSS_BUCKET is "example*"; ${BUCKET}`],
    [
      "a bucket with a folder",
      { OSS_BUCKET: "examplebucket/users" },
      `OSS_BUCKET is "examplebucket/users"; ${BUCKET}`,
    ],
    [
      "a region as ali-oss writes it",
      { OSS_REGION: "oss-cn-hangzhou" },
      'OSS_REGION is "oss-cn-hangzhou"; write the region\'s id alone: cn-hangzhou',
    ],
    [
      "an endpoint in place of the region",
      { OSS_REGION: "oss-cn-hangzhou.aliyuncs.com" },
      'OSS_REGION is "oss-cn-hangzhou.aliyuncs.com"; write the region\'s id alone: cn-hangzhou',
    ],
    [
      "an internal endpoint's region, which no App reaches",
      { OSS_REGION: "cn-hangzhou-internal" },
      'OSS_REGION is "cn-hangzhou-internal"; write the region\'s id alone: cn-hangzhou',
    ],
    [
      "an internal endpoint, in full",
      { OSS_REGION: "oss-cn-hangzhou-internal.aliyuncs.com" },
      'OSS_REGION is "oss-cn-hangzhou-internal.aliyuncs.com"; write the region\'s id alone: cn-hangzhou',
    ],
    [
      "half an endpoint",
      { OSS_REGION: "oss-" },
      'OSS_REGION is "oss-"; write a region\'s id, such as cn-hangzhou',
    ],
    [
      "a region with blanks",
      { OSS_REGION: "cn hangzhou" },
      'OSS_REGION is "cn hangzhou"; write a region\'s id, such as cn-hangzhou',
    ],
    [
      "a region that is a host",
      { OSS_REGION: "cn-x.evil.example/" },
      'OSS_REGION is "cn-x.evil.example/"; write a region\'s id, such as cn-hangzhou',
    ],
    [
      "STS over http",
      { STS_ENDPOINT: "http://sts.aliyuncs.com" },
      `STS_ENDPOINT is "http://sts.aliyuncs.com"; ${ADDRESS}`,
    ],
    [
      "STS without https",
      { STS_ENDPOINT: "sts.aliyuncs.com" },
      `STS_ENDPOINT is "sts.aliyuncs.com"; ${ADDRESS}`,
    ],
    [
      "STS with a path",
      { STS_ENDPOINT: "https://sts.aliyuncs.com/x" },
      `STS_ENDPOINT is "https://sts.aliyuncs.com/x"; ${ADDRESS}`,
    ],
    [
      "a name that only begins like loopback",
      { STS_ENDPOINT: "http://127.0.0.1.evil.example" },
      `STS_ENDPOINT is "http://127.0.0.1.evil.example"; ${ADDRESS}`,
    ],
    ["a file", { OSS_ENDPOINT: "file:///etc" }, `OSS_ENDPOINT is "file:///etc"; ${ADDRESS}`],
    [
      "an endpoint with a password, which is not repeated",
      { OSS_ENDPOINT: "https://me:hunter2@example.com" },
      `OSS_ENDPOINT is not such an address; ${ADDRESS}`,
    ],
    [
      "an origin with a slash",
      { ALLOWED_ORIGINS: "https://app.example.com/" },
      'ALLOWED_ORIGINS has "https://app.example.com/", which is no origin; write https://app.example.com',
    ],
    [
      "an origin without https",
      { ALLOWED_ORIGINS: "app.example.com" },
      'ALLOWED_ORIGINS has "app.example.com", which is no origin; write https://app.example.com',
    ],
    [
      "the origin null",
      { ALLOWED_ORIGINS: "null" },
      'ALLOWED_ORIGINS has "null", which is no origin; write https://app.example.com',
    ],
    [
      "a wildcard in an origin",
      { ALLOWED_ORIGINS: "https://*.example.com" },
      'ALLOWED_ORIGINS has "https://*.example.com", which is no origin; write https://app.example.com',
    ],
    [
      "origins with a semicolon between them",
      { ALLOWED_ORIGINS: "https://a.example;https://b.example" },
      'ALLOWED_ORIGINS has "https://a.example;https://b.example", which is no origin; separate origins by commas',
    ],
    [
      "origins with a blank between them, one of which has a password",
      { ALLOWED_ORIGINS: "https://a.example https://me:hunter2@b.example" },
      "ALLOWED_ORIGINS has a part with an @, which is no origin; separate origins by commas",
    ],
    [
      "a star beside others",
      { ALLOWED_ORIGINS: "*,https://app.example.com" },
      "ALLOWED_ORIGINS has * beside others; write * alone, or delete it",
    ],
    [
      "a key without its secret",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAI" },
      "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set, but its id is",
    ],
    [
      "a secret without its key",
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
      "ALIBABA_CLOUD_ACCESS_KEY_ID is not set, but its secret is",
    ],
    [
      "a temporary key without its token",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.a", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
      "ALIBABA_CLOUD_SECURITY_TOKEN is not set, but ALIBABA_CLOUD_ACCESS_KEY_ID is temporary (STS.…)",
    ],
    ["a port in words", { PORT: "http" }, 'PORT is "http"; write a port\'s number, 0 to 65535'],
    ["a port that there is not", { PORT: "65536" }, 'PORT is "65536"; write a port\'s number, 0 to 65535'],
    [
      "FC's port, mistyped",
      { FC_SERVER_PORT: "-1" },
      'FC_SERVER_PORT is "-1"; write a port\'s number, 0 to 65535',
    ],
  ])("%s", (_what, change, problem) => {
    expect(problemsOf(change)).toEqual([problem]);
  });

  it("nobody who calls AssumeRole, where a plain server outside FC would have to know", () => {
    const CALLER =
      "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set: outside FC they call AssumeRole";
    expect(problemsOf({ OSS_BUCKET: undefined }, accessFile(), "environment")).toEqual([
      "OSS_BUCKET is not set: write the bucket's name, such as examplebucket",
      CALLER,
    ]);
    expect(problemsOf({ FC_FUNCTION_NAME: "valet" }, accessFile(), "environment")).toEqual([]);
  });

  it("all of them at once, with those of access.yaml first", () => {
    const problems = problemsOf(
      {
        OSS_ROLE_ARN: "x",
        OSS_BUCKET: undefined,
        OSS_REGION: "oss-cn-x",
        STS_ENDPOINT: "x",
        ALLOWED_ORIGINS: "x",
        PORT: "x",
      },
      accessFile({ rules: [{ name: "x", alow: [], prefix: "x" }] }),
    );
    expect(problems.map((problem) => problem.split(" ").slice(0, 2).join(" "))).toEqual([
      "access.yaml: rules.0.alow",
      "access.yaml: rules.0.prefix",
      "OSS_REGION is",
      "OSS_ROLE_ARN is",
      "OSS_BUCKET is",
      "STS_ENDPOINT is",
      "ALLOWED_ORIGINS has",
      "PORT is",
    ]);
  });

  it("in one text that a deployer reads from the log", () => {
    expect(() => configOf({ OSS_BUCKET: "", PORT: "x" })).toThrow(
      new ConfigError([
        "OSS_BUCKET is not set: write the bucket's name, such as examplebucket",
        'PORT is "x"; write a port\'s number, 0 to 65535',
      ]),
    );
    expect(new ConfigError(["a", "b"]).message).toBe("oss-valet is not configured:\n  - a\n  - b");
  });
});

describe("keys that access.yaml names", () => {
  it("are taken where they fit", () => {
    expect(problemsOf({ JWT_SECRET: SECRET }, withSecret())).toEqual([]);
  });

  it.each<[string, string | undefined, object, RegExp]>([
    [
      "that are missing",
      undefined,
      {},
      /^JWT_SECRET is not set: access\.yaml names it as secret of issuer login$/,
    ],
    ["that are empty", "", {}, /^JWT_SECRET is not set: /],
    ["that are short", SECRET.slice(1), {}, /^JWT_SECRET: .*31 bytes.*openssl rand/],
    ["that end in a line end", `${SECRET}\n`, {}, /^JWT_SECRET: .*line end/],
    ["that are too short for their algorithm", SECRET, { algorithms: ["HS512"] }, /^JWT_SECRET: .*HS512/],
  ])("%s are told by name, and never quoted", (_what, secret, more, problem) => {
    const problems = problemsOf({ JWT_SECRET: secret }, withSecret(more));
    expect(problems).toEqual([expect.stringMatching(problem)]);
    if (secret) expect(problems.join()).not.toContain(secret.trim());
  });

  it("a PEM that is none is told by name, and never quoted", () => {
    const file = accessFile({ issuers: [{ ...KEYLESS, publicKey: "JWT_PUBLIC_KEY" }] });
    const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----";
    const problems = problemsOf({ JWT_PUBLIC_KEY: pem }, file);
    expect(problems).toEqual([expect.stringMatching(/^JWT_PUBLIC_KEY: /)]);
    expect(problems.join()).not.toContain("MC4CAQ");
  });
});
