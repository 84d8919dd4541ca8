import type { LiveCredentials } from "../live-credentials.ts";
import type { Place } from "../oss/place.ts";
import { type OssRequest, ossAnswer } from "../oss/request.ts";
import type { Answer, Transport } from "../oss/transport.ts";
import { ValetError } from "../valet-error.ts";
import { crc64Of } from "./crc64.ts";

/** What an upload needs to talk with OSS about its object. */
export interface Target {
  readonly credentials: LiveCredentials;
  readonly send: Transport;
  readonly place: Place;
  readonly key: string;
}

/** A request about the object. */
export type ObjectRequest = Omit<OssRequest, "place" | "key">;

export function asked({ credentials, send, place, key }: Target, request: ObjectRequest): Promise<Answer> {
  return ossAnswer(credentials, send, { ...request, place, key });
}

/** Bytes that have arrived. */
export interface Sent {
  readonly etag: string;
  /** Decimal: of the bytes that the file has. */
  readonly crc64: string;
  /** Whether OSS says that it has the same bytes. */
  readonly compared: boolean;
}

/** Sends bytes and compares checksums. Throws ChecksumMismatch, FileChanged, InvalidAnswer when there is no ETag. */
export async function sent(
  target: Target,
  request: ObjectRequest & { readonly body: Blob; readonly signal: AbortSignal },
): Promise<Sent> {
  const crc64 = await checksumOf(request.body, request.signal);
  const answer = await asked(target, { ...request, method: "PUT" });
  const etag = answer.header("etag");
  if (etag === undefined) {
    throw new ValetError(
      "The page cannot read the ETag that OSS answered. Add <ExposeHeader>ETag</ExposeHeader> to the bucket's CORS rule.",
      {
        code: "InvalidAnswer",
        source: "oss",
        retryable: false,
        requestId: answer.header("x-oss-request-id"),
      },
    );
  }
  return { etag, crc64, compared: isSame(crc64, answer) };
}

/** Decimal. Throws FileChanged when the file cannot be read any more. */
export async function checksumOf(bytes: Blob, signal: AbortSignal): Promise<string> {
  try {
    return String(await crc64Of(bytes, signal));
  } catch (cause) {
    signal.throwIfAborted();
    throw fileChanged(cause);
  }
}

/** Whether OSS has these bytes; false when the page cannot see OSS' checksum. Throws ChecksumMismatch. */
export function isSame(crc64: string, answer: Answer): boolean {
  const theirs = answer.header("x-oss-hash-crc64ecma");
  if (theirs === undefined || theirs === crc64) return theirs !== undefined;
  throw new ValetError(`OSS has other bytes than the file: CRC-64 ${theirs} there, ${crc64} here.`, {
    code: "ChecksumMismatch",
    source: "oss",
    retryable: true,
    requestId: answer.header("x-oss-request-id"),
  });
}

export function fileChanged(cause?: unknown): ValetError {
  return new ValetError(
    "The file changed while it was uploaded, or cannot be read any more. Choose it again.",
    {
      code: "FileChanged",
      source: "app",
      retryable: false,
      cause,
    },
  );
}

/** The ETag of the object, if it is there with these bytes: then an answer of OSS was lost. Undefined otherwise. */
export async function etagIfThere(target: Target, crc64: string): Promise<string | undefined> {
  try {
    const answer = await asked(target, { method: "HEAD" });
    return isSame(crc64, answer) ? answer.header("etag") : undefined;
  } catch {
    // The credentials may not open it to readers. Nothing is known then.
    return undefined;
  }
}
