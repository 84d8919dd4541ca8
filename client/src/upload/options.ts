import { invalid, refuseBadCount } from "../failure.ts";
import type { Credentials } from "../live-credentials.ts";
import { refuseBadKey } from "../oss/place.ts";
import type { Ways } from "../oss/transport.ts";
import type { UploadStore } from "./store.ts";

export interface UploadOptions extends Ways {
  /** The object's whole key. Or give `name`. */
  readonly key?: string | undefined;
  /** Put below the prefix of the credentials. Default: the file's own name. Slashes in it make folders. */
  readonly name?: string | undefined;
  /** Default: the type that the browser gave the file, or `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** Headers of the object, such as `cache-control` or `content-disposition`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Metadata: `{ author: "alice" }` becomes the header `x-oss-meta-author`. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** False: OSS refuses with FileAlreadyExists when the key is taken. Default true. */
  readonly overwrite?: boolean | undefined;
  /** Parts that are sent at the same time, 1 or more. Default 3. */
  readonly concurrency?: number | undefined;
  /** Bytes, 102,400 or more. Files up to this size are sent in one piece. Default: 4 MiB, and more for files above 2 GB. */
  readonly partSize?: number | undefined;
  /**
   * Where the upload keeps what it needs to go on after a reload: the ids of the upload and its parts, never keys. Default:
   * IndexedDB where there is one. False: nothing is kept.
   */
  readonly resume?: UploadStore | false | undefined;
  /**
   * The way out when there are no credentials for this file: STS is throttled, or the rules allow only forms there. What
   * `createForms` of `oss-valet-client/forms` gives. The file is then sent in one piece, without `headers` and `meta`.
   */
  readonly forms?: UploadForms | undefined;
  /** Called for every change of the progress. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Aborts the upload, as `abort()` does. `done` then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface UploadForms {
  /** Whether only a form can store the file, by the error of `credentials.get()`, or by what the credentials open. */
  isNeeded(by: Credentials | unknown, key?: string): boolean;
  upload(
    file: Blob,
    options: Pick<UploadOptions, "key" | "name" | "contentType" | "onProgress" | "signal">,
  ): Promise<UploadResult>;
}

/** Bytes. */
export interface UploadProgress {
  readonly loaded: number;
  readonly total: number;
}

export interface UploadResult {
  readonly key: string;
  /** Empty after a form, where the bucket's CORS rule does not expose it to the page. */
  readonly etag: string;
  /**
   * CRC-64 of the object, in decimal: what OSS has is what was sent. Undefined when nothing was compared, because the
   * bucket's CORS rule does not expose x-oss-hash-crc64ecma to the page.
   */
  readonly crc64: string | undefined;
  readonly bytes: number;
}

/** What is uploaded, and how: the options, with defaults in their place. */
export interface Plan {
  readonly file: Blob;
  readonly key: string;
  /** Of the object. */
  readonly headers: Readonly<Record<string, string>>;
  readonly overwriting: Readonly<Record<string, string>>;
  readonly partSize: number;
  readonly concurrency: number;
}

const MEBIBYTE = 1024 * 1024;

/** Bytes and parts. Source: OSS, "Multipart upload": parts of 100 KB to 5 GB, at most 10,000. */
const MIN_PART = 102_400;
const MAX_PART = 5 * 1024 ** 3;
const MAX_PARTS = 10_000;

/** Throws InvalidArgument. */
export function planOf(credentials: Pick<Credentials, "prefix">, file: Blob, options: UploadOptions): Plan {
  // Not instanceof: the Blob of a frame is of another class.
  if (!(file?.size >= 0)) throw invalid("file: give a Blob");
  const { name = (file as Partial<File>).name, concurrency = 3, overwrite = true, meta = {} } = options;
  const key = options.key ?? (name === undefined ? undefined : credentials.prefix + name);
  if (key === undefined) throw invalid("give key or name");
  refuseBadKey(key);
  refuseBadCount("concurrency", concurrency);
  const headers: Record<string, string> = {
    "content-type": options.contentType || file.type || "application/octet-stream",
  };
  const add = (from: object, prefix: string) => {
    for (const [name, value] of Object.entries(from)) {
      const header = prefix + name.toLowerCase();
      if (!/^[\w-]+:[ -~]*$/.test(`${header}:${value}`)) {
        throw invalid(`header ${header}: write printable ASCII`);
      }
      headers[header] = value;
    }
  };
  add(options.headers ?? {}, "");
  add(meta, "x-oss-meta-");
  return {
    file,
    key,
    headers,
    overwriting: overwrite ? {} : { "x-oss-forbid-overwrite": "true" },
    partSize: partSizeFor(file.size, options.partSize),
    concurrency,
  };
}

/** About 500 parts, of 4 to 64 MiB: small parts lose less when the network does, large ones need fewer requests. */
function partSizeFor(bytes: number, asked: number | undefined): number {
  const least = Math.max(MIN_PART, Math.ceil(bytes / MAX_PARTS));
  if (asked === undefined) {
    return Math.max(Math.min(Math.max(Math.ceil(bytes / 500 / MEBIBYTE), 4), 64) * MEBIBYTE, least);
  }
  if (Number.isInteger(asked) && asked >= least && asked <= MAX_PART) return asked;
  throw invalid(`partSize ${asked}: write ${least} to ${MAX_PART} bytes`);
}
