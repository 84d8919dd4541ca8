import type { Bucket, World } from "../world.ts";
import type { Address } from "./addressing.ts";
import { ossError } from "./errors.ts";
import type { Operation } from "./operation.ts";

/**
 * Throws 400 PublicEndpointForbidden for data of a bucket in mainland China at a public endpoint, when the bucket's account
 * uses OSS since 2025-03-20 only. Source: OSS, "Access OSS via custom domain names", EC 0048-00000401.
 */
export function refusePublicEndpoint(
  world: World,
  bucket: Bucket,
  operation: Operation,
  { publicEndpoint }: Address,
): void {
  const isNew = world.accounts.get(bucket.ownerId)?.newToOss === true;
  if (!isNew || !publicEndpoint || !isInMainlandChina(bucket.region) || !isAboutData(operation)) return;
  throw ossError(
    400,
    "PublicEndpointForbidden",
    "Not allowed using the OSS public endpoint, please use CNAME instead.",
    "0048-00000401",
  );
}

/** Every operation on an object, and those on a bucket that list, receive or delete objects. */
function isAboutData({ scope, name }: Operation): boolean {
  return scope === "object" || DATA_OF_BUCKETS.has(name);
}

const DATA_OF_BUCKETS: ReadonlySet<string> = new Set([
  "ListObjects",
  "ListObjectsV2",
  "ListObjectVersions",
  "ListMultipartUploads",
  "DeleteMultipleObjects",
  "PostObject",
] satisfies Operation["name"][]);

/** All `cn-` regions but Hong Kong. Source: OSS, "Regions and endpoints". */
function isInMainlandChina(region: string): boolean {
  return region.startsWith("cn-") && region !== "cn-hongkong";
}
