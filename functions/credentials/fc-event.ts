import type { HttpRequest, HttpResponse } from "./http.ts";

/** What FC's nodejs20 runtime takes back from a handler of an HTTP trigger. */
export interface FcResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isBase64Encoded: false;
  readonly body: string;
}

/**
 * Reads the event of an HTTP trigger: JSON in a Buffer, Title-Case headers, repeated headers and parameters
 * joined by commas, body in base64 where its type is no text. undefined where it is no such event (a wrong
 * trigger, a test event). Source: Function Compute 3.0, "HTTP trigger: event format".
 */
export function httpRequestFromFcEvent(event: unknown, requestId: string): HttpRequest | undefined {
  const parsed = parsedEvent(event);
  const http = recordOf(recordOf(parsed?.["requestContext"])?.["http"]);
  const method = http?.["method"];
  const path = parsed?.["rawPath"];
  if (parsed === undefined || typeof method !== "string" || typeof path !== "string") return undefined;
  const sourceIp = http?.["sourceIp"];
  return {
    method,
    path,
    // `s local start` turns a missing query into the text "null".
    query: textsOf(parsed["queryParameters"]).filter(([name, value]) => name !== "null" || value !== ""),
    headers: headersOf(parsed["headers"]),
    body: bodyOf(parsed),
    sourceIp: typeof sourceIp === "string" && sourceIp !== "" ? sourceIp : undefined,
    requestId,
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

function parsedEvent(event: unknown): Fields | undefined {
  const text =
    typeof event === "string"
      ? event
      : event instanceof Uint8Array
        ? Buffer.from(event).toString("utf8")
        : undefined;
  if (text === undefined) return recordOf(event);
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** FC writes each name once; an event of another maker may spell one twice, and neither value may hide. */
function headersOf(value: unknown): HttpRequest["headers"] {
  const headers = new Map<string, string[]>();
  for (const [name, text] of textsOf(value)) {
    const known = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), [...known, text]);
  }
  return headers;
}

function bodyOf(event: Fields): Buffer {
  const body = event["body"];
  if (typeof body !== "string") return Buffer.alloc(0);
  return Buffer.from(body, event["isBase64Encoded"] === true ? "base64" : "utf8");
}

function recordOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textsOf(value: unknown): readonly (readonly [string, string])[] {
  return Object.entries(recordOf(value) ?? {}).flatMap(([name, text]) =>
    typeof text === "string" ? [[name, text] as const] : [],
  );
}
