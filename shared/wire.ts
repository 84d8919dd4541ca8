/**
 * The HTTP contract of `/credentials`: what the function answers and what every client may rely on.
 * Imports nothing, so that a client can take it along.
 */

/** Public error codes, in the field `Code`. */
export type ErrorCode =
  | "InvalidRequest"
  | "MissingToken"
  | "InvalidToken"
  | "TokenExpired"
  | "AccessDenied"
  | "NotFound"
  | "MethodNotAllowed"
  | "RequestTooLarge"
  | "TooManyRequests"
  | "ServerError"
  | "StsThrottled"
  | "StsUnavailable"
  | "KeysUnavailable";

export type Permission = "read" | "write" | "list" | "delete";

/**
 * `format=default`: flat, every value a string, times in UTC without milliseconds. The credentials_uri providers
 * of the Alibaba Cloud SDKs, the OSS mobile SDKs' auth-server providers and the OSS Java SDK all read it.
 */
export interface CredentialsBody {
  readonly StatusCode: "200";
  readonly Code: "Success";
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly Expiration: string;
  readonly LastUpdated: string;
  readonly RequestId: string;
  readonly SessionName: string;
  readonly OssRegion: string;
  readonly OssBucket: string;
  readonly OssEndpoint: string;
  /** Of the first grant; empty where a rule grants the whole bucket's keys. */
  readonly KeyPrefix: string;
  /** Of the first grant, joined by commas. */
  readonly Permissions: string;
  /** Only where there are several: a JSON array of {@link GrantEntry}. */
  readonly Grants?: string;
}

export interface GrantEntry {
  readonly Bucket: string;
  readonly KeyPrefix: string;
  readonly Permissions: readonly Permission[];
}

/** `format=appserver`: the body that the OSS mobile SDKs' documentation prints, with a numeric StatusCode. */
export interface AppServerBody {
  readonly StatusCode: 200;
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly Expiration: string;
}

/** `format=ali-oss`: options for `new OSS(...)` of ali-oss. */
export interface AliOssBody {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly stsToken: string;
  readonly expiration: string;
  readonly region: string;
  readonly bucket: string;
}

/** Every error, with the HTTP status that `StatusCode` repeats. */
export interface ErrorBody {
  readonly StatusCode: string;
  readonly Code: ErrorCode;
  readonly Message: string;
  readonly ErrorCode: ErrorCode;
  readonly ErrorMessage: string;
  readonly RequestId: string;
}
