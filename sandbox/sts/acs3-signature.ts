import { createHmac } from "node:crypto";
import { sha256Hex } from "../world.ts";
import { canonicalQuery, decodedPairs } from "./percent-encoding.ts";

/** What an ACS3 signature covers. Source: Alibaba Cloud help, "Request syntax and signature method V3". */
export interface Acs3Request {
  readonly method: string;
  /** As it came over the wire: no query, no fragment. */
  readonly path: string;
  /** As it came over the wire, without the question mark. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** SHA-256 of the body's bytes, in lower-case hex; without a body, that of the empty text. */
  readonly bodySha256: string;
}

export interface Acs3Authorization {
  readonly accessKeyId: string;
  /** Lower case, in the order in which they were signed. */
  readonly signedHeaders: readonly string[];
  /** Lower-case hex. */
  readonly signature: string;
}

/**
 * Reads `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…`; undefined when it has another form. The three parts
 * may have any order: aliyun-java-sdk-core puts the signature before the names.
 */
export function acs3AuthorizationFrom(header: string): Acs3Authorization | undefined {
  const [, list = ""] = /^ACS3-HMAC-SHA256 +(\S.*)$/.exec(header) ?? [];
  const parts = list.split(/, */).map((part) => /^(\w+)=(\S+)$/.exec(part));
  const values = new Map(parts.map((part) => [part?.[1], part?.[2]]));
  const accessKeyId = values.get("Credential");
  const signedHeaders = values.get("SignedHeaders");
  const signature = values.get("Signature");
  if (parts.length !== 3 || accessKeyId === undefined) return undefined;
  if (signedHeaders === undefined || !/^[a-z0-9;-]+$/.test(signedHeaders)) return undefined;
  if (signature === undefined || !/^[0-9a-f]{64}$/.test(signature)) return undefined;
  return { accessKeyId, signedHeaders: signedHeaders.split(";"), signature };
}

/** Method, path, query, signed headers and body hash, one below the other. Throws URIError on a broken query. */
export function acs3CanonicalRequest(request: Acs3Request, signedHeaders: readonly string[]): string {
  return [
    request.method,
    request.path.replaceAll("+", "%20").replaceAll("*", "%2A").replaceAll("%7E", "~"),
    canonicalQuery(decodedPairs(request.query)),
    signedHeaders.map((name) => `${name}:${(request.headers[name] ?? "").trim()}\n`).join(""),
    signedHeaders.join(";"),
    request.bodySha256,
  ].join("\n");
}

/** The name of the algorithm, and the hash of the canonical request. */
export function acs3StringToSign(canonicalRequest: string): string {
  return `ACS3-HMAC-SHA256\n${sha256Hex(canonicalRequest)}`;
}

/** Lower-case hex. The secret is the key as it is: no derivation, no prefix, no `&`. */
export function acs3Signature(secret: string, stringToSign: string): string {
  return createHmac("sha256", secret).update(stringToSign).digest("hex");
}
