import { describe, expect, it } from "vitest";
import { sandboxClock } from "../../sandbox/clock.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { seededWorld } from "../../sandbox/seed.ts";
import { SeedError } from "../../sandbox/seed-reader.ts";
import { emptyWorld } from "../../sandbox/world.ts";
import { STS_CLIENTS } from "../support/sts-clients.ts";

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

  it("may be JSON", () => {
    expect(problemsOf("{}")).toEqual([expect.stringMatching(/^scene: is missing/)]);
  });

  it.each<[string, [string, string], RegExp]>([
    [
      "an account id that is too short",
      ["9999999999999999:   ", "999:   "],
      /^accounts\.999: an account id has 16 digits/,
    ],
    [
      "an unknown member",
      ["maxSessionSeconds", "maxSessionDuration"],
      /^accounts\.9{16}\.roles\.Writer\.maxSessionDuration: unknown; known are trust, maxSessionSeconds, policies$/,
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
      /^accounts\.9{16}\.roles\.Writer\.policies\.0: there is no policy "object"; there are assume, objects, /,
    ],
    [
      "a list that is none",
      ["[assume]", "assume"],
      /^accounts\.9{16}\.users\.caller\.policies: must be a list$/,
    ],
    [
      "an owner that does not exist",
      ["owner: 9999999999999999", "owner: 1111111111111111"],
      /^buckets\.seeded-bucket\.owner: there is no account 1111111111111111$/,
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
      /^scene\.caller: there is no nobody$/,
    ],
    [
      "a caller without a key",
      ["[{ id: LTAIseeded, secret: a-secret-of-the-seed }]", "[]"],
      /^scene\.caller: has no key$/,
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

function problemsOf(text: string): readonly string[] {
  try {
    seededWorld(text)(emptyWorld(sandboxClock()));
  } catch (error) {
    if (error instanceof SeedError) return error.problems;
    throw error;
  }
  return [];
}
