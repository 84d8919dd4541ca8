import { addBucket, type Bucket } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { authorise, authoriseListBuckets } from "./authorisation.ts";
import {
  type BucketConfiguration,
  bucketConfigurationFrom,
  invalidLocation,
} from "./bucket-configuration.ts";
import { bucketElements } from "./bucket-elements.ts";
import { bucketAclFrom } from "./bucket-settings.ts";
import type { BucketCall, OssCall } from "./call.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { countParameter, ownerOf } from "./list-objects.ts";
import { optional, type XmlElement } from "./xml.ts";

/** Source: OSS ListBuckets (GetService), max-keys: default 100, up to 1,000. */
const DEFAULT_MAX_KEYS = 100;
const MAX_MAX_KEYS = 1000;

/**
 * ListBuckets (GetService): those of the caller's account. Throws 400 InvalidArgument; of a prefix with a capital letter
 * that is observed (official suite for C), of other characters it is an assumption.
 */
export function listBuckets(call: OssCall): Answer {
  const accountId = authoriseListBuckets(call);
  const { parameters } = call.request;
  const prefix = parameters.get("prefix") ?? "";
  if (!/^[a-z0-9-]*$/.test(prefix)) {
    throw invalidArgument("The prefix has characters that no bucket's name has.", "prefix", prefix);
  }
  const marker = parameters.get("marker") ?? "";
  const maxKeys = countParameter(call, "max-keys", DEFAULT_MAX_KEYS, MAX_MAX_KEYS);
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

/**
 * PutBucket. On a bucket of the caller's own it sets the ACL; nothing else of a bucket can be changed. Throws 400 MalformedXML
 * and InvalidLocationConstraint, 403 AccessDenied, 409 BucketAlreadyExists. Source: OSS PutBucket, "HTTP 409 errors".
 */
export async function putBucket(
  call: OssCall,
  name: string,
  endpointRegion: string | undefined,
): Promise<Answer> {
  const { world, caller, request } = call;
  const ownerId = caller?.accountId ?? "";
  const aclText = request.headers["x-oss-acl"];
  authorise(call, { action: "oss:PutBucket", bucket: planned(call, { name, ownerId }) });
  const acl = aclText === undefined ? undefined : bucketAclFrom(aclText);
  if (acl !== undefined) {
    authorise(call, { action: "oss:PutBucketAcl", bucket: planned(call, { name, ownerId }) });
  }
  const asked = await bucketConfigurationFrom(call);
  if (asked.region !== undefined && endpointRegion !== undefined && asked.region !== endpointRegion) {
    throw invalidLocation(`oss-${asked.region}`);
  }
  const region = endpointRegion ?? asked.region;
  const existing = world.buckets.get(name);
  if (existing !== undefined) refuseOtherThan(existing, ownerId, { ...asked, region });
  const bucket = existing ?? planned(call, { ...asked, name, ownerId, region });
  bucket.acl = acl ?? bucket.acl;
  world.buckets.set(name, bucket);
  return { status: 200, headers: { location: `/${name}` } };
}

/** The bucket as it would be. It is not in the world yet. */
function planned(
  { world }: OssCall,
  bucket: Partial<BucketConfiguration> & { readonly name: string; readonly ownerId: string },
): Bucket {
  return addBucket({ ...world, buckets: new Map() }, { ...bucket, region: bucket.region ?? DEFAULT_REGION });
}

/** What the request does not say agrees with every bucket (assumption). */
function refuseOtherThan(bucket: Bucket, ownerId: string, asked: BucketConfiguration): void {
  const differs = <T>(wanted: T | undefined, is: T) => wanted !== undefined && wanted !== is;
  const message =
    bucket.ownerId !== ownerId
      ? "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again."
      : differs(asked.region, bucket.region)
        ? "Bucket already exists can't modify location."
        : differs(asked.storageClass, bucket.storageClass)
          ? "Cannot modify existing bucket's storage class."
          : differs(asked.redundancy, bucket.redundancy)
            ? "Bucket already exists can't modify data redundancy type."
            : undefined;
  if (message === undefined) return;
  throw ossError(409, "BucketAlreadyExists", message, undefined, { BucketName: bucket.name });
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
