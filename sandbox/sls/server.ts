import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { decideFor } from "../ram/attached-policies.ts";
import { reportBug, type ServiceListener } from "../service-listener.ts";
import { type Caller, type LogProject, type LogStore, newRequestId, record, type World } from "../world.ts";
import { callerOf, type SignedRequest } from "./authentication.ts";

/** A call whose signature has been verified. */
interface Call {
  readonly world: World;
  readonly caller: Caller;
  readonly project: LogProject;
  /** In the path. */
  readonly logstore: string | undefined;
  readonly body: Buffer;
}

interface Operation {
  /** RAM's word, after `log:`. */
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly perform: (call: Call) => object | undefined;
}

/** Simple Log Service, 2020-12-30: what reads a project, a logstore and its index, and what writes an index. No logs. */
const OPERATIONS: readonly Operation[] = [
  { name: "GetProject", method: "GET", path: /^\/$/, perform: ({ project }) => projectBody(project) },
  {
    name: "GetLogStore",
    method: "GET",
    path: /^\/logstores\/([^/]+)$/,
    perform: (call) => logstoreBody(logstoreOf(call)),
  },
  {
    name: "GetIndex",
    method: "GET",
    path: /^\/logstores\/([^/]+)\/index$/,
    perform: (call) => indexOf(call),
  },
  {
    name: "CreateIndex",
    method: "POST",
    path: /^\/logstores\/([^/]+)\/index$/,
    perform: (call) => {
      if (logstoreOf(call).index !== undefined)
        throw new CloudError(400, "IndexAlreadyExist", "log store index is already created");
      return indexWritten(call);
    },
  },
  {
    name: "UpdateIndex",
    method: "PUT",
    path: /^\/logstores\/([^/]+)\/index$/,
    perform: (call) => {
      indexOf(call);
      return indexWritten(call);
    },
  },
];

export function slsServer(world: World): ServiceListener {
  return async (message, response) => {
    const requestId = newRequestId().replaceAll("-", "");
    let operation = "Unknown";
    let caller: Caller | undefined;
    let resource: string | undefined;
    const journal = (status: number, because: string | undefined, code?: string) =>
      record(world, {
        ...{ service: "sls", operation, principal: caller?.arn, resource, status, code, because, requestId },
      });
    try {
      const request = await signedRequestFrom(message);
      const matching = OPERATIONS.find(
        ({ method, path }) => method === request.method && path.test(request.path),
      );
      operation = matching?.name ?? operation;
      caller = callerOf(world, request);
      if (matching === undefined) throw new CloudError(404, "InvalidAPI", "Not supported api.");
      const project = projectOf(world, request);
      const logstore = matching.path.exec(request.path)?.[1];
      resource = resourceFor(project, logstore);
      const because = allowed(world, caller, { action: `log:${matching.name}`, resource });
      const body = matching.perform({ world, caller, project, logstore, body: request.body });
      journal(200, because);
      send(response, 200, requestId, body);
    } catch (thrown) {
      const error = thrown instanceof CloudError ? thrown : internalError(thrown);
      journal(error.status, error.message, error.code);
      send(response, error.status, requestId, { errorCode: error.code, errorMessage: error.message });
    }
  };
}

/** Header names and the path as signed. Source: SLS "Request signatures". */
async function signedRequestFrom(message: IncomingMessage): Promise<SignedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const url = new URL(message.url ?? "/", "http://localhost");
  return {
    method: message.method ?? "",
    path: decodeURIComponent(url.pathname),
    query: new Map(url.searchParams),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(",") : value,
      ]),
    ) as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}

/** The first label of the host; on loopback, where no name stands before the address, our own header x-log-project. */
function projectOf(world: World, { headers }: SignedRequest): LogProject {
  const host = (headers["host"] ?? "").replace(/:\d+$/, "");
  const isBare = host === "localhost" || /^[\d.]+$|^\[/.test(host);
  const name = isBare ? headers["x-log-project"] : host.split(".")[0];
  if (name === undefined || name === "")
    throw new CloudError(400, "InvalidHost", `Host header ${host} is invalid.`);
  const project = world.logProjects.get(name);
  if (project === undefined)
    throw new CloudError(404, "ProjectNotExist", `The Project does not exist : ${name}`);
  return project;
}

/** Source: SLS "GetLogStore", Authentication resources. */
function resourceFor({ region, ownerId, name }: LogProject, logstore: string | undefined): string {
  const project = `acs:log:${region}:${ownerId}:project/${name}`;
  return logstore === undefined ? project : `${project}/logstore/${logstore}`;
}

/** Why RAM allows it. Throws Unauthorized. Its words and status are an assumption: docs/fidelity/sls.md. */
function allowed(
  world: World,
  caller: Caller,
  { action, resource }: { readonly action: string; readonly resource: string },
): string {
  const decision = decideFor(world, caller, { action, resource, context: {} });
  if (decision.effect === "Deny")
    throw new CloudError(
      401,
      "Unauthorized",
      `denied by sts or ram, action: ${action}, resource: ${resource}`,
    );
  return decision.because;
}

function logstoreOf({ project, logstore }: Call): LogStore {
  const found = project.logstores.get(logstore ?? "");
  if (found === undefined)
    throw new CloudError(404, "LogStoreNotExist", `logstore ${logstore} does not exist`);
  return found;
}

function indexOf(call: Call): object {
  const { index } = logstoreOf(call);
  if (index === undefined) throw new CloudError(404, "IndexConfigNotExist", "index config doesn't exist");
  return index;
}

/** What SLS itself would refuse in an index is not looked at, apart from its form. */
function indexWritten(call: Call): undefined {
  let index: unknown;
  try {
    index = JSON.parse(call.body.toString("utf8"));
  } catch {
    index = undefined;
  }
  if (typeof index !== "object" || index === null || !("line" in index || "keys" in index))
    throw new CloudError(400, "PostBodyInvalid", "The request body is not valid JSON object.");
  logstoreOf(call).index = index;
  return undefined;
}

function projectBody({ name, ownerId, region }: LogProject): object {
  return { projectName: name, owner: ownerId, region, status: "Normal", description: "" };
}

function logstoreBody({ name, ttlDays }: LogStore): object {
  return { logstoreName: name, ttl: ttlDays, shardCount: 2, enable_tracking: false, mode: "standard" };
}

function internalError(thrown: unknown): CloudError {
  reportBug(thrown);
  return new CloudError(500, "InternalServerError", "Internal server error.");
}

function send(response: ServerResponse, status: number, requestId: string, body: object | undefined): void {
  if (response.destroyed) return;
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    "x-log-requestid": requestId,
  });
  response.end(text);
}
