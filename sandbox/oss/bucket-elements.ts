import type { Bucket } from "../world.ts";
import { timeText, type XmlElement } from "./xml.ts";

/** A bucket as listings and GetBucketInfo show it. */
export function bucketElements({ name, region, createdMs, storageClass }: Bucket): readonly XmlElement[] {
  return [
    ["Name", name],
    ["CreationDate", timeText(createdMs)],
    ["Location", `oss-${region}`],
    ["ExtranetEndpoint", `oss-${region}.aliyuncs.com`],
    ["IntranetEndpoint", `oss-${region}-internal.aliyuncs.com`],
    ["Region", region],
    ["StorageClass", storageClass],
  ];
}
