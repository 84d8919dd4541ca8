import type { Credentials } from "../../client/src/live-credentials.ts";
import type { ValetError } from "../../client/src/valet-error.ts";

/** An answer of the sidecar. */
export interface SidecarAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string>>;
}

/**
 * The body that every credentials_uri client takes: flat, all strings, no milliseconds. `aheadMs`: milliseconds by which
 * the server's clock is ahead of this machine's. Clients compare Expiration with the clock of this machine, so it is in
 * that time here.
 */
export function credentialsAnswer(credentials: Credentials, aheadMs: number): SidecarAnswer {
  return {
    status: 200,
    headers: {},
    body: {
      StatusCode: "200",
      Code: "Success",
      AccessKeyId: credentials.accessKeyId,
      AccessKeySecret: credentials.accessKeySecret,
      SecurityToken: credentials.securityToken,
      Expiration: secondsOf(new Date(credentials.expiresAt.getTime() - aheadMs)),
    },
  };
}

/** Of an error that came in place of credentials. Clients take anything but 200 for a failure, and some show the body. */
export function errorAnswer(error: ValetError, message: string): SidecarAnswer {
  const status = error.status !== undefined && error.status >= 400 ? error.status : 502;
  return {
    status,
    headers:
      error.retryAfterMs === undefined ? {} : { "Retry-After": String(Math.ceil(error.retryAfterMs / 1000)) },
    body: {
      StatusCode: String(status),
      Code: error.code,
      Message: message,
      ...(error.requestId === undefined ? {} : { RequestId: error.requestId }),
    },
  };
}

/** `2026-11-26T12:00:00Z`, never later than the time itself. Source: the Java and Python SDKs refuse milliseconds. */
export function secondsOf(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
