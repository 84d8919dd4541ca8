import type { Address } from "./addressing.ts";
import { invalidArgument, notImplemented, ossError } from "./errors.ts";
import type { OssRequest } from "./request.ts";
import { SUB_RESOURCES } from "./sub-resources.ts";

/** What an operation is about. A bucket that is to be made is not there yet. */
export type Scope = "service" | "new bucket" | "bucket" | "object";

/** By scope and method. Source of the actions: OSS "RAM policies", action table. */
export const OPERATIONS = [
  row("ListBuckets", "service", "GET", [], undefined),
  row("PutBucket", "new bucket", "PUT", [], undefined),

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
 * What is asked for. Throws 405 MethodNotAllowed for a method that OSS does not know, 400 InvalidArgument for
 * another list-type than 2, 501 NotImplemented for everything that this sandbox does not do.
 */
export function operationOf(request: OssRequest, { bucket, key }: Address): Operation {
  const { method, parameters, headers } = request;
  if (!["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"].includes(method)) {
    throw ossError(405, "MethodNotAllowed", "The specified method is not allowed against this resource.");
  }
  const listType = parameters.get("list-type");
  if (listType !== undefined && listType !== "2") {
    throw invalidArgument("Invalid list-type.", "list-type", listType);
  }
  refuseCallback(request);
  const scopes = scopesOf(bucket, key);
  const telling = [...parameters.keys()].filter(tellsOperation).sort();
  const copies = key !== undefined && headers["x-oss-copy-source"] !== undefined;
  const operation = OPERATIONS.find(
    (candidate) =>
      scopes.includes(candidate.scope) &&
      candidate.methods.includes(method) &&
      candidate.parameters.join() === telling.join() &&
      candidate.copies === (copies && method === "PUT" && COPYING.has(candidate.parameters.join())),
  );
  if (operation === undefined) throw notImplemented(`${method} ${scopes[0]} ${telling.join("&")}`.trim());
  return operation;
}

function scopesOf(bucket: string | undefined, key: string | undefined): readonly Scope[] {
  if (bucket === undefined) return ["service"];
  return key === undefined ? ["bucket", "new bucket"] : ["object"];
}

/** Parameter sets that a copy has, too. */
const COPYING: ReadonlySet<string> = new Set(["", "partNumber,uploadId"]);

/** Parameters that change how an operation answers, not which one it is. */
const MODIFIERS: ReadonlySet<string> = new Set([
  "position",
  "versionId",
  "security-token",
  "continuation-token",
  "sequential",
  "regionList",
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

function tellsOperation(name: string): boolean {
  if (name === "list-type" || name === "x-oss-process") return true;
  return SUB_RESOURCES.has(name) && !MODIFIERS.has(name) && !name.startsWith("response-");
}

/** An upload whose callback never came would look like a success. */
function refuseCallback({ headers, parameters }: OssRequest): void {
  if (headers["x-oss-callback"] !== undefined || parameters.has("callback")) throw notImplemented("callback");
}
