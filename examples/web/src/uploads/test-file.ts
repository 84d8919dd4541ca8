/** Bytes: six parts of 4 MiB. */
const SIZE = 24 * 1024 * 1024;
export const TEST_FILE = "24 MB test file.bin";

/** Milliseconds since 1970. The same each time: after a reload, it is the same file for the upload that goes on. */
const LAST_MODIFIED = Date.UTC(2026, 0, 1);

/** A file to watch an upload with. It has the same bytes each time. */
export function testFile(): File {
  const words = new Uint32Array(SIZE / 4);
  let word = 2463534242;
  for (let at = 0; at < words.length; at += 1) {
    // Xorshift: bytes that no proxy makes smaller.
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[at] = word;
  }
  return new File([words], TEST_FILE, { lastModified: LAST_MODIFIED });
}
