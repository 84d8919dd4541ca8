import { percentEncoded } from "../sts/percent-encoding.ts";
import type { Bucket, StoredObject } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import type { BucketCall } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { type Listing, listingOf } from "./listing.ts";
import { optional, timeText, type XmlElement } from "./xml.ts";

/** Source: OSS ListObjects, max-keys: default 100, up to 1,000 (999 in some texts). */
const DEFAULT_MAX_KEYS = 100;
const MAX_MAX_KEYS = 1000;

/** Bytes. Source: OSS ListObjects: prefix, marker and delimiter are shorter than 1,024 bytes. */
const MAX_PARAMETER_BYTES = 1023;

/** ListObjects (GetBucket). */
export function listObjects(call: BucketCall): Answer {
  const { bucket, request } = call;
  const { prefix, delimiter, maxKeys, encoded } = listingParameters(call);
  const marker = shortParameter(call, "marker");
  const listing = listingOf(bucket.objects.keys(), { prefix, delimiter, after: marker, maxKeys });
  return xmlAnswer([
    "ListBucketResult",
    [
      ["Name", bucket.name],
      ["Prefix", encoded(prefix)],
      ["Marker", encoded(marker)],
      ["MaxKeys", maxKeys],
      ["Delimiter", encoded(delimiter)],
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["IsTruncated", String(listing.next !== undefined)],
      ...optional("NextMarker", listing.next === undefined ? undefined : encoded(listing.next)),
      ...contentsOf(bucket, listing, encoded, true),
    ],
  ]);
}

/** ListObjectsV2 (GetBucketV2). */
export function listObjectsV2(call: BucketCall): Answer {
  const { bucket, request } = call;
  const { prefix, delimiter, maxKeys, encoded } = listingParameters(call);
  const startAfter = shortParameter(call, "start-after");
  // An empty one counts as none.
  const token = request.parameters.get("continuation-token") || undefined;
  const after = token === undefined ? startAfter : placeFrom(token);
  const withOwner = request.parameters.get("fetch-owner") === "true";
  const listing = listingOf(bucket.objects.keys(), { prefix, delimiter, after, maxKeys });
  return xmlAnswer([
    "ListBucketResult",
    [
      ["Name", bucket.name],
      ["Prefix", encoded(prefix)],
      ...optional("StartAfter", startAfter === "" ? undefined : encoded(startAfter)),
      ["MaxKeys", maxKeys],
      ["Delimiter", encoded(delimiter)],
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["IsTruncated", String(listing.next !== undefined)],
      ...optional("ContinuationToken", token),
      ...optional("NextContinuationToken", listing.next === undefined ? undefined : tokenFor(listing.next)),
      ["KeyCount", listing.keys.length + listing.commonPrefixes.length],
      ...contentsOf(bucket, listing, encoded, withOwner),
    ],
  ]);
}

/** ListObjectVersions, of a bucket that never had versioning: every object has one version, `null`. */
export function listObjectVersions(call: BucketCall): Answer {
  const { bucket, request } = call;
  const { prefix, delimiter, maxKeys, encoded } = listingParameters(call);
  const marker = shortParameter(call, "key-marker");
  const versionMarker = request.parameters.get("version-id-marker") ?? "";
  if (versionMarker !== "" && marker === "") {
    const message = "A version-id marker cannot be specified without a key marker.";
    throw invalidArgument(message, "version-id-marker", versionMarker, "0012-00000106");
  }
  const listing = listingOf(bucket.objects.keys(), { prefix, delimiter, after: marker, maxKeys });
  return xmlAnswer([
    "ListVersionsResult",
    [
      ["Name", bucket.name],
      ["Prefix", encoded(prefix)],
      ["KeyMarker", encoded(marker)],
      ["VersionIdMarker", versionMarker],
      ["MaxKeys", maxKeys],
      ["Delimiter", encoded(delimiter)],
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["IsTruncated", String(listing.next !== undefined)],
      ...(listing.next === undefined
        ? []
        : [["NextKeyMarker", encoded(listing.next)] as const, ["NextVersionIdMarker", "null"] as const]),
      ...objectsOf(bucket, listing).map(
        (object): XmlElement => [
          "Version",
          [
            ["Key", encoded(object.key)],
            ["VersionId", "null"],
            ["IsLatest", "true"],
            ...objectElements(object),
            ownerOf(object.ownerId),
          ],
        ],
      ),
      ...prefixesOf(listing, encoded),
    ],
  ]);
}

/** An account as the owner of something. */
export function ownerOf(accountId: string): XmlElement {
  return [
    "Owner",
    [
      ["ID", accountId],
      ["DisplayName", accountId],
    ],
  ];
}

/** How the answer writes keys: as they are, or percent-encoded. Throws 400 InvalidArgument. */
export function encodingOf({ request }: BucketCall): (text: string) => string {
  const encodingType = request.parameters.get("encoding-type");
  if (encodingType === undefined || encodingType === "") return (text) => text;
  if (encodingType !== "url") {
    throw invalidArgument("Invalid Encoding Method specified in Request.", "encoding-type", encodingType);
  }
  return percentEncoded;
}

/** A count from 1 to `max`; an empty one is none. Throws 400 InvalidArgument. */
export function countParameter(
  { request }: Pick<BucketCall, "request">,
  name: string,
  otherwise: number,
  max: number,
): number {
  const text = request.parameters.get(name);
  if (text === undefined || text === "") return otherwise;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max) {
    throw invalidArgument(`Argument ${name} must be an integer between 1 and ${max}.`, name, text);
  }
  return count;
}

/** A marker, prefix or delimiter. Throws 400 InvalidArgument when it is too long. */
export function shortParameter({ request }: BucketCall, name: string): string {
  const value = request.parameters.get(name) ?? "";
  if (Buffer.byteLength(value) > MAX_PARAMETER_BYTES) {
    throw invalidArgument(`The length of the ${name} must be less than 1024.`, name, value);
  }
  return value;
}

function listingParameters(call: BucketCall) {
  return {
    prefix: shortParameter(call, "prefix"),
    delimiter: shortParameter(call, "delimiter"),
    maxKeys: countParameter(call, "max-keys", DEFAULT_MAX_KEYS, MAX_MAX_KEYS),
    encoded: encodingOf(call),
  };
}

/** Opaque to clients; here the place in base64. */
function tokenFor(place: string): string {
  return Buffer.from(place, "utf8").toString("base64");
}

function placeFrom(token: string): string {
  const place = Buffer.from(token, "base64").toString("utf8");
  if (tokenFor(place) !== token) {
    throw invalidArgument("The continuation token provided is incorrect.", "continuation-token", token);
  }
  return place;
}

function contentsOf(
  bucket: Bucket,
  listing: Listing,
  encoded: (text: string) => string,
  withOwner: boolean,
): readonly XmlElement[] {
  const contents = objectsOf(bucket, listing).map(
    (object): XmlElement => [
      "Contents",
      [
        ["Key", encoded(object.key)],
        ...objectElements(object),
        ...(withOwner ? [ownerOf(object.ownerId)] : []),
      ],
    ],
  );
  return [...contents, ...prefixesOf(listing, encoded)];
}

function objectsOf({ objects }: Bucket, { keys }: Listing): readonly StoredObject[] {
  return keys.map((key) => objects.get(key)).filter((object) => object !== undefined);
}

function objectElements(object: StoredObject): readonly XmlElement[] {
  return [
    ["LastModified", timeText(object.modifiedMs)],
    ["ETag", `"${object.etag}"`],
    ["Type", object.type],
    ["Size", object.content.size],
    ["StorageClass", object.headers["x-oss-storage-class"] ?? "Standard"],
  ];
}

function prefixesOf(listing: Listing, encoded: (text: string) => string): readonly XmlElement[] {
  return listing.commonPrefixes.map((prefix) => ["CommonPrefixes", [["Prefix", encoded(prefix)]]]);
}
