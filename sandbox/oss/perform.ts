import type { Address } from "./addressing.ts";
import type { Answer } from "./answer.ts";
import { appendObject } from "./append-object.ts";
import { deleteBucketPolicy, getBucketPolicy, putBucketPolicy } from "./bucket-policy.ts";
import {
  deleteBucketCors,
  getBucketAcl,
  getBucketCors,
  getBucketInfo,
  getBucketLocation,
  headBucket,
  putBucketAcl,
  putBucketCors,
} from "./bucket-settings.ts";
import { deleteBucket, listBuckets, putBucket } from "./buckets.ts";
import type { BucketCall, ObjectCall, OssCall } from "./call.ts";
import { completeMultipartUpload } from "./complete-multipart.ts";
import { copyObject } from "./copy-object.ts";
import { deleteMultipleObjects } from "./delete-objects.ts";
import { getObject, getObjectMeta, getSymlink, headObject } from "./get-object.ts";
import { listObjects, listObjectsV2, listObjectVersions } from "./list-objects.ts";
import { listMultipartUploads, listParts } from "./list-uploads.ts";
import { abortMultipartUpload, initiateMultipartUpload, uploadPart, uploadPartCopy } from "./multipart.ts";
import {
  deleteObjectTagging,
  getObjectAcl,
  getObjectTagging,
  putObjectAcl,
  putObjectTagging,
  putSymlink,
} from "./object-settings.ts";
import { deleteObject, putObject } from "./objects.ts";
import type { Operation, OperationName } from "./operation.ts";
import { postObject } from "./post-object.ts";

type Performers<Name extends string, Call> = Readonly<Record<Name, (call: Call) => Answer | Promise<Answer>>>;

/** Carries out an operation on a bucket that exists. It has been authorised, PostObject and the keys of a batch aside. */
export async function perform(
  operation: Exclude<Operation, { readonly scope: "service" | "new bucket" }>,
  call: BucketCall,
  key: string | undefined,
): Promise<Answer> {
  if (operation.scope === "bucket") return ON_BUCKETS[operation.name](call);
  return ON_OBJECTS[operation.name]({ ...call, key: key ?? "" });
}

/** Carries out an operation that needs no bucket; it authorises itself. */
export async function performWithoutBucket(
  operation: Extract<Operation, { readonly scope: "service" | "new bucket" }>,
  call: OssCall,
  { bucket, endpointRegion }: Address,
): Promise<Answer> {
  return operation.scope === "service" ? listBuckets(call) : putBucket(call, bucket ?? "", endpointRegion);
}

const ON_BUCKETS: Performers<OperationName<"bucket">, BucketCall> = {
  HeadBucket: headBucket,
  DeleteBucket: deleteBucket,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
  ListMultipartUploads: listMultipartUploads,
  DeleteMultipleObjects: deleteMultipleObjects,
  PostObject: postObject,
  GetBucketInfo: getBucketInfo,
  GetBucketLocation: getBucketLocation,
  GetBucketAcl: getBucketAcl,
  PutBucketAcl: putBucketAcl,
  GetBucketCors: getBucketCors,
  PutBucketCors: putBucketCors,
  DeleteBucketCors: deleteBucketCors,
  GetBucketPolicy: getBucketPolicy,
  PutBucketPolicy: putBucketPolicy,
  DeleteBucketPolicy: deleteBucketPolicy,
};

const ON_OBJECTS: Performers<OperationName<"object">, ObjectCall> = {
  PutObject: putObject,
  CopyObject: copyObject,
  AppendObject: appendObject,
  GetObject: getObject,
  HeadObject: headObject,
  GetObjectMeta: getObjectMeta,
  DeleteObject: deleteObject,
  PutObjectAcl: putObjectAcl,
  GetObjectAcl: getObjectAcl,
  PutObjectTagging: putObjectTagging,
  GetObjectTagging: getObjectTagging,
  DeleteObjectTagging: deleteObjectTagging,
  PutSymlink: putSymlink,
  GetSymlink: getSymlink,
  InitiateMultipartUpload: initiateMultipartUpload,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  CompleteMultipartUpload: completeMultipartUpload,
  AbortMultipartUpload: abortMultipartUpload,
  ListParts: listParts,
};
