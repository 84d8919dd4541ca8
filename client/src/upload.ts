export {
  type CallOptions,
  type ListedFile,
  type Listing,
  type ListOptions,
  list,
  remove,
  type UrlOptions,
  url,
} from "./oss/objects.ts";
export type { UploadForms, UploadOptions, UploadProgress, UploadResult } from "./upload/options.ts";
export type { UploadedPart, UploadRecord, UploadStore } from "./upload/store.ts";
export { type UploadState, type UploadTask, upload } from "./upload/task.ts";
