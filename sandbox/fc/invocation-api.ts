import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { wholeBody } from "../http.ts";
import type { Caller, World } from "../world.ts";
import { type SignedRequest, verifyAcs3Signature, verifyFcSignature } from "./authentication.ts";
import { invocationHeaders } from "./invocation-headers.ts";
import { functionArn, requireInvokeFunction } from "./invocation-permission.ts";
import { cloudErrorOf, recordRefusal } from "./refusal-journal.ts";
import { newFcRequestId, type RunningFunction } from "./running-function.ts";

/** Bytes. Source: InvokeFunction, FC "Limits": 32 MB synchronous, 128 KB asynchronous. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;
const MAX_ASYNC_EVENT_BYTES = 128 * 1024;

/** A way in: FC 2.0's, which @alicloud/fc2 takes, and that of FC 3.0. */
interface Door {
  readonly route: RegExp;
  readonly verify: (world: World, request: SignedRequest) => Caller;
  /** fc2 reads ErrorCode and ErrorMessage; the API of FC 3.0 answers with Code and Message. */
  readonly errorBody: (error: CloudError, requestId: string) => object;
}

const DOORS: Readonly<Record<"2016-08-15" | "2023-03-30", Door>> = {
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

/**
 * Doors 2 and 3, InvokeFunction: verifies the signature, then whether the caller may `fc:InvokeFunction`, then runs
 * the function. A function's error is an answer with status 200 and X-Fc-Error-Type. Never rejects. Sources:
 * docs/fidelity/fc.md; FC "Error codes". The order of the checks is an assumption.
 */
export async function serveInvocationApi(
  world: World,
  functions: readonly RunningFunction[],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = newFcRequestId(world.clock.nowMs());
  const [path = "", query = ""] = (message.url ?? "/").split(/\?(.*)/s);
  const door = DOORS[path.startsWith("/2016-08-15/") ? "2016-08-15" : "2023-03-30"];
  const gone = new AbortController();
  let caller: Caller | undefined;
  response.once("close", () => gone.abort());
  response.setHeader("X-Fc-Request-Id", requestId);
  try {
    const named = door.route.exec(path)?.groups;
    const name = named?.["name"];
    if (message.method !== "POST" || name === undefined) throw pathNotSupported(message.method ?? "", path);
    const isAsync = message.headers["x-fc-invocation-type"]?.toString().toLowerCase() === "async";
    const event = await eventOf(message, isAsync ? MAX_ASYNC_EVENT_BYTES : MAX_EVENT_BYTES);
    const headers = joinedHeaders(message);
    caller = door.verify(world, { method: message.method, path, query, headers, body: event });
    const qualifier = named?.["qualifier"] ?? new URLSearchParams(query).get("qualifier") ?? "LATEST";
    const target = targetFor(world, functions, caller, { name, qualifier, message });
    const invocation = { requestId, event, qualifier, principal: caller.arn };
    if (isAsync) {
      target.invokeLater(invocation);
      response.writeHead(202).end();
      return;
    }
    const result = await target.invoke({ ...invocation, signal: gone.signal });
    const withLog = headers["x-fc-log-type"]?.toLowerCase() === "tail";
    response
      .writeHead(200, {
        // fc2 would parse application/json, whatever the body holds.
        "Content-Type": "application/octet-stream",
        ...invocationHeaders(result, withLog ? "with log" : "without log"),
      })
      .end(result.body);
  } catch (thrown) {
    const error = cloudErrorOf(thrown);
    recordRefusal(world, { error, requestId, principal: caller?.arn });
    if (!message.complete) response.setHeader("Connection", "close");
    response
      .writeHead(error.status, { "Content-Type": "application/json" })
      .end(JSON.stringify(door.errorBody(error, requestId)));
  }
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
  wanted: { readonly name: string; readonly qualifier: string; readonly message: IncomingMessage },
): RunningFunction {
  const { name, qualifier, message } = wanted;
  const target = functions.find(({ settings }) => settings.name === name);
  requireInvokeFunction(world, caller, {
    resource: functionArn(target?.settings ?? { region: "*", accountId: caller.accountId, name }),
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    secureTransport: "encrypted" in message.socket,
  });
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
