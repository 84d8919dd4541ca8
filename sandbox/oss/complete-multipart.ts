import { createHash } from "node:crypto";
import type { MultipartUpload, StoredObject, UploadedPart } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { documentBody } from "./body.ts";
import type { ObjectCall } from "./call.ts";
import { refuseOtherCount } from "./client-encryption.ts";
import type { StoredContent } from "./content-store.ts";
import { ossError } from "./errors.ts";
import { encodingOf } from "./list-objects.ts";
import { discardParts, uploadOf } from "./multipart.ts";
import { keepUnlessRefused, newObjectFrom, putInPlace, refuseOverwrite } from "./objects.ts";
import { refuseGaps } from "./part-order.ts";
import { optional } from "./xml.ts";
import { childrenOf, childText, malformedXml, type XmlNode, xmlFrom } from "./xml-reader.ts";

/** Bytes; the last part may be smaller. Source: OSS UploadPart, CompleteMultipartUpload: 100 KB. */
const MIN_PART_BYTES = 102_400;

/**
 * CompleteMultipartUpload: the parts that the body lists, or all of them under `x-oss-complete-all: yes`. Without a part
 * it makes an empty object. Throws 400 MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, 404 NoSuchUpload.
 */
export async function completeMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { bucket, key, request, contents } = call;
  const encoded = encodingOf(call);
  const body = await documentBody(call);
  const upload = uploadOf(call);
  const parts =
    request.headers["x-oss-complete-all"] === "yes"
      ? [...upload.parts.values()].sort((a, b) => a.number - b.number)
      : listedParts(xmlFrom(body, "CompleteMultipartUpload"), upload);
  refuseGaps(
    upload,
    parts.map(({ number }) => number),
  );
  refuseOtherCount(upload, parts.length);
  refuseSmallParts(parts);
  const refuse = () => refuseOverwrite(bucket, key, request.headers);
  refuse();
  const made = newObjectFrom(call, request.headers);

  // From here on the upload is this call's: no part is added, and nobody completes it a second time.
  bucket.uploads.delete(upload.id);
  let whole: StoredContent;
  try {
    whole = await contents.write(bytesOf(call, parts));
    keepUnlessRefused(call, whole, refuse);
  } catch (error) {
    bucket.uploads.set(upload.id, upload);
    throw error;
  }
  discardParts(call, upload);
  const object: StoredObject = {
    ...made,
    headers: { ...upload.headers, ...(upload.sequential ? contentMd5Of(whole) : {}) },
    tags: upload.tags,
    content: whole.content,
    crc64: whole.crc64,
    etag: etagOfParts(parts),
    type: "Multipart",
  };
  putInPlace(call, object);
  return xmlAnswer(
    [
      "CompleteMultipartUploadResult",
      [
        ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
        ["Location", `http://${bucket.name}.oss-${bucket.region}.aliyuncs.com/${encodeURIComponent(key)}`],
        ["Bucket", bucket.name],
        ["Key", encoded(key)],
        ["ETag", `"${object.etag}"`],
      ],
    ],
    { etag: `"${object.etag}"`, "x-oss-hash-crc64ecma": object.crc64 },
  );
}

function listedParts(root: XmlNode, upload: MultipartUpload): readonly UploadedPart[] {
  let last = 0;
  return childrenOf(root, "Part").map((listed) => {
    const number = Number(childText(listed, "PartNumber") ?? Number.NaN);
    const etag = childText(listed, "ETag")?.trim().replaceAll('"', "");
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    if (number <= last) {
      throw ossError(
        400,
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts list must specified in order by part number.",
      );
    }
    last = number;
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etag.toUpperCase()) {
      throw ossError(
        400,
        "InvalidPart",
        "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
        undefined,
        { ETag: etag, PartNumber: String(number), UploadId: upload.id },
      );
    }
    return part;
  });
}

function refuseSmallParts(parts: readonly UploadedPart[]): void {
  const small = parts.slice(0, -1).find(({ content }) => content.size < MIN_PART_BYTES);
  if (small === undefined) return;
  throw ossError(
    400,
    "EntityTooSmall",
    "Your proposed upload smaller than the minimum allowed size.",
    undefined,
    {
      MinSizeAllowed: String(MIN_PART_BYTES),
      ProposedSize: String(small.content.size),
      PartNumber: String(small.number),
    },
  );
}

async function* bytesOf(
  { contents }: ObjectCall,
  parts: readonly UploadedPart[],
): AsyncGenerator<Uint8Array> {
  for (const { content } of parts) yield* contents.read(content) as AsyncIterable<Uint8Array>;
}

/** Parts that came in order have been hashed as they came. Source: the suite of the SDK for Python. */
function contentMd5Of({ md5 }: StoredContent) {
  return { "content-md5": md5.toString("base64") };
}

/** Not the MD5 of the whole, and how many parts it has. Source: observed in answers of the service. */
function etagOfParts(parts: readonly UploadedPart[]): string {
  const digest = createHash("md5");
  for (const { etag } of parts) digest.update(Buffer.from(etag, "hex"));
  return `${digest.digest("hex").toUpperCase()}-${parts.length}`;
}
