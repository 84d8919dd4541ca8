import credentialsModule from "@alicloud/credentials";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import stsModule from "@alicloud/sts20150401";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { credentialsProvider } from "../../client/src/alicloud.ts";
import { createCredentials } from "../../client/src/index.ts";
import { NOON_MS } from "./fake-valet.ts";

// The default of a CommonJS module is its exports for Node and esbuild, and the class itself for vitest.
const Credential = "default" in credentialsModule ? credentialsModule.default : credentialsModule;
const Sts20150401 = "default" in stsModule ? stsModule.default : stsModule;

/** Seconds. */
const LIFE = 900;
let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ port: 0, orFree: true });
});

afterAll(() => stage.stop());

beforeEach(() => {
  // What the function has kept for the test before is not given any more.
  stage.sandbox.clock.advance(31_000);
  stage.sandbox.world.journal.splice(0);
});

describe("@alicloud/credentials, with a client of the Alibaba Cloud SDK", () => {
  it("asks STS as the session that oss-valet opened", async () => {
    const { body } = await alicesSts().getCallerIdentity();
    expect(body).toMatchObject({
      identityType: "AssumedRoleUser",
      arn: expect.stringMatching(/\/alice-[0-9a-f]{20}$/),
    });
  });

  it("works on when the keys have ended: 20 calls at that moment make one AssumeRole", async () => {
    const sts = alicesSts();
    await sts.getCallerIdentity();
    stage.sandbox.clock.advance(LIFE * 1000);
    await Promise.all(Array.from({ length: 20 }, () => sts.getCallerIdentity()));
    expect(operations()).toEqual([
      "AssumeRole 200",
      "GetCallerIdentity 200",
      "AssumeRole 200",
      ...Array<string>(20).fill("GetCallerIdentity 200"),
    ]);
  });

  it("fails with the function's own error when the user is refused", async () => {
    await expect(alicesSts("no.app.token").getCallerIdentity()).rejects.toMatchObject({
      name: "ValetError",
      code: "InvalidToken",
      status: 401,
    });
    expect(operations()).toEqual([]);
  });
});

describe("the provider", () => {
  const live = {
    get: async () => ({
      accessKeyId: "STS.key",
      accessKeySecret: "secret",
      securityToken: "token",
      expiresAt: new Date(NOON_MS + 900_000),
    }),
    now: () => NOON_MS,
  } as never;

  it("gives the end in the device's time, which the OSS SDK for TypeScript compares it with", async () => {
    const { expiration, ...keys } = await credentialsProvider(live).getCredentials();
    const livesMs = +expiration - Date.now();
    expect(livesMs).toBeGreaterThan(895_000);
    expect(livesMs).toBeLessThanOrEqual(900_000);
    expect(keys).toEqual({
      accessKeyId: "STS.key",
      accessKeySecret: "secret",
      securityToken: "token",
      providerName: "oss_valet",
    });
  });

  it("has the types that both SDKs ask for", () => {
    const provider = credentialsProvider(live);
    const forCredential: ConstructorParameters<typeof Credential>[1] = provider;
    const forOssV2: OssV2Provider = provider;
    expect(forCredential).toBe(forOssV2);
  });
});

/** `CredentialsProvider` of the OSS SDK for TypeScript, version 2 (src/credentials/types.ts); npm does not have it. */
interface OssV2Provider {
  getCredentials(): Promise<{
    accessKeyId: string;
    accessKeySecret: string;
    securityToken?: string;
    expiration?: Date;
  }>;
}

function alicesSts(appToken = appTokenFor(stage, "alice", { seconds: 36_000 })) {
  const credentials = createCredentials({
    endpoint: stage.credentialsUrl,
    appToken: () => appToken,
    request: { durationSeconds: LIFE },
    clock: stage.sandbox.clock.nowMs,
  });
  return new Sts20150401(
    new $OpenApiUtil.Config({
      credential: new Credential(null, credentialsProvider(credentials)),
      endpoint: stage.sandbox.sts.url.replace("http://", ""),
      protocol: "http",
    }),
  );
}

/** What STS was asked, with status and code. */
function operations(): readonly string[] {
  return stage.sandbox.world.journal
    .filter(({ service }) => service === "sts")
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}
