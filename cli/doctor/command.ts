import { endpointOfBucket } from "../../shared/domain/oss-endpoint.ts";
import { FUNCTION_ROLE, UPLOADS_OPTIONS, uploadsRoleFrom } from "../provision/settings.ts";
import { logServiceWith, ramAccountWith } from "../shared/cloud-clients.ts";
import {
  type AccessKeys,
  type ApiAddress,
  accessKeysFrom,
  apiAddressOf,
  halfOfKeys,
} from "../shared/cloud-keys.ts";
import { ACCESS, command, type Options, type Terminal, type ValuesOf } from "../shared/command.ts";
import { ossClientWith } from "../shared/oss-client.ts";
import { bucketEndpointChecked } from "./bucket-endpoint.ts";
import { bucketsChecked } from "./buckets.ts";
import { assumeRoleChecked, identityChecked } from "./caller.ts";
import { type Finding, type Findings, findingsTo, findingText } from "./finding.ts";
import { issuerKeysChecked } from "./issuer-keys.ts";
import { logStoreChecked } from "./log-store.ts";
import { rolesChecked } from "./roles.ts";
import { type DeploymentSettings, settingsChecked } from "./settings.ts";
import { stsChecked } from "./sts.ts";

const OPTIONS = {
  server: { help: "what runs is server.js: Function Compute's custom runtime, or a container" },
  strict: { help: "count a warning as a problem, for a job that watches for drift" },
  "function-role": { value: "NAME", default: FUNCTION_ROLE, help: "the role in s.yaml" },
  ...UPLOADS_OPTIONS,
  "caller-user": {
    value: "NAME",
    help: "the RAM user that may also assume the client role, if provision created one",
  },
  "oss-endpoint": {
    value: "URL",
    help: "where OSS is, for the local cloud; default: https://oss-<region>.aliyuncs.com",
  },
  access: ACCESS,
  json: { help: "print JSON (with npm run -s, so that npm prints nothing into it)" },
} as const satisfies Options;

type Values = ValuesOf<typeof OPTIONS>;

/** Exit code 0: nothing fails; 1: something does. */
export const doctor = command({
  name: "doctor",
  usage: ["npm run valet -- doctor [options]", "npm run -s valet -- doctor --json"],
  about:
    "Checks a deployment from end to end and says what to fix: the settings, the issuers' keys, STS and this machine's clock, the buckets, the roles with their trust policies and policies, compared with access.yaml, and the index of the functions' log. Changes nothing.",
  options: OPTIONS,
  yes: "no problem; warnings count only with --strict",
  no: "a problem",
  settings: {
    "those of the functions": "as in s.yaml (docs/settings.md)",
    "ALIBABA_CLOUD_ACCESS_KEY_ID, _SECRET, _SECURITY_TOKEN":
      "here the keys of an operator who may read RAM, the bucket's settings and the log's index (AliyunRAMReadOnlyAccess, AliyunOSSReadOnlyAccess, AliyunLogReadOnlyAccess)",
    "CALLER_ACCESS_KEY_ID, CALLER_ACCESS_KEY_SECRET": "if set, doctor calls AssumeRole once with these keys",
    "LOG_PROJECT, LOG_STORE":
      "project and logstore of logConfig in s.yaml; if set, doctor looks at the index that the alarms need",
    RAM_ENDPOINT: "default: https://ram.aliyuncs.com",
    SLS_ENDPOINT: "default: https://<region>.log.aliyuncs.com",
    OSS_ADMIN_ENDPOINT: "the same as --oss-endpoint",
  },
  run: async ({ values }, terminal, access) => {
    const { content } = await access(values.access);
    return await examined(values, content, terminal);
  },
});

/** `accessFile`: the content of access.yaml. */
async function examined(values: Values, accessFile: unknown, terminal: Terminal): Promise<number> {
  const { environment } = terminal;
  const ramAddress = apiAddressOf("RAM_ENDPOINT", environment["RAM_ENDPOINT"] || "https://ram.aliyuncs.com");
  const log = logTargetFrom(environment);
  const ossEndpoint = values["oss-endpoint"] ?? (environment["OSS_ADMIN_ENDPOINT"] || undefined);
  if (ossEndpoint !== undefined) apiAddressOf("--oss-endpoint", ossEndpoint);

  const all: Finding[] = [];
  const findings = findingsTo((finding) => {
    all.push(finding);
    if (values.json !== true) terminal.out(findingText(finding));
  });
  const options = {
    functionRole: values["function-role"],
    uploadsRole: uploadsRoleFrom(values),
    callerUser: values["caller-user"],
    isServer: values.server === true,
  };
  const settings = settingsChecked(environment, accessFile, options, findings);
  if (settings === undefined) findings.skip("everything else", "fix the settings first");
  else await deploymentChecked({ ...settings, ramAddress, ossEndpoint, log, terminal }, findings);

  const failed = all.filter(({ outcome }) => outcome === "fail").length;
  const warned = all.filter(({ outcome }) => outcome === "warn").length;
  if (values.json === true) terminal.out(JSON.stringify({ failed, warned, findings: all }, null, 2));
  else terminal.out(summary(failed, warned));
  return failed === 0 && (warned === 0 || values.strict !== true) ? 0 : 1;
}

/** Throws UsageError for an address that is none. */
function logTargetFrom(environment: Terminal["environment"]): Deployment["log"] {
  const endpoint = environment["SLS_ENDPOINT"] || undefined;
  return {
    project: environment["LOG_PROJECT"]?.trim() || undefined,
    logstore: environment["LOG_STORE"]?.trim() || undefined,
    address: endpoint === undefined ? undefined : apiAddressOf("SLS_ENDPOINT", endpoint),
  };
}

interface Deployment extends DeploymentSettings {
  readonly ramAddress: ApiAddress;
  readonly log: {
    readonly project: string | undefined;
    readonly logstore: string | undefined;
    /** undefined: the region's own. */
    readonly address: ApiAddress | undefined;
  };
  /** undefined: the region's own. */
  readonly ossEndpoint: string | undefined;
  readonly terminal: Terminal;
}

/** Each group of checks where those that it builds on have come through: one cause is one finding. */
async function deploymentChecked(deployment: Deployment, findings: Findings): Promise<void> {
  const { config, terminal } = deployment;
  const stsAddress: ApiAddress = { endpoint: config.sts.host, protocol: config.sts.protocol };
  await issuerKeysChecked(config.issuerKeys, terminal, terminal.environment, findings);
  const first = await stsChecked(stsAddress, terminal, findings);
  if (first !== undefined) {
    findings.skip("operator's keys, bucket, roles, log, AssumeRole", `fix the problem with ${first} first`);
    return;
  }
  const inTheWay = await accountChecked(deployment, stsAddress, findings);
  const callerKeys = accessKeysFrom(terminal.environment, "CALLER");
  const half = halfOfKeys(terminal.environment, "CALLER");
  if (half !== undefined) findings.fail("AssumeRole", half, "set both, or neither");
  else if (callerKeys === undefined)
    findings.skip(
      "AssumeRole",
      "CALLER_ACCESS_KEY_ID is not set. Inside Function Compute the function's role calls AssumeRole; smoke checks that",
    );
  else if (inTheWay !== undefined) findings.skip("AssumeRole", inTheWay);
  else await assumeRoleChecked({ keys: callerKeys, address: stsAddress, roleArn: config.roleArn }, findings);
}

/** What takes the operator's keys to look at. Why AssumeRole need not be tried; undefined: it may work. */
async function accountChecked(
  { config, provision, ramAddress, ossEndpoint, log, terminal }: Deployment,
  stsAddress: ApiAddress,
  findings: Findings,
): Promise<string | undefined> {
  const keys = accessKeysFrom(terminal.environment);
  const accountId = await accountIdOf(keys, stsAddress, findings);
  if (keys === undefined || accountId === undefined) {
    findings.skip("bucket, roles, log", "they can only be read with the operator's keys");
    return undefined;
  }
  if (provision.accountId !== accountId) {
    findings.fail(
      "client role",
      `OSS_ROLE_ARN belongs to account ${provision.accountId}, but the operator's keys belong to account ${accountId}`,
      "fix the account ID in OSS_ROLE_ARN, or use keys of that account",
    );
    findings.skip("bucket, roles, log", "they belong to another account");
    return "fix OSS_ROLE_ARN first";
  }
  const { rules, region, allowedOrigins } = config;
  const endpoint = ossEndpoint ?? `https://oss-${region}.aliyuncs.com`;
  const unknown = await bucketsChecked(
    ossClientWith({ keys, region, endpoint }),
    {
      ...{ rules, settings: provision, region, allowedOrigins },
      endpointChecked: async (bucket) => {
        const endpointOfApps = endpointOfBucket(config.ossEndpoints, bucket);
        // With the local cloud, nothing is sent to Alibaba Cloud.
        if (ossEndpoint !== undefined && !endpointOfApps.cname) return;
        const reached = { bucket, region, keys, endpoint: endpointOfApps, nowMs: terminal.nowMs() };
        await bucketEndpointChecked(reached, findings);
      },
    },
    findings,
  );
  const first = unknown.length === 0 ? undefined : `bucket ${unknown.join(", ")}`;
  const inTheWay = await rolesChecked(
    ramAccountWith(keys, ramAddress),
    { settings: provision, rules, first },
    findings,
  );
  await logChecked(log, { keys, region }, findings);
  return inTheWay;
}

async function logChecked(
  { project, logstore, address }: Deployment["log"],
  { keys, region }: { readonly keys: AccessKeys; readonly region: string },
  findings: Findings,
): Promise<void> {
  if (project === undefined && logstore === undefined)
    findings.skip(
      "log",
      "LOG_PROJECT and LOG_STORE are not set: they are in logConfig of s.yaml, or s deploy printed them",
    );
  else if (project === undefined || logstore === undefined)
    findings.fail(
      "log",
      project === undefined
        ? "LOG_STORE is set, but LOG_PROJECT is not"
        : "LOG_PROJECT is set, but LOG_STORE is not",
      "set both, or neither",
    );
  else {
    const at = address ?? { endpoint: `${region}.log.aliyuncs.com`, protocol: "https" };
    await logStoreChecked(logServiceWith(keys, at, project), { project, logstore, region }, findings);
  }
}

async function accountIdOf(
  keys: AccessKeys | undefined,
  stsAddress: ApiAddress,
  findings: Findings,
): Promise<string | undefined> {
  if (keys !== undefined) return (await identityChecked(keys, stsAddress, findings))?.accountId;
  findings.fail(
    "operator's keys",
    "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set",
    "set them to the keys of an operator who may read RAM and the bucket's settings",
  );
  return undefined;
}

function summary(failed: number, warned: number): string {
  const warnings = warned === 0 ? "" : `; ${warned} ${warned === 1 ? "warning" : "warnings"}`;
  const problems = failed === 0 ? "No" : String(failed);
  return `${problems} ${failed === 1 ? "problem" : "problems"} found${warnings}.`;
}
