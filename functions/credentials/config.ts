import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { Algorithm, Issuer } from "../../shared/domain/token/issuer.ts";
import type { CallerCredentials, SigningKeys } from "../../shared/ports.ts";

/** Everything that a deployment decides, checked before the first request. */
export interface Config {
  readonly rules: AccessRules;
  readonly issuerKeys: readonly IssuerKeys[];
  readonly roleArn: string;
  readonly bucket: string;
  readonly region: string;
  readonly ossEndpoint: string;
  readonly sts: { readonly host: string; readonly protocol: "https" | "http" };
  readonly allowedOrigins: readonly string[];
  /** Of the environment; undefined: there are none, and only FC's context can give some. */
  readonly callerCredentials: CallerCredentials | undefined;
  /** Whether Function Compute runs us. */
  readonly inFunctionCompute: boolean;
  readonly host: string;
  readonly port: number;
}

/** `fixed`: the one key of an HS secret or a PEM; undefined: the issuer's key set is fetched. */
export interface IssuerKeys {
  readonly issuer: Issuer;
  readonly fixed: SigningKeys | undefined;
}

/** Makes keys of settings; throws an Error whose message says what is wrong, and never quotes the key. */
export interface KeyReaders {
  readonly secretKeysFrom: (text: string, algorithms: readonly Algorithm[]) => SigningKeys;
  readonly publicKeysFrom: (pem: string, algorithms: readonly Algorithm[]) => SigningKeys;
}

/**
 * Whence the keys that call AssumeRole may come: FC's context brings them with each request, and the environment is
 * the second choice; or FC's headers do, and outside FC the environment has to have them.
 */
export type CallerSource = "fc-context" | "environment";

export interface Setting {
  readonly name: string;
  readonly needed: boolean;
  readonly meaning: string;
}

/** Every environment variable that is read, beside those that access.yaml names. s.yaml is checked against it. */
export const SETTINGS: readonly Setting[] = [
  { name: "OSS_ROLE_ARN", needed: true, meaning: "the role that is assumed" },
  { name: "OSS_BUCKET", needed: true, meaning: "the bucket, where a rule names no other" },
  { name: "OSS_REGION", needed: true, meaning: "the bucket's region, such as cn-hangzhou" },
  {
    name: "OSS_ENDPOINT",
    needed: false,
    meaning: "told to the App; https://oss-<region>.aliyuncs.com where unset",
  },
  { name: "STS_ENDPOINT", needed: false, meaning: "https://sts.<region>.aliyuncs.com where unset" },
  { name: "ALLOWED_ORIGINS", needed: false, meaning: "CORS: a comma list of origins, or *" },
  { name: "ALIBABA_CLOUD_ACCESS_KEY_ID", needed: false, meaning: "caller of AssumeRole outside FC" },
  { name: "ALIBABA_CLOUD_ACCESS_KEY_SECRET", needed: false, meaning: "its secret" },
  { name: "ALIBABA_CLOUD_SECURITY_TOKEN", needed: false, meaning: "its security token, if temporary" },
  { name: "HOST", needed: false, meaning: "address that server.ts binds; 127.0.0.1 outside FC" },
  { name: "PORT", needed: false, meaning: "port that server.ts listens on; 9000" },
  { name: "FC_SERVER_PORT", needed: false, meaning: "the same, as FC's custom runtime sets it" },
];

/** Names every problem at once. Thrown before the first request: a function that cannot work does not start. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`oss-valet is not configured:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
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
  const problems: string[] = [];
  const rules = rulesFrom(accessFile, problems);
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const need = (name: string, meaning: string): string => {
    const value = read(name);
    if (value === undefined) problems.push(`${name} is not set: ${meaning}`);
    return value ?? "";
  };
  const region = regionFrom(need("OSS_REGION", "write the bucket's region, such as cn-hangzhou"), problems);
  const inFunctionCompute = read("FC_FUNCTION_NAME") !== undefined;
  const config: Omit<Config, "rules"> = {
    issuerKeys: (rules?.issuers ?? []).map((issuer) =>
      issuerKeysFrom(issuer, environment, readers, problems),
    ),
    roleArn: roleArnFrom(
      need("OSS_ROLE_ARN", "write the role's ARN, such as acs:ram::1234567890123456:role/oss-client"),
      problems,
    ),
    bucket: bucketFrom(need("OSS_BUCKET", "write the bucket's name, such as examplebucket"), problems),
    region,
    ossEndpoint: ossEndpointFrom(read("OSS_ENDPOINT"), region, problems),
    sts: stsFrom(read("STS_ENDPOINT"), region, problems),
    allowedOrigins: originsFrom(read("ALLOWED_ORIGINS"), problems),
    callerCredentials: callerFrom(read, problems, {
      needed: callerSource === "environment" && !inFunctionCompute,
    }),
    inFunctionCompute,
    host: read("HOST") ?? (inFunctionCompute ? "0.0.0.0" : "127.0.0.1"),
    port: portFrom(read("PORT") === undefined ? "FC_SERVER_PORT" : "PORT", read, problems),
  };
  if (problems.length > 0 || rules === undefined) throw new ConfigError(problems);
  return { rules, ...config };
}

function rulesFrom(accessFile: unknown, problems: string[]): AccessRules | undefined {
  const result = accessRulesFrom(accessFile);
  if (result.ok) return result.value;
  for (const { path, problem } of result.problems) problems.push(`access.yaml: ${path.join(".")} ${problem}`);
  return undefined;
}

function issuerKeysFrom(
  issuer: Issuer,
  environment: Environment,
  readers: KeyReaders,
  problems: string[],
): IssuerKeys {
  const { keys } = issuer;
  if (keys.kind === "jwks" || keys.kind === "discovery") return { issuer, fixed: undefined };
  const text = environment[keys.variable];
  if (text === undefined || text === "") {
    problems.push(
      `${keys.variable} is not set: access.yaml names it as ${keys.kind} of issuer ${issuer.name}`,
    );
    return { issuer, fixed: undefined };
  }
  try {
    const read = keys.kind === "secret" ? readers.secretKeysFrom : readers.publicKeysFrom;
    return { issuer, fixed: read(text, issuer.algorithms) };
  } catch (error) {
    problems.push(`${keys.variable}: ${error instanceof Error ? error.message : "it is not usable"}`);
    return { issuer, fixed: undefined };
  }
}

/** Source: RAM CreateRole, RoleName, "1 to 64 letters, digits, periods and hyphens": no underscore. */
function roleArnFrom(value: string, problems: string[]): string {
  if (value !== "" && !/^acs:ram::\d{5,20}:role\/[A-Za-z0-9.-]{1,64}$/.test(value)) {
    problems.push(
      `OSS_ROLE_ARN is ${JSON.stringify(value)}; write a role's ARN, acs:ram::<account id>:role/<name> (a name has letters, digits, . and -)`,
    );
  }
  return value;
}

function bucketFrom(value: string, problems: string[]): string {
  if (value !== "" && !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(value)) {
    problems.push(
      `OSS_BUCKET is ${JSON.stringify(value)}; write the bare name, such as examplebucket (3 to 63 of a-z, 0-9, -)`,
    );
  }
  return value;
}

function regionFrom(value: string, problems: string[]): string {
  // An endpoint, or a part of one, as consoles show it and ali-oss writes it.
  const [, id] = /^(?:oss-)?([a-z]{2}(?:-[a-z0-9]+)+?)(?:-internal)?(?:\.aliyuncs\.com)?$/.exec(value) ?? [];
  if (value !== "" && value !== id) {
    const instead = id === undefined ? "a region's id, such as cn-hangzhou" : `the region's id alone: ${id}`;
    problems.push(`OSS_REGION is ${JSON.stringify(value)}; write ${instead}`);
  }
  return value;
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

function endpointFrom(
  name: string,
  value: string,
  problems: string[],
): { readonly origin: string; readonly url: URL | undefined } {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain =
    url !== undefined &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  const safe = url?.protocol === "https:" || (url?.protocol === "http:" && LOOPBACK.includes(url.hostname));
  if (!plain || !safe) {
    // What has an @ may have a password before it.
    const shown = value.includes("@") ? "not such an address" : JSON.stringify(value);
    problems.push(
      `${name} is ${shown}; write https:// and a host, nothing behind it (http:// only for a loopback address)`,
    );
  }
  return { origin: url?.origin ?? "", url };
}

/** Where a default is made of a mistyped region, the region alone is the mistake. */
function ossEndpointFrom(value: string | undefined, region: string, problems: string[]): string {
  return value === undefined
    ? `https://oss-${region}.aliyuncs.com`
    : endpointFrom("OSS_ENDPOINT", value, problems).origin;
}

function stsFrom(value: string | undefined, region: string, problems: string[]): Config["sts"] {
  if (value === undefined) return { host: `sts.${region}.aliyuncs.com`, protocol: "https" };
  const { url } = endpointFrom("STS_ENDPOINT", value, problems);
  return { host: url?.host ?? "", protocol: url?.protocol === "http:" ? "http" : "https" };
}

function originsFrom(value: string | undefined, problems: string[]): readonly string[] {
  const origins = (value ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  for (const origin of origins) {
    // The page of an App in a WebView: capacitor://localhost, ionic://localhost.
    if (origin === "*" || /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin)) continue;
    const shown = origin.includes("@") ? "a part with an @" : JSON.stringify(origin);
    if (/[\s;]/.test(origin)) {
      problems.push(`ALLOWED_ORIGINS has ${shown}, which is no origin; separate origins by commas`);
      continue;
    }
    const parsed = URL.canParse(origin) ? new URL(origin).origin : "null";
    // "null" is the origin of every sandboxed frame; a wildcard inside would match nobody, whatever its author hopes.
    if (parsed !== origin || parsed === "null" || origin.includes("*")) {
      const instead = parsed === "null" || origin.includes("*") ? "https://app.example.com" : parsed;
      problems.push(`ALLOWED_ORIGINS has ${shown}, which is no origin; write ${instead}`);
    }
  }
  if (origins.includes("*") && origins.length > 1)
    problems.push("ALLOWED_ORIGINS has * beside others; write * alone, or delete it");
  return origins;
}

function callerFrom(
  read: (name: string) => string | undefined,
  problems: string[],
  { needed }: { readonly needed: boolean },
): CallerCredentials | undefined {
  const accessKeyId = read("ALIBABA_CLOUD_ACCESS_KEY_ID");
  const accessKeySecret = read("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
  // An empty token is no token: `s local` sets it so for long-lived keys.
  const securityToken = read("ALIBABA_CLOUD_SECURITY_TOKEN");
  if (accessKeyId === undefined && accessKeySecret === undefined) {
    if (needed) {
      problems.push(
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set: outside FC they call AssumeRole",
      );
    }
    return undefined;
  }
  if (accessKeyId === undefined) problems.push("ALIBABA_CLOUD_ACCESS_KEY_ID is not set, but its secret is");
  if (accessKeySecret === undefined)
    problems.push("ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set, but its id is");
  if (accessKeyId?.startsWith("STS.") && securityToken === undefined) {
    problems.push(
      "ALIBABA_CLOUD_SECURITY_TOKEN is not set, but ALIBABA_CLOUD_ACCESS_KEY_ID is temporary (STS.…)",
    );
  }
  return {
    accessKeyId: accessKeyId ?? "",
    accessKeySecret: accessKeySecret ?? "",
    ...(securityToken === undefined ? {} : { securityToken }),
  };
}

function portFrom(
  name: "PORT" | "FC_SERVER_PORT",
  read: (name: string) => string | undefined,
  problems: string[],
): number {
  const value = read(name) ?? "9000";
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65_535))
    problems.push(`${name} is ${JSON.stringify(value)}; write a port's number, 0 to 65535`);
  return port;
}
