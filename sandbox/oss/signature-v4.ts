import { createHash, createHmac } from "node:crypto";
import { percentEncoded } from "../sts/percent-encoding.ts";
import { bytesOf } from "./header-bytes.ts";
import type { SignedRequest } from "./signature-v1.ts";
import { SUB_RESOURCES } from "./sub-resources.ts";

/** The name of the algorithm. */
export const V4_ALGORITHM = "OSS4-HMAC-SHA256";

/** What a credential says of the key that signed: `<AccessKeyId>/<yyyymmdd>/<region>/oss/aliyun_v4_request`. */
export interface V4Credential {
  readonly accessKeyId: string;
  /** yyyymmdd */
  readonly day: string;
  readonly region: string;
}

/**
 * How the canonical query writes a parameter without a value. The documents and the SDK for Go write the bare name;
 * ali-oss writes bare sub-resources, and `prefix=` for everything else. No document says which one the service requires,
 * so both are accepted; they sign the same request.
 */
export type EmptyValues = "bare" | "bare sub-resources";

/** Both ways, in the order in which to try them. */
export const EMPTY_VALUES: readonly EmptyValues[] = ["bare", "bare sub-resources"];

/** The credential; undefined when it is not one for OSS. */
export function v4CredentialFrom(text: string): V4Credential | undefined {
  const [accessKeyId, day, region] =
    /^([^/]+)\/(\d{8})\/([a-z0-9-]+)\/oss\/aliyun_v4_request$/.exec(text)?.slice(1) ?? [];
  if (accessKeyId === undefined || day === undefined || region === undefined) return undefined;
  return { accessKeyId, day, region };
}

/** The fields of an Authorization header by name; undefined when it is not one of V4. */
export function v4AuthorizationFrom(header: string): ReadonlyMap<string, string> | undefined {
  const [, fields] = /^OSS4-HMAC-SHA256 +(.*)$/.exec(header) ?? [];
  if (fields === undefined) return undefined;
  return new Map(
    fields.split(",").map((field) => {
      const equals = field.indexOf("=");
      return [field.slice(0, equals).trim(), field.slice(equals + 1).trim()] as const;
    }),
  );
}

/**
 * The request in the form that is signed. `additionalHeaders` are those that the client signs in addition to
 * Content-Type, Content-MD5 and x-oss-*. Source: OSS "Include V4 signatures in the Authorization header",
 * "Add V4 signatures to URLs"; docs/fidelity/oss.md.
 */
export function v4CanonicalRequest(
  request: SignedRequest,
  additionalHeaders: readonly string[],
  emptyValues: EmptyValues = "bare",
): string {
  const { method, headers } = request;
  const signed = Object.keys(headers)
    .filter(
      (name) =>
        name === "content-type" ||
        name === "content-md5" ||
        name.startsWith("x-oss-") ||
        additionalHeaders.includes(name),
    )
    .sort()
    .map((name) => `${name}:${headers[name]?.trim()}\n`);
  return [
    method,
    canonicalPath(request),
    canonicalQuery(request, emptyValues),
    signed.join(""),
    [...additionalHeaders].sort().join(";"),
    headers["x-oss-content-sha256"] ?? "UNSIGNED-PAYLOAD",
  ].join("\n");
}

/** `timestamp` is yyyymmddThhmmssZ. */
export function v4StringToSign(
  { day, region }: V4Credential,
  timestamp: string,
  canonicalRequest: string,
): string {
  const digest = createHash("sha256").update(bytesOf(canonicalRequest)).digest("hex");
  return [V4_ALGORITHM, timestamp, `${day}/${region}/oss/aliyun_v4_request`, digest].join("\n");
}

/** Milliseconds of yyyymmddThhmmssZ; NaN when it is none. */
export function v4TimeFrom(timestamp: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp) ?? [];
  if (parts.length === 0) return Number.NaN;
  const [year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Lower-case hex. PostObject signs its policy with the same. */
export function v4Signature(secret: string, { day, region }: V4Credential, text: string): string {
  const key = [day, region, "oss", "aliyun_v4_request"].reduce<string | Buffer>(
    (signingKey, step) => createHmac("sha256", signingKey).update(step, "utf8").digest(),
    `aliyun_v4${secret}`,
  );
  return createHmac("sha256", key).update(bytesOf(text)).digest("hex");
}

/** With the bucket, wherever the request names it. */
function canonicalPath({ bucket, key }: SignedRequest): string {
  const path = bucket === undefined ? "/" : `/${bucket}/${key ?? ""}`;
  return path.split("/").map(percentEncoded).join("/");
}

function canonicalQuery({ parameters }: SignedRequest, emptyValues: EmptyValues): string {
  return [...parameters]
    .filter(([name]) => name !== "x-oss-signature")
    .map(([name, value]) => {
      const isBare = value === "" && (emptyValues === "bare" || SUB_RESOURCES.has(name));
      return [percentEncoded(name), isBare ? "" : `=${percentEncoded(value)}`] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => name + value)
    .join("&");
}
