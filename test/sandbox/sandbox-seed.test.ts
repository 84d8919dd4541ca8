import { get, type IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../sandbox/clock.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { SeedError } from "../../sandbox/seed/reader.ts";
import { seededWorld } from "../../sandbox/seed.ts";
import { emptyWorld } from "../../sandbox/world.ts";
import { callerIdentity, STS_CLIENTS } from "../support/sts-clients.ts";

const SEED = `
accounts:
  9999999999999999:             # unquoted, and above what a number can hold
    policies:
      assume: { Version: 1, Statement: [{ Effect: Allow, Action: sts:AssumeRole, Resource: "*" }] }
      objects: '{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:*","Resource":"*"}]}'
    users:
      caller: { keys: [{ id: LTAIseeded, secret: a-secret-of-the-seed }], policies: [assume] }
      admin: { policies: [AdministratorAccess] }
    roles:
      Writer:
        maxSessionSeconds: 7200
        trust:
          Version: 1
          Statement: [{ Effect: Allow, Action: sts:AssumeRole, Principal: { RAM: ["acs:ram::9999999999999999:root"] } }]
        policies: [objects]
buckets:
  seeded-bucket: { owner: 9999999999999999, region: cn-shanghai, acl: public-read }
scene: { account: 9999999999999999, caller: caller, administrator: admin, role: Writer, functionRole: Writer, bucket: seeded-bucket }
`;

const TRUST = `{ Version: 1, Statement: [{ Effect: Allow, Action: sts:AssumeRole, Principal: { RAM: ["acs:ram::9999999999999999:root"] } }] }`;

describe("a seed file", () => {
  it("makes a world in which its caller assumes its role", async () => {
    const sandbox = await startSandbox({ world: seededWorld(SEED) });
    try {
      expect(sandbox).toMatchObject({
        accountId: "9999999999999999",
        accessKeyId: "LTAIseeded",
        accessKeySecret: "a-secret-of-the-seed",
        roleArn: "acs:ram::9999999999999999:role/writer",
        bucket: "seeded-bucket",
        region: "cn-shanghai",
      });
      expect(sandbox.world.buckets.get("seeded-bucket")?.acl).toBe("public-read");
      const parameters = { RoleArn: sandbox.roleArn, RoleSessionName: "alice", DurationSeconds: 7200 };
      const outcome = await STS_CLIENTS[0]?.assumeRole(sandbox.sts.url, sandbox, parameters);
      expect(outcome).toHaveProperty("credentials.accessKeyId");
    } finally {
      await sandbox.stop();
    }
  });

  it("names a role for a second function, or none", async () => {
    const roleWith = async (seed: string) => {
      const sandbox = await startSandbox({ world: seededWorld(seed) });
      await sandbox.stop();
      return sandbox.uploadsRoleArn;
    };
    expect(await roleWith(SEED)).toBeUndefined();
    expect(
      await roleWith(SEED.replace("functionRole: Writer", "functionRole: Writer, uploadsRole: Writer")),
    ).toBe("acs:ram::9999999999999999:role/writer");
    const unknown = SEED.replace("functionRole: Writer", "functionRole: Writer, uploadsRole: another");
    expect(() => seededWorld(unknown)(emptyWorld(sandboxClock()))).toThrow(
      'scene.uploadsRole: "another" does not exist',
    );
  });

  it("has root keys, CORS rules and host names of buckets", async () => {
    const seed = SEED.replace(
      "    policies:",
      "    rootKeys: [{ id: LTAIroot, secret: root-secret }]\n    policies:",
    ).replace(
      "acl: public-read",
      `acl: public-read, hosts: [photos.example.com],
           cors: [{ allowedOrigins: ["https://app.example.com"], allowedMethods: [GET], allowedHeaders: ["*"], exposeHeaders: [ETag], maxAgeSeconds: 60 }]`,
    );
    const sandbox = await startSandbox({ world: seededWorld(seed) });
    try {
      const root = { accessKeyId: "LTAIroot", accessKeySecret: "root-secret" };
      expect(await callerIdentity(sandbox.sts.url, root)).toMatchObject({ identityType: "Account" });
      const { port } = new URL(sandbox.oss.url);
      const [status, headers] = await answerAt(Number(port), "photos.example.com", {
        origin: "https://app.example.com",
      });
      expect(status).toBe(404);
      expect(headers).toMatchObject({
        "access-control-allow-origin": "https://app.example.com",
        "access-control-expose-headers": "ETag",
        "access-control-max-age": "60",
      });
    } finally {
      await sandbox.stop();
    }
  });

  it("may leave a member empty", () => {
    expect(problemsOf("accounts:\nbuckets:\nscene:\n")).toContainEqual("scene.account: is missing");
    expect(problemsOf("accounts:\nbuckets:\nscene:\n").join()).not.toContain("must be");
    expect(problemsOf(SEED.replace("policies: [objects]", "policies:"))).toEqual([]);
  });

  it("may be JSON", () => {
    expect(problemsOf("{}")).toEqual([expect.stringMatching(/^scene: is missing/)]);
  });

  it.each<[string, [string, string], RegExp]>([
    [
      "an account id that is too short",
      ["9999999999999999:   ", "999:   "],
      /^accounts\.999: must be an account id of 16 digits/,
    ],
    [
      "an unknown member",
      ["maxSessionSeconds", "maxSessionDuration"],
      /^accounts\.9{16}\.roles\.Writer\.maxSessionDuration: unknown member; write one of trust, maxSessionSeconds, policies$/,
    ],
    [
      "a duration that roles do not have",
      ["7200", "43201"],
      /^accounts\.9{16}\.roles\.Writer\.maxSessionSeconds: must be from 3600 to 43200$/,
    ],
    [
      "a policy that is none",
      ["Effect: Allow, Action: sts:AssumeRole, Resource", "Effect: Permit, Action: sts:AssumeRole, Resource"],
      /^accounts\.9{16}\.policies\.assume: .*Effect/,
    ],
    [
      "a policy that does not exist",
      ["[objects]", "[object]"],
      /^accounts\.9{16}\.roles\.Writer\.policies\.0: unknown policy "object"; write one of assume, objects, /,
    ],
    [
      "a newToOss that is neither true nor false",
      ["    policies:", "    newToOss: since 2025\n    policies:"],
      /^accounts\.9{16}\.newToOss: must be true or false, not "since 2025"$/,
    ],
    [
      "a list that is none",
      ["[assume]", "assume"],
      /^accounts\.9{16}\.users\.caller\.policies: must be a list$/,
    ],
    [
      "an owner that does not exist",
      ["owner: 9999999999999999", "owner: 1111111111111111"],
      /^buckets\.seeded-bucket\.owner: unknown account 1111111111111111; write one from accounts$/,
    ],
    [
      "a bucket name that OSS has not",
      ["seeded-bucket: {", "Seeded_Bucket: {"],
      /^buckets\.Seeded_Bucket: must be named with/,
    ],
    [
      "an ACL that OSS has not",
      ["public-read", "public"],
      /^buckets\.seeded-bucket\.acl: must be private, public-read or public-read-write, not "public"$/,
    ],
    [
      "a caller that does not exist",
      ["caller: caller", "caller: nobody"],
      /^scene\.caller: "nobody" does not exist$/,
    ],
    [
      "a caller without a key",
      ["[{ id: LTAIseeded, secret: a-secret-of-the-seed }]", "[]"],
      /^scene\.caller: has no active key; choose a user with one$/,
    ],
    [
      "a caller whose only key is inactive",
      ["secret: a-secret-of-the-seed }", "secret: a-secret-of-the-seed, status: Inactive }"],
      /^scene\.caller: has no active key; choose a user with one$/,
    ],
    [
      "a key of two users",
      ["admin: {", "admin: { keys: [{ id: LTAIseeded }],"],
      /^accounts\.9{16}\.users\.admin\.keys\.0\.id: the key LTAIseeded exists already; write another id$/,
    ],
    [
      "a key of a user that is the root's",
      ["    policies:", "    rootKeys: [{ id: LTAIseeded }]\n    policies:"],
      /^accounts\.9{16}\.users\.caller\.keys\.0\.id: the key LTAIseeded exists already; write another id$/,
    ],
    [
      "more keys than a user can have",
      ["keys: [", "keys: [{}, {}, "],
      /^accounts\.9{16}\.users\.caller\.keys: has too many keys; the limit is 2$/,
    ],
    [
      "two roles whose names differ in case alone",
      ["      Writer:", `      writer: { trust: ${TRUST} }\n      Writer:`],
      /^accounts\.9{16}\.roles\.Writer: a role writer exists already; role names do not differ by case$/,
    ],
    [
      "a policy that is too long",
      ["acs:ram::9999999999999999:root", `acs:ram::9999999999999999:root", "${"x".repeat(6144)}`],
      /^accounts\.9{16}\.roles\.Writer\.trust: is too long; the limit for a policy is 6144 characters$/,
    ],
    [
      "a policy that is attached twice",
      ["[assume]", "[assume, assume]"],
      /^accounts\.9{16}\.users\.caller\.policies\.1: assume is attached twice; write it once$/,
    ],
    [
      "more policies than a user can have",
      ["[assume]", "[assume, assume, assume, assume, assume, assume]"],
      /^accounts\.9{16}\.users\.caller\.policies: has too many Custom policies; the limit is 5$/,
    ],
    [
      "a bucket policy that is too long",
      ["acl: public-read", `policy: "${"x".repeat(16_385)}"`],
      /^buckets\.seeded-bucket\.policy: is too long; the limit for a bucket policy is 16384 bytes$/,
    ],
    [
      "a CORS rule that OSS refuses",
      ["acl: public-read", "cors: [{ allowedOrigins: ['*'], allowedMethods: [PATCH] }]"],
      /^buckets\.seeded-bucket\.cors\.0: Unsupported method in AllowedMethod\. \(PATCH\)$/,
    ],
    [
      "a CORS rule for nobody",
      ["acl: public-read", "cors: [{ allowedMethods: [GET] }]"],
      /^buckets\.seeded-bucket\.cors\.0\.allowedOrigins: is missing$/,
    ],
    [
      "a host that is the sandbox's own",
      ["acl: public-read", "hosts: [127.0.0.1]"],
      /^buckets\.seeded-bucket\.hosts\.0: must be a domain name in lower case, e\.g\. photos\.example\.com/,
    ],
    [
      "a host of two buckets",
      [
        "buckets:",
        "buckets:\n  first-bucket: { owner: 9999999999999999, region: cn-shanghai, hosts: [a.example.com, a.example.com] }",
      ],
      /^buckets\.first-bucket\.hosts\.1: a\.example\.com already belongs to the bucket first-bucket$/,
    ],
  ])("is refused for %s, with its path", (_case, [text, other], problem) => {
    expect(SEED).toContain(text);
    expect(problemsOf(SEED.replace(text, other))).toContainEqual(expect.stringMatching(problem));
  });

  it("is told every mistake at once", () => {
    const spoilt = SEED.replace("[assume]", "assume").replace("7200", "1").replace("public-read", "open");
    expect(problemsOf(spoilt)).toHaveLength(3);
  });

  it("is told the line where it is no YAML, or says a name twice", () => {
    expect(problemsOf("a: 1\nb: {")).toContainEqual(expect.stringMatching(/^line 2: /));
    expect(problemsOf("a: 1\na: 2")).toContainEqual(expect.stringMatching(/^line 2: /));
  });
});

/** Status and headers of GET /a at that host. */
function answerAt(
  port: number,
  host: string,
  headers: Readonly<Record<string, string>>,
): Promise<readonly [number | undefined, IncomingHttpHeaders]> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path: "/a", headers: { host, ...headers } }, (response) => {
      response.resume();
      resolve([response.statusCode, response.headers]);
    }).on("error", reject);
  });
}

function problemsOf(text: string): readonly string[] {
  try {
    seededWorld(text)(emptyWorld(sandboxClock()));
  } catch (error) {
    if (error instanceof SeedError) return error.problems;
    throw error;
  }
  return [];
}
