import type { Address } from "./addressing.ts";
import { invalidArgument, notImplemented, ossError } from "./errors.ts";
import type { OssRequest } from "./request.ts";
import { isSignedByV1, type SignedRequest, v1Signature, v1StringToSign } from "./signature-v1.ts";
import {
  EMPTY_VALUES,
  V4_ALGORITHM,
  type V4Credential,
  v4AuthorizationFrom,
  v4CanonicalRequest,
  v4CredentialFrom,
  v4Signature,
  v4StringToSign,
} from "./signature-v4.ts";
import { isKnown } from "./sub-resources.ts";

/** What a request says of who signed it, before any of it is believed. */
export interface Proof {
  readonly version: "V1" | "V4";
  readonly place: "header" | "query";
  readonly accessKeyId: string;
  /** V4 only. */
  readonly credential: V4Credential | undefined;
  readonly securityToken: string | undefined;
  readonly signature: string;
  /** As it came. */
  readonly date: string;
  /** When it was signed, by the client's clock; of a V1 URL, when it ends. */
  readonly dateMs: number;
  /** A V4 URL's; 0 elsewhere. */
  readonly expiresSeconds: number;
  /** The forms of the request whose signature is accepted; the first is the one to show. */
  readonly canonicals: readonly Canonical[];
}

/** The request as it is signed. */
export interface Canonical {
  readonly stringToSign: string;
  /** V4 only. */
  readonly canonicalRequest: string | undefined;
  readonly signature: (secret: string) => string;
}

/**
 * Reads the signature in the Authorization header or in the URL, or undefined when there is none. Throws 400
 * InvalidArgument when it is malformed or there are two, 403 AccessDenied when a part of it is missing, 501 for S3's.
 */
export function proofIn(request: OssRequest, address: Address): Proof | undefined {
  const { headers, parameters } = request;
  const { authorization } = headers;
  refuseS3(authorization, parameters);
  const inUrlV1 = parameters.has("Signature") || parameters.has("OSSAccessKeyId");
  const inUrlV4 = parameters.has("x-oss-signature") || parameters.has("x-oss-signature-version");
  if ([authorization !== undefined, inUrlV1, inUrlV4].filter(Boolean).length > 1) {
    throw invalidArgument("Only one auth mechanism allowed.", "Authorization", "", undefined);
  }
  const signed: SignedRequest = { ...request, ...address };
  if (authorization !== undefined) {
    return authorization.startsWith(V4_ALGORITHM)
      ? v4HeaderProof(signed, authorization)
      : v1HeaderProof(signed, authorization);
  }
  if (inUrlV4) return v4UrlProof(signed);
  return inUrlV1 ? v1UrlProof(signed) : undefined;
}

/** The real service takes S3's signatures too. */
function refuseS3(authorization: string | undefined, parameters: ReadonlyMap<string, string>): void {
  const inUrl = [...parameters.keys()].some((name) => /^(?:x-amz-|awsaccesskeyid$)/i.test(name));
  if (inUrl || /^AWS/.test(authorization ?? "")) {
    throw notImplemented("the signature of Amazon S3; sign with one of OSS (V1, V2 or V4)");
  }
}

/** Milliseconds of yyyymmddThhmmssZ; NaN when it is none. */
export function v4TimeFrom(timestamp: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  if (parts.length === 0) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Milliseconds of `Sun, 22 Nov 2015 08:16:38 GMT`; NaN when it is none. Source: OSS, V1, "Date: GMT". */
function v1TimeFrom(date: string): number {
  return /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/.test(date)
    ? Date.parse(date)
    : Number.NaN;
}

function v1HeaderProof(request: SignedRequest, authorization: string): Proof {
  const [, accessKeyId, signature] = /^OSS +([^:\s]+):(\S+)$/.exec(authorization) ?? [];
  if (accessKeyId === undefined || signature === undefined) {
    throw invalidArgument("Authorization header is invalid.", "Authorization", "");
  }
  const date = request.headers["x-oss-date"] ?? request.headers["date"] ?? "";
  const dateMs = v1TimeFrom(date);
  if (Number.isNaN(dateMs)) {
    const message = "OSS authentication requires a valid Date.";
    throw ossError(403, "AccessDenied", message, "0002-00000503");
  }
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

function v1UrlProof(request: SignedRequest): Proof {
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
  if (!/^\d{1,12}$/.test(expires)) {
    throw invalidArgument(
      "Invalid date (should be seconds since epoch).",
      "Expires",
      expires,
      "0002-00000070",
    );
  }
  return {
    ...v1Proof(request, expires),
    place: "query",
    accessKeyId,
    securityToken: securityTokenIn(request, "security-token"),
    signature,
    dateMs: Number(expires) * 1000,
    expiresSeconds: 0,
  };
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

function v4HeaderProof(request: SignedRequest, authorization: string): Proof {
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

function v4UrlProof(request: SignedRequest): Proof {
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
  const dateMs = v1TimeFrom(date);
  return Number.isNaN(dateMs) ? v4DateFrom(date) : { date, dateMs };
}

/** yyyymmdd */
function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll("-", "");
}

/** Headers that are said to be signed must be there. */
function additionalHeadersFrom(text: string | undefined, { headers }: SignedRequest): readonly string[] {
  const names = text === undefined || text === "" ? [] : text.split(";");
  const missing = names.find((name) => headers[name] === undefined);
  if (missing !== undefined) {
    throw invalidArgument("An additional header is not in the request.", "AdditionalHeaders", missing);
  }
  return names;
}

/** In the header wherever the signature is, or in the URL; both signatures cover both. */
function securityTokenIn({ headers, parameters }: SignedRequest, parameter: string): string | undefined {
  const inHeader = headers["x-oss-security-token"];
  const inQuery = parameters.get(parameter);
  if (inHeader !== undefined && inQuery !== undefined && inHeader !== inQuery) {
    throw invalidArgument("Only one security token allowed.", parameter, "");
  }
  return inHeader ?? inQuery;
}

function invalidCredential(place: string) {
  return invalidArgument(`Invalid credential in ${place}.`, "Credential", "");
}
