import { type MaybeRefOrGetter, onScopeDispose, type ShallowRef, shallowRef, toValue } from "vue";
import type { LiveCredentials } from "./live-credentials.ts";
import { type FileOptions, type UploadQueue, type UseUploadOptions, uploadQueue } from "./upload/queue.ts";

export type { FileOptions, NamedBlob, UploadItem, UseUploadOptions } from "./upload/queue.ts";

export interface UseUpload extends Pick<UploadQueue, "start" | "clear"> {
  /** All files since the component is there, the first one first. */
  readonly items: Readonly<ShallowRef<ReturnType<UploadQueue["items"]>>>;
}

/**
 * Uploads files with credentials of `createCredentials`, and renders each change. A file that starts takes the present
 * value of the credentials. The end of the component aborts nothing, unless `abortOnUnmount` is true.
 */
export function useUpload(
  credentials: MaybeRefOrGetter<LiveCredentials>,
  options: FileOptions = {},
  settings: UseUploadOptions = {},
): UseUpload {
  const queue = uploadQueue(() => ({ credentials: toValue(credentials), options }), settings);
  const items = shallowRef(queue.items());
  const end = queue.subscribe(() => {
    items.value = queue.items();
  });
  onScopeDispose(() => {
    end();
    if (settings.abortOnUnmount) queue.abortAll();
  });
  return { items, start: queue.start, clear: queue.clear };
}
