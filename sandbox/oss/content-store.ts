import { createHash, randomUUID } from "node:crypto";
import { createReadStream, mkdtempSync, openSync, rmSync, unlinkSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Content } from "../world.ts";
import { crc64 } from "./crc64.ts";

/** Bytes that were stored, with what was computed on the way. */
export interface StoredContent {
  readonly content: Content;
  /** 16 bytes. */
  readonly md5: Buffer;
  /** Decimal. */
  readonly crc64: string;
}

/** Where the bytes of objects and parts are: small ones in memory, others in files that die with the store. */
export interface ContentStore {
  /**
   * Stores what the source gives, at no time holding more than a small object in memory. `limit` throws once the
   * count of bytes passes what is allowed; where it or the source throws, nothing is left behind.
   */
  write(source: AsyncIterable<Uint8Array>, limit?: (size: number) => void): Promise<StoredContent>;
  /** The bytes from `start` up to, not including, `end`; of a content that is there as the call is made. */
  read(content: Content, start?: number, end?: number): Readable;
  /** Nobody needs it any more; who reads it already, reads on. */
  discard(content: Content): void;
  /** Deletes every file. The store is not to be used afterwards. */
  removeAll(): void;
}

/** Bytes. What is longer goes to a file. */
const MAX_IN_MEMORY = 262_144;

/** Makes its directory when the first file is needed; at the latest the end of the process removes it. */
export function contentStore(): ContentStore {
  let directory: string | undefined;
  const removeAll = () => {
    if (directory !== undefined) rmSync(directory, { recursive: true, force: true });
    directory = undefined;
    process.removeListener("exit", removeAll);
  };
  const newPath = () => {
    if (directory === undefined) {
      directory = mkdtempSync(join(tmpdir(), "sandbox-oss-"));
      process.once("exit", removeAll);
    }
    return join(directory, randomUUID());
  };
  return {
    removeAll,
    write: async (source, limit) => {
      const md5 = createHash("md5");
      const checksum = crc64();
      const chunks: Uint8Array[] = [];
      let file: { readonly handle: FileHandle; readonly path: string } | undefined;
      let size = 0;
      try {
        for await (const chunk of source) {
          size += chunk.length;
          limit?.(size);
          md5.update(chunk);
          checksum.update(chunk);
          if (file === undefined && size <= MAX_IN_MEMORY) {
            chunks.push(chunk);
            continue;
          }
          if (file === undefined) {
            const path = newPath();
            file = { path, handle: await open(path, "wx", 0o600) };
            for (const earlier of chunks.splice(0)) await file.handle.writeFile(earlier);
          }
          await file.handle.writeFile(chunk);
        }
        await file?.handle.close();
      } catch (error) {
        if (file !== undefined) {
          await file.handle.close().catch(() => undefined);
          rmSync(file.path, { force: true });
        }
        throw error;
      }
      const content: Content =
        file === undefined
          ? { kind: "memory", bytes: Buffer.concat(chunks), size }
          : { kind: "file", path: file.path, size };
      return { content, md5: md5.digest(), crc64: checksum.digest() };
    },
    read: (content, start = 0, end = content.size) => {
      if (content.kind === "memory") return Readable.from([content.bytes.subarray(start, end)]);
      if (end <= start) return Readable.from([]);
      // Opened at once: whoever replaces the object in the meantime deletes the name, not what is read here.
      const fd = openSync(content.path, "r");
      return createReadStream("", { fd, start, end: end - 1 });
    },
    discard: (content) => {
      if (content.kind !== "file") return;
      try {
        unlinkSync(content.path);
      } catch {
        // The whole directory has gone.
      }
    },
  };
}
