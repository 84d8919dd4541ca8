import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import type { PlantedError } from "../service-listener.ts";
import { type JournalNote, record, type World } from "../world.ts";
import { verifyAcs3Signature } from "./authentication.ts";
import { clientClosedRequest, cloudErrorOf } from "./errors.ts";
import type { FunctionSettings } from "./function-settings.ts";
import { httpEvent, isAsync, readTriggerRequest, type TriggerRequest } from "./http-event.ts";
import { hasHeader, type TriggerResponse, triggerResponseFrom } from "./http-response.ts";
import { functionArn, requireInvokeFunction } from "./invocation-permission.ts";
import { type InvocationResult, newFcRequestId, type RunningFunction } from "./running-function.ts";

/** What the journal is told of a request while it is served. */
type Noted = JournalNote & { readonly principal?: string };

/** A request on its way to the function. */
interface TriggerCall {
  readonly requestId: string;
  /** Aborted as the client goes away. */
  readonly signal: AbortSignal;
  readonly note: (note: Noted) => void;
}

/** What is answered, with the code for the journal; undefined where the function ran well. */
type Outcome = readonly [TriggerResponse, InvocationResult["errorType"]];

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
  const requestId = newFcRequestId(world.clock.nowMs());
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  let noted: Noted = planted === undefined ? {} : { because: planted.because };
  const note = (more: Noted) => {
    noted = { ...noted, ...more };
  };
  let answer: TriggerResponse;
  let code: string | undefined;
  let failure: CloudError | undefined;
  try {
    if (planted !== undefined) throw planted.error;
    if (target === undefined) throw noFunction();
    note({ resource: functionArn(target.settings) });
    const request = await readTriggerRequest(message);
    [answer, code] = await outcomeOf(world, target, request, { requestId, signal: gone.signal, note });
    if (gone.signal.aborted) throw clientClosedRequest();
  } catch (thrown) {
    failure = cloudErrorOf(thrown);
    message.resume();
    answer = errorResponse(failure, requestId, message);
  }
  record(world, {
    service: "fc",
    operation: `${message.method} ${(message.url ?? "/").split("?")[0]}`,
    principal: noted.principal,
    resource: noted.resource,
    status: answer.status,
    code: failure?.code ?? code,
    because: noted.because ?? failure?.message,
    requestId,
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
  { requestId, signal, note }: TriggerCall,
): Promise<Outcome> {
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
  note: TriggerCall["note"],
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
