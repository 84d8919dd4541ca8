import { validateHeaderName, validateHeaderValue } from "node:http";
import { CloudError } from "../cloud-error.ts";

/** What the client is answered. */
export interface TriggerResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Bytes, names and values. Source: FC "HTTP trigger overview", limits. */
const MAX_HEADER_BYTES = 8 * 1024;

/**
 * What a function cannot set; FC ignores it. Source: FC "HTTP trigger: invoke a function", response headers; the last
 * two, which say how a body is sent, are an assumption.
 */
const RESERVED = [
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "server",
  "content-disposition",
  "upgrade",
  "trailer",
  "transfer-encoding",
];

/**
 * Maps what a function returned: valid JSON with `statusCode` is a response, anything else is a body. Throws
 * CloudError 502 BadResponse for headers above 8 KB, and for what is no HTTP response (assumption). Source: FC "HTTP
 * trigger: invoke a function", response mapping.
 */
export function triggerResponseFrom(returned: Buffer): TriggerResponse {
  const response = responseObject(returned);
  if (response === undefined) {
    return { status: 200, headers: new Map([["Content-Type", "application/json"]]), body: returned };
  }
  return {
    status: statusFrom(response["statusCode"]),
    headers: headersFrom(response["headers"]),
    body: bodyFrom(response["body"], response["isBase64Encoded"]),
  };
}

function responseObject(returned: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(returned.toString("utf8"));
    return typeof parsed === "object" && parsed !== null && "statusCode" in parsed
      ? { ...parsed }
      : undefined;
  } catch {
    return undefined;
  }
}

/** A 1xx is not a final answer, and Node.js would not send it. */
function statusFrom(statusCode: unknown): number {
  const isStatus = typeof statusCode === "number" && Number.isInteger(statusCode);
  if (!isStatus || statusCode < 200 || statusCode > 599) throw badResponse("statusCode is no HTTP status");
  return statusCode;
}

function headersFrom(given: unknown): ReadonlyMap<string, string> {
  if (given !== undefined && given !== null && (typeof given !== "object" || Array.isArray(given))) {
    throw badResponse("headers is not an object");
  }
  const headers = new Map<string, string>();
  let bytes = 0;
  for (const [name, value] of Object.entries(given ?? {})) {
    if (typeof value !== "string") throw badResponse(`header ${name} is not a string`);
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
    if (isReserved(name)) continue;
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw badResponse("a header's name or value is not allowed in HTTP");
    }
    headers.set(name, value);
  }
  if (bytes > MAX_HEADER_BYTES) throw badResponse(`headers exceed the limit of ${MAX_HEADER_BYTES} bytes`);
  if (!hasHeader(headers, "content-type")) headers.set("Content-Type", "application/json");
  return headers;
}

function isReserved(name: string): boolean {
  const lower = name.toLowerCase();
  return RESERVED.includes(lower) || lower.startsWith("x-fc-");
}

/** Whether a header of that name (lower case) is there. */
export function hasHeader(headers: ReadonlyMap<string, string>, lowerName: string): boolean {
  return [...headers.keys()].some((name) => name.toLowerCase() === lowerName);
}

/** An object goes out as JSON, as the documents' example shows; bad base64 as it is. */
function bodyFrom(body: unknown, isBase64Encoded: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  return Buffer.from(text, isBase64Encoded === true && isBase64 ? "base64" : "utf8");
}

function badResponse(message: string): CloudError {
  return new CloudError(502, "BadResponse", message);
}
