import { invalid } from "./failure.ts";
import { askOf, type FormsOptions } from "./forms/ask.ts";
import { type DownloadOptions, downloadUrls } from "./forms/downloads.ts";
import { type FormTarget, sentByForm } from "./forms/send-form.ts";
import { postBy, uploadBy } from "./mini-program/calls.ts";
import { contentTypeOf } from "./mini-program/content-type.ts";
import { foundPlatform, type MiniPlatform } from "./mini-program/platform.ts";
import { stopper } from "./mini-program/stopper.ts";

export type { AppToken } from "./credentials/app-token.ts";
export type { FormsOptions } from "./forms/ask.ts";
export type { DownloadOptions } from "./forms/downloads.ts";
export type { MiniPlatform } from "./mini-program/platform.ts";

export interface MiniProgramOptions extends FormsOptions {
  /** `wx`, `my`, `tt` or `uni`. Default: the one that is there. */
  readonly platform?: MiniPlatform | undefined;
}

export interface MiniUploadOptions extends FormTarget {
  /** A path of the platform, such as `tempFilePath` of `chooseMedia`. */
  readonly filePath: string;
  /** Default: by the ending of `filePath`, `key` or `name`, or else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** The exact size, such as `size` of `chooseMedia`. Without it the form takes up to the rule's limit. */
  readonly bytes?: number | undefined;
  /** Percent of the file that has left, 0 to 100. */
  readonly onProgress?: ((percent: number) => void) | undefined;
}

/** Throws a ValetError when the upload fails, and an error called AbortError when it was aborted. */
export interface MiniUpload extends Promise<{ readonly key: string }> {
  abort(): void;
}

export interface MiniUploads {
  /** Uploads a file through a form. Tries again after network faults; renews a form that has ended. */
  upload(options: MiniUploadOptions): MiniUpload;
  /** Signed URLs, in the order of the keys: for `<image>`, `downloadFile` and `previewImage`. Throws ValetError. */
  urls(keys: readonly string[], options?: Omit<DownloadOptions, "signal">): Promise<readonly string[]>;
}

/** Uploads and downloads of a mini program: by `/uploads` and `/downloads`. Throws InvalidArgument. */
export function createUploads(options: MiniProgramOptions): MiniUploads {
  const platform = options.platform ?? foundPlatform();
  if (typeof platform?.uploadFile !== "function") throw invalid("no wx, my, tt or uni here: give platform");
  const ask = askOf(options, postBy(platform));
  return {
    upload: (file) => {
      const { signal, abort } = stopper();
      return Object.assign(uploaded(file, signal), { abort });
    },
    urls: (keys, asked = {}) => downloadUrls(ask, keys, asked),
  };

  async function uploaded(
    { filePath, key, name, contentType, bytes, onProgress }: MiniUploadOptions,
    signal: AbortSignal,
  ): Promise<{ readonly key: string }> {
    if (typeof filePath !== "string" || filePath === "") throw invalid("filePath: give the file's path");
    const type = contentType ?? contentTypeOf(filePath, key, name);
    const send = uploadBy(platform as MiniPlatform, { filePath, contentType: type }, signal, onProgress);
    const sent = await sentByForm(ask, { key, name, contentType: type, bytes }, send, signal);
    return { key: sent.key };
  }
}
