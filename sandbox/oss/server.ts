import { randomBytes } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { CloudError } from "../cloud-error.ts";
import { type Bucket, type Caller, record, type World } from "../world.ts";
import { type Address, addressOf, type CustomHosts } from "./addressing.ts";
import type { Answer } from "./answer.ts";
import { authenticate, type ExpiredTokenCode } from "./authentication.ts";
import { authorise } from "./authorisation.ts";
import type { JournalNote, OssCall } from "./call.ts";
import { type ContentStore, contentStore } from "./content-store.ts";
import { corsHeadersFor, preflight } from "./cors.ts";
import { ecOf, errorXml } from "./error-xml.ts";
import { noSuchBucket, ossError } from "./errors.ts";
import { type Operation, operationOf } from "./operation.ts";
import { perform, performWithoutBucket } from "./perform.ts";
import { hostOf, type OssRequest, requestFrom, toBytes } from "./request.ts";
import { actionsOf, listingContext } from "./required-actions.ts";

/** Settings of the service. */
export interface OssOptions {
  /** Host names that stand for a bucket, as custom domain names do, e.g. `{ "photos.localhost": "examplebucket" }`. */
  readonly customHosts?: CustomHosts;
  /** SecurityTokenExpired where left out; the other one is what many clients report of the real service. */
  readonly expiredTokenCode?: ExpiredTokenCode;
  /** Where the bytes go. Whoever passes one can empty it with `removeAll`; the end of the process does so anyway. */
  readonly contents?: ContentStore;
}

/**
 * Object Storage Service. One request goes: addressing, operation, authentication, authorisation, the operation
 * itself, answer, journal. The form of PostObject carries its own signature: that operation does both checks itself.
 */
export function ossServer(world: World, options: OssOptions = {}): RequestListener {
  const { customHosts = {}, expiredTokenCode = "SecurityTokenExpired" } = options;
  const contents = options.contents ?? contentStore();
  return (message, response) => {
    serve(message, response).catch((error: unknown) => {
      internalError(error);
      response.destroy();
    });
  };

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(12).toString("hex").toUpperCase();
    const startedMs = performance.now();
    let operation = "Unknown";
    let caller: Caller | undefined;
    let noted: JournalNote = {};
    let bucket: Bucket | undefined;
    let request: OssRequest | undefined;
    let answer: Answer;
    let failure: CloudError | undefined;
    try {
      request = requestFrom(message);
      const address = addressOf(request, customHosts);
      bucket = address.bucket === undefined ? undefined : world.buckets.get(address.bucket);
      noted = { resource: resourceOf(address) };
      const call: OssCall = {
        world,
        contents,
        request,
        caller: undefined,
        requestId,
        nowMs: world.clock.nowMs(),
        expiredTokenCode,
        identified: (who) => {
          caller = who;
        },
        note: (note) => {
          noted = { ...noted, ...note };
        },
      };
      if (request.method === "OPTIONS") {
        operation = "OptionObject";
        answer = preflight(existing(bucket, address), request);
      } else {
        const row = operationOf(request, address);
        operation = row.name;
        answer = await answerTo(row, call, address, bucket);
      }
    } catch (thrown) {
      failure = thrown instanceof CloudError ? thrown : internalError(thrown);
      // What is left of the body is read and thrown away, or the client would never come to read the answer.
      message.resume();
      answer = errorAnswer(failure, { requestId, hostId: hostOf(message) }, message.method === "HEAD");
    }
    record(world, {
      service: "oss",
      operation,
      principal: caller?.arn,
      resource: noted.resource,
      status: answer.status,
      code: failure?.code,
      because: noted.because ?? failure?.message,
      requestId,
    });
    const headers = {
      server: "AliyunOSS",
      date: new Date(world.clock.nowMs()).toUTCString(),
      "x-oss-request-id": requestId,
      "x-oss-server-time": String(Math.round(performance.now() - startedMs)),
      ...(request === undefined ? {} : corsHeadersFor(bucket, request)),
      ...answer.headers,
    };
    await send(response, contents, { ...answer, headers }, message.method === "HEAD");
  }

  async function answerTo(
    row: Operation,
    unidentified: OssCall,
    address: Address,
    bucket: Bucket | undefined,
  ): Promise<Answer> {
    const { request } = unidentified;
    const caller =
      row.name === "PostObject"
        ? undefined
        : authenticate(world, request, address, { expiredTokenCode, region: bucket?.region });
    unidentified.identified(caller);
    const call: OssCall = { ...unidentified, caller };
    if (row.scope === "service" || row.scope === "new bucket") {
      return performWithoutBucket(row, call, address);
    }
    const target = existing(bucket, address);
    refuseOtherRegion(target, address);
    for (const action of actionsOf(row, request)) {
      authorise(call, { action, bucket: target, key: address.key, context: listingContext(row, request) });
    }
    return perform(row, { ...call, bucket: target }, address.key);
  }
}

function existing(bucket: Bucket | undefined, address: Address): Bucket {
  if (bucket === undefined) throw noSuchBucket(address.bucket ?? "");
  return bucket;
}

/** An endpoint serves the buckets of its region. */
function refuseOtherRegion(bucket: Bucket, { endpointRegion }: Address): void {
  if (endpointRegion === undefined || endpointRegion === bucket.region) return;
  throw ossError(
    403,
    "AccessDenied",
    "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
    "0003-00001403",
    { Bucket: bucket.name, Endpoint: `oss-${bucket.region}.aliyuncs.com` },
  );
}

function resourceOf({ bucket, key }: Address): string {
  return `acs:oss:*:*:${bucket === undefined ? "*" : key === undefined ? bucket : `${bucket}/${key}`}`;
}

/** A bug of the sandbox: told on stderr, in full. */
function internalError(thrown: unknown): CloudError {
  process.stderr.write(`sandbox: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  return ossError(500, "InternalError", "Please contact the server administrator, oss@service.aliyun.com.");
}

/** An answer to HEAD has no body: the error goes into a header. Source: docs/fidelity/oss.md. */
function errorAnswer(
  error: CloudError,
  context: { readonly requestId: string; readonly hostId: string },
  isHead: boolean,
): Answer {
  const body = errorXml(error, context);
  const ec = ecOf(error);
  return {
    status: error.status,
    headers: {
      "content-type": "application/xml",
      ...(ec === undefined ? {} : { "x-oss-ec": ec }),
      ...(isHead ? { "x-oss-err": Buffer.from(body, "utf8").toString("base64") } : {}),
    },
    body,
  };
}

async function send(
  response: ServerResponse,
  contents: ContentStore,
  answer: Answer,
  isHead: boolean,
): Promise<void> {
  if (response.destroyed) return;
  const { status, body } = answer;
  const headers = Object.entries(answer.headers ?? {}).map(
    ([name, value]) => [name, toBytes(value)] as const,
  );
  if (status !== 204 && status !== 304) headers.push(["content-length", String(lengthOf(answer))]);
  response.writeHead(status, Object.fromEntries(headers));
  if (isHead || status === 304 || body === undefined || typeof body === "string") {
    response.end(isHead || status === 304 ? undefined : body);
    return;
  }
  try {
    await pipeline(contents.read(body.content, body.start, body.end), response);
  } catch {
    // The client went away.
    response.destroy();
  }
}

/** An error to HEAD has none either, though its body is known. */
function lengthOf({ body, headers }: Answer): number {
  if (headers?.["x-oss-err"] !== undefined || body === undefined) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.end - body.start;
}
