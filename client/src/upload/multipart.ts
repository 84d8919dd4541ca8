import { hasCode } from "../failure.ts";
import { asked, type OssRequest, type Target } from "../oss/request.ts";
import { retried } from "../oss/retry.ts";
import type { Answer } from "../oss/transport.ts";
import { elementOf } from "../oss/xml.ts";
import { combined } from "./crc64.ts";
import type { Kept } from "./kept.ts";
import type { Plan, UploadResult } from "./options.ts";
import { checksumOf, etagIfThere, fileChanged, isSame, sent } from "./sent.ts";
import type { UploadedPart } from "./store.ts";

export interface Multipart {
  /** Goes on with what has arrived. Throws ValetError; anything once the signal is aborted. */
  attempt(signal: AbortSignal): Promise<UploadResult>;
  /** AbortMultipartUpload, and nothing is kept. */
  cleanUp(): Promise<void>;
}

export function multipartOf(
  target: Target,
  { file, key, partSize, headers, overwriting, concurrency }: Plan,
  kept: Kept,
  onLoaded: (bytes: number) => void,
): Multipart {
  const { name, lastModified } = file as Partial<File>;
  const identity = JSON.stringify([name, file.size, lastModified, partSize, headers]);
  const numbers = Array.from({ length: Math.ceil(file.size / partSize) }, (_, at) => at + 1);
  let uploadId: string | undefined;
  const parts = new Map<number, UploadedPart>();
  /** Bytes of each part that have left. */
  const loaded = new Map<number, number>();

  return {
    attempt: async (signal) => {
      try {
        return await goOn(signal);
      } catch (error) {
        if (!isGone(error)) throw error;
        // Somebody aborted it: a lifecycle rule, or another page. A new one begins.
        await forget();
        return goOn(signal);
      }
    },
    cleanUp: async () => {
      // Before this upload knows its id, the record may have it: without the record, nobody could remove the parts.
      const id = uploadId ?? (await kept.get())?.uploadId;
      await forget();
      if (id !== undefined) await remove(id);
    },
  };

  async function goOn(signal: AbortSignal): Promise<UploadResult> {
    uploadId ??= (await knownId(signal)) ?? (await newId(signal));
    keep();
    signal.throwIfAborted();
    await sendAll(uploadId, signal);
    const sorted = numbers.map((number) => parts.get(number) as UploadedPart);
    // A file that changes in between gives parts of two files, each of which has the right checksum.
    for (const part of [sorted[0], sorted.at(-1)] as UploadedPart[]) {
      if ((await checksumOf(bytesOf(part.number))) !== part.crc64) throw fileChanged();
    }
    signal.throwIfAborted();
    const result = await completed(uploadId, sorted);
    await kept.delete();
    return result;
  }

  /** Of an unfinished upload of the same file, whose parts still have the file's bytes. */
  async function knownId(signal: AbortSignal): Promise<string | undefined> {
    const record = await kept.get();
    if (record === undefined) return undefined;
    let isSameFile = record.identity === identity;
    for (const part of isSameFile ? record.parts : []) {
      signal.throwIfAborted();
      const bytes = bytesOf(part.number);
      isSameFile &&= (await checksumOf(bytes)) === part.crc64;
      parts.set(part.number, part);
      report(part.number, bytes.size);
    }
    if (isSameFile) return record.uploadId;
    // Another file with the same key takes its place.
    await forget();
    await remove(record.uploadId).catch(() => undefined);
    return undefined;
  }

  /** Nothing interrupts the request: an upload whose id nobody knows would stay in OSS for ever. */
  async function newId(signal: AbortSignal): Promise<string> {
    const request = {
      method: "POST",
      query: { uploads: "" },
      headers: { ...headers, ...overwriting },
      element: "UploadId",
    };
    return elementOf((await ask(request, signal)).text, "UploadId") as string;
  }

  async function sendAll(id: string, signal: AbortSignal): Promise<void> {
    const todo = numbers.filter((number) => !parts.has(number)).values();
    const ending = new AbortController();
    const end = () => ending.abort(signal.reason);
    signal.addEventListener("abort", end);
    const worker = async () => {
      try {
        for (const number of todo) await sendPart(id, number, ending.signal);
      } catch (error) {
        ending.abort(error);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, numbers.length) }, worker));
    signal.removeEventListener("abort", end);
    ending.signal.throwIfAborted();
  }

  async function sendPart(id: string, number: number, signal: AbortSignal): Promise<void> {
    const body = bytesOf(number);
    const query = { partNumber: `${number}`, uploadId: id };
    const onSent = (bytes: number) => report(number, bytes);
    try {
      const { etag, crc64 } = await retried(() => {
        onSent(0);
        return sent(target, { query, body, signal, onSent });
      }, signal);
      parts.set(number, { number, etag, crc64 });
      keep();
    } finally {
      onSent(parts.has(number) ? body.size : 0);
    }
  }

  /** Nothing interrupts it: who stops now would not know whether the object is there. */
  async function completed(id: string, sorted: readonly UploadedPart[]): Promise<UploadResult> {
    let sum = 0n;
    let listed = "";
    for (const part of sorted) {
      sum = combined(sum, BigInt(part.crc64), bytesOf(part.number).size);
      listed += `<Part><PartNumber>${part.number}</PartNumber><ETag>${part.etag}</ETag></Part>`;
    }
    const crc64 = `${sum}`;
    const bytes = file.size;
    try {
      const answer = await ask({
        method: "POST",
        query: { uploadId: id },
        headers: { "content-type": "application/xml", ...overwriting },
        body: new Blob([`<CompleteMultipartUpload>${listed}</CompleteMultipartUpload>`]),
        element: "CompleteMultipartUploadResult",
      });
      const etag = elementOf(answer.text, "ETag") ?? "";
      return { key, etag, crc64: isSame(crc64, answer) ? crc64 : undefined, bytes };
    } catch (error) {
      // The answer to an earlier try may have been lost: then the object is there.
      const etag = isGone(error) ? await etagIfThere(target, crc64) : undefined;
      if (etag === undefined) throw error;
      return { key, etag, crc64, bytes };
    }
  }

  function bytesOf(number: number): Blob {
    return file.slice((number - 1) * partSize, number * partSize);
  }

  function report(number: number, bytes: number): void {
    loaded.set(number, bytes);
    let sum = 0;
    for (const each of loaded.values()) sum += each;
    onLoaded(sum);
  }

  function keep(): void {
    if (uploadId !== undefined) kept.set({ uploadId, identity, parts: [...parts.values()] });
  }

  function forget(): Promise<void> {
    uploadId = undefined;
    parts.clear();
    loaded.clear();
    return kept.delete();
  }

  /** AbortMultipartUpload. An upload that is not there any more is as good. */
  async function remove(id: string): Promise<void> {
    try {
      await ask({ method: "DELETE", query: { uploadId: id } });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  function ask(request: OssRequest, signal?: AbortSignal): Promise<Answer> {
    return retried(() => asked(target, request), signal);
  }
}

/** The upload is over, or does not have the parts that it should have. Source: OSS CompleteMultipartUpload. */
function isGone(error: unknown): boolean {
  return hasCode(error, "NoSuchUpload", "InvalidPart");
}
