import { addBucket } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { authorise, authoriseListBuckets } from "./authorisation.ts";
import { bucketElements } from "./bucket-elements.ts";
import { bucketAclFrom } from "./bucket-settings.ts";
import type { BucketCall, OssCall } from "./call.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { ownerOf } from "./list-objects.ts";
import { optional, type XmlElement } from "./xml.ts";

/** Source: OSS ListBuckets (GetService), max-keys: default 100, up to 1,000. */
const DEFAULT_MAX_KEYS = 100;
const MAX_MAX_KEYS = 1000;

/** ListBuckets (GetService): those of the caller's account. */
export function listBuckets(call: OssCall): Answer {
  const accountId = authoriseListBuckets(call);
  const { parameters } = call.request;
  const prefix = parameters.get("prefix") ?? "";
  const marker = parameters.get("marker") ?? "";
  const maxText = parameters.get("max-keys") || String(DEFAULT_MAX_KEYS);
  const maxKeys = /^\d{1,9}$/.test(maxText) ? Number(maxText) : 0;
  if (maxKeys < 1 || maxKeys > MAX_MAX_KEYS) {
    const message = `Argument max-keys must be an integer between 1 and ${MAX_MAX_KEYS}.`;
    throw invalidArgument(message, "max-keys", maxText);
  }
  const buckets = [...call.world.buckets.values()]
    .filter(({ ownerId, name }) => ownerId === accountId && name.startsWith(prefix) && name > marker)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = buckets.slice(0, maxKeys);
  const isTruncated = buckets.length > page.length;
  return xmlAnswer([
    "ListAllMyBucketsResult",
    [
      ownerOf(accountId),
      ["Prefix", prefix],
      ["Marker", marker],
      ["MaxKeys", maxKeys],
      ["IsTruncated", String(isTruncated)],
      ...optional("NextMarker", isTruncated ? page.at(-1)?.name : undefined),
      ["Buckets", page.map((bucket): XmlElement => ["Bucket", bucketElements(bucket)])],
    ],
  ]);
}

/** The region of a bucket that is made through an endpoint that names none. */
const DEFAULT_REGION = "cn-hangzhou";

/** PutBucket. Whoever has it already, sets its ACL anew. Throws 403 AccessDenied, 409 BucketAlreadyExists. */
export function putBucket(call: OssCall, name: string, region = DEFAULT_REGION): Answer {
  const { world, caller, request } = call;
  const ownerId = caller?.accountId ?? "";
  const aclText = request.headers["x-oss-acl"];
  const planned = addBucket({ ...world, buckets: new Map() }, { name, ownerId, region });
  authorise(call, { action: "oss:PutBucket", bucket: planned });
  const acl = aclText === undefined ? undefined : bucketAclFrom(aclText);
  if (acl !== undefined) authorise(call, { action: "oss:PutBucketAcl", bucket: planned });
  const existing = world.buckets.get(name);
  if (existing !== undefined && existing.ownerId !== ownerId) {
    throw ossError(
      409,
      "BucketAlreadyExists",
      "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
      undefined,
      { BucketName: name },
    );
  }
  const bucket = existing ?? planned;
  bucket.acl = acl ?? bucket.acl;
  world.buckets.set(name, bucket);
  return { status: 200, headers: { location: `/${name}` } };
}

/** DeleteBucket. Throws 409 BucketNotEmpty: objects, or uploads that are neither completed nor aborted. */
export function deleteBucket({ world, bucket }: BucketCall): Answer {
  if (bucket.objects.size > 0 || bucket.uploads.size > 0) {
    const message = "The bucket has objects. Please delete them first.";
    throw ossError(409, "BucketNotEmpty", message, undefined, { BucketName: bucket.name });
  }
  world.buckets.delete(bucket.name);
  return { status: 204 };
}
