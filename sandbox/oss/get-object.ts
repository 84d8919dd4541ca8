import type { StoredObject } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { ObjectCall } from "./call.ts";
import { ossError } from "./errors.ts";
import { type ReadObject, readObjectOf } from "./linked-object.ts";
import { existingObject } from "./objects.ts";
import { describingHeaders, headersOf } from "./read-headers.ts";
import { headerValue } from "./request.ts";
import { refuseArchived } from "./storage-class.ts";

/** GetObject: ranges, conditions, response-* overrides; a symbolic link gives its target's bytes. */
export function getObject(call: ObjectCall): Answer {
  const { request } = call;
  const overrides = overridesFrom(call);
  const read = readObjectOf(call);
  const unchanged = conditionalAnswer(call, read);
  if (unchanged !== undefined) return unchanged;
  refuseArchived(read.source, call.key);
  const { content } = read.source;
  const { size } = content;
  const headers = { ...headersOf(read), ...overrides };
  const range = rangeFrom(request.headers, size);
  if (range === undefined) {
    return { status: 200, headers, body: { content, start: 0, end: size } };
  }
  return {
    status: 206,
    headers: { ...headers, "content-range": `bytes ${range.start}-${range.end - 1}/${size}` },
    body: { content, ...range },
  };
}

/** HeadObject: GetObject's headers. A range has no effect (assumption). */
export function headObject(call: ObjectCall): Answer {
  const read = readObjectOf(call);
  const unchanged = conditionalAnswer(call, read);
  if (unchanged !== undefined) return unchanged;
  return { status: 200, headers: headersOf(read), body: whole(read.source) };
}

/** GetObjectMeta: ETag, size, time; a symbolic link speaks of itself. Source: OSS GetObjectMeta. */
export function getObjectMeta(call: ObjectCall): Answer {
  const object = existingObject(call.bucket, call.key, call.request.parameters.get("versionId"));
  return {
    status: 200,
    headers: { ...describingHeaders(object), "x-oss-hash-crc64ecma": object.crc64 },
    body: whole(object),
  };
}

/** GetSymlink: where it points to. Throws 400 NotSymlink. */
export function getSymlink(call: ObjectCall): Answer {
  const object = existingObject(call.bucket, call.key, call.request.parameters.get("versionId"));
  const target = object.headers["x-oss-symlink-target"];
  if (object.type !== "Symlink" || target === undefined) {
    throw ossError(400, "NotSymlink", "The object is not symlink.");
  }
  return { status: 200, headers: { ...describingHeaders(object), "x-oss-symlink-target": target } };
}

function whole({ content }: StoredObject) {
  return { content, start: 0, end: content.size };
}

/**
 * `bytes=a-b`, `bytes=a-`, `bytes=-n`; of several ranges the first. One that does not lie inside the object has no
 * effect; under `x-oss-range-behavior: standard` what of it lies inside counts. Throws 416 InvalidRange when nothing
 * does. Source: OSS "Use HTTP Range requests to get OSS resources in segments". For several ranges OSS "HTTP status code
 * 416" says 416 (assumption: the first counts).
 */
function rangeFrom(headers: Readonly<Record<string, string>>, size: number) {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)(?:,|$)/.exec(headers["range"] ?? "") ?? [];
  const isBackwards = from !== "" && to !== "" && Number(from) > Number(to);
  if ((from === "" && to === "") || isBackwards) return undefined;
  const start = from === "" ? size - Number(to) : Number(from);
  const end = from === "" || to === "" ? size : Number(to) + 1;
  if (start >= 0 && start < size && end <= size) return { start, end };
  if (headers["x-oss-range-behavior"] !== "standard") return undefined;
  if (Math.max(0, start) < size) return { start: Math.max(0, start), end: Math.min(end, size) };
  throw ossError(416, "InvalidRange", "The requested range cannot be satisfied.", undefined, {
    ActualObjectSize: String(size),
    RangeRequested: headers["range"] ?? "",
  });
}

/** Undefined: go on. Throws 412 PreconditionFailed. Source: OSS GetObject, conditions. */
function conditionalAnswer(call: ObjectCall, { source, modifiedMs }: ReadObject): Answer | undefined {
  const { headers } = call.request;
  const shown = { etag: source.etag, modifiedMs };
  const failed = failedCondition(headers, shown);
  if (failed === undefined) return undefined;
  if (failed === "If-None-Match" || failed === "If-Modified-Since") {
    return { status: 304, headers: describingHeaders(shown) };
  }
  throw preconditionFailed(failed);
}

/** 412, with the condition that did not hold. */
export function preconditionFailed(condition: string) {
  return ossError(
    412,
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold.",
    undefined,
    { Condition: condition },
  );
}

/** The first condition that does not hold; `before` is put before the headers' names, as copies do. */
export function failedCondition(
  headers: Readonly<Record<string, string>>,
  object: Pick<StoredObject, "etag" | "modifiedMs">,
  before = "",
): string | undefined {
  const header = (name: string) => headers[before + name];
  const matches = (list: string) =>
    list.trim() === "*" || list.split(",").some((tag) => tag.trim().replaceAll('"', "") === object.etag);
  const ifMatch = header("if-match");
  if (ifMatch !== undefined && !matches(ifMatch)) return "If-Match";
  const unmodifiedSinceMs = Date.parse(header("if-unmodified-since") ?? "");
  if (ifMatch === undefined && object.modifiedMs > unmodifiedSinceMs) return "If-Unmodified-Since";
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch) ? "If-None-Match" : undefined;
  return object.modifiedMs <= Date.parse(header("if-modified-since") ?? "") ? "If-Modified-Since" : undefined;
}

/** response-content-type and the like. Throws 400 InvalidRequest where nobody signed. Source: OSS GetObject. */
function overridesFrom({ request, caller }: ObjectCall): Readonly<Record<string, string>> {
  const overrides = [...request.parameters]
    .filter(([name, value]) => name.startsWith("response-") && value !== "")
    .map(([name, value]) => [name.slice("response-".length), headerValue(name, value)] as const);
  if (overrides.length > 0 && caller === undefined) {
    const message = "Request specific response headers cannot be used for anonymous GET requests.";
    throw ossError(400, "InvalidRequest", message);
  }
  return Object.fromEntries(overrides.filter(([name]) => OVERRIDABLE.has(name)));
}

const OVERRIDABLE: ReadonlySet<string> = new Set([
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
]);
