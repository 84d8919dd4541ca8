import { $OpenApiUtil } from "@alicloud/openapi-core";
import PopCore from "@alicloud/pop-core";
import stsModule, { AssumeRoleRequest } from "@alicloud/sts20150401";
import Oss from "ali-oss";

/** What AssumeRole is asked for: the parameters' own names. */
export interface AssumeRoleParameters {
  readonly RoleArn?: string;
  readonly RoleSessionName?: string;
  readonly DurationSeconds?: number;
  readonly Policy?: string;
  readonly ExternalId?: string;
  readonly SourceIdentity?: string;
}

export interface ClientKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

export interface StsCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  readonly expiration: string;
}

/** What a client made of an error; `detail` is AccessDeniedDetail's PolicyType. */
export interface StsFailure {
  readonly status: number;
  readonly code: string;
  readonly policyType?: string;
}

export type StsOutcome = { readonly credentials: StsCredentials } | { readonly failure: StsFailure };

/** An unmodified SDK, its quirks behind one call. `http://127.0.0.1:1234` is where it goes. */
export interface StsClient {
  readonly name: string;
  /** Whether the SDK can send a security token. */
  readonly withSecurityToken: boolean;
  assumeRole(url: string, key: ClientKey, parameters: AssumeRoleParameters): Promise<StsOutcome>;
}

// The default of a CommonJS module is its exports for Node and esbuild, and the class itself for vitest.
const Sts20150401 = "default" in stsModule ? stsModule.default : stsModule;

/** Every way in which the SDKs for Node.js call AssumeRole. */
export const STS_CLIENTS: readonly StsClient[] = [
  sts20150401("sts20150401, ACS3-HMAC-SHA256", undefined),
  sts20150401("sts20150401, signatureAlgorithm v2", "v2"),
  popCore("GET"),
  popCore("POST"),
  aliOss(),
];

/** GetCallerIdentity with the official SDK; its answer as it came. */
export async function callerIdentity(url: string, key: ClientKey): Promise<object> {
  const { body } = await new Sts20150401(configFor(url, key, undefined)).getCallerIdentity();
  return { ...body };
}

function configFor(url: string, key: ClientKey, signatureAlgorithm: string | undefined) {
  return new $OpenApiUtil.Config({
    ...key,
    endpoint: url.replace("http://", ""),
    protocol: "http",
    signatureAlgorithm,
  });
}

function sts20150401(name: string, signatureAlgorithm: string | undefined): StsClient {
  return {
    name,
    withSecurityToken: true,
    assumeRole: async (url, key, parameters) => {
      const client = new Sts20150401(configFor(url, key, signatureAlgorithm));
      const request = new AssumeRoleRequest(
        Object.fromEntries(
          Object.entries(parameters).map(([parameter, value]) => [lowerFirst(parameter), value]),
        ),
      );
      try {
        const { credentials } = (await client.assumeRole(request)).body ?? {};
        return { credentials: credentials as StsCredentials };
      } catch (error) {
        const { code, statusCode, accessDeniedDetail } = error as {
          readonly code: string;
          readonly statusCode: number;
          readonly accessDeniedDetail?: { readonly PolicyType?: string };
        };
        return { failure: failureOf(statusCode, code, accessDeniedDetail?.PolicyType) };
      }
    },
  };
}

function popCore(method: "GET" | "POST"): StsClient {
  return {
    name: `pop-core, ${method}`,
    withSecurityToken: true,
    assumeRole: async (url, key, parameters) => {
      const client = new PopCore({ endpoint: url, apiVersion: "2015-04-01", ...key });
      try {
        const { Credentials } = await client.request<{ readonly Credentials: Record<string, string> }>(
          "AssumeRole",
          parameters,
          { method },
        );
        return { credentials: credentialsOf(Credentials) };
      } catch (error) {
        const { data, entry } = error as {
          readonly data: {
            readonly Code: string;
            readonly AccessDeniedDetail?: { readonly PolicyType?: string };
          };
          readonly entry: { readonly response: { readonly statusCode: number } };
        };
        return {
          failure: failureOf(entry.response.statusCode, data.Code, data.AccessDeniedDetail?.PolicyType),
        };
      }
    },
  };
}

/** ali-oss fills in a session name and a duration where none is given, knows no ExternalId, and parses Policy. */
function aliOss(): StsClient {
  return {
    name: "ali-oss, OSS.STS",
    withSecurityToken: false,
    assumeRole: async (url, key, parameters) => {
      const { RoleArn = "", Policy, DurationSeconds, RoleSessionName } = parameters;
      const client = new Oss.STS({ ...key, endpoint: url } as Oss.STSOptions);
      try {
        const { credentials } = await client.assumeRole(RoleArn, Policy, DurationSeconds, RoleSessionName);
        return { credentials: credentialsOf({ ...credentials }) };
      } catch (error) {
        const { status, code } = error as { readonly status: number; readonly code: string };
        return { failure: failureOf(status, code, undefined) };
      }
    },
  };
}

function failureOf(status: number, code: string, policyType: string | undefined): StsFailure {
  return policyType === undefined ? { status, code } : { status, code, policyType };
}

function credentialsOf(body: Readonly<Record<string, string>>): StsCredentials {
  return {
    accessKeyId: body["AccessKeyId"] ?? "",
    accessKeySecret: body["AccessKeySecret"] ?? "",
    securityToken: body["SecurityToken"] ?? "",
    expiration: body["Expiration"] ?? "",
  };
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
