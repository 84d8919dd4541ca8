import { granted, type Refusal, type Refused, type Result, refused } from "../../domain/refusal.ts";
import type { TemporaryCredentials } from "../../ports.ts";
import { StsExchangeError } from "./exchange-error.ts";

/** What one attempt came to. */
export interface Outcome {
  readonly result: Result<TemporaryCredentials>;
  /** What STS asked for; undefined: nothing. */
  readonly retryAfterMs?: number | undefined;
}

/** Seconds, where STS does not say. Assumption: the quota is one of calls per second, so 2 s is past the burst. */
const RETRY_AFTER_UNKNOWN_SECONDS = 2;

/** Seconds. What an App is told to wait at most, whatever the header says. Assumption. */
const RETRY_AFTER_LONGEST_SECONDS = 600;

/** Seconds that credentials must live on: an App has to get them and use them. Source: docs/threat-model.md, S9. */
const SHORTEST_LIFE_SECONDS = 60;

/** Seconds that the clocks of STS and of this machine may differ. Source: docs/threat-model.md, S9. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** Source: STS AssumeRole, Credentials.Expiration: UTC, whole seconds. */
const EXPIRATION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** The SDK resolves any 200, also without credentials in it (seen in @alicloud/sts20150401 1.2.0): all is looked at. */
export function credentialsFrom(body: unknown, durationSeconds: number, nowMs: number): Outcome {
  const { requestId, credentials } = fieldsOf(body);
  const { accessKeyId, accessKeySecret, securityToken, expiration } = fieldsOf(credentials);
  if (!(isText(accessKeyId) && isText(accessKeySecret) && isText(securityToken) && isText(expiration))) {
    return unavailable("no credentials in the answer", { requestId });
  }
  const expiresAtMs = EXPIRATION.test(expiration) ? Date.parse(expiration) : Number.NaN;
  const earliestMs = nowMs + SHORTEST_LIFE_SECONDS * 1000;
  const latestMs = nowMs + (durationSeconds + CLOCK_TOLERANCE_SECONDS) * 1000;
  if (!(expiresAtMs >= earliestMs && expiresAtMs <= latestMs))
    return unavailable("expiration", { requestId });
  const stsRequestId = identifierOf(requestId) ?? "";
  return { result: granted({ accessKeyId, accessKeySecret, securityToken, expiresAtMs, stsRequestId }) };
}

/** Takes codes and numbers from an SDK's error, never its message: that holds the URL, and with it the policy. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof StsExchangeError) return failed(error);
  const { name, code, requestId } = fieldsOf(error);
  const stsCode = identifierOf(code);
  if (name !== "ClientError" || stsCode === undefined) return unavailable("unreadable answer", { requestId });
  const stsRequestId = identifierOf(requestId);
  const denial: Refusal = { code: "STS_DENIED", stsCode };
  return { result: refused(stsRequestId === undefined ? denial : { ...denial, stsRequestId }) };
}

function failed({ because, details }: StsExchangeError): Outcome {
  const { retryAfterMs } = details;
  const retryAfterSeconds =
    retryAfterMs === undefined
      ? undefined
      : Math.min(Math.ceil(retryAfterMs / 1000), RETRY_AFTER_LONGEST_SECONDS);
  if (because !== "throttled")
    return { ...unavailable(because, { ...details, retryAfterSeconds }), retryAfterMs };
  const seconds = retryAfterSeconds ?? RETRY_AFTER_UNKNOWN_SECONDS;
  return { result: refused({ code: "STS_THROTTLED", retryAfterSeconds: seconds }), retryAfterMs };
}

function unavailable(
  because: string,
  known: {
    readonly requestId?: unknown;
    readonly errorCode?: unknown;
    readonly retryAfterSeconds?: number | undefined;
  },
): { readonly result: Refused } {
  const errorCode = identifierOf(known.errorCode);
  const stsRequestId = identifierOf(known.requestId);
  const { retryAfterSeconds } = known;
  return {
    result: refused({
      code: "STS_UNAVAILABLE",
      because,
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(stsRequestId === undefined ? {} : { stsRequestId }),
    }),
  };
}

/** Codes and request ids go into the log. "undefined" is what the SDK makes of a body without them. */
function identifierOf(value: unknown): string | undefined {
  return isText(value) && /^[A-Za-z0-9._-]{1,128}$/.test(value) && value !== "undefined" ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
