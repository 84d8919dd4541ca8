import { createHmac } from "node:crypto";
import { bytesOf } from "./header-bytes.ts";
import { SUB_RESOURCES } from "./sub-resources.ts";

/** What the signatures of both versions are made of. */
export interface SignedRequest {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  /** Decoded. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Whether a V1 signature covers the query parameter. */
export function isSignedByV1(name: string): boolean {
  return SUB_RESOURCES.has(name) || name.startsWith("x-oss-");
}

/**
 * The text that a V1 signature signs. `date` is the x-oss-date header or else Date; in a signed URL, Expires.
 * Source: OSS "Include signatures in the Authorization header", "Add signatures to URLs"; docs/fidelity/oss.md.
 */
export function v1StringToSign(request: SignedRequest, date: string, isSigned = isSignedByV1): string {
  const { method, headers } = request;
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-"))
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  return [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    date,
    `${ossHeaders.join("")}${canonicalResource(request, isSigned)}`,
  ].join("\n");
}

/** base64(HMAC-SHA1(secret, text)); PostObject signs its policy with the same. */
export function v1Signature(secret: string, text: string): string {
  return createHmac("sha1", secret).update(bytesOf(text)).digest("base64");
}

/** `/`, `/bucket/` or `/bucket/key`, and the signed parameters: all decoded. */
function canonicalResource(
  { bucket, key, parameters }: SignedRequest,
  isSigned: (name: string) => boolean,
): string {
  const resource = bucket === undefined ? "/" : `/${bucket}/${key ?? ""}`;
  const signed = [...parameters.keys()]
    .filter(isSigned)
    .sort()
    .map((name) => {
      const value = parameters.get(name) ?? "";
      return value === "" ? name : `${name}=${value}`;
    });
  return signed.length === 0 ? resource : `${resource}?${signed.join("&")}`;
}
