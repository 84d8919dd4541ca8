import { ROLE_ARN } from "../../shared/domain/ram/cloud-limits.ts";
import type { CallerCredentials } from "../../shared/ports.ts";
import { type GateSettings, gateSettingsFrom, type KeyReaders } from "../http/gate-settings.ts";
import { type HttpSettings, httpSettingsFrom } from "../http/http-settings.ts";
import {
  ConfigError,
  type Environment,
  endpointFrom,
  NOT_SET,
  type Refuse,
  type Setting,
  settingsOf,
} from "../http/settings.ts";

/** All settings of a deployment, checked before the first request. */
export interface Config extends GateSettings, HttpSettings {
  readonly roleArn: string;
  readonly sts: { readonly host: string; readonly protocol: "https" | "http" };
  /** From the environment; undefined when it has none, so that only FC's context can bring them. */
  readonly callerCredentials: CallerCredentials | undefined;
}

/**
 * Where the keys for AssumeRole may come from. fc-context: from FC's context, with each request, or else from the
 * environment. environment: inside FC from its headers, outside FC from the environment, which must have them.
 */
export type CallerSource = "fc-context" | "environment";

const KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN";

/** The environment variables that only this function reads. */
export const CREDENTIALS_SETTINGS: readonly Setting[] = [
  { name: "OSS_ROLE_ARN", needed: true },
  { name: "STS_ENDPOINT", needed: false },
  { name: KEY_ID, needed: false },
  { name: KEY_SECRET, needed: false },
  { name: SECURITY_TOKEN, needed: false },
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
  const http = httpSettingsFrom(settings);
  const own = {
    roleArn: need(
      "OSS_ROLE_ARN",
      ROLE_ARN,
      "write the role's ARN, such as acs:ram::1234567890123456:role/oss-client (a name has letters, digits, . _ and -)",
    ),
    sts: stsFrom(read("STS_ENDPOINT"), gate.region, refuse),
    callerCredentials: callerFrom(read, refuse, {
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

function callerFrom(
  read: (name: string) => string | undefined,
  refuse: Refuse,
  { needed }: { readonly needed: boolean },
): CallerCredentials | undefined {
  const accessKeyId = read(KEY_ID);
  const accessKeySecret = read(KEY_SECRET);
  // An empty token counts as none: `s local` sets an empty one for long-lived keys.
  const securityToken = read(SECURITY_TOKEN);
  if (accessKeyId === undefined && accessKeySecret === undefined) {
    if (needed) {
      refuse(`${KEY_ID} and ${KEY_SECRET}`, "are not set", "set both: outside FC they call AssumeRole");
    }
    return undefined;
  }
  const fix = "set both, or neither";
  if (accessKeyId === undefined) refuse(KEY_ID, `${NOT_SET}, but its secret is`, fix);
  if (accessKeySecret === undefined) refuse(KEY_SECRET, `${NOT_SET}, but its ID is`, fix);
  if (accessKeyId?.startsWith("STS.") && securityToken === undefined) {
    refuse(
      SECURITY_TOKEN,
      `${NOT_SET}, but ${KEY_ID} is temporary (STS.…)`,
      "set the token that came with this key",
    );
  }
  for (const [name, value] of [
    [KEY_ID, accessKeyId],
    [KEY_SECRET, accessKeySecret],
    [SECURITY_TOKEN, securityToken],
  ] as const) {
    if (value !== undefined && /\s/.test(value))
      refuse(name, "has a blank or a line break inside", "copy it again: it is one text without blanks");
  }
  return {
    accessKeyId: accessKeyId ?? "",
    accessKeySecret: accessKeySecret ?? "",
    ...(securityToken === undefined ? {} : { securityToken }),
  };
}
