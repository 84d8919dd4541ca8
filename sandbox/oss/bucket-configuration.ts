import type { DataRedundancy, StorageClass } from "../world.ts";
import { documentBody } from "./body.ts";
import type { OssCall } from "./call.ts";
import { ossError } from "./errors.ts";
import { isStorageClass } from "./storage-class.ts";
import { childText, malformedXml, xmlFrom } from "./xml-reader.ts";

/** What a PutBucket asks for; undefined: it does not say. */
export interface BucketConfiguration {
  readonly storageClass: StorageClass | undefined;
  readonly redundancy: DataRedundancy | undefined;
  /** e.g. cn-hangzhou */
  readonly region: string | undefined;
}

/**
 * Reads PutBucket's body. An empty one asks for nothing. Throws 400 MalformedXML and InvalidLocationConstraint. Source:
 * OSS PutBucket; the code for a class or redundancy that does not exist is an assumption.
 */
export async function bucketConfigurationFrom(call: OssCall): Promise<BucketConfiguration> {
  const body = await documentBody(call);
  if (body.trim() === "") return { storageClass: undefined, redundancy: undefined, region: undefined };
  const root = xmlFrom(body, "CreateBucketConfiguration");
  const text = (name: string) => childText(root, name)?.trim() || undefined;
  const storageClass = text("StorageClass");
  const redundancy = text("DataRedundancyType");
  if (storageClass !== undefined && !isStorageClass(storageClass)) throw malformedXml();
  if (redundancy !== undefined && redundancy !== "LRS" && redundancy !== "ZRS") throw malformedXml();
  return { storageClass, redundancy, region: regionFrom(text("LocationConstraint")) };
}

/** `oss-cn-hangzhou`. Source: SDKs of the years when the body still named the region. */
function regionFrom(location: string | undefined): string | undefined {
  if (location === undefined) return undefined;
  const [, region] = /^oss-([a-z]+(?:-[a-z0-9]+)+)$/.exec(location) ?? [];
  if (region !== undefined) return region;
  throw invalidLocation(location);
}

/** 400 InvalidLocationConstraint. */
export function invalidLocation(location: string) {
  return ossError(
    400,
    "InvalidLocationConstraint",
    "The specified location-constraint is not valid.",
    undefined,
    { Location: location },
  );
}
