import { beforeEach, describe, expect, it } from "vitest";
import { sandboxForTests } from "../support/services-for-tests.ts";
import { callerIdentity, STS_CLIENTS } from "../support/sts-clients.ts";

const sandbox = await sandboxForTests();
const caller = { accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret };
const POLICY = JSON.stringify({
  Version: "1",
  Statement: [
    { Effect: "Allow", Action: "oss:GetObject", Resource: "acs:oss:*:*:examplebucket/users/alice/*" },
  ],
});
const [client] = STS_CLIENTS;
const assume = (change: object = {}, key = caller) =>
  client?.assumeRole(sandbox.sts.url, key, {
    RoleArn: sandbox.roleArn,
    RoleSessionName: "alice",
    DurationSeconds: 900,
    ...change,
  });

beforeEach(() => {
  sandbox.world.trail.length = 0;
});

describe("ActionTrail", () => {
  it("has an event of AssumeRole: who called, with what, and which key came of it, without a secret", async () => {
    await assume({ Policy: POLICY });
    const session = [...sandbox.world.sessions.values()].at(-1);
    const requestId = sandbox.world.journal.at(-1)?.requestId;
    const [event, ...more] = sandbox.world.trail;
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      eventName: "AssumeRole",
      serviceName: "Sts",
      requestId,
      eventId: requestId,
      eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      userIdentity: { type: "ram-user", userName: expect.any(String), accessKeyId: caller.accessKeyId },
      requestParameters: {
        RoleArn: sandbox.roleArn,
        RoleSessionName: "alice",
        DurationSeconds: 900,
        Policy: POLICY,
      },
      responseElements: { Credentials: { AccessKeyId: session?.accessKeyId } },
      referencedResources: { "ACS::RAM::AccessKey": [session?.accessKeyId] },
      errorCode: "",
    });
    const text = JSON.stringify(event);
    for (const secret of [session?.accessKeySecret, session?.securityToken, caller.accessKeySecret])
      expect(text).not.toContain(secret ?? "no secret");
  });

  it("has one of a call that was refused, with its code and no credentials", async () => {
    await assume({ RoleArn: `${sandbox.roleArn}-not` });
    expect(sandbox.world.trail).toMatchObject([
      { errorCode: "EntityNotExist.Role", eventName: "AssumeRole" },
    ]);
    expect(sandbox.world.trail[0]).not.toHaveProperty("responseElements");
  });

  it("has none of a call whose signature is wrong, or of another operation", async () => {
    await assume({}, { ...caller, accessKeySecret: "wrong" });
    await callerIdentity(sandbox.sts.url, caller);
    expect(sandbox.world.trail).toEqual([]);
  });
});
