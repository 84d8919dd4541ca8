import type { Vended } from "./vended.ts";

/** Where credentials outlive the page: `sessionStorage`, or whatever has these methods. They may be asynchronous. */
export interface CredentialsStorage {
  getItem(key: string): string | null | undefined | Promise<string | null | undefined>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** The record of one endpoint in a storage. A storage that fails (full, forbidden) is like none. */
export interface StoredRecord {
  read(): Promise<Vended | undefined>;
  write(vended: Vended | undefined): Promise<void>;
}

export function storedRecord(storage: CredentialsStorage | undefined, key: string): StoredRecord {
  /** One write after the other: a slow one must not bring back what a later one has removed. */
  let written: Promise<unknown> = Promise.resolve();
  return {
    read: async () => {
      try {
        return JSON.parse((await storage?.getItem(key)) ?? "") as Vended;
      } catch {
        return undefined;
      }
    },
    write: async (vended) => {
      written = written.then(() =>
        vended ? storage?.setItem(key, JSON.stringify(vended)) : storage?.removeItem(key),
      );
      written = written.catch(() => {});
      await written;
    },
  };
}
