import { createHash, randomBytes } from "node:crypto";
import type { MultipartUpload, StoredObject, UploadedPart } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { documentBody, storedBody } from "./body.ts";
import type { ObjectCall } from "./call.ts";
import type { StoredContent } from "./content-store.ts";
import { copySourceOf } from "./copy-source.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { encodingOf } from "./list-objects.ts";
import { keepUnlessRefused, newObjectFrom, putInPlace, refuseOverwrite, uploadHeaders } from "./objects.ts";
import { optional } from "./xml.ts";
import { childrenOf, childText, malformedXml, type XmlNode, xmlFrom } from "./xml-reader.ts";

/** Source: OSS UploadPart. */
const MAX_PART_NUMBER = 10_000;

/** Bytes; the last part may be smaller. Source: OSS UploadPart, CompleteMultipartUpload: 100 KB. */
const MIN_PART_BYTES = 102_400;

/** InitiateMultipartUpload. Headers and tags of the later object are told here. */
export function initiateMultipartUpload(call: ObjectCall): Answer {
  const { bucket, key, request } = call;
  const encoded = encodingOf(call);
  refuseOverwrite(bucket, key, request.headers);
  const { headers, tags } = newObjectFrom(call, request.headers);
  const id = randomBytes(16).toString("hex").toUpperCase();
  bucket.uploads.set(id, { id, key, headers, tags, initiatedMs: call.nowMs, parts: new Map() });
  return xmlAnswer([
    "InitiateMultipartUploadResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type")),
      ["Bucket", bucket.name],
      ["Key", encoded(key)],
      ["UploadId", id],
    ],
  ]);
}

/** UploadPart: a part of the same number is replaced. */
export async function uploadPart(call: ObjectCall): Promise<Answer> {
  const number = partNumberOf(call);
  uploadOf(call);
  const stored = await storedBody(call);
  addPart(call, number, stored);
  return { status: 200, headers: uploadHeaders(stored) };
}

/** UploadPartCopy: the whole source, or the bytes of x-oss-copy-source-range. */
export async function uploadPartCopy(call: ObjectCall): Promise<Answer> {
  const number = partNumberOf(call);
  uploadOf(call);
  const source = copySourceOf(call);
  const { start, end } = copyRangeOf(call, source);
  const stored = await call.contents.write(call.contents.read(source.content, start, end));
  const { etag, modifiedMs } = addPart(call, number, stored);
  return xmlAnswer(
    [
      "CopyPartResult",
      [
        ["LastModified", new Date(modifiedMs).toISOString()],
        ["ETag", `"${etag}"`],
      ],
    ],
    { etag: `"${etag}"`, "x-oss-hash-crc64ecma": stored.crc64 },
  );
}

/**
 * CompleteMultipartUpload: the parts that the body lists, or all of them under `x-oss-complete-all: yes`. Throws 400
 * MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, 404 NoSuchUpload.
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
  if (parts.length === 0) throw malformedXml();
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
    headers: upload.headers,
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
        ...optional("EncodingType", request.parameters.get("encoding-type")),
        ["Location", `http://${bucket.name}.oss-${bucket.region}.aliyuncs.com/${encodeURIComponent(key)}`],
        ["Bucket", bucket.name],
        ["Key", encoded(key)],
        ["ETag", `"${object.etag}"`],
      ],
    ],
    { etag: `"${object.etag}"`, "x-oss-hash-crc64ecma": object.crc64 },
  );
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(call: ObjectCall): Answer {
  const upload = uploadOf(call);
  call.bucket.uploads.delete(upload.id);
  discardParts(call, upload);
  return { status: 204 };
}

/** The upload of the call's uploadId and key. An id opens no other key than its own. Throws 404 NoSuchUpload. */
export function uploadOf({ bucket, key, request }: ObjectCall): MultipartUpload {
  const id = request.parameters.get("uploadId") ?? "";
  const upload = bucket.uploads.get(id);
  if (upload !== undefined && upload.key === key) return upload;
  throw ossError(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    "0017-00000244",
    { UploadId: id },
  );
}

function partNumberOf({ request }: ObjectCall): number {
  const text = request.parameters.get("partNumber") ?? "";
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PART_NUMBER) return number;
  const message = `Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive.`;
  throw invalidArgument(message, "partNumber", text);
}

/** The upload may have ended while the bytes came. */
function addPart(call: ObjectCall, number: number, stored: StoredContent): UploadedPart {
  keepUnlessRefused(call, stored, () => uploadOf(call));
  const { parts } = uploadOf(call);
  const before = parts.get(number);
  const part: UploadedPart = {
    number,
    content: stored.content,
    etag: stored.md5.toString("hex").toUpperCase(),
    crc64: stored.crc64,
    modifiedMs: call.world.clock.nowMs(),
  };
  parts.set(number, part);
  if (before !== undefined) call.contents.discard(before.content);
  return part;
}

/** `bytes=a-b`. Throws 400 InvalidArgument, 416 InvalidRange. */
function copyRangeOf({ request }: ObjectCall, { content: { size } }: StoredObject) {
  const text = request.headers["x-oss-copy-source-range"];
  if (text === undefined) return { start: 0, end: size };
  const [, from, to] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(text) ?? [];
  const start = Number(from);
  const end = Number(to) + 1;
  if (from === undefined || start >= end) {
    throw invalidArgument(
      "The x-oss-copy-source-range value must be of the form bytes=first-last.",
      "x-oss-copy-source-range",
      text,
    );
  }
  if (end > size) throw ossError(416, "InvalidRange", "The requested range cannot be satisfied.");
  return { start, end };
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

/** Not the MD5 of the whole, and how many parts it has. Source: observed in answers of the service. */
function etagOfParts(parts: readonly UploadedPart[]): string {
  const digest = createHash("md5");
  for (const { etag } of parts) digest.update(Buffer.from(etag, "hex"));
  return `${digest.digest("hex").toUpperCase()}-${parts.length}`;
}

function discardParts({ contents }: ObjectCall, { parts }: MultipartUpload): void {
  for (const { content } of parts.values()) contents.discard(content);
}
