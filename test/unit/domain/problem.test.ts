import { describe, expect, it } from "vitest";
import { type Path, pathText, sentenceOf } from "../../../shared/domain/problem.ts";

describe("a problem as one sentence", () => {
  it("says what is wrong and what to do instead", () => {
    expect(sentenceOf({ is: 'is "reed"', fix: "write read" })).toBe('is "reed"; write read');
  });

  it("begins with the place, if it has a name", () => {
    expect(sentenceOf({ where: "PORT", is: "is empty", fix: "write 9000" })).toBe(
      "PORT is empty; write 9000",
    );
    expect(sentenceOf({ where: "", is: "is empty", fix: "write 9000" })).toBe("is empty; write 9000");
  });
});

describe("a path as text", () => {
  it.each<[Path, string]>([
    [[], ""],
    [["rules"], "rules"],
    [["rules", 0, "allow", 1], "rules[0].allow[1]"],
    [["rules", 0, "when", "https://example.com/role"], 'rules[0].when["https://example.com/role"]'],
    [["a.b"], '["a.b"]'],
  ])("%j is %s", (path, text) => {
    expect(pathText(path)).toBe(text);
  });
});
