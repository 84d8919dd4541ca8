import OSS from "ali-oss";
import { startSandbox } from "oss-valet/sandbox";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { photoStore } from "./photo-store.js";

let cloud;
beforeAll(async () => {
  cloud = await startSandbox();
});
afterAll(() => cloud.stop());

/** The options of ali-oss for temporary keys that may do so much: `actions` below `prefix`. */
async function connectionFor(user, actions, prefix) {
  const policy = {
    Version: "1",
    Statement: [
      { Effect: "Allow", Action: actions, Resource: [`acs:oss:*:*:${cloud.bucket}/${prefix}*`] },
      {
        Effect: "Allow",
        Action: ["oss:ListObjects"],
        Resource: [`acs:oss:*:*:${cloud.bucket}`],
        Condition: { StringLike: { "oss:Prefix": [`${prefix}*`] } },
      },
    ],
  };
  const { accessKeyId, accessKeySecret } = cloud;
  const sts = new OSS.STS({ endpoint: cloud.sts.url, accessKeyId, accessKeySecret });
  const { credentials } = await sts.assumeRole(cloud.roleArn, policy, 900, user);
  return {
    endpoint: cloud.oss.url,
    sldEnable: true, // one address for all buckets: http://localhost:PORT/bucket/key
    region: `oss-${cloud.region}`,
    bucket: cloud.bucket,
    authorizationV4: true,
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
    refreshSTSToken: async () => credentials,
  };
}

describe("photoStore", () => {
  it("loads what it saved, and nothing for a name that does not exist", async () => {
    const store = photoStore(
      await connectionFor("alice", ["oss:GetObject", "oss:PutObject"], "alice/"),
      "alice/",
    );
    await store.save("cat.jpg", Buffer.from("a cat"));
    expect(String(await store.load("cat.jpg"))).toBe("a cat");
    expect(await store.load("dog.jpg")).toBeUndefined();
    expect(await store.names()).toEqual(["cat.jpg"]);
  });

  it("is kept out of another user's folder, by the policy alone", async () => {
    const connection = await connectionFor("alice", ["oss:GetObject", "oss:PutObject"], "alice/");
    await expect(photoStore(connection, "bob/").save("cat.jpg", Buffer.from("x"))).rejects.toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    expect(cloud.world.journal.at(-1)).toMatchObject({ operation: "PutObject", code: "AccessDenied" });
  });

  it("is refused an hour later: temporary keys expire", async () => {
    const store = photoStore(await connectionFor("alice", ["oss:PutObject"], "alice/"), "alice/");
    cloud.clock.advance(3600_000);
    await expect(store.save("late.jpg", Buffer.from("x"))).rejects.toMatchObject({ status: 403 });
  });

  it("passes on that OSS is too busy", async () => {
    const store = photoStore(await connectionFor("alice", ["oss:PutObject"], "alice/"), "alice/");
    cloud.faults.add({ service: "oss", fault: { kind: "throttle" }, times: 1 });
    await expect(store.save("cat.jpg", Buffer.from("x"))).rejects.toMatchObject({ status: 503 });
    await store.save("cat.jpg", Buffer.from("x"));
  });
});
