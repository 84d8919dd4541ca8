import type { IncomingMessage } from "node:http";
import { dateText } from "../clock.ts";
import { CloudError } from "../cloud-error.ts";
import { wholeBody } from "../http.ts";

/** An HTTP request, read whole, as the trigger sees it. */
export interface TriggerRequest {
  readonly method: string;
  /** URL-encoded, without the query. */
  readonly rawPath: string;
  /** Without the question mark. */
  readonly query: string;
  /** Names as Go writes them (`X-Forwarded-For`), repeated values joined by commas; sorted by name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** e.g. HTTP/1.1 */
  readonly protocol: string;
  /** Of the TCP connection. */
  readonly sourceIp: string;
  readonly secureTransport: boolean;
}

/** Bytes. Source: FC "HTTP trigger overview", limits. */
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_PATH_BYTES = 4 * 1024;
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_ASYNC_BODY_BYTES = 128 * 1024;

/** For http.createServer: Node.js refuses with 431 what FC answers with 400, unless it lets more through. */
export const FC_SERVER_OPTIONS = { maxHeaderSize: 65_536 } as const;

/** Reads a request, within FC's limits. Throws CloudError 400 InvalidArgument. */
export async function readTriggerRequest(message: IncomingMessage): Promise<TriggerRequest> {
  const headers = canonicalHeaders(message.rawHeaders);
  const target = message.url ?? "/";
  if (!target.startsWith("/")) throw invalid("the request target is not a path");
  if (Buffer.byteLength(target) > MAX_PATH_BYTES) throw tooLarge("path and query", MAX_PATH_BYTES);
  const headerBytes = message.rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (headerBytes > MAX_HEADER_BYTES) throw tooLarge("headers", MAX_HEADER_BYTES);
  const limit = isAsync(headers) ? MAX_ASYNC_BODY_BYTES : MAX_BODY_BYTES;
  const at = target.indexOf("?");
  return {
    method: message.method ?? "GET",
    rawPath: at === -1 ? target : target.slice(0, at),
    query: at === -1 ? "" : target.slice(at + 1),
    headers,
    body: await readBody(message, limit),
    protocol: `HTTP/${message.httpVersion}`,
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    secureTransport: "encrypted" in message.socket,
  };
}

/** The client asks for no answer: `X-Fc-Invocation-Type: Async`. */
export function isAsync(headers: ReadonlyMap<string, string>): boolean {
  return headers.get("X-Fc-Invocation-Type")?.toLowerCase() === "async";
}

/** Reads a body of at most `limit` bytes. Throws CloudError 400 InvalidArgument. */
async function readBody(message: IncomingMessage, limit: number): Promise<Buffer> {
  const announced = Number(message.headers["content-length"] ?? 0);
  const body = announced > limit ? undefined : await wholeBody(message, limit);
  if (body === undefined) throw tooLarge("body", limit);
  return body;
}

/**
 * The event of an HTTP trigger, version v1, as JSON bytes. Throws CloudError 400 InvalidArgument for a path that does
 * not decode. Source: FC "HTTP trigger: invoke a function", request mapping.
 */
export function httpEvent(
  request: TriggerRequest,
  context: {
    readonly requestId: string;
    readonly accountId: string;
    readonly domainName: string;
    readonly nowMs: number;
  },
): Buffer {
  const { headers, body } = request;
  const isText = isTextType(headers.get("Content-Type"));
  const event = {
    version: "v1",
    rawPath: request.rawPath,
    headers: Object.fromEntries([...headers].filter(([name]) => !isKeptBack(name))),
    queryParameters: queryParameters(request.query),
    body: body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
    requestContext: {
      accountId: context.accountId,
      domainName: context.domainName,
      domainPrefix: context.domainName.split(".")[0],
      requestId: context.requestId,
      time: dateText(context.nowMs),
      timeEpoch: String(context.nowMs),
      http: {
        method: request.method,
        path: decodedPath(request.rawPath),
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers.get("User-Agent") ?? "",
      },
    },
  };
  return Buffer.from(JSON.stringify(event));
}

/** `x-request-ID` → `X-Request-Id`. Source: FC FAQ "Why does the first letter of header keys become uppercase". */
function canonicalHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = canonicalName(rawHeaders[at] ?? "");
    const value = rawHeaders[at + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return new Map([...headers].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function canonicalName(name: string): string {
  return name
    .split("-")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1).toLowerCase())
    .join("-");
}

/** No recorded event has Host; the others belong to FC or to the connection. */
function isKeptBack(name: string): boolean {
  return ["Host", "Connection", "Keep-Alive", "Transfer-Encoding"].includes(name) || name.startsWith("X-Fc-");
}

const TEXT_TYPES = [
  "application/json",
  "application/ld+json",
  "application/xhtml+xml",
  "application/xml",
  "application/atom+xml",
  "application/javascript",
];

function isTextType(contentType: string | undefined): boolean {
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type.startsWith("text/") || TEXT_TYPES.includes(type);
}

function queryParameters(query: string): Readonly<Record<string, string>> {
  const joined = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function decodedPath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    throw invalid("the path is not percent-encoded UTF-8");
  }
}

function tooLarge(what: string, limit: number): CloudError {
  return invalid(`the request's ${what} exceed the limit of ${limit} bytes`);
}

function invalid(message: string): CloudError {
  return new CloudError(400, "InvalidArgument", message);
}
