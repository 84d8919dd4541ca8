import { describe, expect, it } from "vitest";
import {
  isInside,
  objectPrefixFrom,
  parsedObjectPrefix,
} from "../../../../shared/domain/prefix/object-prefix.ts";
import { prefixOf } from "../../../support/valet.ts";

describe("an object prefix", () => {
  it.each(["a/", "users/alice/", "my photos/2026/", "a.b/", "%2e%2e/", "$x/", '"/', "a/b/c/d/e/"])(
    "may be %j",
    (text) => {
      expect(parsedObjectPrefix(text)).toEqual({ prefix: text });
    },
  );

  it.each([
    ["", "is empty", 'write a folder such as "photos/"'],
    ["a", 'must end in "/"', 'write "a/"'],
    ["/", "would be the whole bucket", 'write a folder such as "photos/"'],
    ["/a", 'starts with "/", but keys do not', 'write "a/"'],
    [".", 'has a path step ("." or "..")', "name the folder itself"],
    ["a*", 'contains "*", which is not allowed in a prefix', "write the folder's name without it"],
    ["/a/", 'starts with "/", but keys do not', 'write "a/"'],
    ["//a/", 'starts with "/", but keys do not', 'write "a/"'],
    ["a//", 'has an empty segment ("//")', "write one slash"],
    ["a//b/", 'has an empty segment ("//")', "write one slash"],
    ["a/../", 'has a path step ("." or "..")', "name the folder itself"],
    ["a/./b/", 'has a path step ("." or "..")', "name the folder itself"],
    ["..a/", 'has a path step ("." or "..")', "name the folder itself"],
    ["*/", 'contains "*", which is not allowed in a prefix', "write the folder's name without it"],
    ["a?/", 'contains "?", which is not allowed in a prefix', "write the folder's name without it"],
    ["{a}/", 'contains "{", which is not allowed in a prefix', "write the folder's name without it"],
    ["a\\b/", 'contains "\\\\", which is not allowed in a prefix', "write the folder's name without it"],
    [
      "a\n/",
      "has a character outside printable ASCII",
      "use printable ASCII only: a policy can compare nothing else safely",
    ],
    [
      "a\u007f/",
      "has a character outside printable ASCII",
      "use printable ASCII only: a policy can compare nothing else safely",
    ],
    [
      "\uff0f/",
      "has a character outside printable ASCII",
      "use printable ASCII only: a policy can compare nothing else safely",
    ],
    [`${"a".repeat(1023)}/`, "is longer than 1023 characters", "write a shorter one"],
  ])("may not be %j", (text, is, fix) => {
    expect(parsedObjectPrefix(text)).toEqual({ problem: { is, fix } });
  });

  it("is as long as a key at the most", () => {
    expect(parsedObjectPrefix(`${"a".repeat(1022)}/`)).toHaveProperty("prefix");
  });

  it("does not repeat a long text in what it says of it", () => {
    const parsed = parsedObjectPrefix("x".repeat(200));
    expect(parsed).toEqual({ problem: { is: 'must end in "/"', fix: "write one after the last name" } });
  });

  it("is made of whole segments, each safe; nothing is cleaned up", () => {
    expect(objectPrefixFrom(["users", "alice"])).toBe("users/alice/");
    for (const segments of [[], [""], ["a", ""], ["a/b"], [".."], ["a*"], ["a\u0000"]]) {
      expect(objectPrefixFrom(segments)).toBeUndefined();
    }
  });
});

describe("inside", () => {
  it.each([
    ["a/b/", "a/", true],
    ["a/", "a/", true],
    ["a/", "a/b/", false],
    ["ab/", "a/", false],
    ["A/", "a/", false],
    ["x/a/", "a/", false],
  ])("%s in %s: %s", (inner, outer, inside) => {
    expect(isInside(prefixOf(inner), prefixOf(outer))).toBe(inside);
  });
});
