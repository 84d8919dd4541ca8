import { retried } from "../oss/retry.ts";
import { elementOf } from "../oss/xml.ts";
import { ValetError } from "../valet-error.ts";
import { combined } from "./crc64.ts";
import type { Kept } from "./kept.ts";
import type { Plan, UploadResult } from "./options.ts";
import { asked, checksumOf, etagIfThere, fileChanged, isSame, sent, type Target } from "./sent.ts";
import type { UploadedPart } from "./store.ts";

export interface Multipart {
  /** Goes on with what has arrived. Throws ValetError; anything once the signal is aborted. */
  attempt(signal: AbortSignal): Promise<UploadResult>;
  /** AbortMultipartUpload, and nothing is kept. */
  cleanUp(): Promise<void>;
}

/** The upload is over, or does not have the parts that it should have. Source: OSS CompleteMultipartUpload. */
const GONE: ReadonlySet<string> = /* @__PURE__ */ new Set(["NoSuchUpload", "InvalidPart"]);

/** What is there of the file. */
interface Arrived {
  readonly uploadId: string;
  readonly parts: Map<number, UploadedPart>;
}

export function multipartOf(
  target: Target,
  plan: Plan,
  kept: Kept,
  onLoaded: (bytes: number) => void,
): Multipart {
  const { file, partSize } = plan;
  const { key } = target;
  const { name, lastModified } = file as Partial<File>;
  const identity = JSON.stringify([name, file.size, lastModified, partSize, plan.headers]);
  const count = Math.ceil(file.size / partSize);
  let arrived: Arrived | undefined;
  /** Bytes that have left, of the parts that are under way. */
  const leaving = new Map<number, number>();

  const bytesOf = (number: number) => file.slice((number - 1) * partSize, number * partSize);
  const report = () => {
    let loaded = 0;
    for (const number of arrived?.parts.keys() ?? []) loaded += bytesOf(number).size;
    for (const bytes of leaving.values()) loaded += bytes;
    onLoaded(loaded);
  };

  return {
    attempt: async (signal) => {
      for (let isFirst = true; ; isFirst = false) {
        try {
          return await goOn(signal);
        } catch (error) {
          if (!isFirst || !GONE.has((error as Partial<ValetError>).code ?? "")) throw error;
          // Somebody aborted it: a lifecycle rule, or another page. A new one begins.
          await forget();
        }
      }
    },
    cleanUp: async () => {
      if (arrived === undefined) return;
      const { uploadId } = arrived;
      await forget();
      await remove(uploadId);
    },
  };

  async function goOn(signal: AbortSignal): Promise<UploadResult> {
    arrived ??= (await known(signal)) ?? (await initiated(signal));
    signal.throwIfAborted();
    const { parts } = arrived;
    report();
    await sendAll(arrived, signal);
    // A file that changes in between gives parts of two files, each of which has the right checksum.
    for (const number of [1, count]) {
      if ((await checksumOf(bytesOf(number), signal)) !== parts.get(number)?.crc64) throw fileChanged();
    }
    signal.throwIfAborted();
    const result = await completed(arrived);
    await kept.delete();
    return result;
  }

  /** An unfinished upload of the same file, whose parts still have the file's bytes. */
  async function known(signal: AbortSignal): Promise<Arrived | undefined> {
    const record = await kept.get();
    if (record === undefined) return undefined;
    const parts = new Map<number, UploadedPart>();
    let loaded = 0;
    for (const part of record.identity === identity ? record.parts : []) {
      const bytes = bytesOf(part.number);
      if ((await checksumOf(bytes, signal)) !== part.crc64) break;
      parts.set(part.number, part);
      loaded += bytes.size;
      onLoaded(loaded);
    }
    if (record.identity === identity && parts.size === record.parts.length) {
      return { uploadId: record.uploadId, parts };
    }
    // Another file with the same key takes its place.
    await kept.delete();
    await remove(record.uploadId).catch(() => undefined);
    return undefined;
  }

  /** Nothing interrupts it: an upload whose id nobody knows would stay in OSS for ever. */
  async function initiated(signal: AbortSignal): Promise<Arrived> {
    const answer = await retried(signal, () =>
      asked(target, {
        method: "POST",
        query: { uploads: "" },
        headers: { ...plan.headers, ...plan.forbidOverwrite },
      }),
    );
    const uploadId = elementOf(answer.text, "UploadId");
    if (uploadId === undefined) {
      throw new ValetError(`POST ${key}: the answer has no UploadId.`, {
        code: "InvalidAnswer",
        source: "oss",
        retryable: false,
        status: answer.status,
      });
    }
    return keep({ uploadId, parts: new Map() });
  }

  function keep(now: Arrived): Arrived {
    kept.set({ uploadId: now.uploadId, identity, parts: [...now.parts.values()] });
    return now;
  }

  async function sendAll(now: Arrived, signal: AbortSignal): Promise<void> {
    const numbers = Array.from({ length: count }, (_, at) => at + 1).filter(
      (number) => !now.parts.has(number),
    );
    const todo = numbers.values();
    const ending = new AbortController();
    const end = () => ending.abort(signal.reason);
    signal.addEventListener("abort", end);
    const worker = async () => {
      try {
        for (const number of todo) await sendPart(now, number, ending.signal);
      } catch (error) {
        ending.abort(error);
      }
    };
    await Promise.all(Array.from({ length: plan.concurrency }, worker));
    signal.removeEventListener("abort", end);
    ending.signal.throwIfAborted();
  }

  async function sendPart(now: Arrived, number: number, signal: AbortSignal): Promise<void> {
    const body = bytesOf(number);
    try {
      const { etag, crc64 } = await retried(signal, () => {
        leaving.delete(number);
        return sent(target, {
          method: "PUT",
          query: { partNumber: String(number), uploadId: now.uploadId },
          body,
          signal,
          onSent: (bytes) => {
            leaving.set(number, Math.min(bytes, body.size));
            report();
          },
        });
      });
      now.parts.set(number, { number, etag, crc64 });
      keep(now);
    } finally {
      leaving.delete(number);
      report();
    }
  }

  /** Nothing interrupts it: who stops now would not know whether the object is there. */
  async function completed({ uploadId, parts }: Arrived): Promise<UploadResult> {
    const sorted = [...parts.values()].sort((a, b) => a.number - b.number);
    const crc64 = String(
      sorted.reduce((before, part) => combined(before, BigInt(part.crc64), bytesOf(part.number).size), 0n),
    );
    const listed = sorted.map(
      ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const body = new Blob([`<CompleteMultipartUpload>${listed.join("")}</CompleteMultipartUpload>`]);
    const result = (etag: string, isCompared: boolean): UploadResult => ({
      key,
      etag,
      crc64: isCompared ? crc64 : undefined,
      bytes: file.size,
    });
    try {
      const answer = await retried(new AbortController().signal, () =>
        asked(target, {
          method: "POST",
          query: { uploadId },
          headers: { "content-type": "application/xml", ...plan.forbidOverwrite },
          body,
        }),
      );
      return result(elementOf(answer.text, "ETag") ?? "", isSame(crc64, answer));
    } catch (error) {
      // The answer to an earlier try may have been lost.
      const isGone = GONE.has((error as Partial<ValetError>).code ?? "");
      const etag = isGone ? await etagIfThere(target, crc64) : undefined;
      if (etag === undefined) throw error;
      return result(etag, true);
    }
  }

  function forget(): Promise<void> {
    arrived = undefined;
    report();
    return kept.delete();
  }

  /** AbortMultipartUpload. An upload that is not there any more is as good. */
  async function remove(uploadId: string): Promise<void> {
    try {
      await retried(new AbortController().signal, () =>
        asked(target, { method: "DELETE", query: { uploadId } }),
      );
    } catch (error) {
      if ((error as Partial<ValetError>).code !== "NoSuchUpload") throw error;
    }
  }
}
