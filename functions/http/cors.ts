import type { HttpRequest, HttpResponse } from "./http.ts";

/**
 * What any other origin is told. Where a function sets no such header, FC answers with a permissive one of its
 * own (it reflects the origin, with credentials), so that silence would open the endpoint to every page. Not
 * "null": that is the origin of a sandboxed frame. RFC 6761 keeps `.invalid` from ever being anybody's.
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
