import { type Config, configFrom } from "../../functions/credentials/config.ts";
import { ConfigError } from "../../functions/http/settings.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { endpointOfBucket, ossNameFrom } from "../../shared/domain/oss-endpoint.ts";
import type { ProblemIn } from "../../shared/domain/problem.ts";
import type { ProvisionSettings } from "../provision/desired-state.ts";
import { provisionSettingsFrom } from "../provision/settings.ts";
import type { Terminal } from "../shared/command.ts";
import type { Findings } from "./finding.ts";

/** What a deployment decides: the function's part, and RAM's. */
export interface DeploymentSettings {
  readonly config: Config;
  readonly provision: ProvisionSettings;
}

/** Roles and users, as the options name them, and whether server.js is what runs. */
type Deployed = Pick<ProvisionSettings, "functionRole" | "uploadsRole" | "callerUser"> & {
  readonly isServer: boolean;
};

/**
 * Everything that the functions would say of their settings before the first request, and provision of the names;
 * undefined: the one would not start, or the other not run.
 */
export function settingsChecked(
  environment: Terminal["environment"],
  accessFile: unknown,
  { isServer, ...options }: Deployed,
  findings: Findings,
): DeploymentSettings | undefined {
  const read = settingsFrom(environment, accessFile, options);
  if ("problems" in read) {
    for (const { where, is, fix } of read.problems) findings.fail("settings", `${where} ${is}`, fix);
    return undefined;
  }
  const { config } = read;
  findings.ok("settings", `${config.bucket} in ${config.region}, ${config.roleArn}`);
  if (!isServer && environment["METRICS_PORT"]?.trim())
    findings.fail(
      "METRICS_PORT",
      "works in server.js only: a function of a built-in runtime does not start with it",
      "delete it, or add --server if server.js runs, in a custom runtime or a container",
    );
  endpointsChecked(config, findings);
  return read;
}

function settingsFrom(
  environment: Terminal["environment"],
  accessFile: unknown,
  options: Omit<Deployed, "isServer">,
): DeploymentSettings | { readonly problems: readonly ProblemIn[] } {
  try {
    const config = configFrom(environment, accessFile, settingKeys, "elsewhere");
    const provision = provisionSettingsFrom({ ...config, ...options });
    return "problems" in provision ? provision : { config, provision };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error;
  }
}

/** An endpoint's name tells its region, which must be the bucket's. */
function endpointsChecked(config: Config, findings: Findings): void {
  const { region, sts } = config;
  const used = new Map<string, string>();
  for (const bucket of bucketsOf(config)) {
    const { url } = endpointOfBucket(config.ossEndpoints, bucket);
    if (!used.has(url)) used.set(url, bucket);
  }
  for (const [url, bucket] of used) endpointChecked({ url, bucket }, config, findings);
  const [, stsRegion] = STS_HOST.exec(sts.host) ?? [];
  if (stsRegion !== undefined && stsRegion !== region) {
    findings.warn(
      "STS_ENDPOINT",
      `${sts.host} is in ${stsRegion}, but OSS_REGION is ${region}: every request travels there and back`,
      `delete STS_ENDPOINT to use sts.${region}.aliyuncs.com, unless the function runs in ${stsRegion}`,
    );
  }
}

/** Every bucket that the rules grant, OSS_BUCKET first. */
function bucketsOf({ bucket, rules }: Config): readonly string[] {
  return [...new Set([bucket, ...rules.rules.flatMap((rule) => rule.bucket ?? [])])];
}

/** `bucket`: the first that clients reach at `url`. */
function endpointChecked(
  { url, bucket }: { readonly url: string; readonly bucket: string },
  { region, ossEndpoints }: Config,
  findings: Findings,
): void {
  const { hostname } = new URL(url);
  const { place, internal } = ossNameFrom(hostname) ?? {};
  // Transfer acceleration has one name for all regions. Source: OSS, "Transfer acceleration".
  const named = place === "accelerate" || place === "accelerate-overseas" ? undefined : place;
  if (named !== undefined && named !== region) {
    findings.fail(
      "OSS_ENDPOINT",
      `${hostname} is in ${named}, but OSS_REGION is ${region}: Apps would get NoSuchBucket or AccessDenied`,
      `write https://oss-${region}.aliyuncs.com, or delete OSS_ENDPOINT; or fix OSS_REGION`,
    );
  } else if (internal === true) {
    findings.warn(
      "OSS_ENDPOINT",
      `${hostname} can be reached only inside Alibaba Cloud's region ${region}, but every App is given this address`,
      `write https://oss-${region}.aliyuncs.com, or the bucket's own domain, unless every App runs there`,
    );
  } else if (place === undefined && hostname.endsWith(".aliyuncs.com")) {
    findings.warn(
      "OSS_ENDPOINT",
      `${hostname} is a name of Alibaba Cloud, but no public endpoint of a region`,
      `write https://oss-${region}.aliyuncs.com, or the bucket's own domain`,
    );
  } else {
    const what = endpointOfBucket(ossEndpoints, bucket).cname
      ? `, the own domain of ${bucket}: Apps put no bucket before it`
      : place !== undefined && named === undefined
        ? ", for any region"
        : "";
    findings.ok("OSS_ENDPOINT", `${hostname}${what}`);
  }
}

const STS_HOST = /^sts(?:-vpc)?\.([a-z]{2}(?:-[a-z0-9]+)+)\.aliyuncs\.com$/;
