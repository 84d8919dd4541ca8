import type { StorageClass, StoredObject } from "../world.ts";
import { invalidArgument, ossError } from "./errors.ts";

const CLASSES: readonly string[] = [
  "Standard",
  "IA",
  "Archive",
  "ColdArchive",
  "DeepColdArchive",
] satisfies readonly StorageClass[];

/** Whether OSS has a storage class of that name. */
export function isStorageClass(text: string): text is StorageClass {
  return CLASSES.includes(text);
}

/**
 * The class that an x-oss-storage-class header asks for, or the bucket's. Throws 400 InvalidArgument. Source: OSS
 * PutObject; EC 0013-00000101, 0017-00000131.
 */
export function storageClassFrom(text: string | undefined, otherwise: StorageClass): StorageClass {
  if (text === undefined) return otherwise;
  if (isStorageClass(text)) return text;
  const ec = text === "" ? "0017-00000131" : "0013-00000101";
  throw invalidArgument("The storage class you specified is invalid.", "x-oss-storage-class", text, ec);
}

/**
 * Throws 403 InvalidObjectState for bytes that lie in an archive: RestoreObject, which would make them readable, is not
 * emulated. Source: OSS GetObject, CopyObject, UploadPartCopy.
 */
export function refuseArchived({ headers }: StoredObject, key: string): void {
  if (!headers["x-oss-storage-class"]?.endsWith("Archive")) return;
  const message = "The operation is not valid for the object's storage class";
  throw ossError(403, "InvalidObjectState", message, undefined, { ObjectName: key });
}
