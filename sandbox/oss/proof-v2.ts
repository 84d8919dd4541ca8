import { invalidArgument } from "./errors.ts";
import { additionalHeadersFrom, type Canonical, type Proof, securityTokenIn } from "./proof.ts";
import { endOf, signedTimeFrom } from "./proof-v1.ts";
import type { SignedRequest } from "./signature-v1.ts";
import { v2AuthorizationFrom, v2Signature, v2StringToSign } from "./signature-v2.ts";

/** A V2 signature in the Authorization header. Throws 400 InvalidArgument, 403 AccessDenied. */
export function v2HeaderProof(request: SignedRequest, authorization: string): Proof {
  const fields = v2AuthorizationFrom(authorization);
  if (fields === undefined) {
    throw invalidArgument("Authorization header is invalid.", "Authorization", "");
  }
  const date = request.headers["date"] ?? request.headers["x-oss-date"] ?? "";
  const dateMs = signedTimeFrom(date);
  return {
    ...v2Proof(request, date, fields.additionalHeaders),
    place: "header",
    accessKeyId: fields.accessKeyId,
    signature: fields.signature,
    dateMs,
  };
}

/** A V2 signature in a URL; x-oss-expires is the second at which it ends. Throws 400 InvalidArgument. */
export function v2UrlProof(request: SignedRequest): Proof {
  const { parameters } = request;
  const parameter = (name: string) => {
    const value = parameters.get(name) ?? "";
    if (value === "") throw invalidArgument(`Missing the query parameter ${name}.`, name, "");
    return value;
  };
  const expires = parameter("x-oss-expires");
  return {
    ...v2Proof(request, expires, parameters.get("x-oss-additional-headers")),
    place: "query",
    accessKeyId: parameter("x-oss-access-key-id"),
    signature: parameter("x-oss-signature"),
    dateMs: endOf("x-oss-expires", expires),
  };
}

function v2Proof(request: SignedRequest, date: string, additionalHeaders: string | undefined) {
  const stringToSign = v2StringToSign(request, date, additionalHeadersFrom(additionalHeaders, request));
  const canonical: Canonical = {
    stringToSign,
    canonicalRequest: undefined,
    signature: (secret) => v2Signature(secret, stringToSign),
  };
  return {
    version: "V2",
    credential: undefined,
    date,
    expiresSeconds: 0,
    securityToken: securityTokenIn(request, "security-token"),
    canonicals: [canonical],
  } as const;
}
