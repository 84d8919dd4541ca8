import { accessFileOrThrow, accessFilePath } from "./access-file.ts";

/** What `#access-rules` is without a bundle: access.yaml as it stands. The build compiles it in instead. */
export const accessFile: unknown = accessFileOrThrow(accessFilePath()).content;
