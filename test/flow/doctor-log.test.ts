import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addLogstore, addUser, attachPolicy, type LogStore, newAccessKey } from "../../sandbox/world.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";

interface Index {
  readonly keys: {
    readonly message: { type: string; readonly json_keys: Record<string, Record<string, unknown>> };
  };
}

/** A new one each time: a test may change it. */
const index = (): Index =>
  JSON.parse(readFileSync(new URL("../../ops/sls/index.json", import.meta.url), "utf8")) as Index;

let deployed: Deployment;
let logstore: LogStore;

beforeAll(async () => {
  deployed = await emptyAccount();
  const { world, accountId, region } = deployed.sandbox;
  logstore = addLogstore(world, { project: "valet-log", logstore: "oss-valet", ownerId: accountId, region });
});

afterAll(() => deployed.stop());

/** What doctor says of the log. */
async function logFindings(change: Readonly<Record<string, string>> = {}) {
  const environment = {
    ...{ LOG_PROJECT: "valet-log", LOG_STORE: "oss-valet", SLS_ENDPOINT: deployed.sandbox.sls.url },
    ...change,
  };
  const { findings } = await deployed.doctor({ environment });
  return findings.filter(({ check }) => /^log\b|logstore/.test(check));
}

describe("doctor looks at the log of the functions", () => {
  it("is satisfied with ops/sls/index.json", async () => {
    logstore.index = index();
    expect(await logFindings()).toEqual([
      {
        check: "index of logstore oss-valet",
        outcome: "ok",
        seen: expect.stringMatching(/^has all \d+ fields of the log line$/),
      },
    ]);
  });

  it("says that there is no index", async () => {
    logstore.index = undefined;
    expect(await logFindings()).toMatchObject([
      {
        check: "index of logstore oss-valet",
        outcome: "warn",
        fix: expect.stringContaining("ops/sls/index.json"),
      },
    ]);
  });

  it.each<readonly [string, (own: Index) => void, string]>([
    [
      "a field that is missing",
      ({ keys }) => delete keys.message.json_keys["refusal.code"],
      "message lacks refusal.code",
    ],
    [
      "a number that is a text",
      ({ keys }) => Object.assign(keys.message.json_keys["status"] ?? {}, { type: "text" }),
      "message.status is text, and not long",
    ],
    [
      "a field without analysis",
      ({ keys }) => Object.assign(keys.message.json_keys["code"] ?? {}, { doc_value: false }),
      "message.code has no analysis (doc_value)",
    ],
    [
      "a line that is only text",
      ({ keys }) => Object.assign(keys.message, { type: "text" }),
      "message is text, and not json: its values are no fields",
    ],
    [
      "an index that somebody made for another log",
      ({ keys }) => delete (keys as { message?: unknown }).message,
      "it has no field message, where our line stands",
    ],
  ])("names %s", async (_case, change, seen) => {
    const changed = index();
    change(changed);
    logstore.index = changed;
    expect(await logFindings()).toMatchObject([{ outcome: "warn", seen }]);
  });

  it.each([
    ["project", { LOG_PROJECT: "nobody" }, "log project nobody", "fix LOG_PROJECT"],
    ["logstore", { LOG_STORE: "other" }, "logstore other", "fix LOG_STORE"],
  ])("fails for a %s that does not exist", async (_case, change, check, fix) => {
    expect(await logFindings(change)).toMatchObject([
      { check, outcome: "fail", fix: expect.stringContaining(fix) },
    ]);
  });

  it("warns, and says which permission, where the keys may not look", async () => {
    const { account, sandbox } = deployed;
    const user = addUser(sandbox.world, account, "no-log");
    for (const policy of ["AliyunRAMReadOnlyAccess", "AliyunOSSReadOnlyAccess"])
      attachPolicy(sandbox.world, user, "System", policy);
    const key = newAccessKey(sandbox.world);
    user.accessKeys.push(key);
    const keys = { ALIBABA_CLOUD_ACCESS_KEY_ID: key.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: key.secret };
    expect(await logFindings(keys)).toMatchObject([
      {
        check: "log project valet-log",
        outcome: "warn",
        fix: expect.stringContaining("AliyunLogReadOnlyAccess"),
      },
    ]);

    logstore.index = index();
    attachPolicy(sandbox.world, user, "System", "AliyunLogReadOnlyAccess");
    expect(await logFindings(keys)).toMatchObject([{ outcome: "ok" }]);
  });

  it("skips it where nothing is set, and refuses a half", async () => {
    expect(await logFindings({ LOG_PROJECT: "", LOG_STORE: "" })).toMatchObject([
      { check: "log", outcome: "skip" },
    ]);
    expect(await logFindings({ LOG_STORE: "" })).toMatchObject([
      { check: "log", outcome: "fail", seen: "LOG_PROJECT is set, but LOG_STORE is not" },
    ]);
  });

  it("warns when Log Service does not answer", async () => {
    expect(await logFindings({ SLS_ENDPOINT: "http://127.0.0.1:9" })).toMatchObject([
      { outcome: "warn", fix: expect.stringContaining("SLS_ENDPOINT") },
    ]);
  });
});
