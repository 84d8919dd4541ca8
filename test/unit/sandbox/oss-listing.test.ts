import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareUtf8, listingOf } from "../../../sandbox/oss/listing.ts";

/** Few letters, many collisions; and both sides of the place where UTF-16 and UTF-8 disagree. */
const KEY = fc
  .array(fc.constantFrom("a", "b", "/", "//", "\u{1F600}", "\uFF61", "é"), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(""));

describe("a listing", () => {
  it("has, over all pages, every key or its folder once, in the order of UTF-8 bytes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(KEY, { maxLength: 12 }),
        fc.constantFrom("", "a", "a/", "é"),
        fc.constantFrom("", "/", "//", "b"),
        fc.integer({ min: 1, max: 4 }),
        (keys, prefix, delimiter, maxKeys) => {
          const seen: string[] = [];
          let after: string | undefined = "";
          while (after !== undefined) {
            const page = listingOf(keys, { prefix, delimiter, after, maxKeys });
            const entries = [...page.keys, ...page.commonPrefixes].sort(byBytes);
            expect(entries.length).toBeLessThanOrEqual(maxKeys);
            seen.push(...entries);
            after = page.next;
          }
          expect(seen).toEqual(expectedOf(keys, prefix, delimiter));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("begins behind the marker, whether that is a key or not", () => {
    const list = (after: string) =>
      listingOf(["a", "b", "c"], { prefix: "", delimiter: "", after, maxKeys: 9 });
    expect(list("a").keys).toEqual(["b", "c"]);
    expect(list("aa").keys).toEqual(["b", "c"]);
  });
});

describe("the order of keys", () => {
  it("is that of their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(byBytes(a, b));
      }),
    );
    expect(Math.sign(compareUtf8("\u{1F600}", "\uFF61"))).toBe(1);
  });
});

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function expectedOf(keys: readonly string[], prefix: string, delimiter: string): readonly string[] {
  const entries = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const parts = delimiter === "" ? [key] : key.slice(prefix.length).split(delimiter);
      return parts.length === 1 ? key : `${prefix}${parts[0]}${delimiter}`;
    });
  return [...new Set(entries)].sort(byBytes);
}
