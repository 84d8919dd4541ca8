import type { Bucket } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { authoriseListBuckets } from "./authorisation.ts";
import type { OssCall } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { ownerOf } from "./list-objects.ts";
import { optional, type XmlElement } from "./xml.ts";

/** Source: OSS ListBuckets (GetService), max-keys: 100 where left out, up to 1,000. */
const DEFAULT_MAX_KEYS = 100;
const MAX_MAX_KEYS = 1000;

/** ListBuckets (GetService): those of the caller's account. */
export function listBuckets(call: OssCall): Answer {
  const accountId = authoriseListBuckets(call);
  const { parameters } = call.request;
  const prefix = parameters.get("prefix") ?? "";
  const marker = parameters.get("marker") ?? "";
  const maxText = parameters.get("max-keys") ?? String(DEFAULT_MAX_KEYS);
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

/** A bucket as listings and GetBucketInfo show it. */
export function bucketElements({ name, region, createdMs }: Bucket): readonly XmlElement[] {
  return [
    ["Name", name],
    ["CreationDate", new Date(createdMs).toISOString()],
    ["Location", `oss-${region}`],
    ["ExtranetEndpoint", `oss-${region}.aliyuncs.com`],
    ["IntranetEndpoint", `oss-${region}-internal.aliyuncs.com`],
    ["Region", region],
    ["StorageClass", "Standard"],
  ];
}
