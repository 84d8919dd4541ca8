import { describe, expect, it } from "vitest";
import { aliyunSts } from "../../shared/adapters/aliyun-sts.ts";
import type { AssumeRole } from "../../shared/ports.ts";
import { stubStsForTests } from "../support/services-for-tests.ts";
import { credentialsBody, errorAnswer, json, type StubAnswer, startStubSts } from "../support/stub-sts.ts";

const SECRETS = ["caller-secret", "caller-token", "stub-secret", "CAISstubtoken", "users/alice", "role/oss"];

const stub = await stubStsForTests();

function assumeRole(host: string, budgetMs = 1_500) {
  const sts = aliyunSts({
    endpoint: { host, protocol: "http" },
    roleArn: "acs:ram::1234567890123456:role/oss",
    callerCredentials: () => ({
      accessKeyId: "STS.caller",
      accessKeySecret: "caller-secret",
      securityToken: "caller-token",
    }),
    clock: { nowMs: Date.now },
    budgetMs,
    random: () => 0,
  });
  return sts.assumeRole({
    sessionName: "alice-0123456789abcdef0123",
    sessionPolicy: '{"Version":"1","Statement":[{"Resource":["acs:oss:*:*:photos/users/alice/*"]}]}',
    durationSeconds: 900,
  } as unknown as AssumeRole);
}

// The SDK puts the whole URL (role, session name, policy) into the message of a transport error, and what a
// gateway in between writes into a code or a request id is anybody's text: neither may reach a log.
describe("what a refusal holds", () => {
  const hostile = "x\n{users/alice}".padEnd(400, "y");
  it.each<[string, StubAnswer]>([
    ["a hang", { fault: "hang" }],
    ["a reset", { fault: "reset" }],
    ["a truncated body", { fault: "truncate" }],
    [
      "an error that repeats the request",
      json(400, { Code: "InvalidParameter", Message: "users/alice role/oss" }),
    ],
    ["credentials that have expired", json(200, credentialsBody(0))],
    ["a code that is a sentence", errorAnswer(400, hostile)],
    ["a request id that is a sentence", json(400, { Code: "NoPermission", RequestId: hostile })],
    ["a code that is an object", json(400, { Code: { users: "users/alice" }, RequestId: ["role/oss"] })],
    ["throttling that tells too much", errorAnswer(400, `Throttling.${hostile}`)],
    ["an outage whose request id is a sentence", json(500, { Code: "InternalError", RequestId: hostile })],
  ])("%s: no secret, no policy, no role, no text of others", async (_case, answer) => {
    stub.answer(answer);
    const result = await assumeRole(stub.host, "fault" in answer ? 100 : 1_500);
    expect(result.ok).toBe(false);
    const text = JSON.stringify(result);
    expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).toMatch(/^[\w{}":,. -]+$/);
    expect(text.length).toBeLessThan(200);
  });

  it("says nothing about an address where no server listens", async () => {
    const gone = await startStubSts();
    await gone.close();
    expect(await assumeRole(gone.host)).toEqual({
      ok: false,
      refusal: { code: "STS_UNAVAILABLE", because: "network", errorCode: "ECONNREFUSED" },
    });
  });
});
