import type { CloudError } from "../cloud-error.ts";
import type { Address } from "./addressing.ts";
import { invalidArgument, notImplemented, ossError } from "./errors.ts";
import type { OssRequest } from "./request.ts";
import { isKnown, MODIFIERS } from "./sub-resources.ts";

/** What an operation is about. A bucket that is to be made is not there yet. */
export type Scope = "service" | "new bucket" | "bucket" | "object";

/** By scope and method. Source of the actions: OSS "RAM policies", action table. */
export const OPERATIONS = [
  row("ListBuckets", "service", "GET", [], undefined),
  row("PutBucket", "new bucket", "PUT", [], undefined),

  // No document names its action; this one is observed.
  row("HeadBucket", "bucket", "HEAD", [], "oss:GetBucketInfo"),
  row("DeleteBucket", "bucket", "DELETE", [], "oss:DeleteBucket"),
  row("ListObjects", "bucket", "GET", [], "oss:ListObjects"),
  row("ListObjectsV2", "bucket", "GET", ["list-type"], "oss:ListObjects"),
  row("ListObjectVersions", "bucket", "GET", ["versions"], "oss:ListObjectVersions"),
  row("ListMultipartUploads", "bucket", "GET", ["uploads"], "oss:ListMultipartUploads"),
  row("DeleteMultipleObjects", "bucket", "POST", ["delete"], undefined),
  row("PostObject", "bucket", "POST", [], undefined),
  row("GetBucketInfo", "bucket", "GET", ["bucketInfo"], "oss:GetBucketInfo"),
  row("GetBucketLocation", "bucket", "GET", ["location"], "oss:GetBucketLocation"),
  row("GetBucketAcl", "bucket", "GET", ["acl"], "oss:GetBucketAcl"),
  row("PutBucketAcl", "bucket", "PUT", ["acl"], "oss:PutBucketAcl"),
  row("GetBucketCors", "bucket", "GET", ["cors"], "oss:GetBucketCors"),
  row("PutBucketCors", "bucket", "PUT", ["cors"], "oss:PutBucketCors"),
  row("DeleteBucketCors", "bucket", "DELETE", ["cors"], "oss:DeleteBucketCors"),
  row("GetBucketPolicy", "bucket", "GET", ["policy"], "oss:GetBucketPolicy"),
  row("PutBucketPolicy", "bucket", "PUT", ["policy"], "oss:PutBucketPolicy"),
  row("DeleteBucketPolicy", "bucket", "DELETE", ["policy"], "oss:DeleteBucketPolicy"),

  row("PutObject", "object", "PUT", [], "oss:PutObject"),
  row("CopyObject", "object", "PUT", [], "oss:PutObject", true),
  row("AppendObject", "object", "POST", ["append"], "oss:PutObject"),
  row("GetObject", "object", "GET", [], "oss:GetObject"),
  row("HeadObject", "object", "HEAD", [], "oss:GetObject"),
  row("GetObjectMeta", "object", "HEAD GET", ["objectMeta"], "oss:GetObject"),
  row("DeleteObject", "object", "DELETE", [], "oss:DeleteObject"),
  row("PutObjectAcl", "object", "PUT", ["acl"], "oss:PutObjectAcl"),
  row("GetObjectAcl", "object", "GET", ["acl"], "oss:GetObjectAcl"),
  row("PutObjectTagging", "object", "PUT", ["tagging"], "oss:PutObjectTagging"),
  row("GetObjectTagging", "object", "GET", ["tagging"], "oss:GetObjectTagging"),
  row("DeleteObjectTagging", "object", "DELETE", ["tagging"], "oss:DeleteObjectTagging"),
  row("PutSymlink", "object", "PUT", ["symlink"], "oss:PutObject"),
  row("GetSymlink", "object", "GET", ["symlink"], "oss:GetObject"),
  row("InitiateMultipartUpload", "object", "POST", ["uploads"], "oss:PutObject"),
  row("UploadPart", "object", "PUT", ["partNumber", "uploadId"], "oss:PutObject"),
  row("UploadPartCopy", "object", "PUT", ["partNumber", "uploadId"], "oss:PutObject", true),
  row("CompleteMultipartUpload", "object", "POST", ["uploadId"], "oss:PutObject"),
  row("AbortMultipartUpload", "object", "DELETE", ["uploadId"], "oss:AbortMultipartUpload"),
  row("ListParts", "object", "GET", ["uploadId"], "oss:ListParts"),
] as const;

/** A row of OPERATIONS. */
export type Operation = (typeof OPERATIONS)[number];

/** The names of the operations of one scope. */
export type OperationName<S extends Scope> = Extract<Operation, { readonly scope: S }>["name"];

/**
 * What is asked for, or why it is refused: 400 InvalidArgument for another list-type than 2, 501 NotImplemented for
 * everything that this sandbox does not do. Throws 405 MethodNotAllowed for a method that OSS does not know.
 */
export function operationOf(request: OssRequest, { bucket, key }: Address): Operation | CloudError {
  const { method, parameters, headers } = request;
  if (!["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"].includes(method)) {
    throw ossError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  }
  const listType = parameters.get("list-type");
  if (listType !== undefined && listType !== "2") {
    return invalidArgument("Invalid list-type.", "list-type", listType);
  }
  const header = Object.keys(headers).find((name) => NOT_EMULATED.has(name));
  if (header !== undefined) return notImplemented(header);
  const scopes = scopesOf(bucket, key);
  const isRead = key !== undefined && (method === "GET" || method === "HEAD");
  const isSilent = (name: string, value: string) =>
    MODIFIERS.has(name) || (isRead && isCacheBuster(name, value)) || (key !== undefined && isCustom(name));
  const telling = [...parameters]
    .filter(([name, value]) => !isSilent(name, value))
    .map(([name]) => name)
    .sort();
  const copies = key !== undefined && headers["x-oss-copy-source"] !== undefined;
  const operation = OPERATIONS.find(
    (candidate) =>
      scopes.includes(candidate.scope) &&
      candidate.methods.includes(method) &&
      candidate.parameters.join() === telling.join() &&
      candidate.copies === (copies && method === "PUT" && COPYING.has(candidate.parameters.join())),
  );
  return operation ?? notImplemented(`${method} ${scopes[0]} ${telling.join("&")}`.trim());
}

function scopesOf(bucket: string | undefined, key: string | undefined): readonly Scope[] {
  if (bucket === undefined) return ["service"];
  return key === undefined ? ["bucket", "new bucket"] : ["object"];
}

/** Parameter sets that a copy has, too. */
const COPYING: ReadonlySet<string> = new Set(["", "partNumber,uploadId"]);

/**
 * Headers that change what an operation does, and that are not emulated. Ignoring one would do only half of the operation: an object
 * that can be deleted although it is retained, an upload whose callback never comes. Sources: the operations' pages.
 */
const NOT_EMULATED: ReadonlySet<string> = new Set([
  "x-oss-async-process",
  "x-oss-bucket-tagging",
  "x-oss-bypass-governance-retention",
  "x-oss-callback",
  "x-oss-hns-status",
  "x-oss-object-worm-legal-hold",
  "x-oss-object-worm-mode",
  "x-oss-object-worm-retain-until-date",
  "x-oss-persistent-headers",
  "x-oss-process",
  "x-oss-server-side-data-encryption",
  "x-oss-server-side-encryption-key-id",
]);

/**
 * How to recognise an operation, and its RAM action. `parameters` are the query parameters that identify it: exactly
 * these must be present. `action` is on the bucket or key, or undefined when the operation itself checks what it needs.
 * `copies`: it reads x-oss-copy-source.
 */
function row<const N extends string, const S extends Scope>(
  name: N,
  scope: S,
  methods: string,
  parameters: readonly string[],
  action: string | undefined,
  copies = false,
) {
  return { name, scope, methods: methods.split(" "), parameters, copies, action } as const;
}

/**
 * A caller's own parameter of a signed URL. Sub-resources of OSS begin with x-oss-, those of S3 with x-amz-. Source: the
 * official suite for C++ puts objects with `?x-param-value=value`.
 */
function isCustom(name: string): boolean {
  return name.startsWith("x-") && !/^x-(?:oss|amz)-/.test(name);
}

/** `photo.jpg?v=3` reads photo.jpg in the real service too. */
function isCacheBuster(name: string, value: string): boolean {
  return value !== "" && !isKnown(name);
}
