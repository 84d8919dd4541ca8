import { accessFileOrThrow, accessFilePath } from "./access-file.ts";

/** `#access-rules` outside a bundle: the present access.yaml. The build compiles it in instead. */
export const accessFile: unknown = accessFileOrThrow(accessFilePath()).content;
