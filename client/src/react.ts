import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { LiveCredentials } from "./live-credentials.ts";
import { type FileOptions, type UploadQueue, type UseUploadOptions, uploadQueue } from "./upload/queue.ts";

export type { FileOptions, NamedBlob, UploadItem, UseUploadOptions } from "./upload/queue.ts";

export interface UseUpload extends Pick<UploadQueue, "start" | "clear"> {
  /** All files since the component is there, the first one first. */
  readonly items: ReturnType<UploadQueue["items"]>;
}

/**
 * Uploads files with credentials of `createCredentials`, and renders each change. A file that starts takes the credentials
 * and options of the latest render. The end of the component aborts nothing, unless `abortOnUnmount` is true.
 */
export function useUpload(
  credentials: LiveCredentials,
  options: FileOptions = {},
  settings: UseUploadOptions = {},
): UseUpload {
  const now = { credentials, options, settings };
  const latest = useRef(now);
  // Nothing starts here: in StrictMode React makes two and drops one.
  const [queue] = useState(() => uploadQueue(() => latest.current, settings));
  const items = useSyncExternalStore(queue.subscribe, queue.items, queue.items);
  useEffect(() => {
    latest.current = now;
  });
  useEffect(
    () => () => {
      if (latest.current.settings.abortOnUnmount) queue.abortAll();
    },
    [queue],
  );
  return { items, start: queue.start, clear: queue.clear };
}
