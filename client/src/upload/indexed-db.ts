import type { UploadStore } from "./store.ts";

const DATABASE = "oss-valet-uploads";
const STORE = "uploads";

/** In IndexedDB; false where there is none. */
export function indexedDbStore(): UploadStore | false {
  if (globalThis.indexedDB === undefined) return false;
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const run = async <T>(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest<T>) => {
    const opening = indexedDB.open(DATABASE);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    const database = await done(opening);
    try {
      return await done(ask(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  };
  return {
    get: (id) => run("readonly", (store) => store.get(id)),
    set: async (id, record) => void (await run("readwrite", (store) => store.put(record, id))),
    delete: (id) => run("readwrite", (store) => store.delete(id)),
  };
}
