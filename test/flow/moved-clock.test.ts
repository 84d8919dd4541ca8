import OSS from "ali-oss";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { failureOf } from "../support/oss-service.ts";

let stage: Stage;

beforeAll(async () => {
  stage = await startStage({ port: 0, orFree: true });
});

afterEach(() => stage.sandbox.clock.skew(0));

afterAll(() => stage.stop());

const MINUTE_MS = 60_000;

describe("the function, once time has passed in its cloud", () => {
  it.each([2, 55, 65, 40 * 60])("vends credentials that OSS takes, %i minutes on", async (minutes) => {
    pass(minutes * MINUTE_MS);
    const { status, body } = await vend(newAppToken());
    expect([status, body["Code"]]).toEqual([200, "Success"]);
    expect(await put(body)).toBe(200);
  });

  it("tells the cloud's time", async () => {
    pass(40 * 60 * MINUTE_MS);
    const beforeMs = stage.sandbox.clock.nowMs();
    const { body } = await vend(newAppToken());
    const toldMs = Date.parse(body["LastUpdated"] ?? "");
    // Whole seconds are told.
    expect(toldMs).toBeGreaterThanOrEqual(beforeMs - 1000);
    expect(toldMs).toBeLessThanOrEqual(stage.sandbox.clock.nowMs());
    expect(Date.parse(body["Expiration"] ?? "") - toldMs).toBe(3_600_000);
  });

  it("refuses an App token that has ended meanwhile", async () => {
    const token = newAppToken();
    pass(55 * MINUTE_MS);
    expect(await vend(token)).toMatchObject({ status: 200 });
    pass(10 * MINUTE_MS);
    expect(await vend(token)).toMatchObject({ status: 401, body: { Code: "TokenExpired" } });
  });
});

it.each([20, -20])(
  "vends where the cloud's clock is %i minutes ahead: it is the phone whose requests are refused",
  async (minutes) => {
    stage.sandbox.clock.skew(minutes * MINUTE_MS);
    const { status, body } = await vend(newAppToken());
    expect(status).toBe(200);
    expect(await failureOf(put(body))).toMatchObject({ status: 403, code: "RequestTimeTooSkewed" });
  },
);

function pass(ms: number): void {
  stage.sandbox.clock.advance(ms);
}

function newAppToken(): string {
  return appTokenFor(stage, "alice", { seconds: 3600 });
}

async function vend(appToken: string): Promise<{ status: number; body: Readonly<Record<string, string>> }> {
  const response = await fetch(stage.credentialsUrl, { headers: { authorization: `Bearer ${appToken}` } });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** As a client whose clock is this machine's. */
async function put(vended: Readonly<Record<string, string>>): Promise<number> {
  const client = new OSS({
    accessKeyId: vended["AccessKeyId"] ?? "",
    accessKeySecret: vended["AccessKeySecret"] ?? "",
    stsToken: vended["SecurityToken"] ?? "",
    bucket: vended["OssBucket"] ?? "",
    region: `oss-${vended["OssRegion"]}`,
    endpoint: vended["OssEndpoint"] ?? "",
    authorizationV4: true,
    refreshSTSToken: () => Promise.reject(new Error("not due")),
    refreshSTSTokenInterval: 2 ** 31,
    ...({ sldEnable: true } as object),
  });
  const { res } = await client.put(`${vended["KeyPrefix"]}a.txt`, Buffer.from("a"));
  return res.status;
}
