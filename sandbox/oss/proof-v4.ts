import { invalidArgument } from "./errors.ts";
import { additionalHeadersFrom, type Canonical, type Proof, securityTokenIn } from "./proof.ts";
import { httpTimeFrom } from "./proof-v1.ts";
import type { SignedRequest } from "./signature-v1.ts";
import {
  EMPTY_VALUES,
  V4_ALGORITHM,
  type V4Credential,
  v4AuthorizationFrom,
  v4CanonicalRequest,
  v4CredentialFrom,
  v4Signature,
  v4StringToSign,
  v4TimeFrom,
} from "./signature-v4.ts";

/** A V4 signature in the Authorization header. Throws 400 InvalidArgument. */
export function v4HeaderProof(request: SignedRequest, authorization: string): Proof {
  const fields = v4AuthorizationFrom(authorization);
  const credential = v4CredentialFrom(fields?.get("Credential") ?? "");
  const signature = fields?.get("Signature") ?? "";
  if (credential === undefined || signature === "") throw invalidCredential("Authorization header");
  const payload = request.headers["x-oss-content-sha256"];
  if (payload !== "UNSIGNED-PAYLOAD") {
    throw invalidArgument(
      "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.",
      "x-oss-content-sha256",
      payload ?? "",
    );
  }
  const additionalHeaders = additionalHeadersFrom(fields?.get("AdditionalHeaders"), request);
  return {
    ...v4Proof(request, credential, v4DateIn(request.headers), additionalHeaders, "Authorization header"),
    place: "header",
    securityToken: securityTokenIn(request, "x-oss-security-token"),
    signature,
    expiresSeconds: 0,
  };
}

/** A V4 signature in a URL. Throws 400 InvalidArgument. */
export function v4UrlProof(request: SignedRequest): Proof {
  const { parameters } = request;
  const parameter = (name: string) => {
    const value = parameters.get(name) ?? "";
    if (value === "") throw invalidArgument(`Missing the query parameter ${name}.`, name, "");
    return value;
  };
  const version = parameter("x-oss-signature-version");
  if (version !== V4_ALGORITHM) {
    throw invalidArgument("Unsupported signature version.", "x-oss-signature-version", version);
  }
  const credential = v4CredentialFrom(parameter("x-oss-credential"));
  if (credential === undefined) throw invalidCredential("query");
  const expires = parameter("x-oss-expires");
  if (!/^\d{1,9}$/.test(expires)) {
    throw invalidArgument("Invalid x-oss-expires.", "x-oss-expires", expires, "0002-00000070");
  }
  const additionalHeaders = additionalHeadersFrom(parameters.get("x-oss-additional-headers"), request);
  return {
    ...v4Proof(request, credential, v4DateFrom(parameter("x-oss-date")), additionalHeaders, "query"),
    place: "query",
    securityToken: securityTokenIn(request, "x-oss-security-token"),
    signature: parameter("x-oss-signature"),
    expiresSeconds: Number(expires),
  };
}

function v4Proof(
  request: SignedRequest,
  credential: V4Credential,
  { date, dateMs }: V4Date,
  additionalHeaders: readonly string[],
  place: string,
) {
  if (Number.isNaN(dateMs) || dayOf(dateMs) !== credential.day) {
    throw invalidArgument(`Invalid signing date in ${place}.`, "x-oss-date", date);
  }
  const canonicals = EMPTY_VALUES.map((emptyValues): Canonical => {
    const canonicalRequest = v4CanonicalRequest(request, additionalHeaders, emptyValues);
    const stringToSign = v4StringToSign(credential, date, canonicalRequest);
    return {
      stringToSign,
      canonicalRequest,
      signature: (secret) => v4Signature(secret, credential, stringToSign),
    };
  });
  return {
    version: "V4",
    accessKeyId: credential.accessKeyId,
    credential,
    date,
    dateMs,
    canonicals,
  } as const;
}

/** A date as it was signed, and when that is; NaN when it has another form. */
interface V4Date {
  readonly date: string;
  readonly dateMs: number;
}

function v4DateFrom(date: string): V4Date {
  return { date, dateMs: v4TimeFrom(date) };
}

/** x-oss-date; without it Date, also in the form that HTTP gives it: aliyun-oss-go-sdk signs that one. */
function v4DateIn(headers: SignedRequest["headers"]): V4Date {
  const { "x-oss-date": ossDate, date = "" } = headers;
  if (ossDate !== undefined) return v4DateFrom(ossDate);
  const dateMs = httpTimeFrom(date);
  return Number.isNaN(dateMs) ? v4DateFrom(date) : { date, dateMs };
}

/** yyyymmdd */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
}

function invalidCredential(place: string) {
  return invalidArgument(`Invalid credential in ${place}.`, "Credential", "");
}
