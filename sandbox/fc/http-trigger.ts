import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import type { PlantedError } from "../service-listener.ts";
import type { World } from "../world.ts";
import { verifyAcs3Signature } from "./authentication.ts";
import type { FunctionSettings } from "./function-settings.ts";
import { httpEvent, isAsync, readTriggerRequest, type TriggerRequest } from "./http-event.ts";
import { hasHeader, type TriggerResponse, triggerResponseFrom } from "./http-response.ts";
import { functionArn, requireInvokeFunction } from "./invocation-permission.ts";
import { type FcCall, journaled } from "./journaled.ts";
import type { InvocationResult, RunningFunction } from "./running-function.ts";

/**
 * Door 1, the HTTP trigger: turns a request into an event, runs the function and maps what it returned. Where there
 * is no function: 404 FunctionNotFound (assumption). Source: FC "HTTP trigger overview" and "HTTP trigger: invoke a
 * function".
 */
export async function serveTrigger(
  world: World,
  target: RunningFunction | undefined,
  message: IncomingMessage,
  response: ServerResponse,
  planted?: PlantedError,
): Promise<void> {
  const [answer, requestId] = await journaled<TriggerResponse>(world, message, response, planted, {
    operation: `${message.method} ${(message.url ?? "/").split("?")[0]}`,
    serve: async (call) => {
      if (target === undefined) throw noFunction();
      call.note({ resource: functionArn(target.settings) });
      return outcomeOf(world, target, await readTriggerRequest(message), call);
    },
    refusal: (error, requestId) => errorResponse(error, requestId, message),
  });
  send(response, target?.settings, requestId, withDefaultCors(answer, message.headers.origin));
}

/** e.g. credentials-wkdjqbzs.cn-hangzhou.fcapp.run; stays the same for a function. */
export function domainNameOf(settings: FunctionSettings): string {
  if (settings.customDomain !== undefined) return settings.customDomain;
  const digest = createHash("sha256").update(`${settings.accountId}/${settings.name}`).digest();
  const letters = [...digest.subarray(0, 8)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
  return `${settings.name.toLowerCase().replaceAll("_", "-")}-${letters}.${settings.region}.fcapp.run`;
}

async function outcomeOf(
  world: World,
  target: RunningFunction,
  request: TriggerRequest,
  { requestId, signal, note }: FcCall,
): Promise<readonly [TriggerResponse, InvocationResult["errorType"]]> {
  const { settings } = target;
  const preflight = preflightAnswer(settings, request);
  if (preflight !== undefined) {
    note({ because: "a preflight, which the platform answers itself" });
    return [preflight, undefined];
  }
  if (!settings.methods.includes(request.method)) {
    throw new CloudError(403, "MethodNotAllowed", `method ${request.method} is not allowed by the trigger`);
  }
  if (settings.authType === "function") requireSigner(world, settings, request, note);
  else note({ because: "the trigger is anonymous" });
  const event = httpEvent(request, {
    requestId,
    accountId: settings.accountId,
    domainName: domainNameOf(settings),
    nowMs: world.clock.nowMs(),
  });
  if (isAsync(request.headers)) {
    target.invokeLater({ requestId, event });
    return [{ status: 202, headers: new Map(), body: Buffer.alloc(0) }, undefined];
  }
  const result = await target.invoke({ requestId, event, signal });
  return [responseTo(result), result.errorType];
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

/** For a trigger with `authType: function`. Throws CloudError 400 and 403. */
function requireSigner(
  world: World,
  settings: FunctionSettings,
  request: TriggerRequest,
  note: FcCall["note"],
): void {
  const headers = Object.fromEntries(
    [...request.headers].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const caller = verifyAcs3Signature(
    world,
    { method: request.method, path: request.rawPath, query: request.query, headers, body: request.body },
    "body or not",
  );
  note({ principal: caller.arn });
  const { sourceIp, secureTransport } = request;
  requireInvokeFunction(world, caller, { resource: functionArn(settings), sourceIp, secureTransport }, note);
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

function errorResponse(error: CloudError, requestId: string, message: IncomingMessage): TriggerResponse {
  return {
    status: error.status,
    headers: new Map([
      ["Content-Type", "application/json"],
      // The rest of a body that was refused unread would be taken for the next request.
      ...(message.complete ? [] : [["Connection", "close"] as const]),
    ]),
    body: Buffer.from(JSON.stringify({ RequestId: requestId, Code: error.code, Message: error.message })),
  };
}

/** In the form of FC 3.0's API. */
function noFunction(): CloudError {
  return new CloudError(404, "FunctionNotFound", "No function is deployed in this sandbox.");
}

function send(
  response: ServerResponse,
  settings: FunctionSettings | undefined,
  requestId: string,
  { status, headers, body }: TriggerResponse,
): void {
  if (response.destroyed) return;
  for (const [name, value] of headers) response.setHeader(name, value);
  if (settings?.customDomain === undefined) response.setHeader("Content-Disposition", "attachment");
  response.setHeader("X-Fc-Request-Id", requestId);
  response.statusCode = status;
  response.end(body);
}
