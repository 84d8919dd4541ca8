import type { Address } from "./addressing.ts";
import type { Answer } from "./answer.ts";
import { listBuckets } from "./buckets.ts";
import type { BucketCall, ObjectCall, OssCall } from "./call.ts";
import { notImplemented } from "./errors.ts";
import { getObject, getObjectMeta, getSymlink, headObject } from "./get-object.ts";
import { listObjects, listObjectsV2, listObjectVersions } from "./list-objects.ts";
import { deleteObject, putObject } from "./objects.ts";
import type { Operation, OperationName } from "./operation.ts";

type Performer<Call> = (call: Call) => Answer | Promise<Answer>;

const SERVICE: Readonly<Record<OperationName<"service">, Performer<OssCall>>> = {
  ListBuckets: listBuckets,
};

const BUCKET: Readonly<Partial<Record<OperationName<"bucket">, Performer<BucketCall>>>> = {
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListObjectVersions: listObjectVersions,
};

const OBJECT: Readonly<Partial<Record<OperationName<"object">, Performer<ObjectCall>>>> = {
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  GetObjectMeta: getObjectMeta,
  DeleteObject: deleteObject,
  GetSymlink: getSymlink,
};

/** Carries out an operation that has been authorised. */
export async function perform(row: Operation, call: OssCall | BucketCall, { key }: Address): Promise<Answer> {
  if (row.scope === "service") return SERVICE[row.name](call);
  if (!("bucket" in call)) throw notImplemented(row.name);
  if (row.scope === "bucket") {
    const performer = BUCKET[row.name];
    if (performer === undefined) throw notImplemented(row.name);
    return performer(call);
  }
  const performer = OBJECT[row.name];
  if (performer === undefined || key === undefined) throw notImplemented(row.name);
  return performer({ ...call, key });
}
