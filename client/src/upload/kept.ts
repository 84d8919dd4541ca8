import { indexedDbStore } from "./indexed-db.ts";
import type { UploadRecord, UploadStore } from "./store.ts";

/** The record of one upload. Nothing throws here: without a store that works, an upload works too. */
export interface Kept {
  /** Undefined also for a record that is broken. */
  get(): Promise<UploadRecord | undefined>;
  /** Writes the latest record; those that come while one is being written, at once. */
  set(record: UploadRecord): void;
  delete(): Promise<void>;
}

/**
 * `of`: the user, the bucket and the key. Another user of this device has another session name, and finds nothing of this
 * one's.
 */
export function keptIn(asked: UploadStore | false | undefined, of: readonly string[]): Kept {
  const store = asked ?? indexedDbStore();
  const id = JSON.stringify(of);
  let next: UploadRecord | undefined;
  let writing: Promise<void> | undefined;
  const quietly = async <T>(ask: (store: UploadStore) => Promise<T>) => {
    try {
      return store ? await ask(store) : undefined;
    } catch {
      return undefined;
    }
  };
  const write = async () => {
    while (next !== undefined) {
      const record = next;
      next = undefined;
      await quietly((to) => to.set(id, record));
    }
    writing = undefined;
  };
  return {
    get: () =>
      quietly(async (from) => {
        const record = await from.get(id);
        return record?.uploadId && record.parts.every(({ etag }) => etag) ? record : undefined;
      }),
    set: (record) => {
      next = record;
      writing ??= write();
    },
    delete: async () => {
      next = undefined;
      await writing;
      await quietly((from) => from.delete(id));
    },
  };
}
