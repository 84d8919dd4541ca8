import type { Bucket } from "../world.ts";
import { ossError } from "./errors.ts";
import { type OssRequest, percentDecoded } from "./request.ts";

/** What a request is about. */
export interface Address {
  /** Undefined: the service itself. */
  readonly bucket: string | undefined;
  /** Decoded, or undefined for the bucket itself. */
  readonly key: string | undefined;
  /** The region in the host's name, or undefined when the host names none. */
  readonly endpointRegion: string | undefined;
  /** Whether the host is the public endpoint of a region, or a bucket there. */
  readonly publicEndpoint: boolean;
}

/**
 * Finds bucket and key. In this order: a bucket's own host name (CNAME) names it; `bucket.oss-<region>.aliyuncs.com` and
 * `bucket.localhost` name the bucket in the host; every other host has it as the first step of the path, which a sandbox
 * on one port needs. At `oss-<region>.aliyuncs.com` that is refused, as the real service does. Throws 400
 * InvalidBucketName, InvalidObjectName, InvalidURI, InvalidArgument, 403 SecondLevelDomainForbidden.
 */
export function addressOf(request: OssRequest, buckets: Iterable<Bucket>): Address {
  const path = request.path.slice(1);
  for (const { name, hosts } of buckets) {
    if (hosts.includes(request.host)) return addressFrom(request, name, path, NO_ENDPOINT);
  }
  const [, bucket, oss, internal, dualStack] = ENDPOINT.exec(request.host) ?? [];
  const region = oss ?? dualStack;
  const endpoint = {
    // Acceleration endpoints serve the buckets of all regions.
    endpointRegion: region?.startsWith("accelerate") === true ? undefined : region,
    publicEndpoint: region !== undefined && internal === undefined,
  };
  if (bucket !== undefined && bucket !== "") return addressFrom(request, bucket, path, endpoint);
  const slash = path.indexOf("/");
  const inPath = percentDecoded(slash === -1 ? path : path.slice(0, slash));
  if (region !== undefined && inPath !== "") {
    const message = "The bucket you are attempting to access must be addressed using OSS third level domain.";
    throw ossError(403, "SecondLevelDomainForbidden", message);
  }
  return addressFrom(request, inPath, slash === -1 ? "" : path.slice(slash + 1), endpoint);
}

/**
 * `oss-cn-hangzhou.aliyuncs.com`, `bucket.oss-cn-hangzhou-internal.aliyuncs.com`, `bucket.oss-accelerate.aliyuncs.com`,
 * `bucket.cn-hangzhou.oss.aliyuncs.com` (IPv4 and IPv6), `bucket.localhost`.
 */
const ENDPOINT =
  /^(?:(.*)\.)?(?:oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com|([a-z]{2}(?:-[a-z0-9]+)+)\.oss\.aliyuncs\.com|localhost)$/;

/** Source: OSS "Bucket naming conventions". */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** Bytes of UTF-8. Source: OSS "Object naming conventions". */
const MAX_KEY_BYTES = 1023;

/** What the host says of the endpoint. */
type Endpoint = Pick<Address, "endpointRegion" | "publicEndpoint">;

const NO_ENDPOINT: Endpoint = { endpointRegion: undefined, publicEndpoint: false };

function addressFrom(
  { method }: OssRequest,
  bucket: string,
  encodedKey: string,
  endpoint: Endpoint,
): Address {
  if (bucket === "") return { bucket: undefined, key: undefined, ...endpoint };
  if (!BUCKET_NAME.test(bucket)) {
    throw ossError(400, "InvalidBucketName", "The specified bucket is not valid.", undefined, {
      BucketName: bucket,
    });
  }
  const key = encodedKey === "" ? undefined : percentDecoded(encodedKey);
  // No object has such a key: reading it gives 404.
  const isReadOfNothing = (method === "GET" || method === "HEAD") && key?.startsWith("/");
  if (key !== undefined && !isReadOfNothing) refuseInvalidKey(key);
  return { bucket, key, ...endpoint };
}

/** Throws 400 InvalidObjectName: 1 to 1,023 bytes, neither `/` nor `\` at the beginning. */
export function refuseInvalidKey(key: string): void {
  if (key === "" || Buffer.byteLength(key) > MAX_KEY_BYTES || /^[/\\]/.test(key)) {
    throw ossError(400, "InvalidObjectName", "The specified object is not valid.", undefined, {
      ObjectName: key,
    });
  }
}
