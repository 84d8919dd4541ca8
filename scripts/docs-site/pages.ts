import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One page of the site. */
export interface Page {
  /** Its Markdown file, from the root of the repository: `docs/zh/recipes/README.md`. */
  readonly source: string;
  /** Where it is in the site: `zh/recipes/index.md`. Pages in Chinese are below `zh/`. */
  readonly path: string;
  /** Its h1 as plain text. */
  readonly title: string;
}

/** The Markdown files of the root and of docs/, and the README of the client package. Throws for a page without an h1. */
export function pagesIn(root: string): readonly Page[] {
  const sources = [
    ...readdirSync(root).filter((name) => name.endsWith(".md")),
    "client/README.md",
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
      .map((name) => `docs/${name.replaceAll("\\", "/")}`)
      .filter((name) => name.endsWith(".md"))
      .sort(),
  ];
  const pages = sources.map((source) => ({
    source,
    path: pathFor(source),
    title: titleFrom(readFileSync(join(root, source), "utf8"), source),
  }));
  for (const [at, { source, path }] of pages.entries()) {
    const other = pages.slice(0, at).find((page) => page.path === path);
    if (other !== undefined) throw new Error(`${source} and ${other.source} are both the page ${path}`);
  }
  return pages;
}

export function isChinese({ path }: Pick<Page, "path">): boolean {
  return path.startsWith("zh/");
}

/** The path of the same page in the other language, whether it exists or not. */
export function siblingPath(path: string): string {
  return path.startsWith("zh/") ? path.slice("zh/".length) : `zh/${path}`;
}

/** `recipes/index.md` → `/recipes/`, `deploy.md` → `/deploy`: what a link of VitePress says. */
export function linkTo({ path }: Pick<Page, "path">): string {
  return `/${path.replace(/\.md$/, "").replace(/(^|\/)index$/, "$1")}`;
}

/** A folder's README is its index. */
function pathFor(source: string): string {
  if (source === "client/README.md") return "client-package.md";
  const path = source.startsWith("docs/") ? source.slice("docs/".length) : source.toLowerCase();
  return path.replace(/(^|\/)readme\.md$/i, "$1index.md");
}

function titleFrom(text: string, source: string): string {
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (title === undefined) throw new Error(`${source} has no title: begin it with "# Title"`);
  return title.replace(/[`*]/g, "").trim();
}
