import type { LiveCredentials } from "../live-credentials.ts";
import { placeOf } from "../oss/place.ts";
import { retried } from "../oss/retry.ts";
import { uploading } from "../oss/transport.ts";
import type { ValetError } from "../valet-error.ts";
import { keptIn } from "./kept.ts";
import { type Multipart, multipartOf } from "./multipart.ts";
import { type Plan, planOf, type UploadOptions, type UploadProgress, type UploadResult } from "./options.ts";
import { checksumOf, etagIfThere, sent, type Target } from "./sent.ts";

/** One upload: attempts, one after the other, that go on with what has arrived. */
export interface Run {
  /** Throws ValetError; anything once the signal is aborted. */
  attempt(signal: AbortSignal): Promise<UploadResult>;
  /** Removes what has arrived, when no attempt is under way. */
  cleanUp(): Promise<void>;
  progress(): UploadProgress;
  key(): string | undefined;
}

export function runOf(
  credentials: LiveCredentials,
  file: Blob,
  options: UploadOptions,
  onProgress: (progress: UploadProgress) => void,
): Run {
  let loaded = 0;
  let key = options.key;
  let multipart: Multipart | undefined;
  const progress = () => ({ loaded, total: file.size });
  const onLoaded = (bytes: number) => {
    if (bytes === loaded) return;
    loaded = bytes;
    onProgress(progress());
  };
  return {
    progress,
    key: () => key,
    attempt: async (signal) => {
      const current = await credentials.get({ signal });
      const plan = planOf(current, file, options);
      key = plan.key;
      const target = { credentials, send: uploading(options), place: placeOf(current, key), key };
      if (file.size <= plan.partSize) return inOnePiece(target, plan, onLoaded, signal);
      multipart ??= multipartOf(
        target,
        plan,
        keptIn(options.resume, current.sessionName, target.place, key),
        onLoaded,
      );
      return multipart.attempt(signal);
    },
    cleanUp: async () => multipart?.cleanUp(),
  };
}

async function inOnePiece(
  target: Target,
  { file, headers, forbidOverwrite }: Plan,
  onLoaded: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { key } = target;
  const bytes = file.size;
  let answerLost = false;
  return retried(signal, async () => {
    onLoaded(0);
    try {
      const { etag, crc64, compared } = await sent(target, {
        method: "PUT",
        headers: { ...headers, ...forbidOverwrite },
        body: file,
        signal,
        onSent: (count) => onLoaded(Math.min(count, bytes)),
      });
      onLoaded(bytes);
      return { key, etag, crc64: compared ? crc64 : undefined, bytes };
    } catch (error) {
      const { code, source } = error as Partial<ValetError>;
      if (code === "FileAlreadyExists" && answerLost) {
        // The object that is in the way may be this file, from an earlier try.
        const crc64 = await checksumOf(file, signal);
        const etag = await etagIfThere(target, crc64);
        if (etag !== undefined) return { key, etag, crc64, bytes };
      }
      answerLost ||= source === "network";
      throw error;
    }
  });
}
