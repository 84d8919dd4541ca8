import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { type PlantedError, reportBug, type ServiceListener } from "../service-listener.ts";
import { type Caller, type JournalNote, newRequestId, record, type World } from "../world.ts";
import { authenticatorFor } from "./rpc-authentication.ts";
import { missingParameter, type RpcRequest, readRpcRequest } from "./rpc-request.ts";
import { type RpcFormat, rpcAnswer, rpcErrorBody } from "./rpc-response.ts";
import type { TrailedCall } from "./trail.ts";

/** An RPC-style product behind the API gateway (POP): STS, RAM. */
export interface RpcProduct {
  /** Its name in the journal. */
  readonly service: "sts" | "ram";
  /** Its name in links to help, e.g. Sts. */
  readonly product: string;
  /** e.g. 2015-04-01 */
  readonly version: string;
  /** What errors name as HostId, e.g. sts.aliyuncs.com. */
  readonly hostId: string;
  readonly operations: RpcOperations;
  /** Gets every call whose caller is known, and how it ended. */
  readonly trail?: (world: World, call: RpcCall, outcome: RpcOutcome, userAgent: string) => void;
  /** How far a timestamp may differ from the clock, in both directions. Default: 15 minutes. */
  readonly timestampWindowMs?: number;
}

/**
 * By action. An operation returns the answer without its RequestId, or throws CloudError. An array inside becomes, in
 * XML, one element per item, named as the array.
 */
export type RpcOperations = Readonly<Record<string, (world: World, call: RpcCall) => object>>;

/** The answer without its RequestId, or the error. */
export type RpcOutcome = { readonly result: object } | { readonly error: CloudError };

/** A call whose signature has been verified. */
export interface RpcCall extends TrailedCall {
  /** Tells the journal what was decided, and on what; the last call counts. */
  readonly note: (note: JournalNote) => void;
}

/** The parameter's value. Throws `Missing<Name>` when it is absent or empty. */
export function requiredParameter(call: RpcCall, name: string): string {
  const value = call.params.get(name);
  if (value === undefined || value === "") throw missingParameter(name);
  return value;
}

/**
 * Serves one product: reads the request, authenticates it, calls the operation, answers in JSON or XML, and writes
 * a journal entry. In this order: version and action, then what `authenticatorFor` checks, then the operation.
 */
export function serveRpc(world: World, product: RpcProduct): ServiceListener {
  const authenticate = authenticatorFor(world, product.timestampWindowMs);
  return answer;

  async function answer(
    message: IncomingMessage,
    response: ServerResponse,
    planted?: PlantedError,
  ): Promise<void> {
    const requestId = newRequestId();
    let format: RpcFormat = formatByAccept(message.headers.accept);
    let operation = "Unknown";
    let caller: Caller | undefined;
    let call: RpcCall | undefined;
    let noted: JournalNote = planted === undefined ? {} : { because: planted.because };
    const journal = (status: number, error: CloudError | undefined) =>
      record(world, {
        service: product.service,
        operation,
        principal: caller?.arn,
        resource: noted.resource,
        status,
        code: error?.code,
        because: noted.because ?? error?.message,
        requestId,
      });
    const trail = (outcome: RpcOutcome): void => {
      if (call !== undefined) product.trail?.(world, call, outcome, message.headers["user-agent"] ?? "");
    };
    try {
      const request = await readRpcRequest(message);
      format = formatOf(request);
      operation = askedAction(request) || operation;
      if (planted !== undefined) throw planted.error;
      const action = actionOf(request, product);
      const perform = operationNamed(product.operations, action);
      if (perform === undefined) throw apiNotFound();
      caller = authenticate(request);
      call = {
        action,
        caller,
        params: request.parameters,
        sourceIp: request.sourceIp,
        secureTransport: request.secureTransport,
        requestId,
        nowMs: world.clock.nowMs(),
        note: (note) => {
          noted = note;
        },
      };
      const result = perform(world, call);
      trail({ result });
      journal(200, undefined);
      send(response, 200, rpcAnswer(action, { RequestId: requestId, ...result }, format), { format, world });
    } catch (thrown) {
      const error = thrown instanceof CloudError ? thrown : internalError(thrown);
      trail({ error });
      journal(error.status, error);
      const body = rpcErrorBody(error, { ...product, requestId }, format);
      send(response, error.status, body, { format, world });
    }
  }
}

function formatByAccept(accept: string | undefined): RpcFormat {
  return accept?.includes("json") === true ? "JSON" : "XML";
}

/** `Format` decides; without it ACS3 answers JSON unless XML is asked for, and everything else answers XML. */
function formatOf(request: RpcRequest): RpcFormat {
  const asked = request.parameters.get("Format");
  if (asked !== undefined) return asked.toUpperCase() === "JSON" ? "JSON" : "XML";
  const { accept, authorization } = request.headers;
  if (authorization?.startsWith("ACS3-") === true) return accept?.includes("xml") === true ? "XML" : "JSON";
  return formatByAccept(accept);
}

/** ACS3 names action and version in headers. pop-core sends these headers too, but there the parameters count. */
function actionOf(request: RpcRequest, product: RpcProduct): string {
  const { headers, parameters } = request;
  const version = namesInHeaders(request) ? headers["x-acs-version"] : parameters.get("Version");
  const action = askedAction(request);
  if (action === undefined || action === "") throw missingParameter("Action");
  if (version === undefined || version === "") throw missingParameter("Version");
  if (version !== product.version) {
    throw new CloudError(400, "InvalidVersion", "Specified parameter Version is not valid.");
  }
  if (request.path !== "/") throw apiNotFound();
  return action;
}

function askedAction(request: RpcRequest): string | undefined {
  return namesInHeaders(request) ? request.headers["x-acs-action"] : request.parameters.get("Action");
}

function namesInHeaders({ headers, parameters }: RpcRequest): boolean {
  return headers["authorization"]?.startsWith("ACS3-") === true || !parameters.has("Action");
}

function apiNotFound(): CloudError {
  return new CloudError(
    404,
    "InvalidApi.NotFound",
    "Specified api is not found,please check your url and method.",
  );
}

/** Own properties only: `constructor` is not an operation. */
function operationNamed<T>(operations: Readonly<Record<string, T>>, action: string): T | undefined {
  return Object.hasOwn(operations, action) ? operations[action] : undefined;
}

/** A bug of the sandbox: written to stderr in full; the client gets the error that STS has for its own bugs. */
function internalError(thrown: unknown): CloudError {
  reportBug(thrown);
  return new CloudError(
    500,
    "InternalError",
    "STS Server Internal Error happened, please send the RequestId to us.",
  );
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  { format, world }: { readonly format: RpcFormat; readonly world: World },
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    // Who is refused for a wrong clock can tell from it by how much.
    date: new Date(world.clock.nowMs()).toUTCString(),
    // The SDKs parse XML under exactly this content type.
    "content-type": format === "JSON" ? "application/json;charset=utf-8" : "text/xml;charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
