import type { Refusal, Result } from "../../shared/domain/refusal.ts";
import type { AuditEntry, AuditFacts, AuditLog, Clock } from "../../shared/ports.ts";
import {
  type Answer,
  type ErrorContext,
  preflight,
  refusal,
  rendered,
  serverError,
  success,
  withoutBody,
} from "./answer.ts";
import { withCors } from "./cors.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";

/** One path of a function. */
export interface Route {
  readonly path: string;
  /** Those that `answer` takes. The shell answers OPTIONS by itself. */
  readonly methods: readonly string[];
  /** May throw: the shell answers 500, and logs where. */
  readonly answer: (request: HttpRequest) => Promise<RouteAnswer>;
}

/** What a route gives: the body of a 200, or a refusal; and what the log may know of the request. */
export interface RouteAnswer {
  readonly result: Result<object>;
  readonly facts: AuditFacts;
}

export interface ShellOptions {
  readonly routes: readonly Route[];
  /** ALLOWED_ORIGINS. */
  readonly allowedOrigins: readonly string[];
  readonly auditLog: AuditLog;
  readonly clock: Clock;
  /** What /healthz answers. */
  readonly version: string;
  /** In [0, 1). Default: Math.random. */
  readonly random?: () => number;
}

/** One request to its answer and its line in the log. Never throws, whatever comes. */
export function shellAround(options: ShellOptions): (request: HttpRequest) => Promise<HttpResponse> {
  const { random = Math.random } = options;
  const routes = [...options.routes, healthRoute(options.version)];
  const paths = options.routes.map(({ path }) => path);
  return async (request) => {
    const startedMs = options.clock.nowMs();
    const context = { requestId: request.requestId, paths, random };
    const logged = await loggedAnswer(request, routes, context).catch(unexpected(context));
    const answer = recorded(logged, request, startedMs, options) ? logged.answer : serverError(context);
    const response = withCors(rendered(answer), request, options.allowedOrigins);
    return request.method === "HEAD" ? withoutBody(response) : response;
  };
}

interface LoggedAnswer {
  readonly answer: Answer;
  readonly facts: AuditFacts & Pick<AuditEntry, "refusal" | "error">;
}

/** Credentials that leave no line in the log are not handed out: nobody could say later who had them. */
function recorded(
  { answer, facts }: LoggedAnswer,
  request: HttpRequest,
  startedMs: number,
  { auditLog, clock }: ShellOptions,
): boolean {
  try {
    auditLog.record({
      requestId: request.requestId,
      method: request.method.slice(0, 20),
      path: loggedPath(request.path),
      status: answer.status,
      durationMs: clock.nowMs() - startedMs,
      code: answer.code,
      ...facts,
    });
    return true;
  } catch {
    return false;
  }
}

/** An App that puts its token into the path by mistake must not find it in the log. */
function loggedPath(path: string): string {
  return path.slice(0, 200).replace(/[^/]{24,}/g, "…");
}

async function loggedAnswer(
  request: HttpRequest,
  routes: readonly Route[],
  context: ErrorContext,
): Promise<LoggedAnswer> {
  const refused = (why: Refusal, facts: AuditFacts = {}): LoggedAnswer => ({
    answer: refusal(why, context),
    facts: { ...facts, refusal: why },
  });
  // Not for a preflight: without its answer a browser would hide the refusal of the request itself from the page.
  if (request.unreadable !== undefined && request.method !== "OPTIONS") return refused(request.unreadable);
  const route = routes.find(({ path }) => path === request.path);
  if (route === undefined) return refused({ code: "NOT_FOUND" });
  if (!route.methods.includes(request.method)) {
    const allow = [...route.methods, "OPTIONS"];
    if (request.method === "OPTIONS") return { answer: preflight(allow), facts: {} };
    return refused({ code: "METHOD_NOT_ALLOWED", allow });
  }
  const { result, facts } = await route.answer(request);
  return result.ok ? { answer: success(result.value), facts } : refused(result.refusal, facts);
}

function healthRoute(version: string): Route {
  const result = { ok: true, value: { Status: "ok", Version: version } } as const;
  return { path: "/healthz", methods: ["GET", "HEAD"], answer: async () => ({ result, facts: {} }) };
}

/** The message stays out of the log: an SDK's holds the URL, and the URL the policy. */
function unexpected(context: ErrorContext): (error: unknown) => LoggedAnswer {
  return (error) => {
    const [name, frames] = error instanceof Error ? [error.name, framesOf(error)] : [typeof error, []];
    return {
      answer: serverError(context),
      facts: { error: [name, ...frames.map((line) => line.trim())].join(" ") },
    };
  };
}

/** The stack's lines after the message, which may have several lines itself. */
function framesOf({ stack = "", message }: Error): readonly string[] {
  const afterMessage = stack.slice(stack.indexOf(message) + message.length);
  return afterMessage
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8);
}
