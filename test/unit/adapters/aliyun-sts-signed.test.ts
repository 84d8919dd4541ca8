import { describe, expect, it } from "vitest";
import { aliyunSts } from "../../../shared/adapters/aliyun-sts.ts";
import type { AssumeRole, CallerCredentials } from "../../../shared/ports.ts";
import { sandboxForTests } from "../../support/services-for-tests.ts";

const POLICY =
  '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:examplebucket/users/alice/*"]}]}';
const CALL = {
  sessionName: "alice-0123456789abcdef0123",
  sessionPolicy: POLICY,
  durationSeconds: 900,
} as unknown as AssumeRole;

const sandbox = await sandboxForTests();
function stsAs(caller: CallerCredentials, roleArn = sandbox.roleArn) {
  return aliyunSts({
    endpoint: { host: sandbox.sts.endpoint, protocol: "http" },
    roleArn,
    callerCredentials: () => caller,
    clock: { nowMs: Date.now },
  });
}

function ramUser(): CallerCredentials {
  return { accessKeyId: sandbox.accessKeyId, accessKeySecret: sandbox.accessKeySecret };
}

// The sandbox verifies signatures and evaluates RAM policies, and knows nothing of the adapter.
describe("against an STS that verifies", () => {
  it("gets credentials of a session with exactly this name, policy and duration", async () => {
    const beforeMs = Date.now();
    const result = await stsAs(ramUser()).assumeRole(CALL);
    if (!result.ok) throw new Error(JSON.stringify(result.refusal));
    expect(sandbox.world.sessions.get(result.value.accessKeyId)).toMatchObject({
      accessKeySecret: result.value.accessKeySecret,
      securityToken: result.value.securityToken,
      name: CALL.sessionName,
      policy: POLICY,
    });
    expect(result.value.expiresAtMs - beforeMs).toBeGreaterThan(898_000);
    expect(result.value.expiresAtMs - beforeMs).toBeLessThan(905_000);
  });

  it.each([
    ["a wrong secret", () => ({ ...ramUser(), accessKeySecret: "another" }), "SignatureDoesNotMatch"],
    ["an unknown key", () => ({ ...ramUser(), accessKeyId: "LTAInobody" }), "InvalidAccessKeyId.NotFound"],
  ])("with %s, refuses after one call", async (_case, caller, stsCode) => {
    const before = sandbox.world.journal.length;
    expect(await stsAs(caller()).assumeRole(CALL)).toMatchObject({
      ok: false,
      refusal: { code: "STS_DENIED", stsCode },
    });
    expect(sandbox.world.journal.length - before).toBe(1);
  });

  it("signs with the new secret when the secret alone has changed", async () => {
    const secrets = ["another", sandbox.accessKeySecret];
    const sts = aliyunSts({
      endpoint: { host: sandbox.sts.endpoint, protocol: "http" },
      roleArn: sandbox.roleArn,
      callerCredentials: () => ({ ...ramUser(), accessKeySecret: secrets.shift() ?? "" }),
      clock: { nowMs: Date.now },
    });
    expect(await sts.assumeRole(CALL)).toMatchObject({ refusal: { stsCode: "SignatureDoesNotMatch" } });
    expect(await sts.assumeRole(CALL)).toMatchObject({ ok: true });
  });

  it("refuses for a role that does not exist", async () => {
    const roleArn = `acs:ram::${sandbox.accountId}:role/nobody`;
    expect(await stsAs(ramUser(), roleArn).assumeRole(CALL)).toMatchObject({
      ok: false,
      refusal: {
        code: "STS_DENIED",
        stsCode: expect.stringMatching(/^(EntityNotExist\.Role|NoPermission)$/),
      },
    });
  });

  it("signs with a session's credentials too, token and all", async () => {
    const chained = await stsAs(ramUser()).assumeRole(CALL);
    if (!chained.ok) throw new Error(JSON.stringify(chained.refusal));
    const { accessKeyId, accessKeySecret, securityToken } = chained.value;
    // Signature and token are right; what stops it is that vended credentials may not vend again.
    expect(await stsAs({ accessKeyId, accessKeySecret, securityToken }).assumeRole(CALL)).toMatchObject({
      ok: false,
      refusal: { code: "STS_DENIED", stsCode: "NoPermission" },
    });
  });
});
