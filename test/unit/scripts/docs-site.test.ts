import { describe, expect, it } from "vitest";
import { searchWordsOf } from "../../../scripts/docs-site/search-words.ts";
import { messagesOf } from "../../../scripts/docs-site/sequence.ts";

describe("the words of search", () => {
  it.each([
    ["Set `OSS_BUCKET=photos` first", ["Set", "OSS", "BUCKET", "photos", "first"]],
    ["访问规则", ["访问", "问规", "规则"]],
    ["用 STS 签发凭证。", ["用", "STS", "签发", "发凭", "凭证"]],
    ["凭证InvalidSecurityToken错误", ["凭证", "InvalidSecurityToken", "错误"]],
    ["", []],
  ])("of %j are %j", (text, words) => {
    expect(searchWordsOf(text).filter((word) => word !== "")).toEqual(words);
  });

  it("are found by the text of the function alone, which is what the browser gets", () => {
    const sent = new Function(
      `return ${searchWordsOf.toString().replaceAll(/__name\(([^,]+), "[^"]*"\)/g, "$1")}`,
    )();
    expect(sent("访问规则")).toEqual(["访问", "问规", "规则"]);
  });
});

describe("a sequence diagram", () => {
  it("is read into messages with the names of the participants", () => {
    expect(
      messagesOf(
        "sequenceDiagram\n  participant A as The App\n  A->>B: GET /x\n  B-->>A: 200\n  A->>A: reads\n",
      ),
    ).toEqual([
      { from: "The App", to: "B", text: "GET /x" },
      { from: "B", to: "The App", text: "200" },
      { from: "The App", to: "The App", text: "reads" },
    ]);
  });

  it.each([
    ["flowchart LR\n A --> B", 'the site draws sequence diagrams only, not "flowchart LR"'],
    ["sequenceDiagram\n loop daily", "the site cannot draw this line of a sequence diagram: loop daily"],
  ])("%j is refused", (diagram, message) => {
    expect(() => messagesOf(diagram)).toThrow(message);
  });
});
