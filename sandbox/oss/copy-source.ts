import type { Bucket, StoredObject } from "../world.ts";
import { refuseInvalidKey } from "./addressing.ts";
import { authorise } from "./authorisation.ts";
import type { ObjectCall } from "./call.ts";
import { invalidArgument, noSuchBucket, ossError } from "./errors.ts";
import { failedCondition, preconditionFailed } from "./get-object.ts";
import { existingObject } from "./objects.ts";
import { keyFromHeader } from "./request.ts";
import { refuseArchived } from "./storage-class.ts";

/**
 * The object that x-oss-copy-source names, if the caller may read it and its x-oss-copy-source-if-* conditions hold.
 * Throws 400 InvalidArgument and InvalidObjectName, 403 AccessDenied and InvalidObjectState, 404 NoSuchBucket and NoSuchKey, 412 PreconditionFailed, 304
 * NotModified. Source: OSS CopyObject, UploadPartCopy.
 */
export function copySourceOf(call: ObjectCall): StoredObject {
  const { headers } = call.request;
  const { bucketName, key, versionId } = copySourceFrom(headers["x-oss-copy-source"] ?? "");
  const bucket = call.world.buckets.get(bucketName);
  if (bucket === undefined) throw noSuchBucket(bucketName);
  refuseOtherRegion(call.bucket, bucket);
  const action = versionId === undefined ? "oss:GetObject" : "oss:GetObjectVersion";
  authorise(call, { action, bucket, key });
  const object = existingObject(bucket, key, versionId);
  const failed = failedCondition(headers, object, "x-oss-copy-source-");
  if (failed === "If-None-Match" || failed === "If-Modified-Since") throw notModified();
  if (failed !== undefined) throw preconditionFailed(failed);
  refuseArchived(object, key);
  return object;
}

/** Throws 400 InvalidArgument. Source: EC 0042-00000301 and 302, which speak of UploadPartCopy alone. */
export function refuseSourceWithoutSlash({ request }: ObjectCall): void {
  const text = request.headers["x-oss-copy-source"] ?? "";
  if (text.startsWith("/")) return;
  const ec = text === "" ? "0042-00000302" : "0042-00000301";
  throw invalidArgument("The copy source must begin with a slash.", "x-oss-copy-source", text, ec);
}

/** `/bucket/key`, the key percent-encoded, `?versionId=` behind it or not. Source: OSS CopyObject. */
function copySourceFrom(text: string) {
  const [, bucketName, encodedKey, versionId] = /^\/?([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(text) ?? [];
  if (bucketName === undefined || encodedKey === undefined) {
    throw invalidArgument(
      "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.",
      "x-oss-copy-source",
      text,
    );
  }
  const key = keyFromHeader(encodedKey);
  refuseInvalidKey(key);
  return { bucketName, key, versionId };
}

/** Source: OSS CopyObject: both buckets are in one region. */
function refuseOtherRegion(target: Bucket, source: Bucket): void {
  if (target.region === source.region) return;
  throw invalidArgument(
    "Source and destination buckets must be in one region.",
    "x-oss-copy-source",
    source.name,
  );
}

/** The code is for the journal: 304 has no body. */
function notModified() {
  return ossError(304, "NotModified", "The source object has not been modified.");
}
