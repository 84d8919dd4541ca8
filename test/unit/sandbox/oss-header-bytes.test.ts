import { expect, it } from "vitest";
import { bytesOf, headerFromText, textFromHeader } from "../../../sandbox/oss/header-bytes.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex").toString("latin1");

it.each([
  ["ASCII", "61", "a"],
  ["UTF-8", "e4b8ad", "中"],
  ["UTF-8 of four bytes", "f09f9880", "😀"],
  ["a byte order mark", "efbbbf61", "\ufeffa"],
  ["the character for what cannot be read", "efbfbd", "\ufffd"],
])("%s is read as UTF-8 and written as it came", (_case, hex, text) => {
  expect(textFromHeader(bytes(hex))).toBe(text);
  expect(headerFromText(text)).toBe(bytes(hex));
});

it.each([
  ["GBK", "d6d0"],
  ["Latin-1 between ASCII", "61e962"],
  ["half of a character", "e4b8"],
  ["UTF-8 beside something else", "e4b8adff"],
  ["a surrogate in UTF-8", "edb380"],
])("%s, which is not UTF-8, comes back byte by byte", (_case, hex) => {
  const text = textFromHeader(bytes(hex));
  expect(headerFromText(text)).toBe(bytes(hex));
  // Inside other text, too: a string to sign has both.
  expect(bytesOf(`é${text}😀`).toString("hex")).toBe(`c3a9${hex}f09f9880`);
});
