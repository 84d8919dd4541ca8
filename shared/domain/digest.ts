import { createHash } from "node:crypto";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/**
 * SHA-256 of several texts. Each text's UTF-8 length comes before it, so that ("ab", "c") and ("a", "bc") differ.
 * The texts must be well-formed Unicode: lone surrogates all encode to U+FFFD and would share a digest.
 */
export function digestOf(...texts: readonly string[]): Buffer {
  const framed = texts.map((text) => `${Buffer.byteLength(text, "utf8")}:${text}`).join("");
  return createHash("sha256").update(framed, "utf8").digest();
}

/** RFC 4648 base32, lower case, without padding. Like hex, it survives systems that ignore case, but it is shorter. */
export function base32Of(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32.charAt((held << (5 - bits)) & 31) : text;
}

/** SHA-256 over a text, in hex: names it in the log without showing it. `printf %s "$TEXT" | sha256sum` prints the same. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** The first 32 hex characters of {@link sha256Of}. */
export function shortDigestOf(text: string): string {
  return sha256Of(text).slice(0, 32);
}
