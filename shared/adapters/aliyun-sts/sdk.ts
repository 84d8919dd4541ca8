import { $OpenApiUtil } from "@alicloud/openapi-core";
import sts, { AssumeRoleRequest } from "@alicloud/sts20150401";
import httpx from "httpx";
import type { AssumeRole, CallerCredentials } from "../../ports.ts";
import { credentialsFrom, type Outcome, outcomeOf } from "./answer.ts";
import { closeIdleSockets, exchange } from "./http.ts";

/** In the user agent of every request: ActionTrail shows it, and our transport recognises our calls by it. */
const USER_AGENT = "oss-valet";

/** The default export of this CommonJS module: all its exports in Node and esbuild, the class itself in vitest. */
const Client = "default" in sts ? sts.default : sts;

const { request: originalRequest } = httpx;

// The SDK has no option for its transport. Calls of other SDKs in this process keep the original one.
Object.assign(httpx, {
  request: (url: string, options: Parameters<typeof originalRequest>[1]) =>
    String(options.headers?.["user-agent"]).endsWith(` ${USER_AGENT}`)
      ? exchange(url, options)
      : originalRequest(url, options),
});

export interface SdkOptions {
  readonly endpoint: { readonly host: string; readonly protocol: "https" | "http" };
  readonly roleArn: string;
  readonly nowMs: () => number;
}

export interface SdkAttempt {
  readonly call: AssumeRole;
  readonly caller: CallerCredentials;
  readonly timeoutMs: number;
  readonly newSocket: boolean;
}

/**
 * One AssumeRole with the official SDK. Loading this module loads the SDK. The SDK's
 * client is made once for the keys that it signs with: it keeps nothing of a call, so that calls at once can share it.
 */
export function attemptsWithSdk(options: SdkOptions): (attempt: SdkAttempt) => Promise<Outcome> {
  let latest: { readonly caller: CallerCredentials; readonly client: SdkClient } | undefined;
  const clientOf = (caller: CallerCredentials): SdkClient => {
    if (latest === undefined || !haveSameKeys(latest.caller, caller))
      latest = { caller, client: clientFor(options.endpoint, caller) };
    return latest.client;
  };
  return (attempt) => attemptAssumeRole(clientOf(attempt.caller), attempt, options);
}

type SdkClient = InstanceType<typeof Client>;
type RuntimeOptions = Parameters<SdkClient["assumeRoleWithOptions"]>[1];

async function attemptAssumeRole(
  client: SdkClient,
  { call, timeoutMs, newSocket }: SdkAttempt,
  { roleArn, nowMs }: SdkOptions,
): Promise<Outcome> {
  if (newSocket) closeIdleSockets();
  const request = new AssumeRoleRequest({
    roleArn,
    roleSessionName: call.sessionName,
    policy: call.sessionPolicy,
    durationSeconds: call.durationSeconds,
  });
  try {
    // The SDK reads these fields and nothing else of its class, which has 24.
    const runtime = { readTimeout: timeoutMs, connectTimeout: timeoutMs } as RuntimeOptions;
    const { body } = await client.assumeRoleWithOptions(request, runtime);
    return credentialsFrom(body, call.durationSeconds, nowMs());
  } catch (error) {
    return outcomeOf(error);
  }
}

function clientFor({ host, protocol }: SdkOptions["endpoint"], caller: CallerCredentials): SdkClient {
  const credential = credentialOf(caller);
  return new Client(
    new $OpenApiUtil.Config({
      endpoint: host,
      protocol,
      credential: { getCredential: async () => credential },
      userAgent: USER_AGENT,
    }),
  );
}

/** Function Compute hands out the same keys with each request for hours, each time as a new object. */
function haveSameKeys(a: CallerCredentials, b: CallerCredentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.accessKeySecret === b.accessKeySecret &&
    a.securityToken === b.securityToken
  );
}

/** The SDK takes any object with `getCredential`. An empty token counts as none. */
function credentialOf(caller: CallerCredentials) {
  const keys = { accessKeyId: caller.accessKeyId, accessKeySecret: caller.accessKeySecret };
  return caller.securityToken
    ? { ...keys, securityToken: caller.securityToken, type: "sts" }
    : { ...keys, type: "access_key" };
}
