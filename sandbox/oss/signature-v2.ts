import { createHmac } from "node:crypto";
import { percentEncoded } from "../sts/percent-encoding.ts";
import { bytesOf } from "./header-bytes.ts";
import type { SignedRequest } from "./signature-v1.ts";

/** How the Authorization header begins, and x-oss-signature-version in a URL. */
export const V2_ALGORITHM = "OSS2";

/** The fields of the Authorization header. */
export interface V2Authorization {
  readonly accessKeyId: string;
  /** Undefined: none. */
  readonly additionalHeaders: string | undefined;
  readonly signature: string;
}

/** `OSS2 AccessKeyId:…,AdditionalHeaders:a;b,Signature:…`; undefined when it is not one. */
export function v2AuthorizationFrom(header: string): V2Authorization | undefined {
  const [, accessKeyId, additionalHeaders, signature] =
    /^OSS2 +AccessKeyId:([^,\s]+), *(?:AdditionalHeaders:([^,\s]*), *)?Signature:(\S+)$/.exec(header) ?? [];
  if (accessKeyId === undefined || signature === undefined) return undefined;
  return { accessKeyId, additionalHeaders, signature };
}

/**
 * The text that a V2 signature signs. `date` is the Date header; in a signed URL, x-oss-expires. Every query parameter
 * but the signature is covered. Source: the SDKs for Python (oss2), Go (v1) and Java; docs/fidelity/oss.md.
 */
export function v2StringToSign(
  { method, headers, bucket, key, parameters }: SignedRequest,
  date: string,
  additionalHeaders: readonly string[],
): string {
  const signed = Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-") || additionalHeaders.includes(name))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  const resource = percentEncoded(bucket === undefined ? "/" : `/${bucket}/${key ?? ""}`);
  const query = [...parameters]
    .filter(([name]) => name !== "x-oss-signature")
    .map(([name, value]) => [percentEncoded(name), value === "" ? "" : `=${percentEncoded(value)}`] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => name + value)
    .join("&");
  return [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    date,
    `${signed.join("")}${[...additionalHeaders].sort().join(";")}`,
    query === "" ? resource : `${resource}?${query}`,
  ].join("\n");
}

/** base64(HMAC-SHA256(secret, text)) */
export function v2Signature(secret: string, text: string): string {
  return createHmac("sha256", secret).update(bytesOf(text)).digest("base64");
}
