import { isChinese, linkTo, type Page, siblingPath } from "./pages.ts";

/** A page, by its Markdown file; or a page with a folder of others below it. */
type Entry = string | { readonly page: string; readonly below: string };

/** The readers of the docs, in the order of the sidebar. */
const SECTIONS: readonly {
  readonly title: readonly [english: string, chinese: string];
  readonly entries: readonly Entry[];
}[] = [
  {
    title: ["Try it", "试用"],
    entries: [
      "README.md",
      "docs/tutorial.md",
      "docs/sandbox.md",
      "docs/sandbox-in-tests.md",
      { page: "docs/sandbox-fidelity.md", below: "docs/fidelity/" },
      "docs/local.md",
    ],
  },
  {
    title: ["App developer", "App 开发者"],
    entries: [
      "docs/client.md",
      "docs/uploads.md",
      "docs/errors.md",
      { page: "docs/recipes/README.md", below: "docs/recipes/" },
      "client/README.md",
    ],
  },
  {
    title: ["Operator", "运维"],
    entries: [
      "docs/deploy.md",
      "docs/containers.md",
      "docs/access-rules.md",
      "docs/recipes/issuers.md",
      "docs/settings.md",
      { page: "docs/runbook/README.md", below: "docs/runbook/" },
      "docs/audit.md",
      "docs/telemetry.md",
      "docs/credential-cache.md",
      "docs/fair-use.md",
      "docs/reliability.md",
      "docs/scale.md",
      "docs/performance.md",
      "docs/versions.md",
      "CHANGELOG.md",
      "SUPPORT.md",
    ],
  },
  { title: ["Reviewer", "安全评审"], entries: ["docs/threat-model.md", "INVARIANTS.md", "SECURITY.md"] },
  {
    title: ["Contributor", "贡献者"],
    entries: [
      "CONTRIBUTING.md",
      { page: "docs/architecture.md", below: "docs/adr/" },
      "docs/testing.md",
      "docs/fuzzing.md",
    ],
  },
];

/** A page with an entry of its own is not listed in its folder. */
const NAMED = new Set<Entry>(SECTIONS.flatMap(({ entries }) => entries));

/** For pages that no section names. */
const MORE = ["More", "更多"] as const;

/** One entry of the sidebar. */
export interface SidebarItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: SidebarItem[];
}

/** The sections with their pages. A page without a translation is listed in English, and marked so. */
export function sidebarFor(language: "en" | "zh", pages: readonly Page[]): SidebarItem[] {
  const index = language === "zh" ? 1 : 0;
  const rest = new Set(pages.filter((page) => !isChinese(page)));
  const itemsOf = (entry: Entry): SidebarItem[] => {
    const { page: source, below = undefined } = typeof entry === "string" ? { page: entry } : entry;
    const head = [...rest].find((page) => page.source === source);
    if (head === undefined) return [];
    rest.delete(head);
    if (below === undefined) return [itemFor(head, language, pages)];
    const inFolder = [...rest].filter(({ source }) => source.startsWith(below) && !NAMED.has(source));
    for (const page of inFolder) rest.delete(page);
    const items = inFolder.map((page) => itemFor(page, language, pages));
    return [{ ...itemFor(head, language, pages), collapsed: true, items }];
  };
  const sections = SECTIONS.map(({ title, entries }) => ({
    text: title[index] ?? "",
    items: entries.flatMap(itemsOf),
  }));
  const more = [...rest].map((page) => itemFor(page, language, pages));
  return more.length === 0 ? sections : [...sections, { text: MORE[index], items: more }];
}

function itemFor(page: Page, language: "en" | "zh", pages: readonly Page[]): SidebarItem {
  if (language === "en") return { text: page.title, link: linkTo(page) };
  const translated = pages.find(({ path }) => path === siblingPath(page.path));
  return translated === undefined
    ? { text: `${page.title}（英文）`, link: linkTo(page) }
    : { text: translated.title, link: linkTo(translated) };
}

/** For the bar at the top: each reader's first page. */
export function navFor(
  language: "en" | "zh",
  pages: readonly Page[],
): { readonly text: string; readonly link: string }[] {
  return sidebarFor(language, pages).map(({ text, items = [] }) => ({ text, link: items[0]?.link ?? "/" }));
}
