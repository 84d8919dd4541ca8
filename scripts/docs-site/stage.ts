import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { hrefsIn, linkTarget } from "./links.ts";
import { isChinese, linkTo, type Page, siblingPath } from "./pages.ts";

/** Below this path the site shows files of the repository. */
const FILES = "files";

/**
 * `access.yaml` → `files/access.yaml.md`, for readers in Chinese `zh/files/access.yaml.md`. A dot at the beginning of a name
 * is left out, because VitePress would not see the file.
 */
export function pathOfFile(file: string, chinese: boolean): string {
  return `${chinese ? "zh/" : ""}${FILES}/${file.replace(/(^|\/)\.+/g, "$1")}.md`;
}

/**
 * The Markdown of the whole site, by path: the pages; a page for each file that they link to; and where a page has no
 * translation, one that says so, because the switch of languages keeps the path.
 */
export function stagedPages(root: string, pages: readonly Page[]): ReadonlyMap<string, string> {
  const staged = new Map<string, string>();
  for (const page of pages) {
    const text = readFileSync(join(root, page.source), "utf8");
    staged.set(page.path, text);
    for (const href of hrefsIn(text)) {
      const target = linkTarget(href, page, { root, pages });
      if (target.kind !== "file" || /\.(svg|png)$/.test(target.path)) continue;
      for (const chinese of [false, true])
        staged.set(pathOfFile(target.path, chinese), shownFile(root, target.path));
    }
  }
  for (const page of pages)
    if (!staged.has(siblingPath(page.path))) staged.set(siblingPath(page.path), notTranslated(page));
  return staged;
}

/** Writes the pages into `folder`, only those that changed, so that a server which watches it sees no others. */
export function stage(root: string, folder: string, staged: ReadonlyMap<string, string>): void {
  for (const [path, text] of staged) {
    const file = join(folder, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  cpSync(join(root, "docs/images"), join(folder, "images"), { recursive: true });
}

export function emptied(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

const NOT_SEARCHED = "---\nsearch: false\n---\n";

function shownFile(root: string, file: string): string {
  const text = readFileSync(join(root, file), "utf8").trimEnd();
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  const language = text.length > MAX_COLOURED_LENGTH ? "" : (LANGUAGES[extname(file)] ?? "");
  return `${NOT_SEARCHED}# ${file}\n\n${fence}${language}\n${text}\n${fence}\n`;
}

/** Characters. With colours, the alarms for Terraform alone would be a page of 400 kB. */
const MAX_COLOURED_LENGTH = 10_000;

/** What the highlighter calls the languages of files that pages link to. */
const LANGUAGES: Readonly<Record<string, string>> = {
  ".yaml": "yaml",
  ".json": "json",
  ".ts": "ts",
  ".mjs": "js",
  ".cjs": "js",
  ".rs": "rust",
};

function notTranslated(page: Page): string {
  return isChinese(page)
    ? `${NOT_SEARCHED}# ${page.title}\n\nThis page exists in Chinese only: [${page.title}](${linkTo(page)}).\n`
    : `${NOT_SEARCHED}# ${page.title}\n\n本页暂无中文版，请阅读英文版：[${page.title}](${linkTo(page)})。\n`;
}
