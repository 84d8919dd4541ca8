import type { IncomingMessage } from "node:http";
import { decodedPairs } from "../sts/percent-encoding.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { textFromHeader } from "./header-bytes.ts";

/** A request, decoded as far as every step needs it. */
export interface OssRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  /** By name, decoded; each name occurs once. A parameter without a value has an empty one. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Lower-case names; values as header-bytes.ts reads them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The Host header without its port, in lower case. */
  readonly host: string;
  readonly sourceIp: string;
  readonly secureTransport: boolean;
  readonly body: IncomingMessage;
}

/**
 * Reads everything except the body. Throws 400 InvalidArgument when a parameter is sent twice (assumption: a V1 signature
 * covers only some parameters, and no document says which of the two values OSS uses), 400 InvalidURI when the query's
 * encoding is broken.
 */
export function requestFrom(message: IncomingMessage): OssRequest {
  const [path = "/", query = ""] = splitOnce(message.url ?? "/", "?");
  if (!path.startsWith("/")) throw ossError(400, "InvalidURI", "Couldn't parse the specified URI.");
  return {
    method: message.method ?? "GET",
    path,
    parameters: parametersFrom(query),
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, textFromHeader(String(value))]),
    ),
    host: hostOf(message),
    sourceIp: (message.socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    secureTransport: "encrypted" in message.socket,
    body: message,
  };
}

/** The Host header without its port, in lower case. */
export function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
}

/** The text percent-decoded. Throws 400 InvalidURI when the encoding is broken, InvalidArgument when it is not UTF-8. */
export function percentDecoded(text: string): string {
  return decodedWith(text, decodeURIComponent);
}

function decodedWith<T>(text: string, decode: (text: string) => T): T {
  if (/%(?![0-9A-Fa-f]{2})/.test(text))
    throw ossError(400, "InvalidURI", "Couldn't parse the specified URI.");
  try {
    return decode(text);
  } catch {
    throw ossError(400, "InvalidArgument", "The characters encoding must be utf-8.");
  }
}

/**
 * A key in a header, percent-decoded; a plus sign is a space. The SDK for Go (v1) writes keys as forms do, and the others
 * send a plus sign as `%2B`. Throws 400 InvalidURI.
 */
export function keyFromHeader(text: string): string {
  return percentDecoded(text.replaceAll("+", " "));
}

/** Whether it is what HTTP calls a token. Source: RFC 9110, section 5.6.2. */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** The value, if a header can hold it: it is to be answered with one day. Throws 400 InvalidArgument. */
export function headerValue(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot hold
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
    throw invalidArgument("A header value must not have control characters.", name, "");
  }
  return value;
}

function parametersFrom(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of decodedWith(query, decodedPairs)) {
    if (parameters.has(name)) {
      // Without its value: it may be a token.
      throw invalidArgument("A query parameter must not be specified more than once.", name, "");
    }
    parameters.set(name, value);
  }
  return parameters;
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
