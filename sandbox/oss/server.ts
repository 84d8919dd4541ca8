import type { IncomingMessage, ServerResponse } from "node:http";
import { CloudError } from "../cloud-error.ts";
import { type PlantedError, reportBug, type ServiceListener } from "../service-listener.ts";
import {
  type Bucket,
  type Caller,
  type JournalNote,
  record,
  type StoredObject,
  type World,
} from "../world.ts";
import { logAccess } from "./access-log.ts";
import { type Address, addressOf } from "./addressing.ts";
import { type Answer, newOssRequestId } from "./answer.ts";
import { authenticate, type ExpiredTokenCode } from "./authentication.ts";
import { accessKeyIdOf, authorise } from "./authorisation.ts";
import type { OssCall } from "./call.ts";
import { type ContentStore, contentStore } from "./content-store.ts";
import { corsHeadersFor, preflight } from "./cors.ts";
import { ecOf, errorXml } from "./error-xml.ts";
import { noSuchBucket, ossError, ossInternalError } from "./errors.ts";
import { gzipped } from "./gzip.ts";
import { refuseMalformed } from "./malformed.ts";
import { type Operation, operationOf } from "./operation.ts";
import { perform, performWithoutBucket } from "./perform.ts";
import { proofIn } from "./proof-in.ts";
import { refusePublicEndpoint } from "./public-endpoint.ts";
import { hostOf, type OssRequest, requestFrom } from "./request.ts";
import { actionsOf, listingContext } from "./required-actions.ts";
import { sendBody, sendHead } from "./sending.ts";
import { trafficLimitHeaders } from "./traffic-limit.ts";

/** Settings of the service. */
export interface OssOptions {
  /** Default: SecurityTokenExpired. Many clients report the other code from the real service. */
  readonly expiredTokenCode?: ExpiredTokenCode;
  /** Where the bytes go. Whoever passes one can empty it with `removeAll`; the end of the process does so anyway. */
  readonly contents?: ContentStore;
}

/**
 * Object Storage Service. One request goes: addressing, operation, bucket, authentication, 501 for what is not emulated,
 * authorisation, the operation itself, answer, journal. The form of PostObject carries its own signature: that operation does both checks itself.
 */
export function ossServer(world: World, options: OssOptions = {}): ServiceListener {
  const { expiredTokenCode = "SecurityTokenExpired" } = options;
  const contents = options.contents ?? contentStore();
  return serve;

  async function serve(
    message: IncomingMessage,
    response: ServerResponse,
    planted?: PlantedError,
  ): Promise<void> {
    const requestId = newOssRequestId();
    const startedMs = performance.now();
    const arrivedMs = world.clock.nowMs();
    const isHead = message.method === "HEAD";
    const refusalWith = (error: CloudError) =>
      errorAnswer(error, { requestId, hostId: hostOf(message) }, isHead);
    let operation = "Unknown";
    let caller: Caller | undefined;
    let noted: JournalNote = planted === undefined ? {} : { because: planted.because };
    let bucket: Bucket | undefined;
    let request: OssRequest | undefined;
    let address: Address | undefined;
    let before: StoredObject | undefined;
    let answer: Answer;
    let failure: CloudError | undefined;
    try {
      refuseMalformed(message);
      request = requestFrom(message);
      address = addressOf(request, world.buckets.values());
      bucket = address.bucket === undefined ? undefined : world.buckets.get(address.bucket);
      noted = { ...noted, resource: resourceOf(address) };
      before = objectAt(bucket, address.key);
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
          // A form names its key in the body.
          if (operation === "PostObject") before = objectAt(bucket, keyInResource(noted.resource, bucket));
        },
      };
      const asked = request.method === "OPTIONS" ? undefined : operationOf(request, address);
      if (!(asked instanceof CloudError)) operation = asked?.name ?? "OptionObject";
      if (planted !== undefined) throw planted.error;
      answer =
        asked === undefined
          ? preflight(existing(bucket, address), request)
          : await answerTo(asked, call, address, bucket);
    } catch (thrown) {
      failure = thrown instanceof CloudError ? thrown : internalError(thrown);
      // What is left of the body is read and thrown away, or the client would never come to read the answer.
      message.resume();
      answer = refusalWith(failure);
    }
    const common = {
      server: "AliyunOSS",
      date: new Date(world.clock.nowMs()).toUTCString(),
      "x-oss-request-id": requestId,
      "x-oss-server-time": String(Math.round(performance.now() - startedMs)),
    };
    try {
      const cors = request === undefined ? {} : corsHeadersFor(bucket, request);
      const headers = { ...common, ...cors, ...answer.headers, ...varyOf(cors, answer.headers) };
      sendHead(response, { ...answer, headers });
    } catch (thrown) {
      failure = internalError(thrown);
      answer = refusalWith(failure);
      sendHead(response, { ...answer, headers: { ...common, ...answer.headers } });
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
    // A bucket that was deleted by the request, or one that is not there, has no log.
    if (bucket !== undefined && world.buckets.has(bucket.name)) {
      logAccess(world, {
        message,
        bucket,
        key: operation === "PostObject" ? keyInResource(noted.resource, bucket) : address?.key,
        operation,
        caller,
        accessKeyId: caller === undefined ? accessKeyIdIn(request, address) : accessKeyIdOf(caller),
        requestId,
        answer,
        isHead,
        code: failure?.code,
        startedMs: arrivedMs,
        tookMs: performance.now() - startedMs,
        before,
      });
    }
    await sendBody(response, contents, answer, isHead);
  }

  async function answerTo(
    asked: Operation | CloudError,
    unidentified: OssCall,
    address: Address,
    bucket: Bucket | undefined,
  ): Promise<Answer> {
    const { request } = unidentified;
    const isOperation = !(asked instanceof CloudError);
    if (address.bucket !== undefined && !(isOperation && asked.scope === "new bucket")) {
      existing(bucket, address);
    }
    const caller =
      isOperation && asked.name === "PostObject"
        ? undefined
        : authenticate(world, request, address, { expiredTokenCode, region: bucket?.region });
    unidentified.identified(caller);
    if (!isOperation) throw asked;
    const call: OssCall = { ...unidentified, caller };
    if (asked.scope === "service" || asked.scope === "new bucket") {
      return performWithoutBucket(asked, call, address);
    }
    const target = existing(bucket, address);
    refuseOtherRegion(target, address);
    refusePublicEndpoint(world, target, asked, address);
    for (const action of actionsOf(asked, request)) {
      authorise(call, { action, bucket: target, key: address.key, context: listingContext(asked, request) });
    }
    const limited = trafficLimitHeaders(request);
    const performed = await perform(asked, { ...call, bucket: target }, address.key);
    const answer = { ...performed, headers: { ...performed.headers, ...limited } };
    return asked.name === "GetObject" || asked.name === "HeadObject" ? gzipped(answer, request) : answer;
  }
}

/** The access key that a request names, whether it has it or not; "-" when it names none, or none that can be read. */
function accessKeyIdIn(request: OssRequest | undefined, address: Address | undefined): string {
  if (request === undefined || address === undefined) return "-";
  try {
    return proofIn(request, address)?.accessKeyId ?? "-";
  } catch {
    return "-";
  }
}

function objectAt(bucket: Bucket | undefined, key: string | undefined): StoredObject | undefined {
  return key === undefined ? undefined : bucket?.objects.get(key);
}

/** The key of a resource such as acs:oss:*:*:bucket/key; a form names it only in its body. */
function keyInResource(resource: string | undefined, bucket: Bucket | undefined): string | undefined {
  const start = `acs:oss:*:*:${bucket?.name}/`;
  return resource?.startsWith(start) === true ? resource.slice(start.length) : undefined;
}

function existing(bucket: Bucket | undefined, address: Address): Bucket {
  if (bucket === undefined) throw noSuchBucket(address.bucket ?? "");
  return bucket;
}

/** What the answer depends on, by CORS and by the operation. */
function varyOf(...headers: readonly Answer["headers"][]): Readonly<Record<string, string>> {
  const names = headers.flatMap((each) => each?.["vary"] ?? []);
  return names.length === 0 ? {} : { vary: names.join(", ") };
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

/** A bug of the sandbox: written to stderr in full. */
function internalError(thrown: unknown): CloudError {
  reportBug(thrown);
  return ossInternalError();
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
