import type { Bucket, CorsRule } from "../world.ts";
import type { Answer } from "./answer.ts";
import { ossError } from "./errors.ts";
import type { OssRequest } from "./request.ts";

/**
 * A browser's OPTIONS request, which nobody signs. Throws 400 BadRequest, 403 AccessForbidden. Source: OSS
 * OptionObject; docs/fidelity/oss.md.
 */
export function preflight(bucket: Bucket, { headers }: OssRequest): Answer {
  const { origin } = headers;
  const method = headers["access-control-request-method"];
  if (origin === undefined) {
    throw ossError(400, "BadRequest", "Insufficient information. Origin request header needed.");
  }
  if (method === undefined) {
    const message = "Insufficient information. Access-Control-Request-Method request header needed.";
    throw ossError(400, "BadRequest", message);
  }
  if (bucket.cors.length === 0) {
    throw ossError(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
  }
  const requestedHeaders = headers["access-control-request-headers"] ?? "";
  const rule = bucket.cors.find((candidate) => allows(candidate, origin, method, namesIn(requestedHeaders)));
  if (rule === undefined) throw notAllowed();
  return {
    status: 200,
    headers: {
      ...corsHeaders(rule, origin),
      ...(requestedHeaders === "" ? {} : { "access-control-allow-headers": requestedHeaders }),
    },
    body: "",
  };
}

/**
 * The CORS headers of an answer, errors included; none when no rule matches. Only ResponseVary decides about `Vary: Origin`:
 * every answer of the bucket has it, or none. Source: OSS PutBucketCors, ResponseVary.
 */
export function corsHeadersFor(
  bucket: Bucket | undefined,
  { headers, method }: Pick<OssRequest, "headers" | "method">,
): Readonly<Record<string, string>> {
  const { origin } = headers;
  const vary: Readonly<Record<string, string>> = bucket?.corsVary === true ? { vary: "Origin" } : {};
  const rule =
    origin === undefined
      ? undefined
      : bucket?.cors.find((candidate) => allows(candidate, origin, method, []));
  return rule === undefined || origin === undefined ? vary : { ...corsHeaders(rule, origin), ...vary };
}

function allows(rule: CorsRule, origin: string, method: string, headers: readonly string[]): boolean {
  return (
    rule.allowedOrigins.some((pattern) => matchesOneStar(pattern, origin)) &&
    rule.allowedMethods.includes(method) &&
    headers.every((header) =>
      rule.allowedHeaders.some((pattern) => matchesOneStar(pattern.toLowerCase(), header)),
    )
  );
}

function corsHeaders(rule: CorsRule, origin: string): Readonly<Record<string, string>> {
  return {
    "access-control-allow-origin": rule.allowedOrigins.includes("*") ? "*" : origin,
    "access-control-allow-methods": rule.allowedMethods.join(", "),
    ...(rule.exposeHeaders.length === 0
      ? {}
      : { "access-control-expose-headers": rule.exposeHeaders.join(", ") }),
    ...(rule.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.maxAgeSeconds) }),
  };
}

/** A pattern has one `*` at most; PutBucketCors refuses others. */
function matchesOneStar(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star === -1) return pattern === text;
  return (
    text.length >= pattern.length - 1 &&
    text.startsWith(pattern.slice(0, star)) &&
    text.endsWith(pattern.slice(star + 1))
  );
}

function namesIn(list: string): readonly string[] {
  return list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
}

/** The words, mistakes included, are those of the service. */
function notAllowed() {
  return ossError(
    403,
    "AccessForbidden",
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.",
    "0003-00000602",
  );
}
