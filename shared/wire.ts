/**
 * The HTTP contract: what `/credentials`, `/uploads` and `/downloads` answer, and what every client may rely on. This file imports
 * nothing, so that a client can copy it.
 */

/** Public error codes, in the field `Code`. */
/** A header of a request for credentials: the AccessKeyId that OSS refuses, so that the answer is not the same one again. */
export type RefusedKeyHeader = "X-Refused-Access-Key-Id";

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
 * `format=default`: flat, every value a string, times in UTC without milliseconds. The credentials_uri providers of
 * the Alibaba Cloud SDKs, the auth-server providers of the OSS mobile SDKs and the OSS Java SDK can read it.
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
  /** Of the first grant. */
  readonly OssBucket: string;
  /** Of the first grant's bucket. */
  readonly OssEndpoint: string;
  /** Only when OssEndpoint is the bucket's own domain (CNAME): a client puts no bucket before it. */
  readonly OssCname?: "true";
  /** Of the first grant; empty when a rule grants all keys of the bucket. */
  readonly KeyPrefix: string;
  /** Of the first grant, joined by commas. */
  readonly Permissions: string;
  /** Only when there are several grants: a JSON array of {@link GrantEntry}. */
  readonly Grants?: string;
}

export interface GrantEntry {
  readonly Bucket: string;
  readonly KeyPrefix: string;
  readonly Permissions: readonly Permission[];
  /** Only when it is not OssEndpoint of the answer. */
  readonly Endpoint?: string;
  /** Whether the endpoint is the bucket's own domain. Only when it is not as the answer's OssCname says. */
  readonly Cname?: boolean;
}

/**
 * `format=appserver`: the body in the documentation of the OSS mobile SDKs, with a numeric StatusCode. Only when the
 * bucket has its own domain, two keys more, which the SDKs do not read: the App gives them to its client.
 */
export interface AppServerBody {
  readonly StatusCode: 200;
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
  readonly SecurityToken: string;
  readonly Expiration: string;
  readonly OssEndpoint?: string;
  readonly OssCname?: "true";
}

/** `format=ali-oss`: options for `new OSS(...)` of ali-oss. */
export interface AliOssBody {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly stsToken: string;
  readonly expiration: string;
  readonly region: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly authorizationV4: true;
  /** Only when `endpoint` is the bucket's own domain. */
  readonly cname?: true;
}

/** The answer of `/uploads`: one form for each file, in the request's order. */
export interface UploadsBody {
  readonly StatusCode: "200";
  readonly Code: "Success";
  readonly RequestId: string;
  /** When the forms end: UTC, without milliseconds. */
  readonly Expiration: string;
  readonly Uploads: readonly UploadForm[];
}

/** A form of OSS PostObject: `multipart/form-data` with all of Fields, in their order, and then one part `file`. */
export interface UploadForm {
  readonly Method: "POST";
  readonly Url: string;
  readonly Key: string;
  readonly Fields: Readonly<Record<string, string>>;
}

/** The answer of `/downloads`: one signed URL for each key, in the request's order. */
export interface DownloadsBody {
  readonly StatusCode: "200";
  readonly Code: "Success";
  readonly RequestId: string;
  /** When the URLs end: UTC, without milliseconds. */
  readonly Expiration: string;
  readonly Downloads: readonly { readonly Url: string; readonly Key: string }[];
}

/** The body of every error. `StatusCode` repeats the HTTP status. */
export interface ErrorBody {
  readonly StatusCode: string;
  readonly Code: ErrorCode;
  readonly Message: string;
  readonly ErrorCode: ErrorCode;
  readonly ErrorMessage: string;
  readonly RequestId: string;
}
