import type { Refusal } from "../../shared/domain/refusal.ts";
import { type HttpRequest, type HttpResponse, unreadableRequest } from "./http.ts";

/** What an HTTP trigger and API Gateway expect from the handler. */
export interface FcResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isBase64Encoded: false;
  readonly body: string;
}

/**
 * Reads the event of an HTTP trigger: JSON in a Buffer, Title-Case headers, repeated headers and parameters
 * joined by commas, body in base64 when its type is not text. Reads the event of API Gateway too. An event of another
 * trigger, a test event, and an event whose parameters or body have another type are unreadable. Dropping such a part
 * would give more than was asked for.
 * Source: Function Compute 3.0, "HTTP trigger: event format"; API Gateway, "Function Compute", event functions.
 */
export function httpRequestFromFcEvent(event: unknown, requestId: string): HttpRequest {
  const parsed = parsedEvent(event);
  const line = parsed === undefined ? undefined : (lineOfHttpTrigger(parsed) ?? lineOfApiGateway(parsed));
  if (parsed === undefined || line === undefined) {
    const problem = "does not come from an HTTP trigger or API Gateway; invoke the function through its URL";
    return unreadableRequest(requestId, invalid("The event", problem));
  }
  const query = queryOf(parsed["queryParameters"]);
  const body = bodyOf(parsed);
  return {
    ...line,
    query: query ?? [],
    headers: headersOf(parsed["headers"]),
    body: body ?? Buffer.alloc(0),
    requestId,
    unreadable:
      query === undefined
        ? invalid("The event's queryParameters", 'must be an object of texts, such as {"permissions":"read"}')
        : body === undefined
          ? invalid("The event's body", "must be a text: JSON, or its base64 with isBase64Encoded true")
          : undefined,
  };
}

export function fcResponseFrom(response: HttpResponse): FcResponse {
  return {
    statusCode: response.status,
    headers: response.headers,
    isBase64Encoded: false,
    body: response.body,
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields that the two kinds of events write differently. */
type Line = Pick<HttpRequest, "method" | "path" | "sourceIp">;

function lineOfHttpTrigger(event: Fields): Line | undefined {
  const http = recordOf(recordOf(event["requestContext"])?.["http"]);
  const { method, sourceIp } = http ?? {};
  const { rawPath: path } = event;
  if (typeof method !== "string" || typeof path !== "string") return undefined;
  return { method, path, sourceIp: typeof sourceIp === "string" && sourceIp !== "" ? sourceIp : undefined };
}

/**
 * The caller's address is in no field of this event. It may be in a header, but a caller can send every header: the address
 * is unknown. An event that also has fields of an HTTP trigger comes from neither.
 */
function lineOfApiGateway(event: Fields): Line | undefined {
  const { httpMethod: method, path } = event;
  const isOther = ["version", "rawPath", "requestContext"].some((name) => Object.hasOwn(event, name));
  if (isOther || typeof method !== "string" || typeof path !== "string") return undefined;
  return { method, path, sourceIp: undefined };
}

function parsedEvent(event: unknown): Fields | undefined {
  const text =
    typeof event === "string"
      ? event
      : event instanceof Uint8Array
        ? Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("utf8")
        : undefined;
  if (text === undefined) return recordOf(event);
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function invalid(field: string, problem: string): Refusal {
  return { code: "REQUEST_INVALID", field, problem };
}

/** undefined when a value is not a text. */
function queryOf(value: unknown): HttpRequest["query"] | undefined {
  if (value === undefined || value === null) return [];
  const record = recordOf(value);
  const texts = textsOf(value);
  if (record === undefined || texts.length < Object.keys(record).length) return undefined;
  // `s local start` turns a missing query into the text "null".
  return texts.filter(([name, text]) => name !== "null" || text !== "");
}

/** undefined when it is not a text, or not base64 although the event says so. */
function bodyOf(event: Fields): Buffer | undefined {
  const body = event["body"] ?? "";
  if (typeof body !== "string") return undefined;
  // API Gateway's documents write it as a text.
  const isBase64 = event["isBase64Encoded"] === true || event["isBase64Encoded"] === "true";
  if (!isBase64) return Buffer.from(body, "utf8");
  return isBase64Text(body) ? Buffer.from(body, "base64") : undefined;
}

/**
 * Buffer skips what is not base64: "!", "e" and "==" would become an empty body, and an empty body asks for everything.
 */
function isBase64Text(text: string): boolean {
  const [digits = "", padding = ""] = text.split(/(?==)(.*)/s);
  return (
    /^[A-Za-z0-9+/]*$/.test(digits) &&
    digits.length % 4 !== 1 &&
    (padding === "" || (/^={1,2}$/.test(padding) && text.length % 4 === 0))
  );
}

/** FC writes each name once. Other event sources may write a name in two spellings, or a list: all values are kept. */
function headersOf(value: unknown): HttpRequest["headers"] {
  const headers = new Map<string, string[]>();
  for (const [name, content] of Object.entries(recordOf(value) ?? {})) {
    const key = name.toLowerCase();
    const known = headers.get(key) ?? [];
    const texts = Array.isArray(content) ? content.filter(isText) : isText(content) ? [content] : [];
    if (texts.length > 0) headers.set(key, [...known, ...texts]);
  }
  return headers;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function recordOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textsOf(value: unknown): readonly (readonly [string, string])[] {
  return Object.entries(recordOf(value) ?? {}).flatMap(([name, text]) =>
    typeof text === "string" ? [[name, text] as const] : [],
  );
}
