import { describe, expect, it } from "vitest";
import { composedService } from "../../../functions/credentials/compose.ts";
import { configFrom } from "../../../functions/credentials/config.ts";
import type { CallerSource } from "../../../functions/http/caller-settings.ts";
import { ConfigError, type Environment } from "../../../functions/http/settings.ts";
import type { ProblemIn } from "../../../shared/domain/problem.ts";
import { keyPair } from "../../support/tokens.ts";
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

function problemsOf(
  change: Environment,
  file: unknown = accessFile(),
  callerSource: CallerSource = "fc-context",
): readonly ProblemIn[] {
  try {
    composedService({ ...SETTINGS, ...change }, file, callerSource);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

describe("settings", () => {
  it("three are required, the others have defaults", () => {
    expect(configOf()).toMatchObject({
      roleArn: "acs:ram::1234567890123456:role/oss-client",
      bucket: "examplebucket",
      region: "cn-hangzhou",
      ossEndpoints: {
        ofBuckets: new Map(),
        others: { url: "https://oss-cn-hangzhou.aliyuncs.com", cname: false },
      },
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
      "a role with an underscore, which Alibaba Cloud's pages disagree about",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss_upload_role" },
      { roleArn: "acs:ram::1234567890123456:role/oss_upload_role" },
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

describe("an error in a setting names the setting and what to write", () => {
  const ADDRESS = "write https:// and a host name only (http:// only for a loopback address)";
  const ARN =
    "write the role's ARN, such as acs:ram::1234567890123456:role/oss-client (a name has letters, digits, . _ and -)";
  const BUCKET = "write the bucket's name, such as examplebucket (3 to 63 of a-z, 0-9, -)";

  it.each<[string, Environment, ProblemIn]>([
    [
      "no role",
      { OSS_ROLE_ARN: undefined },
      {
        where: "OSS_ROLE_ARN",
        is: "is not set",
        fix: ARN,
      },
    ],
    ["an empty bucket", { OSS_BUCKET: " " }, { where: "OSS_BUCKET", is: "is not set", fix: BUCKET }],
    [
      "no region",
      { OSS_REGION: undefined },
      { where: "OSS_REGION", is: "is not set", fix: "write the bucket's region, such as cn-hangzhou" },
    ],
    [
      "a role's name alone",
      { OSS_ROLE_ARN: "oss-client" },
      {
        where: "OSS_ROLE_ARN",
        is: 'is "oss-client"',
        fix: ARN,
      },
    ],
    [
      "a user's ARN",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:user/x" },
      {
        where: "OSS_ROLE_ARN",
        is: 'is "acs:ram::1234567890123456:user/x"',
        fix: ARN,
      },
    ],
    [
      "a role with a wildcard",
      { OSS_ROLE_ARN: "acs:ram::1234567890123456:role/*" },
      {
        where: "OSS_ROLE_ARN",
        is: 'is "acs:ram::1234567890123456:role/*"',
        fix: ARN,
      },
    ],
    [
      "a bucket's address",
      { OSS_BUCKET: "oss://examplebucket" },
      {
        where: "OSS_BUCKET",
        is: 'is "oss://examplebucket"',
        fix: BUCKET,
      },
    ],
    [
      "a bucket with a wildcard",
      { OSS_BUCKET: "example*" },
      {
        where: "OSS_BUCKET",
        is: 'is "example*"',
        fix: BUCKET,
      },
    ],
    [
      "a bucket with a folder",
      { OSS_BUCKET: "examplebucket/users" },
      {
        where: "OSS_BUCKET",
        is: 'is "examplebucket/users"',
        fix: BUCKET,
      },
    ],
    [
      "a region as ali-oss writes it",
      { OSS_REGION: "oss-cn-hangzhou" },
      { where: "OSS_REGION", is: 'is "oss-cn-hangzhou"', fix: "write its ID alone: cn-hangzhou" },
    ],
    [
      "an endpoint in place of the region",
      { OSS_REGION: "oss-cn-hangzhou.aliyuncs.com" },
      {
        where: "OSS_REGION",
        is: 'is "oss-cn-hangzhou.aliyuncs.com"',
        fix: "write its ID alone: cn-hangzhou",
      },
    ],
    [
      "an internal endpoint's region, which no App reaches",
      { OSS_REGION: "cn-hangzhou-internal" },
      {
        where: "OSS_REGION",
        is: 'is "cn-hangzhou-internal"',
        fix: "write its ID alone: cn-hangzhou",
      },
    ],
    [
      "an internal endpoint, in full",
      { OSS_REGION: "oss-cn-hangzhou-internal.aliyuncs.com" },
      {
        where: "OSS_REGION",
        is: 'is "oss-cn-hangzhou-internal.aliyuncs.com"',
        fix: "write its ID alone: cn-hangzhou",
      },
    ],
    [
      "half an endpoint",
      { OSS_REGION: "oss-" },
      { where: "OSS_REGION", is: 'is "oss-"', fix: "write the bucket's region, such as cn-hangzhou" },
    ],
    [
      "a region with blanks",
      { OSS_REGION: "cn hangzhou" },
      { where: "OSS_REGION", is: 'is "cn hangzhou"', fix: "write the bucket's region, such as cn-hangzhou" },
    ],
    [
      "a region that is a host",
      { OSS_REGION: "cn-x.evil.example/" },
      {
        where: "OSS_REGION",
        is: 'is "cn-x.evil.example/"',
        fix: "write the bucket's region, such as cn-hangzhou",
      },
    ],
    [
      "STS over http",
      { STS_ENDPOINT: "http://sts.aliyuncs.com" },
      {
        where: "STS_ENDPOINT",
        is: 'is "http://sts.aliyuncs.com"',
        fix: ADDRESS,
      },
    ],
    [
      "STS without https",
      { STS_ENDPOINT: "sts.aliyuncs.com" },
      {
        where: "STS_ENDPOINT",
        is: 'is "sts.aliyuncs.com"',
        fix: ADDRESS,
      },
    ],
    [
      "STS with a path",
      { STS_ENDPOINT: "https://sts.aliyuncs.com/x" },
      {
        where: "STS_ENDPOINT",
        is: 'is "https://sts.aliyuncs.com/x"',
        fix: ADDRESS,
      },
    ],
    [
      "a name that only begins like loopback",
      { STS_ENDPOINT: "http://127.0.0.1.evil.example" },
      {
        where: "STS_ENDPOINT",
        is: 'is "http://127.0.0.1.evil.example"',
        fix: ADDRESS,
      },
    ],
    [
      "a file",
      { OSS_ENDPOINT: "file:///etc" },
      {
        where: "OSS_ENDPOINT",
        is: 'is "file:///etc"',
        fix: ADDRESS,
      },
    ],
    [
      "an endpoint with a password, which is not repeated",
      { OSS_ENDPOINT: "https://me:hunter2@example.com" },
      {
        where: "OSS_ENDPOINT",
        is: "contains an @",
        fix: ADDRESS,
      },
    ],
    [
      "an origin with a slash",
      { ALLOWED_ORIGINS: "https://app.example.com/" },
      {
        where: "ALLOWED_ORIGINS",
        is: 'has "https://app.example.com/", which is not an origin',
        fix: "write https://app.example.com",
      },
    ],
    [
      "an origin without https",
      { ALLOWED_ORIGINS: "app.example.com" },
      {
        where: "ALLOWED_ORIGINS",
        is: 'has "app.example.com", which is not an origin',
        fix: "write https://app.example.com",
      },
    ],
    [
      "the origin null",
      { ALLOWED_ORIGINS: "null" },
      {
        where: "ALLOWED_ORIGINS",
        is: 'has "null", which is not an origin',
        fix: "write https://app.example.com",
      },
    ],
    [
      "a wildcard in an origin",
      { ALLOWED_ORIGINS: "https://*.example.com" },
      {
        where: "ALLOWED_ORIGINS",
        is: 'has "https://*.example.com", which is not an origin',
        fix: "write https://app.example.com",
      },
    ],
    [
      "origins with a semicolon between them",
      { ALLOWED_ORIGINS: "https://a.example;https://b.example" },
      {
        where: "ALLOWED_ORIGINS",
        is: 'has "https://a.example;https://b.example", which is not an origin',
        fix: "separate origins by commas",
      },
    ],
    [
      "origins with a blank between them, one of which has a password",
      { ALLOWED_ORIGINS: "https://a.example https://me:hunter2@b.example" },
      {
        where: "ALLOWED_ORIGINS",
        is: "has a part with an @, which is not an origin",
        fix: "separate origins by commas",
      },
    ],
    [
      "a star beside others",
      { ALLOWED_ORIGINS: "*,https://app.example.com" },
      { where: "ALLOWED_ORIGINS", is: "has * and other origins", fix: "write * alone, or delete it" },
    ],
    [
      "a key without its secret",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAI" },
      {
        where: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        is: "is not set, but its ID is",
        fix: "set both, or neither",
      },
    ],
    [
      "a secret without its key",
      { ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
      {
        where: "ALIBABA_CLOUD_ACCESS_KEY_ID",
        is: "is not set, but its secret is",
        fix: "set both, or neither",
      },
    ],
    [
      "a temporary key without its token",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "STS.a", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
      {
        where: "ALIBABA_CLOUD_SECURITY_TOKEN",
        is: "is not set, but ALIBABA_CLOUD_ACCESS_KEY_ID is temporary (STS.…)",
        fix: "set the token that came with this key",
      },
    ],
    [
      "a key ID with a blank inside",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAI caller", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "s" },
      {
        where: "ALIBABA_CLOUD_ACCESS_KEY_ID",
        is: "has a blank or a line break inside",
        fix: "copy it again: it is one text without blanks",
      },
    ],
    [
      "a secret with a line break inside",
      { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIcaller", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "half\nhalf" },
      {
        where: "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        is: "has a blank or a line break inside",
        fix: "copy it again: it is one text without blanks",
      },
    ],
    [
      "a port in words",
      { PORT: "http" },
      { where: "PORT", is: 'is "http"', fix: "write a port number from 0 to 65535" },
    ],
    [
      "a port that there is not",
      { PORT: "65536" },
      { where: "PORT", is: 'is "65536"', fix: "write a port number from 0 to 65535" },
    ],
    [
      "FC's port, mistyped",
      { FC_SERVER_PORT: "-1" },
      { where: "FC_SERVER_PORT", is: 'is "-1"', fix: "write a port number from 0 to 65535" },
    ],
  ])("%s", (_what, change, problem) => {
    expect(problemsOf(change)).toEqual([problem]);
  });

  it("keys of the AssumeRole caller are missing on a plain server outside FC", () => {
    const CALLER: ProblemIn = {
      where: "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
      is: "are not set",
      fix: "set both: outside FC they call AssumeRole, and sign forms and URLs",
    };
    expect(problemsOf({ OSS_BUCKET: undefined }, accessFile(), "environment")).toEqual([
      { where: "OSS_BUCKET", is: "is not set", fix: BUCKET },
      CALLER,
    ]);
    expect(problemsOf({ FC_FUNCTION_NAME: "valet" }, accessFile(), "environment")).toEqual([]);
  });

  it("all errors are reported together, those of access.yaml first", () => {
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
    expect(problems.map(({ where }) => where)).toEqual([
      "access.yaml rules.0.alow",
      "access.yaml rules.0.prefix",
      "OSS_REGION",
      "OSS_BUCKET",
      "ALLOWED_ORIGINS",
      "PORT",
      "OSS_ROLE_ARN",
      "STS_ENDPOINT",
    ]);
  });

  it("all errors are one text, which a deployer reads in the log", () => {
    expect(() => configOf({ OSS_BUCKET: "", PORT: "x" })).toThrow(
      "oss-valet is not configured:\n" +
        "  - OSS_BUCKET is not set; write the bucket's name, such as examplebucket (3 to 63 of a-z, 0-9, -)\n" +
        '  - PORT is "x"; write a port number from 0 to 65535',
    );
  });
});

describe("keys that access.yaml names", () => {
  it("are accepted if they fit the algorithms", () => {
    expect(problemsOf({ JWT_SECRET: SECRET }, withSecret())).toEqual([]);
  });

  const MISSING = "is not set, and access.yaml names it as secret of issuer login";

  it.each<[string, string | undefined, object, string]>([
    ["that are missing", undefined, {}, MISSING],
    ["that are empty", "", {}, MISSING],
    ["that are short", SECRET.slice(1), {}, "has 31 bytes, but a secret needs 32"],
    ["that end in a line end", `${SECRET}\n`, {}, "starts or ends with a space or a line end"],
    [
      "that are too short for their algorithm",
      SECRET,
      { algorithms: ["HS512"] },
      "does not fit HS512: HS256, HS384 and HS512 need a secret of 32, 48 and 64 bytes or more",
    ],
  ])("%s are told by name, and never quoted", (_what, secret, more, is) => {
    const problems = problemsOf({ JWT_SECRET: secret }, withSecret(more));
    expect(problems).toEqual([
      { where: "JWT_SECRET", is, fix: "make a secret with: openssl rand -base64 48" },
    ]);
    if (secret) expect(JSON.stringify(problems)).not.toContain(secret.trim());
  });

  it("of both kinds are read, each for its own algorithms", () => {
    const algorithms = ["HS256", "RS256"];
    const file = withSecret({ publicKey: "JWT_PUBLIC_KEY", algorithms });
    const pem = keyPair("rsa").publicKey.export({ type: "spki", format: "pem" }).toString();
    expect(problemsOf({ JWT_SECRET: SECRET, JWT_PUBLIC_KEY: pem }, file)).toEqual([]);
    expect(problemsOf({ JWT_SECRET: pem, JWT_PUBLIC_KEY: SECRET }, file)).toEqual([
      {
        where: "JWT_SECRET",
        is: "is a PEM text, not a secret: with HS*, who can verify can sign",
        fix: "make a secret with: openssl rand -base64 48",
      },
      {
        where: "JWT_PUBLIC_KEY",
        is: "is not one PEM block of a public key",
        fix: "write one PEM block, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
      },
    ]);
    expect(problemsOf({}, file).map(({ where }) => where)).toEqual(["JWT_SECRET", "JWT_PUBLIC_KEY"]);
  });

  it("a broken PEM is named by its variable, and never quoted", () => {
    const file = accessFile({ issuers: [{ ...KEYLESS, publicKey: "JWT_PUBLIC_KEY" }] });
    const pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n-----END PRIVATE KEY-----";
    const problems = problemsOf({ JWT_PUBLIC_KEY: pem }, file);
    expect(problems).toEqual([
      {
        where: "JWT_PUBLIC_KEY",
        is: "is a private key, which now counts as leaked: only its public half belongs here",
        fix: "make a new key pair, and write its public key",
      },
    ]);
    expect(JSON.stringify(problems)).not.toContain("MC4CAQ");
  });
});

describe("a key in the wrong setting is not shown", () => {
  const KEYS = {
    "an AccessKey ID": "LTAI5tMadeUpForATest",
    "an AccessKey secret": "Kj8dP2mQ9xW4vB7nL1sT6yH3cF5rZ0",
    "a security token": `STS.${"Ab1".repeat(20)}`,
    "a JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
    "a PEM block": "-----BEGIN PRIVATE KEY-----",
    "a secret in hex": "0123456789abcdef".repeat(4),
    "a secret in base64": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=",
  };

  it.each(
    ["OSS_ROLE_ARN", "OSS_BUCKET", "OSS_REGION", "OSS_ENDPOINT", "STS_ENDPOINT"].flatMap((name) =>
      Object.entries(KEYS).map(([what, key]) => [what, name, key] as const),
    ),
  )("%s in %s", (_what, name, key) => {
    const problems = problemsOf({ [name]: key });
    expect(problems).toMatchObject([
      { where: name, is: `looks like a key, which is not shown here (${key.length} characters)` },
    ]);
    expect(JSON.stringify(problems)).not.toContain(key);
  });

  it.each(Object.entries(KEYS))("%s in ALLOWED_ORIGINS, alone or after https://", (_what, key) => {
    for (const origin of [key, `https://${key}/`]) {
      const problems = problemsOf({ ALLOWED_ORIGINS: `https://a.example,${origin}` });
      expect(problems).not.toEqual([]);
      expect(JSON.stringify(problems).toLowerCase()).not.toContain(key.toLowerCase());
    }
  });

  it("not even in a list of addresses", () => {
    const key = KEYS["an AccessKey secret"];
    const problems = problemsOf({ OSS_ENDPOINT: `https://files.example.com, ${key}` });
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain(key);
  });

  it.each([
    ["OSS_ROLE_ARN", "acs:ram::1234567890123456:user/Somebody2026"],
    ["OSS_BUCKET", "Example-Bucket-Of-The-Photo-App-2026"],
    ["OSS_REGION", "China (Hangzhou) 1"],
  ])("and a mistake that is none is: %s=%s", (name, value) => {
    expect(problemsOf({ [name]: value })).toMatchObject([{ is: `is ${JSON.stringify(value)}` }]);
  });

  it("and a long one is cut short", () => {
    const [problem] = problemsOf({ OSS_REGION: "x ".repeat(1000) });
    expect(problem?.is).toBe(`is ${JSON.stringify(`${"x ".repeat(100)}…`)}`);
  });
});
