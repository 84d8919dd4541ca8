import { readFileSync } from "node:fs";
import * as models from "@alicloud/sls20201230";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { addLogstore, addPolicy, addUser, attachPolicy, newAccessKey } from "../../sandbox/world.ts";
import { slsClient } from "../support/log-clients.ts";

const INDEX = readFileSync(new URL("../../ops/sls/index.json", import.meta.url), "utf8");
const PROJECT = "valet-log";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
  const place = { ownerId: sandbox.accountId, region: sandbox.region };
  addLogstore(sandbox.world, { project: PROJECT, logstore: "oss-valet", ...place });
});

afterAll(() => sandbox.stop());

const client = () => slsClient(sandbox, PROJECT, sandbox.administrator);

/** A RAM user who may do what a policy says, and nothing else. */
function userWith(document: object): { readonly accessKeyId: string; readonly accessKeySecret: string } {
  const account = sandbox.world.accounts.get(sandbox.accountId);
  if (account === undefined) throw new Error("no account");
  const name = `reader-${account.users.size}`;
  const user = addUser(sandbox.world, account, name);
  addPolicy(sandbox.world, account, name, JSON.stringify({ Version: "1", Statement: [document] }));
  attachPolicy(sandbox.world, user, "Custom", name);
  const key = newAccessKey(sandbox.world);
  user.accessKeys.push(key);
  return { accessKeyId: key.id, accessKeySecret: key.secret };
}

describe("Log Service, with Alibaba Cloud's SDK", () => {
  it("says what a project and a logstore are", async () => {
    const { body: project } = await client().getProject(PROJECT);
    expect(project).toMatchObject({ projectName: PROJECT, region: sandbox.region });
    const { body: logstore } = await client().getLogStore(PROJECT, "oss-valet");
    expect(logstore).toMatchObject({ logstoreName: "oss-valet", ttl: 30 });
  });

  it("keeps the fields of ops/sls/index.json, and gives them back as they are", async () => {
    // As it stands: SDK 5.9.0 would send its own names (docValue) for the parts of an index that it made itself, and
    // it drops max_text_len.
    const body = JSON.parse(INDEX) as models.Index;
    await expect(client().getIndex(PROJECT, "oss-valet")).rejects.toMatchObject({
      code: "IndexConfigNotExist",
    });
    await client().createIndex(PROJECT, "oss-valet", new models.CreateIndexRequest({ body }));
    const kept = await client().getIndex(PROJECT, "oss-valet");
    const { line, keys } = JSON.parse(INDEX) as Record<string, unknown>;
    expect(kept.body?.toMap()).toEqual({ line, keys });
    await expect(
      client().createIndex(PROJECT, "oss-valet", new models.CreateIndexRequest({ body })),
    ).rejects.toMatchObject({ code: "IndexAlreadyExist" });
    await client().updateIndex(PROJECT, "oss-valet", new models.UpdateIndexRequest({ body }));
  });

  it.each([
    ["another secret", { accessKeySecret: "wrong" }, "SignatureNotMatch"],
    ["a key that does not exist", { accessKeyId: "LTAInobody" }, "Unauthorized"],
  ])("refuses %s", async (_case, change, code) => {
    const other = slsClient(sandbox, PROJECT, { ...sandbox.administrator, ...change });
    await expect(other.getIndex(PROJECT, "oss-valet")).rejects.toMatchObject({ code });
  });

  it("signs the project, too: with another one, the signature is wrong", async () => {
    const other = client();
    const sign = other._spi.modifyRequest.bind(other._spi);
    Object.assign(other._spi, {
      modifyRequest: async (...call: Parameters<typeof sign>) => {
        await sign(...call);
        Object.assign(call[0].request.headers ?? {}, { "x-log-project": "nobody" });
      },
    });
    await expect(other.getProject(PROJECT)).rejects.toMatchObject({ code: "SignatureNotMatch" });
  });

  it.each([
    ["another logstore", "valet-log", "other", "LogStoreNotExist"],
    ["another project", "nobody", "oss-valet", "ProjectNotExist"],
  ])("does not know %s", async (_case, project, logstore, code) => {
    const at = slsClient(sandbox, project, sandbox.administrator);
    await expect(at.getLogStore(project, logstore)).rejects.toMatchObject({ code });
  });

  it("asks RAM, for the action and the logstore", async () => {
    const place = { ownerId: sandbox.accountId, region: sandbox.region };
    addLogstore(sandbox.world, { project: PROJECT, logstore: "read", ...place }).index = { line: {} };
    const resource = `acs:log:*:*:project/${PROJECT}/logstore/read`;
    const reader = slsClient(
      sandbox,
      PROJECT,
      userWith({ Effect: "Allow", Action: "log:GetIndex", Resource: resource }),
    );
    await expect(reader.getIndex(PROJECT, "read")).resolves.toMatchObject({ statusCode: 200 });
    await expect(reader.getLogStore(PROJECT, "read")).rejects.toMatchObject({ code: "Unauthorized" });
    await expect(reader.getProject(PROJECT)).rejects.toMatchObject({ code: "Unauthorized" });
    const last = sandbox.world.journal.filter(({ service }) => service === "sls").at(-1);
    expect(last).toMatchObject({
      operation: "GetProject",
      status: 401,
      resource: `acs:log:${sandbox.region}:${sandbox.accountId}:project/${PROJECT}`,
    });
  });

  it("refuses a signature that is a quarter of an hour old", async () => {
    const late = await startSandbox();
    addLogstore(late.world, {
      project: PROJECT,
      logstore: "l",
      ownerId: late.accountId,
      region: late.region,
    });
    const headers = headersOf(late, -16 * 60_000);
    const answer = await fetch(`${late.sls.url}/logstores/l`, { headers });
    expect(await answer.json()).toMatchObject({ errorCode: "RequestTimeExpired" });
    await late.stop();
  });
});

/** A well-formed signature of another time: the date is looked at before the signature. */
function headersOf(late: Sandbox, byMs: number): Record<string, string> {
  return {
    date: new Date(late.clock.nowMs() + byMs).toUTCString(),
    "x-log-project": PROJECT,
    "x-log-signaturemethod": "hmac-sha256",
    authorization: `LOG ${late.administrator.accessKeyId}:x`,
  };
}
