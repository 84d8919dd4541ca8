import type { StorageClass } from "../world.ts";
import { invalidArgument } from "./errors.ts";

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
