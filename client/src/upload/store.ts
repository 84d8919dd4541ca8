/**
 * Where unfinished uploads are kept, so that they go on after a reload. Everything in it can be read by every script of the
 * page: it holds no key and no token.
 */
export interface UploadStore {
  get(id: string): Promise<UploadRecord | undefined>;
  set(id: string, record: UploadRecord): Promise<void>;
  delete(id: string): Promise<void>;
}

/** An unfinished upload. */
export interface UploadRecord {
  readonly uploadId: string;
  /** Of which file, in which parts and with which headers. A file with another one starts anew. */
  readonly identity: string;
  readonly parts: readonly UploadedPart[];
}

export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  readonly etag: string;
  /** Decimal, of the file's own bytes. */
  readonly crc64: string;
}
