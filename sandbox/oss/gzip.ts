import type { Answer } from "./answer.ts";
import type { OssRequest } from "./request.ts";

/** Bytes. Source: OSS help, "How do I compress objects that I download from OSS in the GZIP format?" (39645). */
const MIN_BYTES = 1024;

/** The same page. */
const TYPES: ReadonlySet<string> = new Set([
  "text/cache-manifest",
  "text/xml",
  "text/css",
  "text/html",
  "text/plain",
  "application/javascript",
  "application/x-javascript",
  "application/rss+xml",
  "application/json",
  "text/json",
]);

/**
 * GetObject's and HeadObject's answer as it goes out: compressed for a client that accepts gzip, without ETag,
 * Content-Length and Accept-Ranges. Ranges and objects that have an encoding of their own stay as they are (assumption).
 */
export function gzipped(answer: Answer, { headers, body: message }: OssRequest): Answer {
  const { status, body } = answer;
  const own: Readonly<Record<string, string>> = answer.headers ?? {};
  const type = (own["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isCompressible =
    status === 200 &&
    typeof body === "object" &&
    body.end - body.start >= MIN_BYTES &&
    TYPES.has(type) &&
    own["content-encoding"] === undefined;
  if (!isCompressible) return answer;
  const varying: Readonly<Record<string, string>> = { ...own, vary: "Accept-Encoding" };
  // HTTP 1.0 has no chunks, and the length is not known.
  if (message.httpVersion === "1.0" || !acceptsGzip(headers["accept-encoding"])) {
    return { ...answer, headers: varying };
  }
  const { etag: _etag, "accept-ranges": _ranges, ...kept } = varying;
  return { ...answer, headers: { ...kept, "content-encoding": "gzip" }, gzip: true };
}

/** `gzip`, unless its weight is zero. */
function acceptsGzip(accepted: string | undefined): boolean {
  return (accepted ?? "").split(",").some((coding) => {
    const [name = "", ...parameters] = coding.split(";").map((part) => part.trim().toLowerCase());
    return name === "gzip" && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
