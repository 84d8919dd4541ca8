import type { HttpRequest, HttpResponse } from "./http.ts";

/**
 * The allowed origin in answers to every other origin. If a function sets no such header, FC sets a permissive one: it
 * reflects the origin and allows credentials, which would open the endpoint to every page. "null" would not do: it is
 * the origin of a sandboxed frame. RFC 6761 guarantees that nobody owns a name below `.invalid`.
 */
const NOBODY = "https://origin-not-allowed.invalid";

/** Adds the CORS headers. `allowed` is ALLOWED_ORIGINS: origins, or the one entry `*`. */
export function withCors(
  response: HttpResponse,
  request: HttpRequest,
  allowed: readonly string[],
): HttpResponse {
  const origin = request.headers.get("origin")?.[0];
  const preflight = request.method === "OPTIONS";
  if (origin === undefined && !preflight) return response;
  return {
    ...response,
    headers: {
      ...response.headers,
      "Access-Control-Allow-Origin": allowedOrigin(origin, allowed),
      ...(preflight
        ? {
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
            "Access-Control-Max-Age": "600",
          }
        : { "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate" }),
    },
  };
}

function allowedOrigin(origin: string | undefined, allowed: readonly string[]): string {
  if (allowed.includes("*")) return "*";
  return origin !== undefined && allowed.includes(origin) ? origin : NOBODY;
}
