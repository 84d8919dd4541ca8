import type { MarkdownRenderer } from "vitepress";
import { linkTarget } from "./links.ts";
import { isChinese, linkTo, type Page } from "./pages.ts";
import { messagesOf } from "./sequence.ts";
import { pathOfFile } from "./stage.ts";

/** The parts of a token and of the environment of markdown-it that this file uses. */
type Token = ReturnType<MarkdownRenderer["parse"]>[number];
interface Environment {
  readonly relativePath: string;
}

/** Makes VitePress read our Markdown as a Git host does. Throws for a link that leads nowhere. */
export function asOnGitHosts(
  md: MarkdownRenderer,
  { root, pages }: { readonly root: string; readonly pages: readonly Page[] },
): void {
  md.options.highlight = remembered(md.options.highlight ?? undefined);
  md.core.ruler.push("links_of_the_repository", ({ tokens, env }) => {
    const { relativePath } = env as Environment;
    const page = pages.find(({ path }) => path === relativePath);
    for (const { children } of tokens) {
      if (children === null) continue;
      if (page !== undefined) linksOfSite(children, page, { root, pages });
      if (isChinese({ path: relativePath })) chineseAnchors(children);
    }
  });
  // VitePress gives the text to Vue, which would run what is in {{ }} and look for components in tags.
  const { text, code_inline: code, fence } = md.renderer.rules;
  md.renderer.rules.text = (...args) => withoutVue(text?.(...args) ?? "");
  md.renderer.rules.code_inline = (...args) => withoutVue(code?.(...args) ?? "");
  md.renderer.rules.html_inline = (tokens, index) => shownHtml(tokens[index]);
  md.renderer.rules.html_block = (tokens, index) => shownHtml(tokens[index]);
  md.renderer.rules.fence = (tokens, index, options, env: Environment, self) => {
    const token = tokens[index];
    if (token?.info.trim() === "mermaid") return figureOf(token.content, md);
    const html = fence?.(tokens, index, options, env, self) ?? "";
    return isChinese({ path: env.relativePath }) ? html.replace('title="Copy"', 'title="复制"') : html;
  };
}

type Highlight = NonNullable<MarkdownRenderer["options"]["highlight"]>;

/** Each page is read for itself and for search, and has its code in two languages: colours are found once for each code. */
function remembered(highlight: Highlight | undefined): Highlight | undefined {
  const known = new Map<string, string>();
  return highlight === undefined
    ? undefined
    : (code, language, attributes) => {
        const key = JSON.stringify([code, language, attributes]);
        const html = known.get(key) ?? highlight(code, language, attributes);
        known.set(key, html);
        return html;
      };
}

/** Links between files become links between pages. What has no page, such as a folder of code, becomes plain text. */
function linksOfSite(
  tokens: Token[],
  from: Page,
  site: { readonly root: string; readonly pages: readonly Page[] },
): void {
  const unlinked: Token[] = [];
  for (const [index, token] of tokens.entries()) {
    const href = token.type === "link_open" ? token.attrGet("href") : null;
    if (href === null || token.attrGet("class") === "header-anchor") continue;
    const target = linkTarget(href, from, site);
    if (target.kind === "nothing") throw new Error(`${from.source} links to ${href}, which does not exist`);
    if (target.kind === "folder") {
      const close = tokens
        .slice(index)
        .find(({ type, level }) => type === "link_close" && level === token.level);
      unlinked.push(token, ...(close === undefined ? [] : [close]));
    } else if (target.kind === "page") {
      const anchor = target.anchor === "" ? "" : `#${encodeURIComponent(target.anchor)}`;
      token.attrSet(
        "href",
        target.page === from && anchor !== "" ? anchor : `${linkTo(target.page)}${anchor}`,
      );
    } else if (target.kind === "file")
      // Without .html, VitePress takes /files/access.yaml for a file that stands beside the pages.
      token.attrSet("href", `${linkTo({ path: pathOfFile(target.path, isChinese(from)) })}.html`);
  }
  for (const token of unlinked) tokens.splice(tokens.indexOf(token), 1);
}

function chineseAnchors(tokens: readonly Token[]): void {
  for (const token of tokens) {
    const label = token.attrGet("class") === "header-anchor" ? token.attrGet("aria-label") : null;
    if (label !== null) token.attrSet("aria-label", label.replace(/^Permalink to "(.*)"$/, "“$1”的链接"));
  }
}

/** Comments stay out. A tag outside of code is probably a placeholder: `<bucket>`. */
function shownHtml(token: Token | undefined): string {
  const html = (token?.content ?? "").replace(/<!--[\s\S]*?-->/g, "");
  return withoutVue(html.replaceAll("<", "&lt;"));
}

function withoutVue(html: string): string {
  return html.replaceAll("{{", "&#123;&#123;");
}

function figureOf(diagram: string, md: MarkdownRenderer): string {
  const { escapeHtml } = md.utils;
  const rows = messagesOf(diagram).map(({ from, to, text }) => {
    const way = from === to ? escapeHtml(from) : `${escapeHtml(from)} → ${escapeHtml(to)}`;
    return `<li><strong>${way}</strong><br>${escapeHtml(text)}</li>`;
  });
  return `<ol class="sequence" v-pre>${rows.join("")}</ol>\n`;
}
