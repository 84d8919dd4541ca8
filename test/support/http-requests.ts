import type { HttpRequest } from "../../functions/http/http.ts";

/** A request as the function sees it: GET /credentials with a token, and the changes. Header names in small letters. */
export function httpRequest(
  change: Partial<Omit<HttpRequest, "headers" | "body" | "query">> & {
    readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
    readonly query?: string | HttpRequest["query"];
    readonly body?: unknown;
  } = {},
): HttpRequest {
  const { headers = {}, query = [], body, ...rest } = change;
  const all = Object.entries({ authorization: "Bearer a.b.c", ...headers });
  return {
    method: "GET",
    path: "/credentials",
    query: typeof query === "string" ? [...new URLSearchParams(query)] : query,
    headers: new Map(
      all.flatMap(([name, value]) =>
        value === undefined ? [] : [[name, typeof value === "string" ? [value] : value] as const],
      ),
    ),
    body: bodyOf(body),
    sourceIp: "203.0.113.7",
    requestId: "1-request",
    unreadable: undefined,
    ...rest,
  };
}

/** A text or bytes as they are, anything else as JSON. */
function bodyOf(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}
