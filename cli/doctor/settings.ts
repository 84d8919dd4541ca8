import { type Config, configFrom } from "../../functions/credentials/config.ts";
import { ConfigError } from "../../functions/http/settings.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
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

/**
 * Everything that the function would say of its settings before its first request, and provision of the names;
 * undefined: the one would not start, or the other not run.
 */
export function settingsChecked(
  environment: Terminal["environment"],
  accessFile: unknown,
  options: { readonly functionRole: string; readonly callerUser: string | undefined },
  findings: Findings,
): DeploymentSettings | undefined {
  const read = settingsFrom(environment, accessFile, options);
  if ("problems" in read) {
    for (const { where, is, fix } of read.problems) findings.fail("settings", `${where} ${is}`, fix);
    return undefined;
  }
  const { config } = read;
  findings.ok("settings", `${config.bucket} in ${config.region}, ${config.roleArn}`);
  endpointsChecked(config, findings);
  return read;
}

function settingsFrom(
  environment: Terminal["environment"],
  accessFile: unknown,
  options: { readonly functionRole: string; readonly callerUser: string | undefined },
): DeploymentSettings | { readonly problems: readonly ProblemIn[] } {
  try {
    const config = configFrom(environment, accessFile, settingKeys);
    const provision = provisionSettingsFrom({ ...config, ...options });
    return "problems" in provision ? provision : { config, provision };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error;
  }
}

/** An endpoint's name tells its region, which must be the bucket's. */
function endpointsChecked({ region, ossEndpoint, sts, bucket }: Config, findings: Findings): void {
  const { hostname } = new URL(ossEndpoint);
  const [, before, place, internal] = OSS_HOST.exec(hostname) ?? [];
  // Transfer acceleration has one name for all regions. Source: OSS, "Transfer acceleration".
  const named = place === "accelerate" || place === "accelerate-overseas" ? undefined : place;
  if (before !== undefined && before !== "") {
    findings.fail(
      "OSS_ENDPOINT",
      `${hostname} contains a bucket name, and the SDKs add the bucket name again`,
      `write https://oss-${region}.aliyuncs.com, or delete OSS_ENDPOINT`,
    );
  } else if (named !== undefined && named !== region) {
    findings.fail(
      "OSS_ENDPOINT",
      `${hostname} is in ${named}, but OSS_REGION is ${region}: Apps would get NoSuchBucket or AccessDenied`,
      `write https://oss-${region}.aliyuncs.com, or delete OSS_ENDPOINT; or fix OSS_REGION`,
    );
  } else if (internal !== undefined) {
    findings.warn(
      "OSS_ENDPOINT",
      `${hostname} can be reached only inside Alibaba Cloud's region ${region}, but every App is given this address`,
      `write https://oss-${region}.aliyuncs.com unless every App runs there`,
    );
  } else {
    const what =
      place === undefined ? `, your own name for ${bucket}` : named === undefined ? ", for any region" : "";
    findings.ok("OSS_ENDPOINT", `${hostname}${what}`);
  }
  const [, stsRegion] = STS_HOST.exec(sts.host) ?? [];
  if (stsRegion !== undefined && stsRegion !== region) {
    findings.warn(
      "STS_ENDPOINT",
      `${sts.host} is in ${stsRegion}, but OSS_REGION is ${region}: every request travels there and back`,
      `delete STS_ENDPOINT to use sts.${region}.aliyuncs.com, unless the function runs in ${stsRegion}`,
    );
  }
}

const OSS_HOST = /^(?:(.*)\.)?oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$/;
const STS_HOST = /^sts(?:-vpc)?\.([a-z]{2}(?:-[a-z0-9]+)+)\.aliyuncs\.com$/;
