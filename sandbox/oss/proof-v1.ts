import { invalidArgument, ossError } from "./errors.ts";
import { type Canonical, type Proof, securityTokenIn } from "./proof.ts";
import { isSignedByV1, type SignedRequest, v1Signature, v1StringToSign } from "./signature-v1.ts";
import { isKnown } from "./sub-resources.ts";

/** A V1 signature in the Authorization header. Throws 400 InvalidArgument, 403 AccessDenied. */
export function v1HeaderProof(request: SignedRequest, authorization: string): Proof {
  const [, accessKeyId, signature] = /^OSS +([^:\s]+):(\S+)$/.exec(authorization) ?? [];
  if (accessKeyId === undefined || signature === undefined) {
    throw invalidArgument("Authorization header is invalid.", "Authorization", "");
  }
  const date = request.headers["x-oss-date"] ?? request.headers["date"] ?? "";
  const dateMs = signedTimeFrom(date);
  return {
    ...v1Proof(request, date),
    place: "header",
    accessKeyId,
    securityToken: securityTokenIn(request, "security-token"),
    signature,
    dateMs,
    expiresSeconds: 0,
  };
}

/** A V1 signature in a URL. Throws 400 InvalidArgument, 403 AccessDenied. */
export function v1UrlProof(request: SignedRequest): Proof {
  const { parameters } = request;
  const accessKeyId = parameters.get("OSSAccessKeyId") ?? "";
  const signature = parameters.get("Signature") ?? "";
  const expires = parameters.get("Expires") ?? "";
  if (accessKeyId === "" || signature === "" || expires === "") {
    throw ossError(
      403,
      "AccessDenied",
      "Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters",
    );
  }
  return {
    ...v1Proof(request, expires),
    place: "query",
    accessKeyId,
    securityToken: securityTokenIn(request, "security-token"),
    signature,
    dateMs: endOf("Expires", expires),
    expiresSeconds: 0,
  };
}

/** Milliseconds of `Sun, 22 Nov 2015 08:16:38 GMT`; NaN when it is none. Source: OSS, V1, "Date: GMT". */
export function httpTimeFrom(date: string): number {
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(date)
    ? Date.parse(date)
    : Number.NaN;
}

/** The same for a signature that needs one. Throws 403 AccessDenied. */
export function signedTimeFrom(date: string): number {
  const dateMs = httpTimeFrom(date);
  if (!Number.isNaN(dateMs)) return dateMs;
  const message = "OSS authentication requires a valid Date.";
  throw ossError(403, "AccessDenied", message, "0002-00000503");
}

/** Milliseconds of the second at which a URL ends. Throws 400 InvalidArgument. */
export function endOf(parameter: string, seconds: string): number {
  if (/^\d{1,12}$/.test(seconds)) return Number(seconds) * 1000;
  const message = "Invalid date (should be seconds since epoch).";
  throw invalidArgument(message, parameter, seconds, "0002-00000070");
}

function v1Proof(request: SignedRequest, date: string) {
  const texts = [v1StringToSign(request, date)];
  // It will be refused with 501. Which of these names a client signs is the client's business.
  const hasUnknown = [...request.parameters].some(([name, value]) => value === "" && !isKnown(name));
  if (hasUnknown) {
    texts.push(v1StringToSign(request, date, (name) => isSignedByV1(name) || !isKnown(name)));
  }
  const canonicals = texts.map(
    (stringToSign): Canonical => ({
      stringToSign,
      canonicalRequest: undefined,
      signature: (secret) => v1Signature(secret, stringToSign),
    }),
  );
  return { version: "V1", credential: undefined, date, canonicals } as const;
}
