import { createHmac } from "node:crypto";
import { canonicalQuery, percentEncoded } from "./percent-encoding.ts";

/**
 * What the RPC signature (versions 1 and 2) covers: the method and every parameter but `Signature`.
 * Source: Alibaba Cloud help, "Request structure and signature, V2 RPC".
 */
export function rpcStringToSign(method: string, parameters: readonly (readonly [string, string])[]): string {
  const signed = parameters.filter(([name]) => name !== "Signature");
  return `${method}&${percentEncoded("/")}&${percentEncoded(canonicalQuery(signed))}`;
}

/** Base64. The key is the secret with an `&` behind it. */
export function rpcSignature(secret: string, stringToSign: string): string {
  return createHmac("sha1", `${secret}&`).update(stringToSign).digest("base64");
}
