import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { sandboxClock } from "../clock.ts";
import { CloudError } from "../cloud-error.ts";
import { wholeBody } from "../http.ts";
import { guarded } from "../service-listener.ts";
import { emptyWorld } from "../world.ts";
import { cloudErrorOf } from "./errors.ts";
import type { FunctionCredentials } from "./function-role.ts";
import { httpEvent, readTriggerRequest } from "./http-event.ts";
import { responseTo } from "./http-trigger.ts";
import { invocationHeaders } from "./invocation-headers.ts";
import { newFcRequestId, type RunningFunction, startFunction } from "./running-function.ts";

export interface ContainerOptions {
  /** The code package; FC's images have it at /code. */
  readonly codeDir: string;
  /** All that `docker run -e …` sets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onLog?: (line: string) => void;
}

/** A container of FC's nodejs20 image, as `s local` starts one. */
export interface Container {
  readonly listener: RequestListener;
  readonly stop: () => Promise<void>;
}

const INVOCATIONS = "/2023-03-30/functions/function/invocations";
/** Bytes. Source: InvokeFunction: 32 MB. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;

/**
 * Door 4, the route inside FC's runtime images, which `s local invoke` and `s local start` call without a signature:
 * a raw event, or, with `X-Fc-Event-Type: HTTP`, a request that becomes one. Throws CloudError 400 InvalidArgument
 * for settings that FC would refuse. Source: devsapp/fc3 0.1.22, local.
 */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const { environment } = options;
  const clock = sandboxClock();
  const initializer = environment["FC_INITIALIZER_HANDLER"];
  const target = await startFunction(
    emptyWorld(clock),
    {
      name: environment["FC_FUNCTION_NAME"] ?? "function",
      codeDir: options.codeDir,
      handler: environment["FC_FUNCTION_HANDLER"] ?? "index.handler",
      environment: withoutPlatform(environment),
      memoryMb: Number(environment["FC_FUNCTION_MEMORY_SIZE"] ?? 512),
      timeoutSeconds: Number(environment["FC_TIMEOUT"] ?? 60),
      methods: [],
      ...(initializer === undefined
        ? {}
        : {
            initializer: {
              handler: initializer,
              timeoutSeconds: Number(environment["FC_INITIALIZATION_TIMEOUT"] ?? 3),
            },
          }),
      region: environment["FC_REGION"] ?? "",
      accountId: environment["FC_ACCOUNT_ID"] ?? "",
    },
    {
      // One process serves everything, and Docker does not freeze it.
      maxProcesses: 1,
      freeze: false,
      credentials: {
        accessKeyId: environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] ?? "",
        accessKeySecret: environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] ?? "",
        securityToken: environment["ALIBABA_CLOUD_SECURITY_TOKEN"] ?? "",
      },
      ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
    },
  );
  return {
    listener: guarded((message, response) => serve(target, clock.nowMs(), message, response)),
    stop: target.stop,
  };
}

/** FC_* variables say how the function is run, and are set again for the instance. */
function withoutPlatform(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !name.startsWith("FC_") && !name.startsWith("ALIBABA_CLOUD_"),
    ),
  );
}

async function serve(
  target: RunningFunction,
  nowMs: number,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path] = (message.url ?? "/").split("?");
  // `s` asks for / until something answers.
  if (path !== INVOCATIONS) {
    response.end();
    return;
  }
  const requestId = header(message, "x-fc-request-id") || newFcRequestId(nowMs);
  try {
    if (header(message, "x-fc-event-type")?.toLowerCase() === "http") {
      await serveHttp(target, message, response, { requestId, nowMs });
    } else {
      const event = await wholeBody(message, MAX_EVENT_BYTES);
      if (event === undefined) throw new CloudError(400, "EntityTooLarge", "the event is too large");
      const result = await target.invoke({ requestId, event, credentials: credentialsIn(message) });
      response
        .writeHead(200, {
          "Content-Type": "application/octet-stream",
          "X-Fc-Request-Id": requestId,
          ...invocationHeaders(result, "with log"),
        })
        .end(result.body);
    }
  } catch (thrown) {
    const error = cloudErrorOf(thrown);
    response
      .writeHead(error.status, { "Content-Type": "application/json", "X-Fc-Request-Id": requestId })
      .end(JSON.stringify({ RequestId: requestId, Code: error.code, Message: error.message }));
  }
}

async function serveHttp(
  target: RunningFunction,
  message: IncomingMessage,
  response: ServerResponse,
  { requestId, nowMs }: { readonly requestId: string; readonly nowMs: number },
): Promise<void> {
  const request = await readTriggerRequest(message);
  const event = httpEvent(
    {
      ...request,
      rawPath: header(message, "x-fc-http-path") ?? "/",
      // `s local start` turns a missing query into the word null.
      query: request.query === "null" ? "" : request.query,
    },
    {
      requestId,
      accountId: target.settings.accountId,
      domainName: (message.headers.host ?? "localhost").replace(/:\d+$/, ""),
      nowMs,
    },
  );
  const result = await target.invoke({ requestId, event, credentials: credentialsIn(message) });
  const { status, headers, body } = responseTo(result);
  response
    .writeHead(status, {
      ...Object.fromEntries(headers),
      "X-Fc-Request-Id": requestId,
      ...invocationHeaders(result, "with log"),
    })
    .end(body);
}

/** `s local invoke` sends the developer's keys with the request, `s local start` does not. */
function credentialsIn(message: IncomingMessage): FunctionCredentials | undefined {
  const accessKeyId = header(message, "x-fc-access-key-id");
  if (accessKeyId === undefined || accessKeyId === "") return undefined;
  return {
    accessKeyId,
    accessKeySecret: header(message, "x-fc-access-key-secret") ?? "",
    securityToken: header(message, "x-fc-security-token") ?? "",
  };
}

function header(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
