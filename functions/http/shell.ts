import type { AccessGrant } from "../../shared/domain/grant/access-grant.ts";
import type { Report } from "../../shared/domain/grant/report.ts";
import type { Refusal } from "../../shared/domain/refusal.ts";
import { type Valet, vendCredentials } from "../../shared/flows/vend-credentials.ts";
import type { AuditEntry, AuditLog, Clock } from "../../shared/ports.ts";
import { credentialsRequestFrom } from "../credentials/request.ts";
import {
  credentialsResponse,
  healthResponse,
  type OssLocation,
  preflightResponse,
  refusalResponse,
  serverErrorResponse,
} from "../credentials/response.ts";
import { withCors } from "./cors.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

export interface HandlerOptions {
  readonly valet: Valet;
  readonly oss: OssLocation;
  readonly allowedOrigins: readonly string[];
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  readonly version: string;
}

/** One request to its answer and its line in the log. Never throws, whatever comes. */
export function requestHandler(options: HandlerOptions): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    const startedMs = options.clock.nowMs();
    const answer = await answerTo(request, options).catch(unexpected(request));
    const response = recorded(answer, request, startedMs, options);
    return withCors(response, request, options.allowedOrigins);
  };
}

/** Credentials that leave no line in the log are not handed out: nobody could say later who had them. */
function recorded(
  { response, audit }: Answer,
  request: HttpRequest,
  startedMs: number,
  options: HandlerOptions,
): HttpResponse {
  try {
    options.auditLog.record({
      requestId: request.requestId,
      method: request.method.slice(0, 20),
      path: loggedPath(request.path),
      status: response.status,
      durationMs: options.clock.nowMs() - startedMs,
      code: "Success",
      ...audit,
    });
    return response;
  } catch {
    return serverErrorResponse(request.requestId);
  }
}

/** An App that puts its token into the path by mistake must not find it in the log. */
function loggedPath(path: string): string {
  return path.slice(0, 200).replace(/[^/]{24,}/g, "…");
}

interface Answer {
  readonly response: HttpResponse;
  readonly audit: Partial<AuditEntry>;
}

const CREDENTIALS_METHODS = ["GET", "POST", "OPTIONS"];
const HEALTH_METHODS = ["GET", "OPTIONS"];

async function answerTo(request: HttpRequest, options: HandlerOptions): Promise<Answer> {
  // Not of a preflight: without its answer a browser would keep the refusal of the request itself from the page.
  if (request.unreadable !== undefined && request.method !== "OPTIONS")
    return refusal(request.unreadable, request, {});
  switch (request.path) {
    case "/credentials":
      if (request.method === "OPTIONS")
        return { response: preflightResponse(CREDENTIALS_METHODS), audit: {} };
      if (request.method !== "GET" && request.method !== "POST") {
        return refusal({ code: "METHOD_NOT_ALLOWED", allow: CREDENTIALS_METHODS }, request, {});
      }
      return await credentialsAnswer(request, options);
    case "/healthz":
      if (request.method === "OPTIONS") return { response: preflightResponse(HEALTH_METHODS), audit: {} };
      if (request.method !== "GET")
        return refusal({ code: "METHOD_NOT_ALLOWED", allow: HEALTH_METHODS }, request, {});
      return { response: healthResponse(options.version), audit: {} };
    default:
      return refusal({ code: "NOT_FOUND" }, request, {});
  }
}

async function credentialsAnswer(http: HttpRequest, options: HandlerOptions): Promise<Answer> {
  const read = credentialsRequestFrom(http);
  if (!read.ok) return refusal(read.refusal, http, {});
  const { result, learnt } = await vendCredentials(read.value.request, options.valet);
  const audit: Partial<AuditEntry> = {
    ...(learnt.issuer === undefined ? {} : { issuer: learnt.issuer }),
    ...(learnt.sessionName === undefined ? {} : { sessionName: learnt.sessionName }),
    ...(learnt.report === undefined ? {} : reportFields(learnt.report)),
    ...(learnt.grant === undefined ? {} : grantFields(learnt.grant)),
  };
  if (!result.ok) return refusal(result.refusal, http, audit);
  const response = credentialsResponse(result.value, {
    format: read.value.format,
    oss: options.oss,
    requestId: http.requestId,
    nowMs: options.clock.nowMs(),
  });
  const { credentials } = result.value;
  return {
    response,
    audit: {
      ...audit,
      accessKeyId: credentials.accessKeyId,
      expiration: new Date(credentials.expiresAtMs).toISOString(),
      stsRequestId: credentials.stsRequestId,
    },
  };
}

function refusal(why: Refusal, request: HttpRequest, audit: Partial<AuditEntry>): Answer {
  const response = refusalResponse(why, request.requestId);
  return { response, audit: { ...audit, code: codeOf(response), refusal: why } };
}

function grantFields(grant: AccessGrant): Partial<AuditEntry> {
  return {
    rules: grant.rules,
    permissions: [...new Set(grant.statements.flatMap((statement) => statement.permissions))],
    prefixes: grant.statements.map((statement) => `${statement.bucket}/${statement.prefix}`),
  };
}

function reportFields({ reported, reportedUnsafe }: Report): Partial<AuditEntry> {
  return {
    ...(reported.length === 0 ? {} : { reported }),
    ...(reportedUnsafe.length === 0 ? {} : { reportedUnsafe }),
  };
}

/** The message stays out of the log: an SDK's holds the URL, and the URL the policy. */
function unexpected(request: HttpRequest): (error: unknown) => Answer {
  return (error) => {
    const response = serverErrorResponse(request.requestId);
    const [name, frames] = error instanceof Error ? [error.name, framesOf(error)] : [typeof error, []];
    return {
      response,
      audit: { code: codeOf(response), error: [name, ...frames.map((line) => line.trim())].join(" ") },
    };
  };
}

/** Of the stack only the lines behind the message, which may have lines of its own. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const afterMessage = stack.slice(stack.indexOf(message) + message.length);
  return afterMessage
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8);
}

function codeOf(response: HttpResponse): string {
  return (JSON.parse(response.body) as { readonly Code: string }).Code;
}
