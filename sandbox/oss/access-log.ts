import type { IncomingMessage } from "node:http";
import type { Bucket, Caller, StoredObject, World } from "../world.ts";
import type { Answer } from "./answer.ts";

/** One answered request to a bucket. */
export interface LoggedRequest {
  readonly message: IncomingMessage;
  readonly bucket: Bucket;
  /** Undefined for a request about the bucket. */
  readonly key: string | undefined;
  readonly operation: string;
  readonly caller: Caller | undefined;
  /** The key that the request names; "-" when it names none. */
  readonly accessKeyId: string;
  readonly requestId: string;
  readonly answer: Answer;
  readonly isHead: boolean;
  /** The error code; undefined on success. */
  readonly code: string | undefined;
  readonly startedMs: number;
  readonly tookMs: number;
  /** The object at the key before the request. */
  readonly before: StoredObject | undefined;
}

/** Ours: a sandbox runs for days, and its memory must not grow with each request. */
const MAX_LINES = 10_000;

/** Writes the line that OSS would write. */
export function logAccess({ accessLog }: World, request: LoggedRequest): void {
  const { bucket, accessKeyId } = request;
  accessLog.push({ bucket: bucket.name, accessKeyId, text: accessLogText(request) });
  if (accessLog.length > MAX_LINES) accessLog.shift();
}

/** A client that sent what is not HTTP has no socket any more. */
function addressOf(message: { readonly socket: LoggedRequest["message"]["socket"] | null }): string {
  return (message.socket?.remoteAddress ?? "-").replace(/^::ffff:/, "");
}

/**
 * The line, in the form of the files that OSS stores. Sources: OSS "Logging", log format and example; a line that somebody
 * published with a program that reads them. docs/fidelity/oss.md says what no document says.
 */
function accessLogText(request: LoggedRequest): string {
  const { message, bucket, key, operation, caller, requestId, answer, startedMs, tookMs, before } = request;
  const { headers, method, httpVersion } = message;
  const after = key === undefined ? undefined : bucket.objects.get(key);
  const object = after ?? before;
  const took = Math.round(tookMs);
  return [
    addressOf(message),
    "-",
    "-",
    `[${chinaTime(startedMs)}]`,
    quoted(`${method} ${withoutSecrets(message.url ?? "/")} HTTP/${httpVersion}`),
    answer.status,
    sentBytes(request),
    took,
    quoted(headers.referer),
    quoted(headers["user-agent"]),
    quoted((headers.host ?? "").replace(/:\d+$/, "")),
    quoted(requestId),
    quoted("true"),
    quoted(requesterOf(caller)),
    quoted(operation),
    quoted(bucket.name),
    quoted(key === undefined ? undefined : encodeURIComponent(key)),
    object?.content.size ?? "-",
    took,
    quoted(request.code),
    requestLength(message),
    quoted(bucket.ownerId),
    after === before ? "-" : (after?.content.size ?? 0) - (before?.content.size ?? 0),
    quoted("-"),
    quoted(object === undefined ? "-" : storageClassOf(object, bucket).toLowerCase()),
    quoted("-"),
    quoted("-"),
    quoted(request.accessKeyId),
    quoted("-"),
  ].join(" ");
}

/** e.g. 03/Jan/2021:14:59:49 +0800 */
function chinaTime(ms: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(ms + 8 * 3600_000).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0800`;
}

/** A user or a role by its id, an account by its own. That a session is named by its role: assumption. */
function requesterOf(caller: Caller | undefined): string | undefined {
  switch (caller?.kind) {
    case undefined:
      return undefined;
    case "root":
      return caller.accountId;
    case "user":
      return caller.user.id;
    case "session":
      return caller.session.role.id;
  }
}

/** A field that is not known is "-". A quotation mark or a line end of the caller's must not end the field or the line. */
function quoted(text: string | undefined): string {
  if (text === undefined || text === "") return '"-"';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what ends a line
  return `"${text.replace(/["\\\x00-\x1f\x7f]/g, (character) => encodeURIComponent(character))}"`;
}

/** Whoever reads the log must not be able to use a signed URL: the sandbox's own choice. */
function withoutSecrets(url: string): string {
  return url.replace(
    /([?&](?:Signature|security-token|x-oss-signature|x-oss-security-token)=)[^&]*/gi,
    "$1***",
  );
}

function sentBytes({ answer, isHead }: LoggedRequest): number {
  const { body, status } = answer;
  if (isHead || body === undefined || status === 204 || status === 304) return 0;
  return typeof body === "string" ? Buffer.byteLength(body) : body.end - body.start;
}

/** Request line, headers and body. */
function requestLength({ method, url, httpVersion, rawHeaders, headers }: IncomingMessage): number {
  const head = `${method} ${url} HTTP/${httpVersion}\r\n\r\n`.length;
  const lines = rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text, "latin1") + 2, 0);
  return head + lines + Number(headers["content-length"] ?? 0);
}

function storageClassOf({ headers }: StoredObject, { storageClass }: Bucket): string {
  return headers["x-oss-storage-class"] ?? storageClass;
}
