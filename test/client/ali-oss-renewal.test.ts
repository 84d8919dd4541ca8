import OSS from "ali-oss";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { ossClient } from "../../client/src/ali-oss.ts";
import { type Credentials, createCredentials } from "../../client/src/index.ts";

/** Seconds. */
const LIFE = 900;
const KEY = "users/alice/a.txt";
let stage: Stage;
/** How much time has passed for everybody. */
let passedMs = 0;

beforeAll(async () => {
  stage = await startStage({ port: 0, orFree: true });
});

afterAll(() => stage.stop());

beforeEach(() => {
  // What the function has kept for the test before is not given any more.
  pass(31_000);
  stage.sandbox.world.journal.splice(0);
});

describe("50 calls at the moment when the keys have ended", () => {
  it("lead to one AssumeRole, and all go out with the new keys", async () => {
    const { client } = await alice();
    await client.put(KEY, Buffer.from("a"));
    pass(LIFE * 1000);
    await Promise.all(Array.from({ length: 50 }, () => client.get(KEY)));
    expect(operations("oss")).toEqual(["PutObject 200", ...Array<string>(50).fill("GetObject 200")]);
    expect(operations("sts")).toEqual(["AssumeRole 200", "AssumeRole 200"]);
  });

  it("are refused when ali-oss renews by itself, all but the first", async () => {
    const { credentials } = await alice();
    const client = new OSS({
      ...optionsOf(await credentials.get()),
      refreshSTSToken: async () => keysOf(await credentials.get()),
    });
    await client.put(KEY, Buffer.from("a"));
    pass(LIFE * 1000);
    // Its interval of five minutes has passed, too.
    Object.assign(client, { stsTokenFreshTime: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => client.get(KEY)));
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(49);
  });

  it("lead to one renewal when OSS refuses all of them, because the device's clock stands still", async () => {
    const standsAtMs = Date.now() + passedMs;
    const { client } = await alice({ clock: () => standsAtMs });
    await client.put(KEY, Buffer.from("a"));
    pass(LIFE * 1000);
    await Promise.all(Array.from({ length: 50 }, () => client.get(KEY)));
    expect(operations("oss").filter((one) => one === "GetObject 200")).toHaveLength(50);
    expect(operations("sts")).toEqual(["AssumeRole 200", "AssumeRole 200"]);
  });
});

it("an upload of 24 parts crosses three renewals, and OSS refuses nothing", async () => {
  const { client } = await alice();
  const bytes = Buffer.alloc(24 * 102_400, "0123456789");
  await client.multipartUpload("users/alice/film.mp4", bytes, {
    partSize: 102_400,
    // With more, those under way when the clock is moved would be refused, and sent again.
    parallel: 1,
    progress: async (share: number) => {
      if ([6, 12, 18].includes(Math.round(share * 25))) pass((LIFE + 1) * 1000);
    },
  });
  expect(bytes.equals((await client.get("users/alice/film.mp4")).content)).toBe(true);
  expect(operations("oss").filter((one) => !one.endsWith(" 200"))).toEqual([]);
  expect(operations("sts")).toEqual(Array(4).fill("AssumeRole 200"));
});

describe.each([
  ["fast", -20],
  ["slow", 20],
])("a device whose clock is 20 minutes %s", (_, minutes) => {
  beforeEach(() => {
    stage.sandbox.clock.skew(minutes * 60_000);
    return () => stage.sandbox.clock.skew(0);
  });

  it("works from the first call on, at home and after an hour", async () => {
    const { client } = await alice();
    await client.put(KEY, Buffer.from("a"));
    pass(3_600_000);
    await client.get(KEY);
    const url = await client.signatureUrlV4("GET", 60, {}, KEY);
    expect(await (await fetch(url)).text()).toBe("a");
    expect(operations("oss")).toEqual(["PutObject 200", "GetObject 200", "GetObject 200"]);
  });

  it("does not work with ali-oss as it is, in Node.js", async () => {
    const { credentials } = await alice();
    const client = new OSS({ ...optionsOf(await credentials.get()), refreshSTSTokenInterval: 1 });
    await expect(client.put(KEY, Buffer.from("a"))).rejects.toMatchObject({ code: "RequestTimeTooSkewed" });
  });
});

it("an outage of STS is no refusal while the keys live, and the function's error afterwards", async () => {
  const { client } = await alice();
  const fault = stage.sandbox.faults.add({ service: "sts", fault: { kind: "throttle" } });
  onTestFinished(() => void stage.sandbox.faults.clear(fault));
  pass((LIFE * 1000 * 2) / 3);
  await client.put(KEY, Buffer.from("a"));
  pass((LIFE * 1000) / 2);
  await expect(client.put(KEY, Buffer.from("a"))).rejects.toMatchObject({
    name: "ValetError",
    code: "StsThrottled",
    status: 503,
  });
  expect(operations("oss")).toEqual(["PutObject 200"]);
});

/** Alice's device moves with the cloud, and is as wrong as the sandbox's clock is skewed. */
async function alice({ clock = () => Date.now() + passedMs } = {}) {
  const credentials = createCredentials({
    endpoint: stage.credentialsUrl,
    appToken: () => appTokenFor(stage, "alice", { seconds: 3600 }),
    request: { durationSeconds: LIFE },
    clock,
  });
  return { credentials, client: await ossClient(OSS, credentials) };
}

function pass(ms: number): void {
  passedMs += ms;
  stage.sandbox.clock.advance(ms);
}

function keysOf({ accessKeyId, accessKeySecret, securityToken }: Credentials) {
  return { accessKeyId, accessKeySecret, stsToken: securityToken };
}

function optionsOf(credentials: Credentials) {
  return {
    ...keysOf(credentials),
    bucket: credentials.bucket,
    endpoint: credentials.endpoint,
    region: "oss-cn-hangzhou",
    authorizationV4: true,
    ...({ sldEnable: true } as object),
  };
}

/** What a service was asked, with status and code. */
function operations(service: "oss" | "sts"): readonly string[] {
  return stage.sandbox.world.journal
    .filter((entry) => entry.service === service)
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}
