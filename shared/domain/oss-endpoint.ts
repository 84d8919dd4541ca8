import { isLoopback } from "./secure-address.ts";

/** Where clients reach a bucket. */
export interface OssEndpoint {
  /** Scheme and host, without a slash at the end. */
  readonly url: string;
  /** Whether the host stands for one bucket (CNAME), so that a client puts no bucket before it. */
  readonly cname: boolean;
}

/** The endpoints of all buckets of a deployment. */
export interface OssEndpoints {
  /** By the bucket's name: only those that differ from `others`. */
  readonly ofBuckets: ReadonlyMap<string, OssEndpoint>;
  /** Of every other bucket. Never a bucket's own domain. */
  readonly others: OssEndpoint;
}

export function endpointOfBucket({ ofBuckets, others }: OssEndpoints, bucket: string): OssEndpoint {
  return ofBuckets.get(bucket) ?? others;
}

/**
 * The address of a bucket, with a slash at the end. The bucket's name goes before the endpoint's host. Two kinds of hosts
 * take no name before them: the bucket's own domain, and a loopback address, where the bucket goes into the path.
 */
export function bucketUrl({ url, cname }: OssEndpoint, bucket: string): string {
  if (cname) return `${url}/`;
  const { protocol, host, hostname } = new URL(url);
  return isLoopback(hostname) ? `${url}/${bucket}/` : `${protocol}//${bucket}.${host}/`;
}

/** The endpoint at an address. A host that is neither Alibaba Cloud's nor loopback is a bucket's own domain. */
export function ossEndpointAt({ origin, hostname }: URL): OssEndpoint {
  return { url: origin, cname: !isOfAlibabaCloud(hostname) && !isLoopback(hostname) };
}

/** The public endpoint of all buckets of a region. */
export function regionEndpoint(region: string): OssEndpoint {
  return { url: `https://oss-${region}.aliyuncs.com`, cname: false };
}

/** The parts of an OSS name of Alibaba Cloud; undefined for every other name. */
export interface OssName {
  /** What stands before the endpoint, such as a bucket; empty when nothing does. */
  readonly before: string;
  /** A region's id, `accelerate` or `accelerate-overseas`. */
  readonly place: string;
  /** Whether the name can be reached only inside Alibaba Cloud. */
  readonly internal: boolean;
}

export function ossNameFrom(hostname: string): OssName | undefined {
  const [, before = "", place, internal] = OSS_NAME.exec(hostname) ?? DUAL_STACK_NAME.exec(hostname) ?? [];
  return place === undefined ? undefined : { before, place, internal: internal !== undefined };
}

/** Source: OSS, "Regions and endpoints", "Transfer acceleration". */
const OSS_NAME = /^(?:(.*)\.)?oss-([a-z0-9-]+?)(-internal)?\.aliyuncs\.com$/;

/** IPv4 and IPv6: `cn-hangzhou.oss.aliyuncs.com`. Source: OSS, "Regions and endpoints". */
const DUAL_STACK_NAME = /^(?:(.*)\.)?([a-z]{2}(?:-[a-z0-9]+)+?)(-internal)?\.oss\.aliyuncs\.com$/;

function isOfAlibabaCloud(hostname: string): boolean {
  return hostname.endsWith(".aliyuncs.com");
}

/** `cn-hangzhou` of an endpoint or of a part of one, as the console and ali-oss write it; undefined: it names no region. */
export function regionIdIn(text: string): string | undefined {
  return /^(?:oss-)?([a-z]{2}(?:-[a-z0-9]+)+?)(?:-internal)?(?:\.aliyuncs\.com)?$/.exec(text)?.[1];
}
