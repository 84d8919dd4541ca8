import type { Place } from "../oss/place.ts";
import { indexedDbStore } from "./indexed-db.ts";
import type { UploadRecord, UploadStore } from "./store.ts";

/** The record of one upload. Nothing throws here: without a store that works, an upload works too. */
export interface Kept {
  get(): Promise<UploadRecord | undefined>;
  /** Writes the latest record; those that come while one is being written, at once. */
  set(record: UploadRecord): void;
  delete(): Promise<void>;
}

/** Another user of this device has another session name, and finds nothing of this one's. */
export function keptIn(
  store: UploadStore | false = indexedDbStore(),
  sessionName: string,
  { endpoint, bucket }: Place,
  key: string,
): Kept {
  const id = JSON.stringify([sessionName, endpoint, bucket, key]);
  let next: UploadRecord | undefined;
  let writing: Promise<void> | undefined;
  const write = async () => {
    while (next !== undefined && store !== false) {
      const record = next;
      next = undefined;
      await store.set(id, record).catch(() => undefined);
    }
    writing = undefined;
  };
  return {
    get: async () => (store === false ? undefined : store.get(id).catch(() => undefined)),
    set: (record) => {
      next = record;
      writing ??= write();
    },
    delete: async () => {
      next = undefined;
      await writing;
      if (store !== false) await store.delete(id).catch(() => undefined);
    },
  };
}
