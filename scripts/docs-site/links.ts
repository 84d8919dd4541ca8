import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { Page } from "./pages.ts";

/** Where a link of a page leads. */
export type LinkTarget =
  | { readonly kind: "page"; readonly page: Page; readonly anchor: string }
  /** A file of the repository, such as access.yaml: the site has a page that shows it. */
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "folder"; readonly path: string }
  /** Another site. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "nothing"; readonly path: string };

/** `href` as it stands in the page's Markdown, relative to its file in the repository. */
export function linkTarget(
  href: string,
  from: Page,
  { root, pages }: { readonly root: string; readonly pages: readonly Page[] },
): LinkTarget {
  if (/^([a-z][a-z+.-]*:|\/\/)/i.test(href)) return { kind: "elsewhere" };
  const [file = "", anchor = ""] = href.split("#").map((part) => decodeURIComponent(part));
  if (file === "") return { kind: "page", page: from, anchor };
  const path = posix.join(posix.dirname(from.source), file).replace(/\/$/, "");
  const page = pages.find(({ source }) => source === path || source === posix.join(path, "README.md"));
  if (page !== undefined) return { kind: "page", page, anchor };
  if (path.startsWith("..") || !existsSync(join(root, path))) return { kind: "nothing", path };
  return { kind: statSync(join(root, path)).isDirectory() ? "folder" : "file", path };
}

/** The targets of inline links, images and reference links, outside of code. */
export function hrefsIn(markdown: string): readonly string[] {
  const text = markdown.replace(/^( *)(```+|~~~+)[\s\S]*?^ *\2 *$/gm, "").replace(/(`+)[^`]*?\1/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]: +(\S+)/gm)].map(
    ([, inline, reference]) => inline ?? reference ?? "",
  );
}
