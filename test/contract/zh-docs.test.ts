import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { fieldPaths, fieldTables } from "../../scripts/docs/fields.ts";
import { CHINESE_MEANINGS, CHINESE_WORDS } from "../../scripts/docs/fields-zh.ts";
import { hrefsIn } from "../../scripts/docs-site/links.ts";
import { generatedFiles } from "../../scripts/generate-docs.ts";
import { accessRulesSchema } from "../../shared/domain/rules/access-file.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What App developers and operators need, by the English page. */
const NEEDED = [
  "docs/access-rules.md",
  "docs/audit.md",
  "docs/client.md",
  "docs/containers.md",
  "docs/credential-cache.md",
  "docs/deploy.md",
  "docs/errors.md",
  "docs/fair-use.md",
  "docs/local.md",
  "docs/reliability.md",
  "docs/sandbox.md",
  "docs/sandbox-in-tests.md",
  "docs/scale.md",
  "docs/settings.md",
  "docs/telemetry.md",
  "docs/tutorial.md",
  "docs/uploads.md",
  ...markdownIn("docs/recipes"),
  ...markdownIn("docs/runbook"),
];

const CHINESE = markdownIn("docs/zh");
/** The first page in Chinese is a README of its own form. */
const TRANSLATED = CHINESE.filter((page) => page !== "docs/zh/README.md");

it.each(NEEDED)("%s is there in Chinese", (page) => {
  expect(existsSync(join(ROOT, chineseOf(page)))).toBe(true);
});

it.each(TRANSLATED)(
  "%s has the headings, tables and code blocks of the English page, in their order",
  (page) => {
    expect(shapeOf(textOf(page))).toEqual(shapeOf(textOf(englishOf(page))));
  },
);

it.each(CHINESE)("%s leads to pages in Chinese where they exist", (page) => {
  expect(linksToEnglish(page, textOf(page))).toEqual([]);
});

describe("the shape of a page", () => {
  it("is its headings by level, its tables by rows, its code blocks by language", () => {
    const page =
      "# A\n\n1. b\n\n   ```sh\n   # no heading\n   | no | table |\n   ```\n\n## C\n\n| d |\n|---|\n| e |\n";
    expect(shapeOf(page)).toEqual(["#", "code sh, 2 lines", "##", "table of 3"]);
  });

  it.each([
    ["a heading of another level", "# A\n\n### B\n", "# A\n\n## B\n"],
    ["a heading too few", "# A\n", "# A\n\n## B\n"],
    ["a table row too few", "| a |\n|---|\n", "| a |\n|---|\n| b |\n"],
    ["another language of a block", "```sh\na\n```\n", "```js\na\n```\n"],
    ["a line of a block too few", "```sh\na\n```\n", "```sh\na\nb\n```\n"],
    ["blocks in another order", "```sh\n```\n\n```js\n```\n", "```js\n```\n\n```sh\n```\n"],
  ])("differs for %s", (_what, one, other) => {
    expect(shapeOf(one)).not.toEqual(shapeOf(other));
  });
});

describe("a link of a page in Chinese", () => {
  it.each([
    ["[设置](../settings.md#oss_endpoint)", ["../settings.md#oss_endpoint"]],
    ["[设置](settings.md#oss_endpoint)", []],
    ["English: [../deploy.md](../deploy.md)", []],
    ["全部文本：[英文](../errors.md)", []],
    ["[测试](../testing.md)", []],
    ["[示例](../recipes/README.md)", ["../recipes/README.md"]],
  ])("%s leads to English without need: %j", (text, found) => {
    expect(linksToEnglish("docs/zh/deploy.md", text)).toEqual(found);
  });
});

describe("docs/zh/access-rules.md", () => {
  it("is what npm run generate makes of the schema and the examples", () => {
    const path = "docs/zh/access-rules.md";
    expect(textOf(path)).toBe(generatedFiles().get(path));
  });

  it("has a text for each field of access.yaml, and for no other", () => {
    expect(Object.keys(CHINESE_MEANINGS).toSorted()).toEqual(fieldPaths(accessRulesSchema()).toSorted());
  });

  it("does not come about without a text for a new field", () => {
    const schema = { type: "object", properties: { invented: { type: "string", description: "new" } } };
    expect(() => fieldTables(schema, CHINESE_WORDS)).toThrow("scripts/docs/fields-zh.ts lacks invented");
  });

  it("has the code of the English page; only comments are translated", () => {
    const code = (path: string) => codeIn(textOf(path)).map((text) => text.replace(/ *# .*$/gm, ""));
    expect(code("docs/zh/access-rules.md")).toEqual(code("docs/access-rules.md"));
  });
});

/** Headings by level, tables by their number of lines, code blocks by language and number of lines; in their order. */
function shapeOf(markdown: string): readonly string[] {
  const shape: string[] = [];
  let block: { readonly language: string; lines: number } | undefined;
  let rows = 0;
  for (const line of [...markdown.split("\n"), ""]) {
    const fence = /^\s*```(\S*)/.exec(line);
    if (fence !== null && block === undefined) block = { language: fence[1] ?? "", lines: 0 };
    else if (fence !== null && block !== undefined) {
      shape.push(`code ${block.language}, ${block.lines} lines`);
      block = undefined;
    } else if (block !== undefined) block.lines++;
    else if (/^\s*\|/.test(line)) rows++;
    else {
      if (rows > 0) shape.push(`table of ${rows}`);
      rows = 0;
      const heading = /^(#+) /.exec(line);
      if (heading !== null) shape.push(heading[1] ?? "");
    }
  }
  return shape;
}

/** The links that lead to a page in English although there is one in Chinese, and that do not say so. */
function linksToEnglish(page: string, markdown: string): readonly string[] {
  const said = [...markdown.matchAll(/\[英文\]\(([^)]+)\)/g)].map(([, href]) => href);
  return hrefsIn(markdown).filter((href) => {
    const path = posix.join(posix.dirname(page), href.replace(/#.*/, ""));
    if (path === englishOf(page) || said.includes(href)) return false;
    return /^docs\/(?!zh\/).*\.md$/.test(path) && existsSync(join(ROOT, chineseOf(path)));
  });
}

function codeIn(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```\S*\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);
}

function chineseOf(page: string): string {
  return page.replace(/^docs\//, "docs/zh/");
}

function englishOf(page: string): string {
  return page.replace(/^docs\/zh\//, "docs/");
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function markdownIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`)
    .sort();
}
