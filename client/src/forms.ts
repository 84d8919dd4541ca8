import { hasCode, invalid } from "./failure.ts";
import { askOf, type FormsOptions } from "./forms/ask.ts";
import { type DownloadOptions, downloadUrls } from "./forms/downloads.ts";
import { type FormTarget, sentByForm } from "./forms/send-form.ts";
import type { Credentials } from "./live-credentials.ts";
import { type Transport, transportOf, type Ways } from "./oss/transport.ts";

export type { AppToken } from "./credentials/app-token.ts";
export type { FormsOptions } from "./forms/ask.ts";
export type { DownloadOptions } from "./forms/downloads.ts";

export interface FormUploadOptions extends FormTarget {
  /** Default: the type that the browser gave the file, or `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** Bytes of the form that have left, and all of them. */
  readonly onProgress?: ((progress: { readonly loaded: number; readonly total: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface FormUploaded {
  readonly key: string;
  /** Empty where the bucket's CORS rule does not expose ETag to the page. */
  readonly etag: string;
  readonly crc64: undefined;
  readonly bytes: number;
}

export interface Forms {
  /**
   * Whether only a form can store a file: STS is throttled or the rules give no credentials (`by` is what `credentials.get()`
   * threw), or the credentials do not open `key` for writing.
   */
  isNeeded(by: unknown, key?: string): boolean;
  /** Uploads a file through a form, in one piece. Throws ValetError; the signal's reason. */
  upload(file: Blob, options?: FormUploadOptions): Promise<FormUploaded>;
  /** Signed URLs, in the order of the keys. Throws ValetError; the signal's reason. */
  urls(keys: readonly string[], options?: DownloadOptions): Promise<readonly string[]>;
}

/** Uploads and downloads without an SDK and without credentials: by `/uploads` and `/downloads`. Throws InvalidArgument. */
export function createForms(options: FormsOptions & Ways): Forms {
  const send = transportOf(options);
  // XMLHttpRequest would take the App token where a redirect leads.
  const sendToken = transportOf({ fetch: options.fetch ?? globalThis.fetch });
  const ask = askOf(options, async ({ url, headers, data, signal }) => {
    const body = new Blob([JSON.stringify(data)]);
    const answer = await sendToken({ method: "POST", url, headers, body, signal });
    return { ...answer, headers: { get: (name) => answer.headers[name.toLowerCase()] ?? null } };
  });
  return {
    isNeeded: (by, key = "") => {
      const { grants } = by as Partial<Credentials>;
      return grants
        ? !grants.some(({ prefix, permissions }) => key.startsWith(prefix) && permissions.includes("write"))
        : hasCode(by, "StsThrottled", "AccessDenied");
    },
    upload: async (file, { key, name, contentType, onProgress, signal } = {}) => {
      // Not instanceof: the Blob of a frame is of another class.
      if (!(file?.size >= 0)) throw invalid("file: give a Blob");
      const bytes = file.size;
      const target = {
        key,
        name: key === undefined ? (name ?? (file as Partial<File>).name) : name,
        contentType: contentType || file.type || "application/octet-stream",
        bytes,
      };
      const sent = await sentByForm(
        ask,
        target,
        (form) => post(send, form, file, signal, onProgress),
        signal,
      );
      return { key: sent.key, etag: sent.answer.headers["etag"] ?? "", crc64: undefined, bytes };
    },
    urls: (keys, asked = {}) => downloadUrls(ask, keys, asked),
  };
}

function post(
  send: Transport,
  { Url, Fields }: { readonly Url: string; readonly Fields: Readonly<Record<string, string>> },
  file: Blob,
  signal: AbortSignal | undefined,
  onProgress: FormUploadOptions["onProgress"],
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(Fields)) form.append(name, value);
  // The last one: OSS reads no field after it.
  form.append("file", file, "file");
  return send({
    method: "POST",
    url: Url,
    headers: {},
    body: form,
    size: file.size,
    signal,
    onSent: onProgress && ((loaded) => onProgress({ loaded: Math.min(loaded, file.size), total: file.size })),
  });
}
