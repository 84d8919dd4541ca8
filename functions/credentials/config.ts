import { ROLE_ARN } from "../../shared/domain/ram/cloud-limits.ts";
import type { CallerCredentials } from "../../shared/ports.ts";
import { CACHE_SETTINGS, type CacheSettings, cacheFrom } from "../http/cache-settings.ts";
import { CALLER_SETTINGS, type CallerSource, callerFrom } from "../http/caller-settings.ts";
import { type GateSettings, gateSettingsFrom, type KeyReaders } from "../http/gate-settings.ts";
import { type HttpSettings, httpSettingsFrom } from "../http/http-settings.ts";
import { RATE_LIMIT_SETTINGS, type RateLimit, rateLimitFrom } from "../http/rate-limit-settings.ts";
import {
  ConfigError,
  type Environment,
  endpointFrom,
  type Refuse,
  type Setting,
  settingsOf,
} from "../http/settings.ts";

/** All settings of a deployment, checked before the first request. */
export interface Config extends GateSettings, HttpSettings {
  readonly roleArn: string;
  readonly sts: { readonly host: string; readonly protocol: "https" | "http" };
  readonly cache: CacheSettings;
  readonly rateLimit: RateLimit | undefined;
  /** From the environment; undefined when it has none, so that only FC's context can bring them. */
  readonly callerCredentials: CallerCredentials | undefined;
}

/** The environment variables that only this function reads. */
export const CREDENTIALS_SETTINGS: readonly Setting[] = [
  { name: "OSS_ROLE_ARN", needed: true },
  { name: "STS_ENDPOINT", needed: false },
  ...CACHE_SETTINGS,
  ...RATE_LIMIT_SETTINGS,
  ...CALLER_SETTINGS,
];

/** Reads the environment and the content of access.yaml. Throws ConfigError. */
export function configFrom(
  environment: Environment,
  accessFile: unknown,
  readers: KeyReaders,
  callerSource: CallerSource = "fc-context",
): Config {
  const settings = settingsOf(environment);
  const { read, need, refuse, problems } = settings;
  const { rules, ...gate } = gateSettingsFrom(environment, accessFile, readers, settings);
  const http = httpSettingsFrom(settings, callerSource);
  const own = {
    roleArn: need(
      "OSS_ROLE_ARN",
      ROLE_ARN,
      "write the role's ARN, such as acs:ram::1234567890123456:role/oss-client (a name has letters, digits, . _ and -)",
    ),
    sts: stsFrom(read("STS_ENDPOINT"), gate.region, refuse),
    cache: cacheFrom(settings),
    rateLimit: rateLimitFrom(settings),
    callerCredentials: callerFrom(settings, {
      needed: callerSource === "environment" && !http.inFunctionCompute,
    }),
  };
  if (problems.length > 0 || rules === undefined) throw new ConfigError(problems);
  return { rules, ...gate, ...http, ...own };
}

function stsFrom(value: string | undefined, region: string, refuse: Refuse): Config["sts"] {
  if (value === undefined) return { host: `sts.${region}.aliyuncs.com`, protocol: "https" };
  const { url } = endpointFrom("STS_ENDPOINT", value, refuse);
  return { host: url?.host ?? "", protocol: url?.protocol === "http:" ? "http" : "https" };
}
