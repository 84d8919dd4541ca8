import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { timeText, xmlDocument } from "../../../sandbox/oss/xml.ts";
import { childrenOf, childText, xmlFrom } from "../../../sandbox/oss/xml-reader.ts";

it("a time is written in whole seconds, with three zeros behind them", () => {
  expect(timeText(Date.UTC(2026, 10, 26, 12, 26, 35, 999))).toBe("2026-11-26T12:26:35.000Z");
});

describe("the XML reader", () => {
  it("reads what the writer wrote", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
        const document = xmlDocument(["Delete", texts.map((text) => ["Key", text] as const)]);
        expect(childrenOf(xmlFrom(document, "Delete"), "Key").map(({ text }) => text)).toEqual(texts);
      }),
    );
  });

  it("reads declarations, comments, attributes, CDATA, empty elements and references", () => {
    const root = xmlFrom(
      `\uFEFF<?xml version="1.0"?>\n<!-- a --><A xmlns="urn:x" b='c'>\n<B/><C>1 &lt; &#50; &#x26; <![CDATA[<3>]]></C></A>\n`,
      "A",
    );
    expect(childText(root, "B")).toBe("");
    expect(childText(root, "C")).toBe("1 < 2 & <3>");
    expect(childText(root, "D")).toBeUndefined();
  });

  it("reads a lone ampersand as itself", () => {
    expect(childText(xmlFrom("<A><K>a & b&</K></A>", "A"), "K")).toBe("a & b&");
  });

  it.each([
    ["a declaration", "<?xml ", "?", "?><A/>"],
    ["a comment", "<!--", "-", "--><A/>"],
    ["comments", "", "<!---->", "<A/>"],
    ["CDATA", "<A><![CDATA[", "]", "]]></A>"],
  ])("reads %s of four million characters", (_case, start, piece, end) => {
    const filling = piece.repeat(4_000_000 / piece.length);
    expect(xmlFrom(`${start}${filling}${end}`, "A").name).toBe("A");
  });

  it.each([
    ["nothing", ""],
    ["another root", "<B/>"],
    ["two roots", "<A/><A/>"],
    ["an element that does not end", "<A><B></A>"],
    ["elements that cross", "<A><B><C></B></C></A>"],
    ["a DTD", '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
    ["an unknown entity", "<A>&x;</A>"],
    ["an entity of Object's", "<A>&constructor;</A>"],
    ["a reference to a surrogate", "<A>&#xD800;</A>"],
    ["an ampersand before a name that does not end", "<A>a &amp b</A>"],
    ["an ampersand before nothing but a semicolon", "<A>a &; b</A>"],
    ["an attribute without quotes", "<A b=c/>"],
    ["text behind the root", "<A/>x"],
    ["a declaration that does not end", "<????"],
    ["a comment that does not end", "<!-- <A/>"],
    ["CDATA that does not end", "<A><![CDATA[ </A>"],
    ["a tower", `${"<A>".repeat(40)}${"</A>".repeat(40)}`],
  ])("refuses %s", (_case, text) => {
    expect(() => xmlFrom(text, "A")).toThrow(
      "The XML you provided was not well-formed or did not validate against our published schema.",
    );
  });
});
