import { randomBytes } from "node:crypto";
import type { MultipartUpload, UploadedPart } from "../world.ts";
import { type Answer, xmlAnswer } from "./answer.ts";
import { storedBody } from "./body.ts";
import type { ObjectCall } from "./call.ts";
import { refuseHalfEncryptedParts, refuseOtherStart } from "./client-encryption.ts";
import type { StoredContent } from "./content-store.ts";
import { copyRangeFrom } from "./copy-range.ts";
import { copySourceOf, refuseSourceWithoutSlash } from "./copy-source.ts";
import { invalidArgument, ossError } from "./errors.ts";
import { encodingOf } from "./list-objects.ts";
import { keepUnlessRefused, newObjectFrom, refuseOverwrite, uploadHeaders } from "./objects.ts";
import { refusePartOutOfOrder } from "./part-order.ts";
import { optional, timeText } from "./xml.ts";

/** Source: OSS UploadPart. */
const MAX_PART_NUMBER = 10_000;

/** InitiateMultipartUpload. Headers and tags of the later object are sent here. */
export function initiateMultipartUpload(call: ObjectCall): Answer {
  const { bucket, key, request } = call;
  const encoded = encodingOf(call);
  refuseOverwrite(bucket, key, request.headers);
  refuseHalfEncryptedParts(request.headers);
  const { headers, tags } = newObjectFrom(call, request.headers);
  const id = randomBytes(16).toString("hex").toUpperCase();
  const sequential = request.parameters.has("sequential");
  bucket.uploads.set(id, { id, key, headers, tags, initiatedMs: call.nowMs, sequential, parts: new Map() });
  return xmlAnswer([
    "InitiateMultipartUploadResult",
    [
      ...optional("EncodingType", request.parameters.get("encoding-type") || undefined),
      ["Bucket", bucket.name],
      ["Key", encoded(key)],
      ["UploadId", id],
    ],
  ]);
}

/** UploadPart: a part of the same number is replaced. */
export async function uploadPart(call: ObjectCall): Promise<Answer> {
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  refusePartOutOfOrder(upload, number);
  refuseHalfEncryptedParts(call.request.headers);
  refuseOtherStart(upload, call.request.headers);
  const stored = await storedBody(call);
  addPart(call, number, stored);
  return { status: 200, headers: uploadHeaders(stored) };
}

/** UploadPartCopy: the bytes of x-oss-copy-source-range, which Content-Range names, or the whole source. */
export async function uploadPartCopy(call: ObjectCall): Promise<Answer> {
  const number = partNumberOf(call);
  refusePartOutOfOrder(uploadOf(call), number);
  refuseSourceWithoutSlash(call);
  const source = copySourceOf(call);
  const { size } = source.content;
  const range = copyRangeFrom(call.request.headers["x-oss-copy-source-range"], size);
  const { start, end } = range ?? { start: 0, end: size };
  const stored = await call.contents.write(call.contents.read(source.content, start, end));
  const { etag, modifiedMs } = addPart(call, number, stored);
  return xmlAnswer(
    [
      "CopyPartResult",
      [
        ["LastModified", timeText(modifiedMs)],
        ["ETag", `"${etag}"`],
      ],
    ],
    {
      etag: `"${etag}"`,
      "x-oss-hash-crc64ecma": stored.crc64,
      ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${size}` }),
    },
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
  keepUnlessRefused(call, stored, () => refusePartOutOfOrder(uploadOf(call), number));
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

/** Gives the bytes of all parts up. */
export function discardParts({ contents }: ObjectCall, { parts }: MultipartUpload): void {
  for (const { content } of parts.values()) contents.discard(content);
}
