import { parseArgs } from "node:util";
import type { Config } from "../functions/credentials/config.ts";
import { bucketsChecked } from "./doctor/buckets.ts";
import { assumeRoleChecked, clockChecked, identityChecked } from "./doctor/caller.ts";
import { type Finding, type Findings, findingsTo, findingText } from "./doctor/finding.ts";
import { issuerKeysChecked } from "./doctor/issuer-keys.ts";
import { roleRead } from "./doctor/role-in-ram.ts";
import { maxSessionChecked, rolePolicyChecked } from "./doctor/role-policy.ts";
import { settingsChecked } from "./doctor/settings.ts";
import { clientTrustChecked, functionTrustChecked, mayAssumeChecked } from "./doctor/trust.ts";
import { type AccessKeys, type ApiAddress, accessKeysFrom, apiAddressFrom } from "./operator-access.ts";
import { ossClientWith } from "./oss-client.ts";
import { desiredStateFor } from "./provision/desired-state.ts";
import { ramAccountWith } from "./provision/ram-account.ts";
import { type Terminal, UsageError } from "./terminal.ts";

export const DOCTOR_HELP = `npm run valet -- doctor [--json]

Looks at a deployment from end to end and says what to mend: the settings, the issuers' keys, STS and this machine's
clock, both roles with their trust and their policies against access.yaml, the buckets. Changes nothing. Exit code 0:
nothing fails (a warning does not); 1: something does; 2: called wrongly.

  --function-role NAME    oss-valet-function where left out; s.yaml names it
  --caller-user NAME      the RAM user that also may assume the client role, where provision made one
  --oss-endpoint URL      where OSS is, for the local cloud; https://oss-<region>.aliyuncs.com where left out
  --json                  for machines

Settings: those of the function, as in s.yaml (docs/settings.md). ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET and
_SECURITY_TOKEN are an operator's here, who may read RAM and the bucket's settings (AliyunRAMReadOnlyAccess,
AliyunOSSReadOnlyAccess). CALLER_ACCESS_KEY_ID and CALLER_ACCESS_KEY_SECRET, where set, call AssumeRole once.
RAM_ENDPOINT (https://ram.aliyuncs.com), OSS_ADMIN_ENDPOINT (as --oss-endpoint).`;

/** Exit code 0: nothing fails; 1: something does. Throws UsageError. `accessFile`: the content of access.yaml. */
export async function doctor(
  args: readonly string[],
  accessFile: unknown,
  terminal: Terminal,
): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "function-role": { type: "string", default: "oss-valet-function" },
      "caller-user": { type: "string" },
      "oss-endpoint": { type: "string" },
      json: { type: "boolean" },
    },
  });
  const { environment } = terminal;
  const ramAddress = addressOf("RAM_ENDPOINT", environment["RAM_ENDPOINT"] || "https://ram.aliyuncs.com");
  const ossEndpoint = values["oss-endpoint"] ?? (environment["OSS_ADMIN_ENDPOINT"] || undefined);
  if (ossEndpoint !== undefined) addressOf("--oss-endpoint", ossEndpoint);

  const all: Finding[] = [];
  const findings = findingsTo((finding) => {
    all.push(finding);
    if (values.json !== true) terminal.out(findingText(finding));
  });
  const config = settingsChecked(environment, accessFile, findings);
  if (config === undefined) findings.skip("everything else", "the settings come first");
  else
    await deploymentChecked(
      {
        config,
        keys: accessKeysFrom(environment),
        callerKeys: accessKeysFrom(environment, "CALLER"),
        ramAddress,
        ossEndpoint: ossEndpoint ?? `https://oss-${config.region}.aliyuncs.com`,
        functionRole: values["function-role"],
        callerUser: values["caller-user"],
        clock: terminal,
      },
      findings,
    );

  const failed = all.filter(({ outcome }) => outcome === "fail").length;
  const warned = all.filter(({ outcome }) => outcome === "warn").length;
  if (values.json === true) terminal.out(JSON.stringify({ failed, warned, findings: all }, null, 2));
  else terminal.out(summary(failed, warned));
  return failed === 0 ? 0 : 1;
}

interface Deployment {
  readonly config: Config;
  /** The operator's. */
  readonly keys: AccessKeys | undefined;
  /** Of who calls AssumeRole outside Function Compute. */
  readonly callerKeys: AccessKeys | undefined;
  readonly ramAddress: ApiAddress;
  readonly ossEndpoint: string;
  readonly functionRole: string;
  readonly callerUser: string | undefined;
  readonly clock: { readonly nowMs: () => number };
}

/** Each group of checks where those that it builds on have come through. */
async function deploymentChecked(deployment: Deployment, findings: Findings): Promise<void> {
  const { config, keys, callerKeys, clock } = deployment;
  const stsAddress: ApiAddress = { endpoint: config.sts.host, protocol: config.sts.protocol };
  await issuerKeysChecked(config.issuerKeys, clock, findings);
  const sts = await clockChecked(stsAddress, clock, findings);
  if (sts === "unreachable") {
    findings.skip("operator's keys, roles, bucket", "STS does not answer");
    return;
  }
  if (keys === undefined) {
    findings.fail(
      "operator's keys",
      "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set",
      "set those of somebody who may read RAM and the bucket's settings",
    );
    findings.skip("roles, bucket", "they can only be read with the operator's keys");
  } else {
    const identity = await identityChecked(keys, stsAddress, findings);
    if (identity === undefined)
      findings.skip("roles, bucket", "they can only be read with the operator's keys");
    else {
      await rolesChecked(deployment, keys, identity.accountId, findings);
      const { region, bucket, rules, allowedOrigins } = config;
      const client = ossClientWith({ keys, region, endpoint: deployment.ossEndpoint });
      const { accountId } = identity;
      await bucketsChecked(client, { rules, bucket, region, accountId, allowedOrigins }, findings);
    }
  }
  if (callerKeys === undefined)
    findings.skip(
      "AssumeRole",
      "CALLER_ACCESS_KEY_ID is not set; inside Function Compute the role calls, see smoke",
    );
  else await assumeRoleChecked({ keys: callerKeys, address: stsAddress, roleArn: config.roleArn }, findings);
}

async function rolesChecked(
  { config, ramAddress, functionRole, callerUser }: Deployment,
  keys: AccessKeys,
  accountId: string,
  findings: Findings,
): Promise<void> {
  const { rules, bucket } = config;
  const [, account, clientRole] = /^acs:ram::(\d+):role\/(.+)$/.exec(config.roleArn) ?? [];
  if (account !== accountId || clientRole === undefined) {
    findings.fail(
      "client role",
      `OSS_ROLE_ARN is of account ${account}, and the operator's keys are of ${accountId}`,
      "mend the account id in OSS_ROLE_ARN, or run this with keys of its account",
    );
    findings.skip("roles", "they are another account's");
    return;
  }
  const desired = desiredStateFor(rules, { accountId, clientRole, functionRole, callerUser, bucket });
  const [desiredFunction, desiredClient] = desired.roles;
  if (desiredFunction === undefined || desiredClient === undefined) return;
  const ram = ramAccountWith(keys, ramAddress);
  const arnOf = (name: string): string => `acs:ram::${accountId}:role/${name.toLowerCase()}`;

  const client = await roleRead(
    ram,
    { name: clientRole, purpose: "client role", settingThatNamesIt: "OSS_ROLE_ARN" },
    findings,
  );
  if (client === undefined)
    findings.skip(`trust and policies of ${clientRole}`, "the role could not be read");
  else {
    clientTrustChecked(
      client,
      { desired: desiredClient, functionRoleArn: arnOf(functionRole), accountId },
      findings,
    );
    rolePolicyChecked(client, { desired: desiredClient, rules, bucket, accountId }, findings);
    maxSessionChecked(client, rules, findings);
  }

  const runner = await roleRead(
    ram,
    {
      name: functionRole,
      purpose: "function's role",
      settingThatNamesIt: "--function-role (and role in s.yaml)",
    },
    findings,
  );
  if (runner === undefined)
    findings.skip(`trust and policies of ${functionRole}`, "the role could not be read");
  else {
    functionTrustChecked(runner, findings);
    mayAssumeChecked(runner, { desired: desiredFunction, clientRoleArn: arnOf(clientRole) }, findings);
  }
}

function addressOf(name: string, text: string): ApiAddress {
  const address = apiAddressFrom(text);
  if (address === undefined)
    throw new UsageError(`${name}: write https:// and a host (http:// only for a loopback address)`);
  return address;
}

function summary(failed: number, warned: number): string {
  const warnings = warned === 0 ? "" : `; ${warned} ${warned === 1 ? "warning" : "warnings"}`;
  return failed === 0 ? `Nothing fails${warnings}.` : `${failed} to mend${warnings}.`;
}
