import { describe, expect, it, onTestFinished } from "vitest";
import { emptyAccount } from "../support/deployment.ts";
import { leaksIn, secretsOfToken } from "../support/secrets.ts";

describe("no secret of a deployment", () => {
  it("is in what provision, smoke and doctor print, in the functions' log, the journal, OSS's log or ActionTrail", async () => {
    const deployed = await emptyAccount();
    onTestFinished(() => deployed.stop());
    const { fc, oss, administrator, issuer, world } = deployed.sandbox;
    const token = issuer.token({ sub: "alice" });
    const planned = await deployed.provision("plan");
    const applied = await deployed.provision("apply", "--yes");
    await deployed.deploy();
    const smoked = await deployed.smoke([fc.url, "--token", token, "--oss-endpoint", oss.url]);
    const stolen = await deployed.smoke([fc.url, "--token", `${token}x`, "--oss-endpoint", oss.url]);
    expect([smoked.code, stolen.code], smoked.out).toEqual([0, 1]);
    const { findings } = await deployed.doctor();
    const printed = [
      ...[planned, applied, smoked, stolen].flatMap(({ out, errors }) => [out, errors]),
      ...world.functionLog.map(({ text }) => text),
      ...world.accessLog.map(({ text }) => text),
      JSON.stringify([findings, world.journal, world.trail]),
    ].join("\n");
    expect(world.functionLog.length).toBeGreaterThan(5);
    const sessions = [...world.sessions.values()].flatMap(({ name, accessKeySecret, securityToken }) => [
      { name: `the secret of ${name}`, text: accessKeySecret },
      { name: `the security token of ${name}`, text: securityToken },
    ]);
    expect(sessions.length).toBeGreaterThan(3);
    const key = { name: "the administrator's key", text: administrator.accessKeySecret };
    expect(leaksIn(printed, [key, ...sessions, ...secretsOfToken("the App token", token)])).toEqual([]);
  });
});
