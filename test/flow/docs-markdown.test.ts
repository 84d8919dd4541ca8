import { join } from "node:path";
import { createMarkdownRenderer } from "vitepress";
import { expect, it } from "vitest";
import { siteConfig } from "../../scripts/docs-site/config.ts";

const ROOT = join(import.meta.dirname, "../..");
const { markdown } = siteConfig(ROOT, "/manual/");
const md = await createMarkdownRenderer(
  ROOT,
  { ...markdown, highlight: (code) => `<pre>${code}</pre>` },
  "/manual/",
);

/** What the site makes of a line in docs/deploy.md, or in its translation. */
function rendered(line: string, relativePath = "deploy.md"): string {
  return md.render(line, { relativePath }).trim();
}

it.each([
  ["a page", "[a](settings.md#oss_endpoint)", '<a href="/manual/settings.html#oss_endpoint">a</a>'],
  ["a page of the root", "[a](../SECURITY.md)", '<a href="/manual/security.html">a</a>'],
  ["a folder with a README", "[a](recipes)", '<a href="/manual/recipes/">a</a>'],
  ["a heading of the same page", "[a](deploy.md#from-ci)", '<a href="#from-ci">a</a>'],
  ["a file", "[a](../access.yaml)", '<a href="/manual/files/access.yaml.html">a</a>'],
  ["a folder without one", "[`a`](../examples/web)", "<code>a</code>"],
  [
    "another site",
    "[a](https://example.com/b.md)",
    '<a href="https://example.com/b.md" target="_blank" rel="noreferrer">a</a>',
  ],
])("a link to %s leads there", (_what, line, html) => {
  expect(rendered(line)).toBe(`<p>${html}</p>`);
});

it("a link of a page in Chinese leads to the page that it names, and to files among the pages in Chinese", () => {
  expect(rendered("[a](client.md) [b](../testing.md) [c](../../access.yaml)", "zh/deploy.md")).toBe(
    '<p><a href="/manual/zh/client.html">a</a> <a href="/manual/testing.html">b</a> <a href="/manual/zh/files/access.yaml.html">c</a></p>',
  );
});

it("a link to nothing is refused, with the page", () => {
  expect(() => rendered("[a](setings.md)")).toThrow(
    "docs/deploy.md links to setings.md, which does not exist",
  );
});

it.each([
  ["braces in a sentence", "{{ a }} and {sub}", "&#123;&#123; a }} and {sub}"],
  ["braces in code", "`{{ a }}`", "<code>&#123;&#123; a }}</code>"],
  ["a placeholder", "in <bucket>/x", "in &lt;bucket>/x"],
  ["a word between colons", "acs:ram:*:*:100:", "acs:ram:<em>:</em>:100:"],
  ["a comment", "a<!-- b -->", "a"],
])("%s stays as it is written", (_what, line, html) => {
  expect(rendered(line)).toBe(`<p>${html}</p>`);
});

it("a heading has the anchor of Git hosts, and a label in the language of the page", () => {
  expect(rendered("## 已知限制：`STS`", "zh/deploy.md")).toBe(
    '<h2 id="已知限制sts" tabindex="-1">已知限制：<code>STS</code> <a class="header-anchor" href="#已知限制sts" aria-label="“已知限制：`STS`”的链接">&ZeroWidthSpace;</a></h2>',
  );
});

it("a sequence diagram becomes a list of its messages", () => {
  expect(rendered("```mermaid\nsequenceDiagram\n  A->>B: <x> {{ y }}\n```")).toBe(
    '<ol class="sequence" v-pre><li><strong>A → B</strong><br>&lt;x&gt; {{ y }}</li></ol>',
  );
});
