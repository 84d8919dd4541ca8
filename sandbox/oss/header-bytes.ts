/**
 * A header's value as text. Node.js gives one character a byte. Bytes that are UTF-8 are decoded; if one is not, each byte
 * from 0x80 on becomes a lone surrogate, U+DC80 to U+DCFF, which no UTF-8 holds. So nothing is lost on the way back.
 */
export function textFromHeader(characters: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII as a range
  if (/^[\x00-\x7f]*$/.test(characters)) return characters;
  try {
    return UTF8.decode(Buffer.from(characters, "latin1"));
  } catch {
    return characters.replace(/[\x80-\xff]/g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
  }
}

/** The bytes of a text, those of `textFromHeader` as they came. */
export function bytesOf(text: string): Buffer {
  if (!LONE.test(text)) return Buffer.from(text, "utf8");
  return Buffer.concat(
    text
      .split(LONE)
      .map((part) =>
        LONE.test(part) ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part, "utf8"),
      ),
  );
}

/** A header's value as Node.js wants it: one character a byte. */
export function headerFromText(text: string): string {
  return bytesOf(text).toString("latin1");
}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One of the surrogates, alone. With `u`, a pair is one character. */
const LONE = /([\udc80-\udcff])/u;
