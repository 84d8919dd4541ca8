import type { StoredObject } from "../world.ts";
import { authorise } from "./authorisation.ts";
import type { ObjectCall } from "./call.ts";
import { ossError } from "./errors.ts";
import { existingObject } from "./objects.ts";
import { keyFromHeader } from "./request.ts";

/** What reading a key gives: the object there, or what a symbolic link makes of its target. */
export interface ReadObject {
  /** The object whose metadata the answer has. */
  readonly object: StoredObject;
  /** The object whose bytes, ETag, Content-MD5 and checksum the answer has. */
  readonly source: StoredObject;
  readonly modifiedMs: number;
}

/**
 * What the call is about. A link is followed once, and only to what its caller may read: whoever may write into a
 * folder could otherwise read the whole bucket through it. Throws 404 NoSuchKey and SymlinkTargetNotExist, 400
 * InvalidTargetType. Sources: OSS PutSymlink: rights on the target are checked as the link is read; OSS HeadObject:
 * Content-Length, ETag and Content-MD5 are the target's, Last-Modified is the later one, all others are the link's.
 */
export function readObjectOf(call: ObjectCall): ReadObject {
  const { bucket, request } = call;
  const object = existingObject(bucket, call.key, request.parameters.get("versionId"));
  if (object.type !== "Symlink") return { object, source: object, modifiedMs: object.modifiedMs };
  const key = keyFromHeader(object.headers["x-oss-symlink-target"] ?? "");
  authorise(call, { action: "oss:GetObject", bucket, key });
  const source = bucket.objects.get(key);
  if (source === undefined) {
    throw ossError(404, "SymlinkTargetNotExist", "The symlink target object does not exist", undefined, {
      Key: key,
    });
  }
  if (source.type === "Symlink") {
    throw ossError(400, "InvalidTargetType", "The symbolic's target type is an invalid.");
  }
  return { object, source, modifiedMs: Math.max(object.modifiedMs, source.modifiedMs) };
}
