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

export interface Attempt {
  readonly endpoint: { readonly host: string; readonly protocol: "https" | "http" };
  readonly roleArn: string;
  readonly call: AssumeRole;
  readonly caller: CallerCredentials;
  readonly timeoutMs: number;
  readonly newSocket: boolean;
  readonly nowMs: () => number;
}

/** One AssumeRole with the official SDK. Loading this module loads the SDK: import it when a request needs STS. */
export async function attemptAssumeRole(attempt: Attempt): Promise<Outcome> {
  if (attempt.newSocket) closeIdleSockets(-1);
  const { call } = attempt;
  const client = new Client(
    new $OpenApiUtil.Config({
      endpoint: attempt.endpoint.host,
      protocol: attempt.endpoint.protocol,
      credential: { getCredential: async () => credentialOf(attempt.caller) },
      userAgent: USER_AGENT,
      readTimeout: attempt.timeoutMs,
      connectTimeout: attempt.timeoutMs,
    }),
  );
  const request = new AssumeRoleRequest({
    roleArn: attempt.roleArn,
    roleSessionName: call.sessionName,
    policy: call.sessionPolicy,
    durationSeconds: call.durationSeconds,
  });
  try {
    const { body } = await client.assumeRole(request);
    return credentialsFrom(body, call.durationSeconds, attempt.nowMs());
  } catch (error) {
    return outcomeOf(error);
  }
}

/** The SDK takes any object with `getCredential`. An empty token counts as none. */
function credentialOf(caller: CallerCredentials) {
  const keys = { accessKeyId: caller.accessKeyId, accessKeySecret: caller.accessKeySecret };
  return caller.securityToken
    ? { ...keys, securityToken: caller.securityToken, type: "sts" }
    : { ...keys, type: "access_key" };
}
