import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { wholeBody } from "../http.ts";
import type { PlantedError } from "../service-listener.ts";
import type { Caller, World } from "../world.ts";
import { type SignedRequest, verifyAcs3Signature, verifyFcSignature } from "./authentication.ts";
import { invocationHeaders } from "./invocation-headers.ts";
import { functionArn, requireInvokeFunction } from "./invocation-permission.ts";
import { type FcCall, journaled } from "./journaled.ts";
import type { InvocationResult, RunningFunction } from "./running-function.ts";

/** Bytes. Source: InvokeFunction, FC "Limits": 32 MB synchronous, 128 KB asynchronous. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;
const MAX_ASYNC_EVENT_BYTES = 128 * 1024;

/** A way in: FC 2.0's, which @alicloud/fc2 takes, and that of FC 3.0. */
interface Api {
  readonly route: RegExp;
  readonly verify: (world: World, request: SignedRequest) => Caller;
  /** fc2 reads ErrorCode and ErrorMessage; the API of FC 3.0 answers with Code and Message. */
  readonly errorBody: (error: CloudError, requestId: string) => object;
}

const APIS: Readonly<Record<"2016-08-15" | "2023-03-30", Api>> = {
  "2016-08-15": {
    // FC 3.0 has no services: any name will do (assumption).
    route:
      /^\/2016-08-15\/services\/[\w-]+(?:\.(?<qualifier>[\w-]+))?\/functions\/(?<name>[\w-]+)\/invocations$/,
    verify: verifyFcSignature,
    errorBody: (error) => ({ ErrorCode: error.code, ErrorMessage: error.message }),
  },
  "2023-03-30": {
    route: /^\/2023-03-30\/functions\/(?<name>[\w-]+)\/invocations$/,
    verify: (world, request) => verifyAcs3Signature(world, request, "with the body"),
    errorBody: (error, requestId) => ({ RequestId: requestId, Code: error.code, Message: error.message }),
  },
};

/** Whether a path belongs to the API, and not to an HTTP trigger. */
export function isApiPath(path: string): boolean {
  return path.startsWith("/2016-08-15/") || path.startsWith("/2023-03-30/");
}

interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/**
 * Doors 2 and 3, InvokeFunction: verifies the signature, then whether the caller may `fc:InvokeFunction`, then runs
 * the function. A function's error is an answer with status 200 and X-Fc-Error-Type. Sources: docs/fidelity/fc.md; FC
 * "Error codes". The order of the checks is an assumption.
 */
export async function serveInvocationApi(
  world: World,
  functions: readonly RunningFunction[],
  message: IncomingMessage,
  response: ServerResponse,
  planted?: PlantedError,
): Promise<void> {
  const [path = "", query = ""] = (message.url ?? "/").split(/\?(.*)/s);
  const api = APIS[path.startsWith("/2016-08-15/") ? "2016-08-15" : "2023-03-30"];
  const [answer, requestId] = await journaled<ApiAnswer>(world, message, response, planted, {
    operation: api.route.test(path) ? "InvokeFunction" : `${message.method} ${path}`,
    serve: (call) => outcomeOf(world, functions, { api, message, path, query }, call),
    refusal: (error, id) => ({
      status: error.status,
      headers: { "Content-Type": "application/json", ...(message.complete ? {} : { Connection: "close" }) },
      body: JSON.stringify(api.errorBody(error, id)),
    }),
  });
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, "X-Fc-Request-Id": requestId }).end(answer.body);
}

interface ApiRequest {
  readonly api: Api;
  readonly message: IncomingMessage;
  readonly path: string;
  readonly query: string;
}

async function outcomeOf(
  world: World,
  functions: readonly RunningFunction[],
  { api, message, path, query }: ApiRequest,
  { requestId, signal, note }: FcCall,
): Promise<readonly [ApiAnswer, InvocationResult["errorType"]]> {
  const named = api.route.exec(path)?.groups;
  const name = named?.["name"];
  if (message.method !== "POST" || name === undefined) throw pathNotSupported(message.method ?? "", path);
  const isAsync = message.headers["x-fc-invocation-type"]?.toString().toLowerCase() === "async";
  const event = await eventOf(message, isAsync ? MAX_ASYNC_EVENT_BYTES : MAX_EVENT_BYTES);
  const headers = joinedHeaders(message);
  const caller = api.verify(world, { method: message.method, path, query, headers, body: event });
  note({ principal: caller.arn });
  // An SDK sends an empty qualifier as it is.
  const qualifier = named?.["qualifier"] || new URLSearchParams(query).get("qualifier") || "LATEST";
  const target = targetFor(world, functions, caller, { name, qualifier, message, note });
  if (isAsync) {
    target.invokeLater({ requestId, event, qualifier });
    return [{ status: 202, headers: {}, body: "" }, undefined];
  }
  const result = await target.invoke({ requestId, event, qualifier, signal });
  const withLog = headers["x-fc-log-type"]?.toLowerCase() === "tail";
  const answer: ApiAnswer = {
    status: 200,
    headers: {
      // fc2 would parse application/json, whatever the body holds.
      "Content-Type": "application/octet-stream",
      ...invocationHeaders(result, withLog ? "with log" : "without log"),
    },
    body: result.body,
  };
  return [answer, result.errorType];
}

async function eventOf(message: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(message.headers["content-length"] ?? 0);
  const event = announced > limit ? undefined : await wholeBody(message, limit);
  if (event !== undefined) return event;
  throw new CloudError(400, "EntityTooLarge", `payload size exceeds maximum allowed size (${limit} bytes)`);
}

function joinedHeaders(message: IncomingMessage): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(",") : value,
    ]),
  );
}

/** Who may not invoke a function does not learn whether there is one. */
function targetFor(
  world: World,
  functions: readonly RunningFunction[],
  caller: Caller,
  wanted: {
    readonly name: string;
    readonly qualifier: string;
    readonly message: IncomingMessage;
    readonly note: FcCall["note"];
  },
): RunningFunction {
  const { name, qualifier, message, note } = wanted;
  const target = functions.find(({ settings }) => settings.name === name);
  requireInvokeFunction(
    world,
    caller,
    {
      resource: functionArn(target?.settings ?? { region: "*", accountId: caller.accountId, name }),
      sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
      secureTransport: "encrypted" in message.socket,
    },
    note,
  );
  if (target === undefined) {
    throw new CloudError(404, "FunctionNotFound", `function '${name}' does not exist`);
  }
  if (qualifier !== "LATEST") {
    throw new CloudError(
      404,
      "VersionNotFound",
      `version '${qualifier}' of function '${name}' does not exist`,
    );
  }
  return target;
}

function pathNotSupported(method: string, path: string): CloudError {
  return new CloudError(400, "PathNotSupported", `'${method}' against '${path}' is not supported`);
}
