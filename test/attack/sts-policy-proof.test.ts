import { describe, expect, it } from "vitest";
import { aliyunSts } from "../../shared/adapters/aliyun-sts.ts";
import type { AssumeRole } from "../../shared/ports.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";

const GOOD = {
  sessionName: "alice-0123456789abcdef0123",
  sessionPolicy:
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["r"]}]}',
  durationSeconds: 3600,
};

const stub = await stubStsForTests();

function assumeRole(change: Readonly<Record<string, unknown>>) {
  const sts = aliyunSts({
    endpoint: { host: stub.host, protocol: "http" },
    roleArn: "acs:ram::1234567890123456:role/oss",
    callerCredentials: () => ({ accessKeyId: "LTAIcaller", accessKeySecret: "caller-secret" }),
    clock: { nowMs: Date.now },
  });
  return sts.assumeRole({ ...GOOD, ...change } as unknown as AssumeRole);
}

// No policy is the whole role, and the official SDK sends none for an object, null or "" (and flattens an object
// into Policy.Version=1&Policy.Statement.1...): whatever slips past the types must not reach STS.
describe("a session without its policy", () => {
  it("has a valid neighbour", async () => {
    expect(await assumeRole({ durationSeconds: 3600 })).toMatchObject({ ok: true });
  });

  it.each([
    ["a policy object", { sessionPolicy: { Version: "1", Statement: [{}] } }],
    ["an array that prints as a policy", { sessionPolicy: [GOOD.sessionPolicy] }],
    ["a String object", { sessionPolicy: new String(GOOD.sessionPolicy) }],
    ["no policy", { sessionPolicy: undefined }],
    ["null", { sessionPolicy: null }],
    ["an empty policy", { sessionPolicy: "" }],
    ["blanks", { sessionPolicy: "  " }],
    ["the text null", { sessionPolicy: "null" }],
    ["a JSON string", { sessionPolicy: JSON.stringify(GOOD.sessionPolicy) }],
    ["half a policy", { sessionPolicy: GOOD.sessionPolicy.slice(0, -1) }],
    ["no statements", { sessionPolicy: '{"Version":"1","Statement":[]}' }],
    ["statements that are none", { sessionPolicy: '{"Version":"1","Statement":{"length":1}}' }],
    ["AWS's Version", { sessionPolicy: GOOD.sessionPolicy.replace('"1"', '"2012-10-17"') }],
    ["the numeric Version", { sessionPolicy: GOOD.sessionPolicy.replace('"1"', "1") }],
    ["2,049 bytes", { sessionPolicy: GOOD.sessionPolicy.padEnd(2049) }],
    [
      "2,048 characters that are more bytes",
      { sessionPolicy: GOOD.sessionPolicy.replace("r", "é").padEnd(2048) },
    ],
    ["a session name with a slash", { sessionName: "alice/../bob" }],
    ["a session name of one character", { sessionName: "a" }],
    ["a session name of 65 characters", { sessionName: "a".repeat(65) }],
    ["a session name with a line break", { sessionName: "alice\n" }],
    ["a duration that is no number", { durationSeconds: Number.NaN }],
    ["899 seconds", { durationSeconds: 899 }],
    ["43,201 seconds", { durationSeconds: 43_201 }],
    ["a fraction of a second", { durationSeconds: 900.5 }],
    ["a duration in a string", { durationSeconds: "3600" }],
  ])("%s throws, and never reaches STS", async (_case, change) => {
    const before = stub.calls.length;
    await expect(assumeRole(change)).rejects.toThrow(
      /^AssumeRole: the (session policy|session name|duration) /,
    );
    expect(stub.calls).toHaveLength(before);
  });

  it.each([
    ["2,048 bytes", { sessionPolicy: GOOD.sessionPolicy.padEnd(2048) }],
    ["a session name of 64 characters", { sessionName: "a".repeat(64) }],
    ["43,200 seconds", { durationSeconds: 43_200 }],
  ])("%s are within the limit", async (_case, change) => {
    expect(await assumeRole(change)).toMatchObject({ ok: true });
  });
});
