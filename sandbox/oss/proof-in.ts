import type { Address } from "./addressing.ts";
import { invalidArgument, notImplemented } from "./errors.ts";
import type { Proof } from "./proof.ts";
import { v1HeaderProof, v1UrlProof } from "./proof-v1.ts";
import { v2HeaderProof, v2UrlProof } from "./proof-v2.ts";
import { v4HeaderProof, v4UrlProof } from "./proof-v4.ts";
import type { OssRequest } from "./request.ts";
import type { SignedRequest } from "./signature-v1.ts";
import { V2_ALGORITHM } from "./signature-v2.ts";
import { V4_ALGORITHM } from "./signature-v4.ts";

/**
 * Reads the signature in the Authorization header or in the URL, or undefined when there is none. Throws 400
 * InvalidArgument when it is malformed or there are two, 403 AccessDenied when a part of it is missing, 501 for S3's.
 */
export function proofIn(request: OssRequest, address: Address): Proof | undefined {
  const { headers, parameters } = request;
  const { authorization } = headers;
  refuseS3(authorization, parameters);
  const inUrlV1 = parameters.has("Signature") || parameters.has("OSSAccessKeyId");
  const inUrlNamed = parameters.has("x-oss-signature") || parameters.has("x-oss-signature-version");
  if ([authorization !== undefined, inUrlV1, inUrlNamed].filter(Boolean).length > 1) {
    throw invalidArgument("Only one auth mechanism allowed.", "Authorization", "", undefined);
  }
  const signed: SignedRequest = { ...request, ...address };
  if (authorization !== undefined) {
    if (authorization.startsWith(V4_ALGORITHM)) return v4HeaderProof(signed, authorization);
    return authorization.startsWith(V2_ALGORITHM)
      ? v2HeaderProof(signed, authorization)
      : v1HeaderProof(signed, authorization);
  }
  if (inUrlNamed) {
    return parameters.get("x-oss-signature-version") === V2_ALGORITHM
      ? v2UrlProof(signed)
      : v4UrlProof(signed);
  }
  return inUrlV1 ? v1UrlProof(signed) : undefined;
}

/** The real service takes S3's signatures too. */
function refuseS3(authorization: string | undefined, parameters: ReadonlyMap<string, string>): void {
  const inUrl = [...parameters.keys()].some((name) => /^(?:x-amz-|awsaccesskeyid$)/i.test(name));
  if (inUrl || /^AWS/.test(authorization ?? "")) {
    throw notImplemented("the signature of Amazon S3; sign with one of OSS (V1, V2 or V4)");
  }
}
