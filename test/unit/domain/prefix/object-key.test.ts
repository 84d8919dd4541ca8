import { describe, expect, it } from "vitest";
import { MAX_KEY_BYTES, parsedObjectKey } from "../../../../shared/domain/prefix/object-key.ts";

describe("the key of an object", () => {
  it.each([
    "a",
    "photos/alice/a.jpg",
    "photos/alice/a b (1).jpg",
    "照片/图.jpg",
    "e\u0301.jpg",
    "🎈.jpg",
    "a*b?.jpg",
    "a%2e%2e/b.jpg",
    "a+b&c=d;e,f'\"<>.jpg",
    "...",
    ".hidden/a..b",
    "$a{b}.jpg",
    "a".repeat(MAX_KEY_BYTES),
    `${"图".repeat(MAX_KEY_BYTES / 3)}`,
  ])("%j is taken as it is", (text) => {
    expect(parsedObjectKey(text)).toEqual({ key: text });
  });

  it.each([
    ["", "is empty"],
    ["a\ud800.jpg", "is not well-formed Unicode"],
    ["\udc00", "is not well-formed Unicode"],
    ["a".repeat(MAX_KEY_BYTES + 1), "has 1024 bytes"],
    [`${"图".repeat(341)}a`, "has 1024 bytes"],
    ["a\nb", "has a control character"],
    ["a\r\nb", "has a control character"],
    ["a\u0000b", "has a control character"],
    ["a\u007fb", "has a control character"],
    ["a\u0085b", "has a control character"],
    ["a\u2028b", "has a control character"],
    ["a\u2029b", "has a control character"],
    ["a\\b", 'has a "\\"'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: OSS's placeholder
    ["photos/alice/${filename}", 'has "${"'],
    ["photos/", 'ends in "/"'],
    ["/", 'ends in "/"'],
    ["/a.jpg", 'has an empty step ("//", or "/" first)'],
    ["a//b", 'has an empty step ("//", or "/" first)'],
    ["../a", 'has a path step ("." or "..")'],
    ["a/../b", 'has a path step ("." or "..")'],
    ["a/./b", 'has a path step ("." or "..")'],
    ["a/..", 'has a path step ("." or "..")'],
    [".", 'has a path step ("." or "..")'],
  ])("%j is refused, and not repaired", (text, is) => {
    expect(parsedObjectKey(text)).toEqual({ problem: { is, fix: expect.any(String) } });
  });
});
