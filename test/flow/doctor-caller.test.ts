import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newAccessKey, type RamUser } from "../../sandbox/world.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { faultLines, faultsIn } from "../support/findings.ts";
import { worldIsRestored } from "../support/world-state.ts";

const CALLER = "oss-valet-caller";
const args = ["--caller-user", CALLER];

let deployed: Deployment;
let keys: Readonly<Record<string, string>>;

beforeAll(async () => {
  deployed = await emptyAccount();
  await deployed.provision("apply", "--yes", ...args);
  const [key] = caller().accessKeys;
  keys = { CALLER_ACCESS_KEY_ID: key?.id ?? "", CALLER_ACCESS_KEY_SECRET: key?.secret ?? "" };
});

afterAll(async () => {
  await deployed.stop();
});

worldIsRestored(() => deployed);

describe("the user of a caller outside Function Compute", () => {
  it("is looked at like a role", async () => {
    const { code, findings } = await deployed.doctor({ args, environment: keys });
    expect(findings.slice(-4).map(({ outcome, check }) => `${outcome} ${check}`)).toEqual([
      `ok caller user ${CALLER}`,
      `ok policies of ${CALLER}`,
      "skip log",
      "ok AssumeRole with CALLER_ACCESS_KEY_ID",
    ]);
    expect(code).toBe(0);
  });

  it.each<[string, () => void, readonly RegExp[]]>([
    [
      "that does not exist",
      () => deployed.account.users.delete(CALLER),
      [
        /^fail caller user .*: does not exist → fix --caller-user, or create it: .*apply --caller-user oss-valet-caller$/,
      ],
    ],
    [
      "without a key",
      () => caller().accessKeys.splice(0),
      [/^fail caller user .*: has no access key → create one: .*--allow-widening$/],
    ],
    [
      "whose keys are all disabled",
      () => {
        for (const key of caller().accessKeys) key.status = "Inactive";
      },
      [/^fail caller user .*: has no access key that is enabled → /],
    ],
    [
      "without its policy",
      () => caller().attached.splice(0),
      [
        /^fail policies of oss-valet-caller: may not assume .* → npm run .* --caller-user oss-valet-caller --allow-widening$/,
      ],
    ],
    [
      "whom the client role does not trust",
      () => {
        const role = deployed.role("oss-valet-client");
        role.trustPolicy = role.trustPolicy.replace(/,"acs:ram::\d+:user\/[^"]*"/, "");
      },
      [
        /^fail trust policy of oss-valet-client: does not trust acs:ram::1234567890123456:user\/oss-valet-caller, nor anybody in its place: STS answers NoPermission .* --allow-widening$/,
      ],
    ],
  ])("%s: is one finding, and AssumeRole is not tried", async (_case, spoil, told) => {
    spoil();
    const calls = deployed.sandbox.world.journal.length;
    const { code, findings } = await deployed.doctor({ args, environment: keys });
    expect(faultLines(findings)).toEqual(told.map((line) => expect.stringMatching(line)));
    expect(code).toBe(1);
    const operations = deployed.sandbox.world.journal.slice(calls).map(({ operation }) => operation);
    expect(operations).not.toContain("AssumeRole");
  });

  it("who signs, but lacks the policy for it", async () => {
    const { attached } = caller();
    attached.splice(0, attached.length, ...attached.filter(({ name }) => name.endsWith("-assume")));
    const { code, findings } = await deployed.doctor({ args });
    expect(faultLines(findings)).toEqual([
      expect.stringMatching(
        /^fail policies of oss-valet-caller: oss-valet-client-uploads is not attached: every rule will fail .* --allow-widening, unless/,
      ),
    ]);
    expect(code).toBe(1);
    expect((await deployed.doctor({ args: [...args, "--no-uploads"] })).code).toBe(0);
  });

  it("who may sign, where nobody signs", async () => {
    const { findings } = await deployed.doctor({ args: [...args, "--no-uploads"] });
    expect(faultLines(findings)).toEqual([
      expect.stringMatching(
        /^warn policies of oss-valet-caller: oss-valet-client-uploads allows more than assuming the client role: oss:GetObject .* → detach oss-valet-client-uploads from oss-valet-caller/,
      ),
    ]);
  });

  it("whose name is mistyped: is one finding, and nobody is told to trust that name", async () => {
    const { code, findings } = await deployed.doctor({ args: ["--caller-user", "oss-valet-calelr"] });
    expect(faultLines(findings)).toEqual([
      expect.stringMatching(/^fail caller user oss-valet-calelr: does not exist → fix --caller-user, or /),
    ]);
    expect(code).toBe(1);
  });
});

describe("AssumeRole with the keys of a caller outside Function Compute", () => {
  const check = "AssumeRole with CALLER_ACCESS_KEY_ID";

  it("is made, with a session that may do nothing", async () => {
    const { code, findings } = await deployed.doctor({ args, environment: keys });
    expect(findings.at(-1)).toEqual({
      check,
      outcome: "ok",
      seen: "acs:ram::1234567890123456:role/oss-valet-client/oss-valet-doctor",
    });
    expect(code).toBe(0);
    const made = [...deployed.sandbox.world.sessions.values()].findLast(
      ({ name }) => name === "oss-valet-doctor",
    );
    expect(JSON.parse(made?.policy ?? "")).toEqual({
      Version: "1",
      Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }],
    });
  });

  it("tells a role that does not trust the caller from a caller that may not", async () => {
    const { sandbox } = deployed;
    await deployed.provision("apply", "--yes");
    const untrusted = await deployed.doctor({ environment: keys });
    expect(untrusted.findings.at(-1)).toMatchObject({
      outcome: "fail",
      seen: expect.stringMatching(/^NoPermission: /),
      fix: expect.stringContaining("trust policy does not name this caller"),
    });
    caller().attached.splice(0);
    const powerless = await deployed.doctor({ environment: keys });
    expect(powerless.findings.at(-1)).toMatchObject({
      outcome: "fail",
      fix: expect.stringContaining("no policy of the caller allows sts:AssumeRole"),
    });
    const calls = sandbox.world.journal.filter(({ operation }) => operation === "AssumeRole");
    expect(calls.at(-1)).toMatchObject({ status: 403 });
  });

  it.each([
    [
      "a key that does not exist",
      { CALLER_ACCESS_KEY_ID: "LTAInobody" },
      /CALLER_ACCESS_KEY_ID to a key that exists/,
    ],
    ["another secret", { CALLER_ACCESS_KEY_SECRET: "another" }, /CALLER_ACCESS_KEY_SECRET to the secret/],
    [
      "a token of somewhere",
      { CALLER_SECURITY_TOKEN: "CAIS" },
      /CALLER_SECURITY_TOKEN to the complete token/,
    ],
  ])("says what to set for %s", async (_case, change, remedy) => {
    const { findings } = await deployed.doctor({ args, environment: { ...keys, ...change } });
    expect(findings.at(-1)).toMatchObject({ check, outcome: "fail", fix: expect.stringMatching(remedy) });
  });

  it.each([
    ["CALLER_ACCESS_KEY_ID", "CALLER_ACCESS_KEY_SECRET"],
    ["CALLER_ACCESS_KEY_SECRET", "CALLER_ACCESS_KEY_ID"],
  ])("fails where %s is not set, and %s is", async (missing, other) => {
    const { code, findings } = await deployed.doctor({ args, environment: { ...keys, [missing]: " " } });
    expect(faultLines(findings)).toEqual([
      `fail AssumeRole: ${other} is set, but ${missing} is not → set both, or neither`,
    ]);
    expect(code).toBe(1);
  });
});

it("names the account's own key as the mistake where it is to call AssumeRole", async () => {
  const root = newAccessKey(deployed.sandbox.world);
  deployed.account.rootKeys.push(root);
  const { findings } = await deployed.doctor({
    environment: { CALLER_ACCESS_KEY_ID: root.id, CALLER_ACCESS_KEY_SECRET: root.secret },
  });
  expect(findings.at(-1)).toMatchObject({
    check: "AssumeRole with CALLER_ACCESS_KEY_ID",
    outcome: "fail",
    seen: "NoPermission: Roles may not be assumed by root accounts. (the key belongs to acs:ram::1234567890123456:root)",
    fix: expect.stringMatching(
      /^CALLER_ACCESS_KEY_ID is a key of the account itself \(root\), which may assume no role: use a RAM user's key/,
    ),
  });
});

it("warns of the account's own key", async () => {
  const root = newAccessKey(deployed.sandbox.world);
  deployed.account.rootKeys.push(root);
  const { findings } = await deployed.doctor({
    args,
    environment: { ALIBABA_CLOUD_ACCESS_KEY_ID: root.id, ALIBABA_CLOUD_ACCESS_KEY_SECRET: root.secret },
  });
  expect(faultsIn(findings)).toEqual([
    expect.objectContaining({
      outcome: "warn",
      check: "operator's keys",
      fix: expect.stringContaining("RAM user"),
    }),
  ]);
});

function caller(): RamUser {
  const user = deployed.account.users.get(CALLER);
  if (user === undefined) throw new Error("no caller");
  return user;
}
