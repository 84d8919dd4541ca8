import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import type { World } from "../world.ts";
import { verifyAcs3Signature } from "./authentication.ts";
import type { FunctionSettings } from "./function-settings.ts";
import { httpEvent, isAsync, readTriggerRequest, type TriggerRequest } from "./http-event.ts";
import { hasHeader, type TriggerResponse, triggerResponseFrom } from "./http-response.ts";
import { functionArn, requireInvokeFunction } from "./invocation-permission.ts";
import { cloudErrorOf, recordRefusal } from "./refusal-journal.ts";
import { type InvocationResult, newFcRequestId, type RunningFunction } from "./running-function.ts";

/**
 * Door 1, the HTTP trigger: turns a request into an event, runs the function and maps what it returned. Never
 * rejects. Source: FC "HTTP trigger overview" and "HTTP trigger: invoke a function".
 */
export async function serveTrigger(
  world: World,
  target: RunningFunction,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = newFcRequestId(world.clock.nowMs());
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const origin = message.headers.origin;
  try {
    const answer = await answerTo(world, target, await readTriggerRequest(message), requestId, gone.signal);
    send(response, target.settings, requestId, withDefaultCors(answer, origin));
  } catch (thrown) {
    const error = cloudErrorOf(thrown);
    recordRefusal(world, { error, requestId });
    const refusal = errorResponse(error, requestId);
    // The rest of a body that was refused unread would be taken for the next request.
    if (!message.complete) response.setHeader("Connection", "close");
    send(response, target.settings, requestId, withDefaultCors(refusal, origin));
  }
}

/** e.g. credentials-wkdjqbzs.cn-hangzhou.fcapp.run; stays the same for a function. */
export function domainNameOf(settings: FunctionSettings): string {
  if (settings.customDomain !== undefined) return settings.customDomain;
  const digest = createHash("sha256").update(`${settings.accountId}/${settings.name}`).digest();
  const letters = [...digest.subarray(0, 8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
  return `${settings.name.toLowerCase().replaceAll("_", "-")}-${letters}.${settings.region}.fcapp.run`;
}

async function answerTo(
  world: World,
  target: RunningFunction,
  request: TriggerRequest,
  requestId: string,
  signal: AbortSignal,
): Promise<TriggerResponse> {
  const { settings } = target;
  const preflight = preflightAnswer(settings, request);
  if (preflight !== undefined) return preflight;
  if (!settings.methods.includes(request.method)) {
    throw new CloudError(403, "MethodNotAllowed", `method ${request.method} is not allowed by the trigger`);
  }
  const principal = settings.authType === "function" ? signerOf(world, settings, request) : undefined;
  const event = httpEvent(request, {
    requestId,
    accountId: settings.accountId,
    domainName: domainNameOf(settings),
    nowMs: world.clock.nowMs(),
  });
  if (isAsync(request.headers)) {
    target.invokeLater({ requestId, event, principal });
    return { status: 202, headers: new Map(), body: Buffer.alloc(0) };
  }
  return responseTo(await target.invoke({ requestId, event, principal, signal }));
}

/** The HTTP response for a result; of an error the client learns nothing. Throws CloudError 502 BadResponse. */
export function responseTo({ errorType, body }: InvocationResult): TriggerResponse {
  if (errorType === undefined) return triggerResponseFrom(body);
  return {
    status: 502,
    headers: new Map([["Content-Type", "application/json"]]),
    body: Buffer.from("Internal Server Error"),
  };
}

/** The ARN of who signed a request to a trigger with `authType: function`. Throws CloudError 400 and 403. */
function signerOf(world: World, settings: FunctionSettings, request: TriggerRequest): string {
  const headers = Object.fromEntries(
    [...request.headers].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const caller = verifyAcs3Signature(
    world,
    { method: request.method, path: request.rawPath, query: request.query, headers, body: request.body },
    "body or not",
  );
  requireInvokeFunction(world, caller, {
    resource: functionArn(settings),
    sourceIp: request.sourceIp,
    secureTransport: request.secureTransport,
  });
  return caller.arn;
}

/** The platform's own answer to a CORS preflight, unless the trigger lets the function answer. */
function preflightAnswer(settings: FunctionSettings, request: TriggerRequest): TriggerResponse | undefined {
  const { method, headers } = request;
  const wanted = headers.get("Access-Control-Request-Method");
  if (method !== "OPTIONS" || settings.methods.includes("OPTIONS") || wanted === undefined) return undefined;
  const wantedHeaders = headers.get("Access-Control-Request-Headers");
  return {
    status: 200,
    headers: new Map([
      ["Access-Control-Allow-Methods", settings.methods.join(",")],
      ...(wantedHeaders === undefined ? [] : [["Access-Control-Allow-Headers", wantedHeaders] as const]),
      // Assumption: the documents print no default.
      ["Access-Control-Max-Age", "3600"],
    ]),
    body: Buffer.alloc(0),
  };
}

/** Where a function says nothing of CORS, FC lets every origin in, with credentials. */
function withDefaultCors(answer: TriggerResponse, origin: string | undefined): TriggerResponse {
  if (origin === undefined || hasHeader(answer.headers, "access-control-allow-origin")) return answer;
  return {
    ...answer,
    headers: new Map([
      ...answer.headers,
      ["Access-Control-Allow-Origin", origin],
      ["Access-Control-Allow-Credentials", "true"],
      ["Access-Control-Expose-Headers", "Date,x-fc-request-id"],
    ]),
  };
}

function errorResponse(error: CloudError, requestId: string): TriggerResponse {
  return {
    status: error.status,
    headers: new Map([["Content-Type", "application/json"]]),
    body: Buffer.from(JSON.stringify({ RequestId: requestId, Code: error.code, Message: error.message })),
  };
}

function send(
  response: ServerResponse,
  settings: FunctionSettings,
  requestId: string,
  { status, headers, body }: TriggerResponse,
): void {
  if (response.destroyed) return;
  for (const [name, value] of headers) response.setHeader(name, value);
  if (settings.customDomain === undefined) response.setHeader("Content-Disposition", "attachment");
  response.setHeader("X-Fc-Request-Id", requestId);
  response.statusCode = status;
  response.end(body);
}
