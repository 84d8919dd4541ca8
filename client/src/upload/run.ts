import { hasCode } from "../failure.ts";
import type { LiveCredentials } from "../live-credentials.ts";
import { placeOf } from "../oss/place.ts";
import type { Target } from "../oss/request.ts";
import { retried } from "../oss/retry.ts";
import { transportOf } from "../oss/transport.ts";
import { keptIn } from "./kept.ts";
import { type Multipart, multipartOf } from "./multipart.ts";
import {
  type Plan,
  planOf,
  type UploadForms,
  type UploadOptions,
  type UploadProgress,
  type UploadResult,
} from "./options.ts";
import { checksumOf, etagIfThere, sent } from "./sent.ts";

/** One upload: attempts, one after the other, that go on with what has arrived. */
export interface Run {
  /** Throws ValetError; anything once the signal is aborted. */
  attempt(signal: AbortSignal): Promise<UploadResult>;
  /** Removes what has arrived, when no attempt is under way. */
  cleanUp(): Promise<void>;
}

/** `learnt` gets the key when it is known, and each change of the progress. */
export function runOf(
  credentials: LiveCredentials,
  file: Blob,
  options: UploadOptions,
  learnt: (facts: { readonly key: string } | { readonly progress: UploadProgress }) => void,
): Run {
  let multipart: Multipart | undefined;
  const onLoaded = (loaded: number) => learnt({ progress: { loaded, total: file.size } });
  const { forms } = options;
  return {
    attempt: async (signal) => {
      const current = await credentials.get({ signal }).catch((error) => {
        if (!forms?.isNeeded(error)) throw error;
      });
      const plan = current && planOf(current, file, options);
      if (!plan || forms?.isNeeded(current, plan.key)) {
        const onProgress = (progress: UploadProgress) => learnt({ progress });
        const result = await (forms as UploadForms).upload(file, { ...options, onProgress, signal });
        learnt({ key: result.key });
        return result;
      }
      const { key } = plan;
      learnt({ key });
      const place = placeOf(current, key);
      const target = { credentials, send: transportOf(options), place, key };
      if (file.size <= plan.partSize) return inOnePiece(target, plan, onLoaded, signal);
      const kept = keptIn(options.resume, [current.sessionName, place.endpoint, place.bucket, key]);
      multipart ??= multipartOf(target, plan, kept, onLoaded);
      return multipart.attempt(signal);
    },
    cleanUp: async () => multipart?.cleanUp(),
  };
}

async function inOnePiece(
  target: Target,
  { file, key, headers, overwriting }: Plan,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<UploadResult> {
  const bytes = file.size;
  let tries = 0;
  return retried(async () => {
    tries += 1;
    onSent(0);
    try {
      const request = { headers: { ...headers, ...overwriting }, body: file, signal, onSent };
      const { etag, crc64, compared } = await sent(target, request);
      onSent(bytes);
      return { key, etag, crc64: compared ? crc64 : undefined, bytes };
    } catch (error) {
      if (tries > 1 && hasCode(error, "FileAlreadyExists")) {
        // The answer to an earlier try may have been lost: then it is this file that is in the way.
        const crc64 = await checksumOf(file);
        const etag = await etagIfThere(target, crc64);
        if (etag !== undefined) return { key, etag, crc64, bytes };
      }
      throw error;
    }
  }, signal);
}
