import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hrefsIn, linkTarget } from "../../scripts/docs-site/links.ts";
import { isChinese, linkTo, pagesIn } from "../../scripts/docs-site/pages.ts";
import { type SidebarItem, sidebarFor } from "../../scripts/docs-site/sections.ts";
import { slugOf } from "../../scripts/docs-site/slug.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGES = pagesIn(ROOT);

describe("links in the docs", () => {
  it.each(PAGES.map((page) => [page.source, page] as const))(
    "of %s lead to a file and a heading",
    (_name, page) => {
      const broken = hrefsIn(textOf(page.source)).filter((href) => {
        const target = linkTarget(href, page, { root: ROOT, pages: PAGES });
        if (target.kind === "nothing") return true;
        if (target.kind !== "page" || target.anchor === "") return false;
        return !anchorsIn(textOf(target.page.source)).includes(target.anchor);
      });
      expect(broken).toEqual([]);
    },
  );

  it("are found: in lines, in lists and by reference, not in code", () => {
    const text =
      "[a](b.md#c) ![d](e.svg)\n\n- [f `g`](../h)\n\n```md\n[no](no.md)\n```\n`[no](no.md)`\n\n[i]: j.md\n";
    expect(hrefsIn(text)).toEqual(["b.md#c", "e.svg", "../h", "j.md"]);
  });

  it.each([
    ["sandbox.md#faults", { kind: "page", anchor: "faults" }],
    ["recipes", { kind: "page", anchor: "" }],
    ["#top", { kind: "page", anchor: "top" }],
    ["../access.yaml", { kind: "file", path: "access.yaml" }],
    ["../examples/web", { kind: "folder", path: "examples/web" }],
    ["https://example.com/docs/x.md", { kind: "elsewhere" }],
    ["sandbx.md", { kind: "nothing", path: "docs/sandbx.md" }],
    ["../../outside.md", { kind: "nothing", path: "../outside.md" }],
  ])("%s of docs/deploy.md leads to %o", (href, target) => {
    const from = PAGES.find(({ source }) => source === "docs/deploy.md");
    expect(from && linkTarget(href, from, { root: ROOT, pages: PAGES })).toMatchObject(target);
  });

  it("knows a heading that stands twice by the second one's number, as Git hosts do", () => {
    expect(anchorsIn("# A\n## `B` c\n```\n# no\n```\n## B c\n## [D](e.md)\n")).toEqual([
      "a",
      "b-c",
      "b-c-1",
      "d",
    ]);
  });

  it.each([
    ["How long it takes", "how-long-it-takes"],
    ["s.yaml: OSS_BUCKET, <bucket>", "syaml-oss_bucket-bucket"],
    ["已知限制：STS（配额）", "已知限制sts配额"],
    ["a - b", "a---b"],
  ])("%s has the anchor %s", (heading, slug) => {
    expect(slugOf(heading)).toBe(slug);
  });
});

describe("the sidebar of the docs", () => {
  const english = PAGES.filter((page) => !isChinese(page));

  it("lists each page in English once, also one that no section names", () => {
    const unknown = { source: "docs/new.md", path: "new.md", title: "New" };
    const links = linksOf(sidebarFor("en", [...PAGES, unknown]));
    expect(links.toSorted()).toEqual([...english, unknown].map(linkTo).toSorted());
    expect(sidebarFor("en", [...PAGES, unknown]).at(-1)).toMatchObject({ text: "More" });
  });

  it("lists each page in Chinese once, and the others in English, marked so", () => {
    const items = flat(sidebarFor("zh", PAGES));
    const chinese = PAGES.filter(isChinese);
    expect(items).toHaveLength(english.length);
    for (const page of chinese) expect(items).toContainEqual(expect.objectContaining({ text: page.title }));
    for (const { text, link } of items) expect(text.endsWith("（英文）")).toBe(!link?.startsWith("/zh/"));
  });

  it("has no page in Chinese without one in English", () => {
    const paths = english.map(({ path }) => `zh/${path}`);
    expect(PAGES.filter(isChinese).filter(({ path }) => !paths.includes(path))).toEqual([]);
  });
});

function textOf(source: string): string {
  return readFileSync(join(ROOT, source), "utf8");
}

function flat(items: readonly SidebarItem[]): readonly SidebarItem[] {
  return items.flatMap((item) => [...(item.link === undefined ? [] : [item]), ...flat(item.items ?? [])]);
}

function linksOf(items: readonly SidebarItem[]): readonly string[] {
  return flat(items).map(({ link }) => link ?? "");
}

/** The anchors of the headings. */
function anchorsIn(markdown: string): readonly string[] {
  const text = markdown.replace(/^( *)(```+)[\s\S]*?^ *\2 *$/gm, "");
  const anchors: string[] = [];
  for (const [, heading = ""] of text.matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = slugOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[`*]/g, ""));
    const before = anchors.filter((anchor) => anchor.replace(/-\d+$/, "") === slug || anchor === slug).length;
    anchors.push(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}
