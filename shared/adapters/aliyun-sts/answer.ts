import { granted, type Refusal, type Refused, type Result, refused } from "../../domain/refusal.ts";
import type { TemporaryCredentials } from "../../ports.ts";
import { StsExchangeError } from "./exchange-error.ts";

/** The outcome of one attempt. */
export interface Outcome {
  readonly result: Result<TemporaryCredentials>;
  /** The pause that STS asked for; undefined when it asked for none. */
  readonly retryAfterMs?: number | undefined;
  /** STS may be well: a kept socket was dead. */
  readonly staleSocket?: boolean | undefined;
  /** Another attempt would end the same way. Of refusals; denials and throttling are final without it. */
  readonly isFinal?: boolean | undefined;
}

/** Seconds, when STS names no pause. The quota counts calls per second (source: Alibaba Cloud, notice ram20220829). */
const RETRY_AFTER_UNKNOWN_SECONDS = 1;

/** Seconds. The longest pause that we ask of an App, whatever STS says. Assumption. */
const RETRY_AFTER_LONGEST_SECONDS = 600;

/** Seconds that credentials must still live: an App has to receive and use them. Source: docs/threat-model.md, S9. */
const SHORTEST_LIFE_SECONDS = 60;

/** Seconds that the clocks of STS and of this machine may differ. Source: docs/threat-model.md, S9. */
const CLOCK_TOLERANCE_SECONDS = 60;

/** Source: STS AssumeRole, Credentials.Expiration: UTC, whole seconds. */
const EXPIRATION = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Checks every field: the SDK accepts any 200, even without credentials (seen in @alicloud/sts20150401 1.2.0). */
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
    return { ...unavailable("expiration", { requestId }), isFinal: true };
  const stsRequestId = identifierOf(requestId) ?? "";
  return { result: granted({ accessKeyId, accessKeySecret, securityToken, expiresAtMs, stsRequestId }) };
}

/** Takes codes and numbers from an SDK's error, never its message, which contains the URL and so the policy. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof StsExchangeError) return failed(error);
  const { name, code, requestId, message } = fieldsOf(error);
  const stsCode = isOfRootKey(code, message) ? ROOT_KEY : identifierOf(code);
  if (name !== "ClientError" || stsCode === undefined) return unavailable("unreadable answer", { requestId });
  const stsRequestId = identifierOf(requestId);
  const denial: Refusal = { code: "STS_DENIED", stsCode };
  return { result: refused(stsRequestId === undefined ? denial : { ...denial, stsRequestId }) };
}

/** Our own code: STS has one code for a key that may assume no role at all and for a missing permission. */
const ROOT_KEY = "NoPermission.RootAccount";

/** Source: STS, FAQ: "Roles may not be assumed by root accounts." */
function isOfRootKey(code: unknown, message: unknown): boolean {
  return code === "NoPermission" && isText(message) && /\bassumed by root accounts\b/i.test(message);
}

/**
 * What a dead STS shows: no answer, a broken connection, an error of the server. Denials and throttling are answers. A kept connection
 * that died while it was idle says nothing of STS.
 */
export function isOutage({ result, staleSocket }: Outcome): boolean {
  return !result.ok && result.refusal.code === "STS_UNAVAILABLE" && staleSocket !== true;
}

function failed({ because, details }: StsExchangeError): Outcome {
  const { retryAfterMs, staleSocket } = details;
  const retryAfterSeconds =
    retryAfterMs === undefined
      ? undefined
      : Math.min(Math.ceil(retryAfterMs / 1000), RETRY_AFTER_LONGEST_SECONDS);
  if (because === "throttled") {
    const seconds = retryAfterSeconds ?? RETRY_AFTER_UNKNOWN_SECONDS;
    const named = retryAfterMs && { stsPauseMs: Math.min(retryAfterMs, RETRY_AFTER_LONGEST_SECONDS * 1000) };
    return { result: refused({ code: "STS_THROTTLED", retryAfterSeconds: seconds, ...named }) };
  }
  const isFinal = because === "answer too large" || TLS_ERROR.test(details.errorCode ?? "");
  return { ...unavailable(because, { ...details, retryAfterSeconds }), retryAfterMs, staleSocket, isFinal };
}

/** Node's codes of a certificate that does not fit, and of a peer that does not speak TLS. */
const TLS_ERROR = /^(?:EPROTO|ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_)/;

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

/** Codes and request IDs go into the log. For a body without them, the SDK gives the text "undefined". */
function identifierOf(value: unknown): string | undefined {
  return isText(value) && /^[A-Za-z0-9._-]{1,128}$/.test(value) && value !== "undefined" ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
