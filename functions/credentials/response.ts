import type { Refusal } from "../../shared/domain/refusal.ts";
import type { VendedCredentials } from "../../shared/flows/vend-credentials.ts";
import type {
  AliOssBody,
  AppServerBody,
  CredentialsBody,
  ErrorBody,
  ErrorCode,
  GrantEntry,
} from "../../shared/wire.ts";
import type { HttpResponse } from "../http/http.ts";
import type { Format } from "./request.ts";

/** The bucket's whereabouts, told to the App. */
export interface OssLocation {
  readonly region: string;
  readonly endpoint: string;
}

const BASE_HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "application/json; charset=utf-8",
  // Credentials are never stored by a proxy (RFC 6749 section 5.1), nor taken for another type.
  "Cache-Control": "no-store",
  Pragma: "no-cache",
  "X-Content-Type-Options": "nosniff",
  Vary: "Authorization, Origin",
};

/** 200, in the shape that was asked for. */
export function credentialsResponse(
  vended: VendedCredentials,
  options: {
    readonly format: Format;
    readonly oss: OssLocation;
    readonly requestId: string;
    readonly nowMs: number;
  },
): HttpResponse {
  return json(200, bodyOf(vended, options), {});
}

export function healthResponse(version: string): HttpResponse {
  return json(200, { Status: "ok", Version: version }, {});
}

/** The answer to a browser's preflight; the headers that matter come from cors.ts. */
export function preflightResponse(allow: readonly string[]): HttpResponse {
  const { "Content-Type": _, ...headers } = BASE_HEADERS;
  return { status: 204, headers: { ...headers, Allow: allow.join(", ") }, body: "" };
}

/** Every no, with its real status and no hint of a policy, a key or which check failed. */
export function refusalResponse(refusal: Refusal, requestId: string): HttpResponse {
  const told = toldOf(refusal);
  return errorResponse(told.status, told.code, told.message, requestId, told.headers);
}

/** For what nobody expected: the last-resort catch of the handler. */
export function serverErrorResponse(requestId: string): HttpResponse {
  return errorResponse(500, "ServerError", SERVER_ERROR, requestId, {});
}

interface Told {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

const SERVER_ERROR =
  "The service cannot issue credentials; its operator finds the reason in the log under this RequestId.";

/** The one table refusal → answer. No default: a new refusal does not compile without its row. */
function toldOf(refusal: Refusal): Told {
  switch (refusal.code) {
    case "NOT_FOUND":
      return told(404, "NotFound", "There is nothing here; ask for /credentials.");
    case "METHOD_NOT_ALLOWED":
      return told(405, "MethodNotAllowed", `Use ${refusal.allow.join(", ")}.`, {
        Allow: refusal.allow.join(", "),
      });
    case "REQUEST_TOO_LARGE":
      return told(413, "RequestTooLarge", "The request is too large.");
    case "REQUEST_INVALID":
      return told(400, "InvalidRequest", `${refusal.field} ${refusal.problem}.`);
    case "TOKEN_MISSING":
      return told(
        401,
        "MissingToken",
        "Send the App token in the header Authorization: Bearer <App token>.",
        challenge(),
      );
    case "TOKEN_INVALID":
      return told(
        401,
        "InvalidToken",
        "The App token is not valid.",
        challenge("The App token is not valid."),
      );
    case "TOKEN_EXPIRED":
      return told(401, "TokenExpired", "The App token has expired.", challenge("The App token has expired."));
    case "CLAIM_INVALID":
    case "ACCESS_NOT_GRANTED":
      return told(403, "AccessDenied", "No rule grants this access.");
    case "SESSION_POLICY_TOO_LONG":
    case "SESSION_POLICY_UNPROVEN":
    case "STS_DENIED":
      return told(500, "ServerError", SERVER_ERROR);
    case "KEYS_UNAVAILABLE":
      return told(
        503,
        "KeysUnavailable",
        "The App token's keys cannot be fetched now; try again later.",
        retryAfter(refusal.retryAfterSeconds),
      );
    case "STS_THROTTLED":
      return told(
        503,
        "StsThrottled",
        "Too many credentials are being issued now; try again later.",
        retryAfter(refusal.retryAfterSeconds),
      );
    case "STS_UNAVAILABLE":
      return told(
        503,
        "StsUnavailable",
        "The Security Token Service does not answer now; try again later.",
        retryAfter(refusal.retryAfterSeconds ?? 1),
      );
  }
}

function told(status: number, code: ErrorCode, message: string, headers: Told["headers"] = {}): Told {
  return { status, code, message, headers };
}

function retryAfter(seconds: number): Readonly<Record<string, string>> {
  return { "Retry-After": String(Math.max(1, Math.ceil(seconds))) };
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

function errorResponse(
  status: number,
  code: ErrorCode,
  message: string,
  requestId: string,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  const body: ErrorBody = {
    StatusCode: String(status),
    Code: code,
    Message: message,
    ErrorCode: code,
    ErrorMessage: message,
    RequestId: requestId,
  };
  return json(status, body, headers);
}

function bodyOf(
  { credentials, grant, sessionName }: VendedCredentials,
  { format, oss, requestId, nowMs }: Parameters<typeof credentialsResponse>[1],
): CredentialsBody | AppServerBody | AliOssBody {
  const expiration = utcSeconds(credentials.expiresAtMs);
  const [first] = grant.statements;
  if (first === undefined) throw new Error("a grant without a statement");
  const keys = {
    AccessKeyId: credentials.accessKeyId,
    AccessKeySecret: credentials.accessKeySecret,
    SecurityToken: credentials.securityToken,
    Expiration: expiration,
  };
  switch (format) {
    case "default":
      return {
        StatusCode: "200",
        Code: "Success",
        ...keys,
        LastUpdated: utcSeconds(nowMs),
        RequestId: requestId,
        SessionName: sessionName,
        OssRegion: oss.region,
        OssBucket: first.bucket,
        OssEndpoint: oss.endpoint,
        KeyPrefix: first.prefix,
        Permissions: first.permissions.join(","),
        ...(grant.statements.length > 1 ? { Grants: JSON.stringify(grantEntries(grant.statements)) } : {}),
      };
    case "appserver":
      return { StatusCode: 200, ...keys };
    case "ali-oss":
      return {
        accessKeyId: credentials.accessKeyId,
        accessKeySecret: credentials.accessKeySecret,
        stsToken: credentials.securityToken,
        expiration,
        // ali-oss names regions by their endpoint: oss-cn-hangzhou
        region: `oss-${oss.region}`,
        bucket: first.bucket,
      };
  }
}

function grantEntries(statements: VendedCredentials["grant"]["statements"]): readonly GrantEntry[] {
  return statements.map(({ bucket, prefix, permissions }) => ({
    Bucket: bucket,
    KeyPrefix: prefix,
    Permissions: permissions,
  }));
}

/** The SDKs of Java and Python refuse milliseconds. */
function utcSeconds(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
}

function json(status: number, body: object, headers: Readonly<Record<string, string>>): HttpResponse {
  return { status, headers: { ...BASE_HEADERS, ...headers }, body: JSON.stringify(body) };
}
