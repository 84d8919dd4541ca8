import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNFINISHED } from "../../cli/provision/plan.ts";
import type { Fault } from "../../sandbox/fault-rule.ts";
import { addPolicy, attachPolicy } from "../../sandbox/world.ts";
import { type Deployment, emptyAccount } from "../support/deployment.ts";
import { faultLines } from "../support/findings.ts";
import { worldIsRestored } from "../support/world-state.ts";

const ACCOUNT = "1234567890123456";
const FOREIGN = "acs:ram::9999999999999999:root";
const CLIENT = "oss-valet-client";
const FUNCTION = "oss-valet-function";

let deployed: Deployment;

beforeAll(async () => {
  deployed = await emptyAccount();
  await deployed.provision("apply", "--yes");
});

afterAll(async () => {
  await deployed.stop();
});

worldIsRestored(() => deployed);

describe("what doctor tells to do about RAM, done as told, mends it", () => {
  const fromAnOffice = { IpAddress: { "acs:SourceIp": "198.51.100.0/24" } };
  const functionsRole = { RAM: [`acs:ram::${ACCOUNT}:role/${FUNCTION}`] };

  it.each<[string, () => void, readonly RegExp[]]>([
    [
      "a client role that trusts the whole account",
      () => trust(CLIENT, { RAM: [`acs:ram::${ACCOUNT}:root`] }),
      [/^warn trust policy of oss-valet-client: trusts acs:ram::1234567890123456:root: every user and role/],
    ],
    [
      "a client role that trusts another account, too",
      () => trust(CLIENT, { RAM: [...functionsRole.RAM, FOREIGN] }),
      [
        /^fail trust policy of oss-valet-client: trusts another account: acs:ram::9999999999999999:root may get everything that access.yaml grants to anyone/,
      ],
    ],
    [
      "a client role that trusts the function under a condition",
      () => trust(CLIENT, functionsRole, fromAnOffice),
      [
        /^fail trust policy of oss-valet-client: trusts acs:ram::1234567890123456:role\/oss-valet-function only under Condition \{"IpAddress":\{"acs:SourceIp":"198\.51\.100\.0\/24"\}\}, .* → remove the Condition; this does it: .* --allow-widening$/,
      ],
    ],
    [
      "a client role that trusts the function, and another account, under a condition",
      () => trust(CLIENT, { RAM: [...functionsRole.RAM, FOREIGN] }, fromAnOffice),
      [
        /^fail trust policy of oss-valet-client: trusts acs:ram::1234567890123456:role\/oss-valet-function only under Condition/,
        /^fail trust policy of oss-valet-client: trusts another account: acs:ram::9999999999999999:root may get everything that access.yaml grants to anyone/,
      ],
    ],
    [
      "a function's role that trusts another account, too",
      () => trust(FUNCTION, { Service: ["fc.aliyuncs.com"], RAM: [FOREIGN] }),
      [
        /^fail trust policy of oss-valet-function: trusts another account: acs:ram::9999999999999999:root may assume the client role like the function, and get everything that access.yaml grants to anyone/,
      ],
    ],
    [
      "a function's role that another account's login may become",
      () =>
        trust(FUNCTION, {
          Service: ["fc.aliyuncs.com"],
          Federated: ["acs:ram::9999999999999999:oidc-provider/login"],
        }),
      [
        /^fail trust policy of oss-valet-function: trusts another account: Federated acs:ram::9999999999999999:oidc-provider/,
      ],
    ],
    [
      "a function's role that trusts the whole account, too",
      () => trust(FUNCTION, { Service: ["fc.aliyuncs.com"], RAM: [`acs:ram::${ACCOUNT}:root`] }),
      [
        /^warn trust policy of oss-valet-function: trusts acs:ram::1234567890123456:root: every user and role/,
      ],
    ],
    [
      "a function's role that another service may become",
      () => trust(FUNCTION, { Service: ["fc.aliyuncs.com", "ecs.aliyuncs.com"] }),
      [/^warn trust policy of oss-valet-function: also trusts Service ecs\.aliyuncs\.com/],
    ],
    [
      "a function's role that Function Compute may become under a condition",
      () => trust(FUNCTION, { Service: ["fc.aliyuncs.com"] }, fromAnOffice),
      [/^fail trust policy of oss-valet-function: trusts fc\.aliyuncs\.com only under Condition/],
    ],
    [
      "a role policy that allows all but something",
      () => {
        const { sandbox, account } = deployed;
        const document = policy({ Effect: "Allow", NotAction: "ram:*", Resource: "*" });
        addPolicy(sandbox.world, account, `${CLIENT}-access`, document);
      },
      [
        /^warn policies of oss-valet-client: oss-valet-client-access allows more than the rules need: not ram:\* \* → npm run valet -- provision apply$/,
      ],
    ],
    [
      "the client role of the guide, with all of OSS",
      () => instead(CLIENT, "AliyunOSSFullAccess"),
      [
        /^warn policies of oss-valet-client: AliyunOSSFullAccess allows more .* → .* --allow-widening, and only then detach AliyunOSSFullAccess from oss-valet-client$/,
      ],
    ],
    [
      "the function's role of the guide, with every role",
      () => instead(FUNCTION, "AliyunSTSAssumeRoleAccess"),
      [
        /^warn policies of oss-valet-function: AliyunSTSAssumeRoleAccess allows more .* → .* --allow-widening, and only then detach AliyunSTSAssumeRoleAccess from oss-valet-function$/,
      ],
    ],
    [
      "a policy too many",
      () => attachPolicy(deployed.sandbox.world, deployed.role(FUNCTION), "System", "AdministratorAccess"),
      [
        /^warn policies of oss-valet-function: AdministratorAccess .* → detach AdministratorAccess from oss-valet-function, unless you want it$/,
      ],
    ],
    [
      "a client role without its policy",
      () => deployed.role(CLIENT).attached.splice(0),
      [
        /^fail policies of oss-valet-client: oss-valet-client-access is not attached: every rule will fail with AccessDenied → .* --allow-widening, unless somebody detached it to stop everything$/,
      ],
    ],
    [
      "an apply that was interrupted",
      () => {
        const role = deployed.role(CLIENT);
        role.description = UNFINISHED;
        role.attached.splice(0);
      },
      [
        /^fail client role oss-valet-client: is not complete: an apply was interrupted → npm run valet -- provision apply$/,
      ],
    ],
  ])("%s", async (_case, spoil, told) => {
    spoil();
    const before = await deployed.doctor({ args: ["--strict"] });
    expect(faultLines(before.findings)).toEqual(told.map((line) => expect.stringMatching(line)));
    expect(before.code).toBe(1);

    const fixes = before.findings.flatMap(({ fix }) => fix ?? []);
    for (const command of new Set(
      fixes.flatMap((fix) => /provision apply(?: --[a-z-]+)*/.exec(fix)?.[0] ?? []),
    )) {
      const [, ...args] = command.split(" ");
      expect(await deployed.provision(...args, "--yes")).toMatchObject({ code: 0, errors: "" });
    }
    for (const fix of fixes) {
      const [, name, from] = /detach (\S+) from ([\w-]+)/.exec(fix) ?? [];
      if (name !== undefined && from !== undefined) detach(name, from);
    }
    const after = await deployed.doctor({ args: ["--strict"] });
    expect(faultLines(after.findings)).toEqual([]);
    expect(after.code).toBe(0);
  });

  it("passes with a warning where nobody asks for --strict", async () => {
    attachPolicy(deployed.sandbox.world, deployed.role(FUNCTION), "System", "AdministratorAccess");
    expect((await deployed.doctor()).code).toBe(0);
    expect((await deployed.doctor({ args: ["--strict"] })).code).toBe(1);
  });
});

describe("one cause is one finding", () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[], RegExp]>([
    [
      "a mistyped bucket",
      { OSS_BUCKET: "exampelbucket" },
      [],
      /^fail bucket exampelbucket: does not exist .* → fix OSS_BUCKET/,
    ],
    [
      "a mistyped client role",
      { OSS_ROLE_ARN: `acs:ram::${ACCOUNT}:role/oss-valet-clinet` },
      [],
      /^fail client role oss-valet-clinet: does not exist → fix OSS_ROLE_ARN, or create it: /,
    ],
    [
      "a client role's name that RAM may not take",
      { OSS_ROLE_ARN: `acs:ram::${ACCOUNT}:role/oss_valet` },
      [],
      /^fail client role oss_valet: does not exist → fix OSS_ROLE_ARN, or create it: /,
    ],
    [
      "the client role as the function's",
      {},
      ["--function-role", CLIENT],
      /^fail settings: OSS_ROLE_ARN and --function-role both name oss-valet-client → write two different roles$/,
    ],
    [
      "the function's role as the client",
      { OSS_ROLE_ARN: `acs:ram::${ACCOUNT}:role/${FUNCTION}` },
      [],
      /^fail settings: OSS_ROLE_ARN and --function-role both name oss-valet-function → write two different roles$/,
    ],
  ])("%s", async (_case, environment, args, told) => {
    const { code, findings } = await deployed.doctor({ args, environment });
    expect(faultLines(findings)).toEqual([expect.stringMatching(told)]);
    expect(code).toBe(1);
  });

  it("a mistyped bucket: no fix tells to give access to it before it is mended", async () => {
    deployed.role(CLIENT).trustPolicy = deployed.role(FUNCTION).trustPolicy;
    const { findings } = await deployed.doctor({ environment: { OSS_BUCKET: "exampelbucket" } });
    expect(faultLines(findings).filter((line) => line.includes("provision"))).toEqual([
      expect.stringMatching(
        /^fail trust policy .* → fix bucket exampelbucket first; then npm run valet -- provision apply/,
      ),
    ]);
  });

  const page: Fault = { kind: "answer", status: 200, body: "<html>Sign in</html>" };
  it.each<[string, "sts" | "ram" | "oss", Fault, RegExp]>([
    [
      "a page in the place of STS",
      "sts",
      page,
      /^fail STS: \S+: not an answer from this service: status 200 without an error code → check OSS_REGION or STS_ENDPOINT:/,
    ],
    [
      "STS that answers nothing",
      "sts",
      { kind: "empty" },
      /^fail STS: .*status 200 without an error code → check OSS_REGION or STS_ENDPOINT:/,
    ],
    [
      "STS behind a redirect",
      "sts",
      { kind: "redirect" },
      /^fail STS: .*status 302 without an error code → check OSS_REGION or STS_ENDPOINT:/,
    ],
    [
      "STS that cuts the line",
      "sts",
      { kind: "reset" },
      /^fail STS: \S+: no answer: the connection was cut \(\w+\) → fix OSS_REGION or STS_ENDPOINT, or this machine's connection to it/,
    ],
    [
      "a page in the place of RAM",
      "ram",
      page,
      /^fail RAM: not an answer from this service: not JSON → check RAM_ENDPOINT:/,
    ],
    [
      "RAM that answers nothing",
      "ram",
      { kind: "empty" },
      /^fail RAM: .*it has no role → check RAM_ENDPOINT:/,
    ],
    [
      "RAM without a code",
      "ram",
      { kind: "answer", status: 404, body: "{}" },
      /^fail RAM: .*status 404 without an error code → check RAM_ENDPOINT:/,
    ],
    [
      "RAM that cuts the line",
      "ram",
      { kind: "reset" },
      /^fail RAM: no answer: the connection was cut \(ECONNRESET\) → fix RAM_ENDPOINT, or this machine's connection to it/,
    ],
    [
      "RAM that is out of order",
      "ram",
      { kind: "error", status: 503 },
      /^fail RAM: ServiceUnavailable: .* → wait a moment and run it again$/,
    ],
    [
      "a page in the place of OSS",
      "oss",
      page,
      /^fail bucket examplebucket: .*it lacks the bucket's location, owner or ACL → check OSS_REGION or --oss-endpoint:/,
    ],
  ])("%s", async (_case, service, fault, told) => {
    deployed.sandbox.faults.add({ service, fault });
    const { code, findings } = await deployed.doctor();
    expect(faultLines(findings)).toEqual([expect.stringMatching(told)]);
    expect(code).toBe(1);
  });

  it.each<[string, () => Readonly<Record<string, string>>, RegExp]>([
    [
      "OSS at the address of STS",
      () => ({ STS_ENDPOINT: deployed.sandbox.oss.url }),
      /^fail STS: .*without an error code → check OSS_REGION or STS_ENDPOINT:/,
    ],
    [
      "RAM at the address of STS",
      () => ({ STS_ENDPOINT: deployed.sandbox.ram.url }),
      /^fail operator's keys: Invalid.* → check OSS_REGION or STS_ENDPOINT: another service of Alibaba Cloud answers there$/,
    ],
    [
      "STS at the address of RAM",
      () => ({ RAM_ENDPOINT: deployed.sandbox.sts.url }),
      /^fail RAM: Invalid.* → check RAM_ENDPOINT: another service of Alibaba Cloud answers there$/,
    ],
    [
      "nothing at the address of RAM",
      () => ({ RAM_ENDPOINT: "http://127.0.0.1:1" }),
      /^fail RAM: no answer: nothing listens there \(ECONNREFUSED\) → fix RAM_ENDPOINT/,
    ],
  ])("%s", async (_case, environment, told) => {
    const { code, findings } = await deployed.doctor({ environment: environment() });
    expect(faultLines(findings)).toEqual([expect.stringMatching(told)]);
    expect(code).toBe(1);
  });
});

function trust(role: string, principal: object, condition?: object): void {
  deployed.role(role).trustPolicy = policy({
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: principal,
    ...(condition === undefined ? {} : { Condition: condition }),
  });
}

/** A policy of Alibaba Cloud's in the place of ours. */
function instead(role: string, name: string): void {
  deployed.role(role).attached.splice(0);
  attachPolicy(deployed.sandbox.world, deployed.role(role), "System", name);
}

function detach(name: string, from: string): void {
  const { attached } = deployed.role(from);
  attached.splice(0, attached.length, ...attached.filter((one) => one.name !== name));
}

function policy(statement: object): string {
  return JSON.stringify({ Version: "1", Statement: [statement] });
}
