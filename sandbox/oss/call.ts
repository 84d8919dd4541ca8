import type { Bucket, Caller, JournalNote, World } from "../world.ts";
import type { ExpiredTokenCode } from "./authentication.ts";
import type { ContentStore } from "./content-store.ts";
import type { OssRequest } from "./request.ts";

/** A request on its way through an operation: who sent it is known, and it has been authorised. */
export interface OssCall {
  readonly world: World;
  readonly contents: ContentStore;
  readonly request: OssRequest;
  /** Undefined: nobody signed. */
  readonly caller: Caller | undefined;
  readonly requestId: string;
  /** The cloud's time. */
  readonly nowMs: number;
  readonly expiredTokenCode: ExpiredTokenCode;
  /** Tells the journal who it was. */
  readonly identified: (caller: Caller | undefined) => void;
  /** Tells the journal what was decided, and on what; the last call counts. */
  readonly note: (note: JournalNote) => void;
}

/** A call about a bucket that exists. */
export interface BucketCall extends OssCall {
  readonly bucket: Bucket;
}

/** A call about a key, whether there is an object or not. */
export interface ObjectCall extends BucketCall {
  readonly key: string;
}
