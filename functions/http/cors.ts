import type { HttpRequest, HttpResponse } from "./http.ts";

/**
 * The allowed origin in answers to every other origin. If a function sets no such header, FC sets a permissive one: it
 * reflects the origin and allows credentials, which would open the endpoint to every page. "null" would not do: it is
 * the origin of a sandboxed frame. RFC 6761 guarantees that nobody owns a name below `.invalid`.
 */
const NOBODY = "https://origin-not-allowed.invalid";

/** What a page may send when its preflight names nothing that can be allowed. */
const USUAL_HEADERS = "Authorization, Content-Type";

/** Characters. Ours: about forty names. Function Compute allows 8 KB for all headers of an answer. */
const MAX_NAMES_LENGTH = 1024;

/**
 * Adds the CORS headers. `allowed` is ALLOWED_ORIGINS: origins, or the one entry `*`. A page of an allowed origin may send
 * every header that it asks for: libraries add tracing headers (baggage, traceparent), and no cookie is ever accepted.
 */
export function withCors(
  response: HttpResponse,
  request: HttpRequest,
  allowed: readonly string[],
): HttpResponse {
  const origin = request.headers.get("origin")?.[0];
  const preflight = request.method === "OPTIONS";
  if (origin === undefined && !preflight) return response;
  const allowOrigin = allowedOrigin(origin, allowed);
  const { Vary: vary = "", Allow: methods = "GET, POST, OPTIONS" } = response.headers;
  return {
    ...response,
    headers: {
      ...response.headers,
      "Access-Control-Allow-Origin": allowOrigin,
      ...(preflight
        ? {
            Vary: `${vary}, Access-Control-Request-Headers`,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers":
              (allowOrigin === NOBODY ? undefined : headersAskedFor(request)) ?? USUAL_HEADERS,
            "Access-Control-Max-Age": "600",
          }
        : { "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate" }),
    },
  };
}

/** The names that a preflight asks for; undefined for none, and for what is not a list of header names. */
function headersAskedFor({ headers }: HttpRequest): string | undefined {
  const list = (headers.get("access-control-request-headers") ?? []).join(",");
  if (list.length > MAX_NAMES_LENGTH) return undefined;
  const names = list.split(",").map((name) => name.replace(/^[ \t]+|[ \t]+$/g, ""));
  // A token of RFC 9110, section 5.6.2. "*" alone would mean every header to a browser.
  const areNames = names.every((name) => name !== "*" && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name));
  return areNames ? names.join(", ") : undefined;
}

function allowedOrigin(origin: string | undefined, allowed: readonly string[]): string {
  if (allowed.includes("*")) return "*";
  return origin !== undefined && allowed.includes(origin) ? origin : NOBODY;
}
