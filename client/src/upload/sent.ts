import { failure } from "../failure.ts";
import { asked, type OssRequest, type Target } from "../oss/request.ts";
import type { Answer } from "../oss/transport.ts";
import type { ValetError } from "../valet-error.ts";
import { crc64Of } from "./crc64.ts";

/** Bytes that have arrived. */
export interface Sent {
  readonly etag: string;
  /** Decimal: of the bytes that the file has. */
  readonly crc64: string;
  /** Whether OSS says that it has the same bytes. */
  readonly compared: boolean;
}

/** PUTs bytes and compares checksums. Throws ChecksumMismatch, FileChanged, InvalidAnswer when the page sees no ETag. */
export async function sent(
  target: Target,
  request: Omit<OssRequest, "method"> & { readonly body: Blob },
): Promise<Sent> {
  const crc64 = await checksumOf(request.body);
  const answer = await asked(target, { ...request, method: "PUT" });
  const { etag } = answer.headers;
  if (etag === undefined) {
    throw failure("oss", "InvalidAnswer", "no ETag: the bucket's CORS rule must expose it");
  }
  return { etag, crc64, compared: isSame(crc64, answer) };
}

/** Decimal. Throws FileChanged when the file cannot be read any more. */
export async function checksumOf(bytes: Blob): Promise<string> {
  try {
    return String(await crc64Of(bytes));
  } catch (cause) {
    throw fileChanged(cause);
  }
}

/** Whether OSS has these bytes; false when the page cannot see OSS' checksum. Throws ChecksumMismatch. */
export function isSame(crc64: string, { headers }: Answer): boolean {
  const theirs = headers["x-oss-hash-crc64ecma"];
  if (theirs === undefined || theirs === crc64) return theirs !== undefined;
  throw failure("oss", "ChecksumMismatch", `OSS has other bytes: CRC-64 ${theirs}, the file ${crc64}`, {
    retryable: true,
    requestId: headers["x-oss-request-id"],
  });
}

export function fileChanged(cause?: unknown): ValetError {
  return failure("app", "FileChanged", "the file changed: choose it again", {
    cause,
  });
}

/** The ETag of the object, if it is there with these bytes: then an answer of OSS was lost. Undefined otherwise. */
export async function etagIfThere(target: Target, crc64: string): Promise<string | undefined> {
  try {
    const answer = await asked(target, { method: "HEAD" });
    return isSame(crc64, answer) ? answer.headers["etag"] : undefined;
  } catch {
    // The credentials may not open it to readers. Nothing is known then.
    return undefined;
  }
}
