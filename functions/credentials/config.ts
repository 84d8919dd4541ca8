import { type ProblemIn, sentenceOf } from "../../shared/domain/problem.ts";
import { BUCKET_NAME, ROLE_ARN } from "../../shared/domain/ram/cloud-limits.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { isSecure } from "../../shared/domain/secure-address.ts";
import type { Algorithm, Issuer } from "../../shared/domain/token/issuer.ts";
import type { CallerCredentials, SigningKeys } from "../../shared/ports.ts";

/** All settings of a deployment, checked before the first request. */
export interface Config {
  readonly rules: AccessRules;
  readonly issuerKeys: readonly IssuerKeys[];
  readonly roleArn: string;
  readonly bucket: string;
  readonly region: string;
  readonly ossEndpoint: string;
  readonly sts: { readonly host: string; readonly protocol: "https" | "http" };
  readonly allowedOrigins: readonly string[];
  /** From the environment; undefined when it has none, so that only FC's context can bring them. */
  readonly callerCredentials: CallerCredentials | undefined;
  /** Whether Function Compute runs us. */
  readonly inFunctionCompute: boolean;
  readonly host: string;
  readonly port: number;
}

/** `fixed`: the one key from an HS secret or a PEM; undefined when the issuer's key set is fetched. */
export interface IssuerKeys {
  readonly issuer: Issuer;
  readonly fixed: SigningKeys | undefined;
}

/** Makes keys from settings. Each throws an Error that says what is wrong, as in {@link Problem}.is, without the key. */
export interface KeyReaders {
  readonly secretKeysFrom: (text: string, algorithms: readonly Algorithm[]) => SigningKeys;
  readonly publicKeysFrom: (pem: string, algorithms: readonly Algorithm[]) => SigningKeys;
}

/**
 * Where the keys for AssumeRole may come from. fc-context: from FC's context, with each request, or else from the
 * environment. environment: inside FC from its headers, outside FC from the environment, which must have them.
 */
export type CallerSource = "fc-context" | "environment";

export interface Setting {
  readonly name: string;
  readonly needed: boolean;
  readonly meaning: string;
}

/** Every environment variable that is read, except those that access.yaml names. A test compares s.yaml with it. */
export const SETTINGS: readonly Setting[] = [
  { name: "OSS_ROLE_ARN", needed: true, meaning: "the role to assume" },
  { name: "OSS_BUCKET", needed: true, meaning: "the bucket for rules that name none" },
  { name: "OSS_REGION", needed: true, meaning: "the bucket's region, such as cn-hangzhou" },
  {
    name: "OSS_ENDPOINT",
    needed: false,
    meaning: "the OSS address for Apps; default https://oss-<region>.aliyuncs.com",
  },
  { name: "STS_ENDPOINT", needed: false, meaning: "default https://sts.<region>.aliyuncs.com" },
  { name: "ALLOWED_ORIGINS", needed: false, meaning: "CORS: origins, separated by commas, or *" },
  { name: "ALIBABA_CLOUD_ACCESS_KEY_ID", needed: false, meaning: "key ID of AssumeRole's caller outside FC" },
  { name: "ALIBABA_CLOUD_ACCESS_KEY_SECRET", needed: false, meaning: "its secret" },
  { name: "ALIBABA_CLOUD_SECURITY_TOKEN", needed: false, meaning: "its security token, if temporary" },
  { name: "HOST", needed: false, meaning: "address of server.ts; default 127.0.0.1 outside FC" },
  { name: "PORT", needed: false, meaning: "port of server.ts; default 9000" },
  { name: "FC_SERVER_PORT", needed: false, meaning: "the same, set by FC's custom runtime" },
];

/** Has every problem at once. Thrown before the first request: a function that cannot work does not start. */
export class ConfigError extends Error {
  readonly problems: readonly ProblemIn[];

  constructor(problems: readonly ProblemIn[]) {
    super(`oss-valet is not configured:\n${problems.map((one) => `  - ${sentenceOf(one)}`).join("\n")}`);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment and the content of access.yaml. Throws ConfigError. */
export function configFrom(
  environment: Environment,
  accessFile: unknown,
  readers: KeyReaders,
  callerSource: CallerSource = "fc-context",
): Config {
  const problems: ProblemIn[] = [];
  const refuse: Refuse = (where, is, fix) => {
    problems.push({ where, is, fix });
  };
  const rules = rulesFrom(accessFile, refuse);
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const need = (where: string, pattern: RegExp, fix: string): string => {
    const value = read(where);
    if (value === undefined) refuse(where, NOT_SET, fix);
    else if (!pattern.test(value)) refuse(where, quoted(value), fix);
    return value ?? "";
  };
  const region = regionFrom(read("OSS_REGION"), refuse);
  const inFunctionCompute = read("FC_FUNCTION_NAME") !== undefined;
  const config: Omit<Config, "rules"> = {
    issuerKeys: (rules?.issuers ?? []).map((issuer) => issuerKeysFrom(issuer, environment, readers, refuse)),
    roleArn: need(
      "OSS_ROLE_ARN",
      ROLE_ARN,
      "write the role's ARN, such as acs:ram::1234567890123456:role/oss-client (a name has letters, digits, . and -)",
    ),
    bucket: need(
      "OSS_BUCKET",
      BUCKET_NAME,
      "write the bucket's name, such as examplebucket (3 to 63 of a-z, 0-9, -)",
    ),
    region,
    ossEndpoint: ossEndpointFrom(read("OSS_ENDPOINT"), region, refuse),
    sts: stsFrom(read("STS_ENDPOINT"), region, refuse),
    allowedOrigins: originsFrom(read("ALLOWED_ORIGINS"), refuse),
    callerCredentials: callerFrom(read, refuse, {
      needed: callerSource === "environment" && !inFunctionCompute,
    }),
    inFunctionCompute,
    host: read("HOST") ?? (inFunctionCompute ? "0.0.0.0" : "127.0.0.1"),
    port: portFrom(read("PORT") === undefined ? "FC_SERVER_PORT" : "PORT", read, refuse),
  };
  if (problems.length > 0 || rules === undefined) throw new ConfigError(problems);
  return { rules, ...config };
}

/** Adds a problem, see {@link ProblemIn}. */
type Refuse = (where: string, is: string, fix: string) => void;

function rulesFrom(accessFile: unknown, refuse: Refuse): AccessRules | undefined {
  const result = accessRulesFrom(accessFile);
  if (result.ok) return result.value;
  for (const { path, is, fix } of result.problems) refuse(`access.yaml ${path.join(".")}`, is, fix);
  return undefined;
}

function issuerKeysFrom(
  issuer: Issuer,
  environment: Environment,
  readers: KeyReaders,
  refuse: Refuse,
): IssuerKeys {
  const { keys } = issuer;
  if (keys.kind === "jwks" || keys.kind === "discovery") return { issuer, fixed: undefined };
  const text = environment[keys.variable];
  if (text === undefined || text === "") {
    refuse(
      keys.variable,
      `${NOT_SET}, and access.yaml names it as ${keys.kind} of issuer ${issuer.name}`,
      FIXES_OF_KEYS[keys.kind],
    );
    return { issuer, fixed: undefined };
  }
  try {
    const read = keys.kind === "secret" ? readers.secretKeysFrom : readers.publicKeysFrom;
    return { issuer, fixed: read(text, issuer.algorithms) };
  } catch (error) {
    const is = error instanceof Error ? error.message : "cannot be used";
    refuse(keys.variable, is, FIXES_OF_KEYS[keys.kind]);
    return { issuer, fixed: undefined };
  }
}

const FIXES_OF_KEYS = {
  secret: "make a secret with: openssl rand -base64 48",
  publicKey: "write one PEM block, from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----",
};

function regionFrom(value: string | undefined, refuse: Refuse): string {
  // The region's ID, or an endpoint or a part of one, as the console and ali-oss write it.
  const [, id] =
    /^(?:oss-)?([a-z]{2}(?:-[a-z0-9]+)+?)(?:-internal)?(?:\.aliyuncs\.com)?$/.exec(value ?? "") ?? [];
  if (value === undefined || value !== id) {
    const instead = id === undefined ? "the bucket's region, such as cn-hangzhou" : `its ID alone: ${id}`;
    refuse("OSS_REGION", value === undefined ? NOT_SET : quoted(value), `write ${instead}`);
  }
  return value ?? "";
}

function endpointFrom(
  where: string,
  value: string,
  refuse: Refuse,
): { readonly origin: string; readonly url: URL | undefined } {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain =
    url !== undefined &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  if (!plain || !isSecure(url)) {
    // A password may come before an @.
    refuse(
      where,
      value.includes("@") ? "contains an @" : quoted(value),
      "write https:// and a host name only (http:// only for a loopback address)",
    );
  }
  return { origin: url?.origin ?? "", url };
}

/** A default that is made from a wrong region is not checked: the region is already a problem. */
function ossEndpointFrom(value: string | undefined, region: string, refuse: Refuse): string {
  return value === undefined
    ? `https://oss-${region}.aliyuncs.com`
    : endpointFrom("OSS_ENDPOINT", value, refuse).origin;
}

function stsFrom(value: string | undefined, region: string, refuse: Refuse): Config["sts"] {
  if (value === undefined) return { host: `sts.${region}.aliyuncs.com`, protocol: "https" };
  const { url } = endpointFrom("STS_ENDPOINT", value, refuse);
  return { host: url?.host ?? "", protocol: url?.protocol === "http:" ? "http" : "https" };
}

function originsFrom(value: string | undefined, refuse: Refuse): readonly string[] {
  const where = "ALLOWED_ORIGINS";
  const origins = (value ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  for (const origin of origins) {
    // Apps in a WebView have origins such as capacitor://localhost and ionic://localhost.
    if (origin === "*" || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin)) continue;
    const shown = origin.includes("@") ? "a part with an @" : JSON.stringify(origin);
    const is = `has ${shown}, which is not an origin`;
    if (/[\s;]/.test(origin)) {
      refuse(where, is, "separate origins by commas");
      continue;
    }
    const parsed = URL.canParse(origin) ? new URL(origin).origin : "null";
    // "null" is the origin of every sandboxed frame. A wildcard inside an origin would match nothing.
    if (parsed !== origin || parsed === "null" || origin.includes("*")) {
      const instead = parsed === "null" || origin.includes("*") ? "https://app.example.com" : parsed;
      refuse(where, is, `write ${instead}`);
    }
  }
  if (origins.includes("*") && origins.length > 1)
    refuse(where, "has * and other origins", "write * alone, or delete it");
  return origins;
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
  return {
    accessKeyId: accessKeyId ?? "",
    accessKeySecret: accessKeySecret ?? "",
    ...(securityToken === undefined ? {} : { securityToken }),
  };
}

function portFrom(
  where: "PORT" | "FC_SERVER_PORT",
  read: (name: string) => string | undefined,
  refuse: Refuse,
): number {
  const value = read(where) ?? "9000";
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535)) refuse(where, quoted(value), "write a port number from 0 to 65535");
  return port;
}

function quoted(value: string): string {
  return `is ${JSON.stringify(value)}`;
}

const NOT_SET = "is not set";
const KEY_ID = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const KEY_SECRET = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const SECURITY_TOKEN = "ALIBABA_CLOUD_SECURITY_TOKEN";
