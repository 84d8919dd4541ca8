import type { MultipartUpload } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import type { BucketCall, ObjectCall } from "./call.ts";
import { invalidArgument } from "./errors.ts";
import { countParameter, encodingOf, shortParameter } from "./list-objects.ts";
import { compareUtf8 } from "./listing.ts";
import { uploadOf } from "./multipart.ts";
import { optional, timeText, type XmlElement } from "./xml.ts";

/** Source: OSS ListParts, ListMultipartUploads: default and maximum 1,000. */
const MAX_ENTRIES = 1000;

/** ListParts. */
export function listParts(call: ObjectCall): Answer {
  const { bucket, key, request } = call;
  const encoded = encodingOf(call);
  const upload = uploadOf(call);
  const maxParts = countParameter(call, "max-parts", MAX_ENTRIES, MAX_ENTRIES);
  const marker = partNumberMarker(call);
  const later = [...upload.parts.values()]
    .filter(({ number }) => number > marker)
    .sort((a, b) => a.number - b.number);
  const page = later.slice(0, maxParts);
  return xmlAnswer([
    "ListPartsResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["Bucket", bucket.name],
      ["Key", encoded(key)],
      ["UploadId", upload.id],
      ["StorageClass", upload.headers["x-oss-storage-class"] ?? "Standard"],
      ["PartNumberMarker", marker],
      // Empty after nothing: the SDK for C reads no marker then, and oss2 looks for the element.
      ["NextPartNumberMarker", page.at(-1)?.number ?? ""],
      ["MaxParts", maxParts],
      ["IsTruncated", String(page.length < later.length)],
      ...page.map(
        (part): XmlElement => [
          "Part",
          [
            ["PartNumber", part.number],
            ["LastModified", timeText(part.modifiedMs)],
            ["ETag", `"${part.etag}"`],
            ["HashCrc64ecma", part.crc64],
            ["Size", part.content.size],
          ],
        ],
      ),
    ],
  ]);
}

/** ListMultipartUploads: by key, then by id; what has the delimiter behind the prefix is grouped. */
export function listMultipartUploads(call: BucketCall): Answer {
  const { bucket, request } = call;
  const encoded = encodingOf(call);
  const prefix = shortParameter(call, "prefix");
  const delimiter = shortParameter(call, "delimiter");
  const keyMarker = shortParameter(call, "key-marker");
  const idMarker = shortParameter(call, "upload-id-marker");
  const maxUploads = countParameter(call, "max-uploads", MAX_ENTRIES, MAX_ENTRIES);

  const later = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .filter((upload) => isAfter(upload, keyMarker, idMarker))
    .sort((a, b) => compareUtf8(a.key, b.key) || compareUtf8(a.id, b.id));
  const page: MultipartUpload[] = [];
  const groups = new Set<string>();
  let next: { readonly key: string; readonly id: string } | undefined;
  let isTruncated = false;
  for (const upload of later) {
    const at = delimiter === "" ? -1 : upload.key.indexOf(delimiter, prefix.length);
    const group = at === -1 ? undefined : upload.key.slice(0, at + delimiter.length);
    if (group !== undefined && (groups.has(group) || group === keyMarker)) continue;
    if (page.length + groups.size === maxUploads) {
      isTruncated = true;
      break;
    }
    if (group === undefined) page.push(upload);
    else groups.add(group);
    next = group === undefined ? upload : { key: group, id: "" };
  }
  return xmlAnswer([
    "ListMultipartUploadsResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["Bucket", bucket.name],
      ["KeyMarker", encoded(keyMarker)],
      ["UploadIdMarker", idMarker],
      // On the last page, too. Source: the sample of OSS ListMultipartUploads; the official suite for C++.
      ["NextKeyMarker", encoded(next?.key ?? "")],
      ["NextUploadIdMarker", next?.id ?? ""],
      ["Delimiter", encoded(delimiter)],
      ["Prefix", encoded(prefix)],
      ["MaxUploads", maxUploads],
      ["IsTruncated", String(isTruncated)],
      ...page.map(
        (upload): XmlElement => [
          "Upload",
          [
            ["Key", encoded(upload.key)],
            ["UploadId", upload.id],
            ["StorageClass", upload.headers["x-oss-storage-class"] ?? "Standard"],
            ["Initiated", timeText(upload.initiatedMs)],
          ],
        ],
      ),
      ...[...groups].map((group): XmlElement => ["CommonPrefixes", [["Prefix", encoded(group)]]]),
    ],
  ]);
}

/** Throws 400 InvalidArgument. Source: OSS ListParts; the error is an assumption. */
function partNumberMarker({ request }: ObjectCall): number {
  const text = request.parameters.get("part-number-marker") || "0";
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw invalidArgument("Argument part-number-marker must be an integer.", "part-number-marker", text);
}

/** Without an id marker all uploads of the marked key are behind it. Source: OSS ListMultipartUploads. */
function isAfter({ key, id }: MultipartUpload, keyMarker: string, idMarker: string): boolean {
  if (keyMarker === "") return true;
  const order = compareUtf8(key, keyMarker);
  return order > 0 || (order === 0 && idMarker !== "" && compareUtf8(id, idMarker) > 0);
}
