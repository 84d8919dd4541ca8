import { describe, expect, it } from "vitest";
import { isMediaRange, isOneOf, mediaTypeProblem } from "../../../shared/domain/media-type.ts";

const LONG = `x${"a".repeat(126)}`;

describe("a media type", () => {
  it.each([
    "image/jpeg",
    "image/svg+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/x-7z-compressed",
    "model/x3d-vrml",
    `${LONG}/${LONG}`,
  ])("%s is one", (text) => {
    expect(mediaTypeProblem(text)).toBeUndefined();
  });

  it.each([
    ["", "type/subtype, such as image/jpeg"],
    ["image", "type/subtype, such as image/jpeg"],
    ["image/", "type/subtype, such as image/jpeg"],
    ["/jpeg", "type/subtype, such as image/jpeg"],
    ["image/*", "type/subtype, such as image/jpeg"],
    ["*/*", "type/subtype, such as image/jpeg"],
    ["image/jpeg/png", "type/subtype, such as image/jpeg"],
    ["image/jpeg, image/png", "type/subtype, such as image/jpeg"],
    ["image/jpeg\r\nX-A: b", "type/subtype, such as image/jpeg"],
    ["image/j\u00e9", "type/subtype, such as image/jpeg"],
    [`${LONG}a/jpeg`, "type/subtype, such as image/jpeg"],
    ["Image/JPEG", "image/jpeg"],
    [" image/jpeg", "image/jpeg"],
    ["image/jpeg\n", "image/jpeg"],
    ["text/html; charset=utf-8", "text/html"],
  ])("%j is none", (text, instead) => {
    const is = "is not a media type in lower case, without parameters";
    expect(mediaTypeProblem(text)).toEqual({ is, fix: `write ${instead}` });
  });
});

describe("a range of media types", () => {
  it.each([
    ["image/*", true],
    ["x-y/*", true],
    ["*/*", false],
    ["*", false],
    ["image/j*", false],
    ["image/**", false],
    ["Image/*", false],
    ["image/jpeg", false],
    ["/*", false],
  ])("%s: %s", (text, expected) => {
    expect(isMediaRange(text)).toBe(expected);
  });

  it.each<[string, readonly string[], boolean]>([
    ["image/jpeg", ["image/png", "image/jpeg"], true],
    ["image/jpeg", ["image/*"], true],
    ["image/jpeg", [], false],
    ["image/jpeg", ["image/jpe"], false],
    ["image/jpe", ["image/jpeg"], false],
    ["images/jpeg", ["image/*"], false],
    ["x/image/jpeg", ["image/*"], false],
    ["text/html", ["image/*", "video/*"], false],
    ["image/jpeg", ["*/*"], false],
  ])("%s among %o: %s", (type, allowed, expected) => {
    expect(isOneOf(type, allowed)).toBe(expected);
  });
});
