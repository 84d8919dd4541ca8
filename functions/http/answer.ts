import type { Refusal } from "../../shared/domain/refusal.ts";
import type { ErrorBody, ErrorCode } from "../../shared/wire.ts";
import type { HttpResponse } from "./http.ts";

/** What a request gets, before it is text. */
export interface Answer {
  readonly status: number;
  /** The public code: Success, or that of the error body. */
  readonly code: "Success" | ErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON; undefined when there is no body. */
  readonly body: object | undefined;
}

/** 200. */
export function success(body: object): Answer {
  return { status: 200, code: "Success", headers: {}, body };
}

/** The answer to a browser's preflight; cors.ts adds the headers that matter. */
export function preflight(allow: readonly string[]): Answer {
  return { status: 204, code: "Success", headers: { Allow: allow.join(", ") }, body: undefined };
}

/** What an error answer names: the request, and the paths that do exist. */
export interface ErrorContext {
  readonly requestId: string;
  readonly paths: readonly string[];
  /** In [0, 1). Spreads the return of those who are sent away at the same time. */
  readonly random: () => number;
}

/** Every refusal, with its real status and without a hint of a policy, a key or which check failed. */
export function refusal(why: Refusal, context: ErrorContext): Answer {
  return error(toldOf(why, context), context);
}

/** For what nobody expected: the last-resort catch of the shell. */
export function serverError(context: ErrorContext): Answer {
  return error(SERVER_ERROR, context);
}

/** The answer as it is sent. */
export function rendered({ status, headers, body }: Answer): HttpResponse {
  return body === undefined
    ? { status, headers: { ...BASE_HEADERS, ...headers }, body: "" }
    : { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

/** The answer to HEAD: the headers of the answer to GET. Function Compute ignores the Content-Length. */
export function withoutBody({ status, headers, body }: HttpResponse): HttpResponse {
  return {
    status,
    headers: { ...headers, "Content-Length": String(Buffer.byteLength(body)) },
    body: "",
  };
}

const BASE_HEADERS: Readonly<Record<string, string>> = {
  // Credentials are never stored by a proxy (RFC 6749 section 5.1), nor taken for another type.
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  "X-Content-Type-Options": "nosniff",
  Vary: "Authorization, Origin",
};

const JSON_HEADERS = { "Content-Type": "application/json; charset=utf-8", ...BASE_HEADERS };

interface Told {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const SERVER_ERROR: Told = {
  status: 500,
  code: "ServerError",
  message:
    "The service cannot issue credentials. Its operator finds the reason in the log under this RequestId.",
};

/** The one table refusal → answer. No default: a new refusal does not compile without its row. */
function toldOf(why: Refusal, { paths, random }: ErrorContext): Told {
  switch (why.code) {
    case "NOT_FOUND":
      return told(404, "NotFound", `There is nothing at this path. Use ${paths.join(" or ")}.`);
    case "METHOD_NOT_ALLOWED": {
      const allow = why.allow.join(", ");
      return told(405, "MethodNotAllowed", `Use ${allow}.`, { Allow: allow });
    }
    case "REQUEST_TOO_LARGE":
      return told(413, "RequestTooLarge", "The request is too large.");
    case "REQUEST_INVALID":
      return told(400, "InvalidRequest", `${why.field} ${why.problem}.`);
    case "TOKEN_MISSING":
      return told(
        401,
        "MissingToken",
        "Send the App token in the header Authorization: Bearer <App token>.",
        challenge(),
      );
    case "TOKEN_INVALID":
      return tokenRefused("InvalidToken", "The App token is not valid.");
    case "TOKEN_EXPIRED":
      return tokenRefused("TokenExpired", "The App token has expired.");
    case "CLAIM_INVALID":
      return told(403, "AccessDenied", "No rule grants this access.");
    case "ACCESS_NOT_GRANTED":
      return told(403, "AccessDenied", `No rule grants ${why.which ?? "this access"}.`);
    case "RATE_LIMITED":
      return tryLater("TooManyRequests", "Too many requests", why.retryAfterSeconds, 429);
    case "SESSION_POLICY_TOO_LONG":
    case "SESSION_POLICY_UNPROVEN":
    case "SIGNING_KEYS_MISSING":
    case "STS_DENIED":
      return SERVER_ERROR;
    case "KEYS_UNAVAILABLE":
      return tryLater(
        "KeysUnavailable",
        "The keys that verify the App token cannot be fetched now",
        spread(why.retryAfterSeconds, random),
      );
    case "STS_THROTTLED":
      return tryLater(
        "StsThrottled",
        "Too many credentials are being issued now",
        spread(why.retryAfterSeconds, random),
      );
    case "STS_UNAVAILABLE":
      return tryLater(
        "StsUnavailable",
        "The Security Token Service does not answer now",
        spread(why.retryAfterSeconds ?? 1, random),
      );
  }
}

function told(status: number, code: ErrorCode, message: string, headers: Told["headers"] = {}): Told {
  return { status, code, message, headers };
}

function tokenRefused(code: ErrorCode, message: string): Told {
  return told(401, code, message, challenge(message));
}

/**
 * Whole seconds, from `seconds` to twice as many: all who were sent away at the same time would otherwise come back at the same time.
 */
function spread(seconds: number, random: () => number): number {
  const least = Math.max(1, Math.ceil(seconds));
  return least + Math.floor(random() * (least + 1));
}

/** `seconds`: whole ones are sent, 1 or more. */
function tryLater(code: ErrorCode, why: string, seconds: number, status = 503): Told {
  return told(status, code, `${why}; try again later.`, {
    "Retry-After": String(Math.max(1, Math.ceil(seconds))),
  });
}

/** RFC 6750 section 3: an error only where a token was sent. */
function challenge(description?: string): Readonly<Record<string, string>> {
  const realm = 'Bearer realm="oss-valet"';
  return {
    "WWW-Authenticate":
      description === undefined
        ? realm
        : `${realm}, error="invalid_token", error_description="${description}"`,
  };
}

function error({ status, code, message, headers = {} }: Told, { requestId }: ErrorContext): Answer {
  const body: ErrorBody = {
    StatusCode: String(status),
    Code: code,
    Message: message,
    ErrorCode: code,
    ErrorMessage: message,
    RequestId: requestId,
  };
  return { status, code, headers, body };
}
