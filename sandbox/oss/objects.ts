import type { Bucket, StoredObject } from "../world.ts";
import type { Answer } from "./answer.ts";
import { storedBody } from "./body.ts";
import type { BucketCall, ObjectCall } from "./call.ts";
import { refuseHalfEncrypted } from "./client-encryption.ts";
import type { StoredContent } from "./content-store.ts";
import { noSuchKey, ossError } from "./errors.ts";
import { keptHeaders, objectAclFrom } from "./object-headers.ts";
import { storageClassFrom } from "./storage-class.ts";
import { tagsFromHeader } from "./tags.ts";

/** PutObject. */
export async function putObject(call: ObjectCall): Promise<Answer> {
  const { headers } = call.request;
  refuseHalfEncrypted(headers);
  const made = newObjectFrom(call, headers);
  refuseOverwrite(call.bucket, call.key, headers);
  const stored = await storedBody(call);
  keepUnlessRefused(call, stored, () => refuseOverwrite(call.bucket, call.key, headers));
  putInPlace(call, { ...made, ...normalContent(stored) });
  return { status: 200, headers: uploadHeaders(stored) };
}

/** DeleteObject: 204, whether the object, or the version, was there or not. */
export function deleteObject(call: ObjectCall): Answer {
  removeObject(call, call.key, call.request.parameters.get("versionId"));
  return { status: 204 };
}

/** The object. Throws 404 NoSuchKey, and NoSuchVersion for any version but `null` of a bucket without versioning. */
export function existingObject(bucket: Bucket, key: string, versionId?: string): StoredObject {
  const object = bucket.objects.get(key);
  if (!isTheOnlyVersion(versionId)) {
    throw ossError(404, "NoSuchVersion", "The specified version does not exist.", undefined, {
      Key: key,
      VersionId: versionId,
    });
  }
  if (object === undefined) throw noSuchKey(key);
  return object;
}

/** What a request's headers make of an object, before its bytes are known. Throws 400 InvalidArgument, InvalidTag. */
export function newObjectFrom(
  { bucket, key, nowMs }: ObjectCall,
  headers: Readonly<Record<string, string>>,
): Pick<StoredObject, "key" | "headers" | "tags" | "acl" | "ownerId" | "modifiedMs"> {
  return {
    key,
    headers: {
      ...keptHeaders(headers),
      "x-oss-storage-class": storageClassFrom(headers["x-oss-storage-class"], bucket.storageClass),
    },
    tags: tagsFromHeader(headers["x-oss-tagging"]),
    acl: objectAclFrom(headers["x-oss-object-acl"]),
    ownerId: bucket.ownerId,
    // HTTP dates have whole seconds: with more, If-Modified-Since would never hold.
    modifiedMs: Math.floor(nowMs / 1000) * 1000,
  };
}

/** ETag of an object that was uploaded in one piece: its MD5, in upper case. */
export function normalContent(stored: StoredContent) {
  const etag = stored.md5.toString("hex").toUpperCase();
  return { content: stored.content, crc64: stored.crc64, etag, type: "Normal" } as const;
}

/** What an upload is answered with. */
export function uploadHeaders(stored: StoredContent): Readonly<Record<string, string>> {
  return {
    etag: `"${stored.md5.toString("hex").toUpperCase()}"`,
    "content-md5": stored.md5.toString("base64"),
    "x-oss-hash-crc64ecma": stored.crc64,
  };
}

/** Puts the object where its key says; the bytes of the one before it are given up. */
export function putInPlace({ bucket, contents }: BucketCall, object: StoredObject): void {
  const before = bucket.objects.get(object.key);
  bucket.objects.set(object.key, object);
  if (before !== undefined && before.content !== object.content) contents.discard(before.content);
}

/** Removes the object, or nothing when it has no such version. */
export function removeObject(
  { bucket, contents }: BucketCall,
  key: string,
  versionId: string | undefined,
): void {
  const object = bucket.objects.get(key);
  if (object === undefined || !isTheOnlyVersion(versionId)) return;
  bucket.objects.delete(key);
  contents.discard(object.content);
}

/** A bucket without versioning has one version of each object, called `null`. */
function isTheOnlyVersion(versionId: string | undefined): versionId is "null" | undefined {
  return versionId === undefined || versionId === "null";
}

/** Throws 409 FileAlreadyExists under x-oss-forbid-overwrite. */
export function refuseOverwrite(
  bucket: Bucket,
  key: string,
  headers: Readonly<Record<string, string>>,
): void {
  if (headers["x-oss-forbid-overwrite"] !== "true" || !bucket.objects.has(key)) return;
  // A bucket with versions ignores the header. Source: OSS, PutObject, request headers.
  if (bucket.versioning !== undefined) return;
  const message = "The object you specified already exists and can not be overwritten.";
  throw ossError(409, "FileAlreadyExists", message, undefined, { Key: key });
}

/** Things may have changed while the bytes came: asks again, and gives them up where the answer is no. */
export function keepUnlessRefused({ contents }: BucketCall, stored: StoredContent, ask: () => void): void {
  try {
    ask();
  } catch (error) {
    contents.discard(stored.content);
    throw error;
  }
}
