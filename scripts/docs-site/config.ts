import { join } from "node:path";
import type { DefaultTheme, UserConfig } from "vitepress";
import { asOnGitHosts } from "./markdown.ts";
import { pagesIn } from "./pages.ts";
import { searchWordsOf } from "./search-words.ts";
import { navFor, sidebarFor } from "./sections.ts";
import { slugOf } from "./slug.ts";

/** VitePress' folders, from the root of the repository. */
export const FOLDERS = {
  /** Copies of the pages, as stage.ts arranges them. */
  staged: "dist/site-pages",
  built: "dist/site",
  cache: "node_modules/.cache/vitepress",
};

/** The configuration of VitePress. `base`: the path below which the site is served, with a slash at each end. */
export function siteConfig(root: string, base: string): UserConfig<DefaultTheme.Config> {
  const pages = pagesIn(root);
  return {
    title: "oss-valet",
    description: "Temporary, least-privilege OSS credentials for the users of an App",
    base,
    srcDir: join(root, FOLDERS.staged),
    outDir: join(root, FOLDERS.built),
    cacheDir: join(root, FOLDERS.cache),
    // One file for the sidebar and the names of all pages, and not a copy in each page.
    metaChunk: true,
    // Examples in the docs name addresses of a laptop.
    ignoreDeadLinks: "localhostLinks",
    head: [["link", { rel: "icon", href: "data:," }]],
    markdown: {
      // No Git host reads attributes in braces, or :words: of our examples as pictures.
      attrs: { disable: true },
      emoji: { defs: {} },
      anchor: { slugify: slugOf },
      codeCopyButtonTitle: "Copy",
      config: (md) => asOnGitHosts(md, { root, pages }),
      theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    },
    locales: {
      root: {
        label: "English",
        lang: "en",
        themeConfig: { nav: navFor("en", pages), sidebar: sidebarFor("en", pages) },
      },
      zh: {
        label: "中文",
        lang: "zh-CN",
        description: "为 App 的用户签发最小权限的 OSS 临时凭证",
        themeConfig: { nav: navFor("zh", pages), sidebar: sidebarFor("zh", pages), ...CHINESE_THEME },
      },
    },
    themeConfig: {
      outline: [2, 3],
      search: {
        provider: "local",
        options: {
          miniSearch: { options: { tokenize: searchWordsOf } },
          locales: { zh: { translations: CHINESE_SEARCH } },
        },
      },
    },
  };
}

const CHINESE_THEME: DefaultTheme.Config = {
  outline: { level: [2, 3], label: "本页目录" },
  docFooter: { prev: "上一页", next: "下一页" },
  darkModeSwitchLabel: "深色模式",
  lightModeSwitchTitle: "切换到浅色模式",
  darkModeSwitchTitle: "切换到深色模式",
  sidebarMenuLabel: "目录",
  returnToTopLabel: "回到顶部",
  langMenuLabel: "切换语言",
  skipToContentLabel: "跳到正文",
  notFound: {
    title: "没有这个页面",
    quote: "请检查地址，或者搜索。",
    linkLabel: "回到首页",
    linkText: "回到首页",
  },
};

const CHINESE_SEARCH: NonNullable<DefaultTheme.LocalSearchOptions["translations"]> = {
  button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
  modal: {
    displayDetails: "显示详细列表",
    resetButtonTitle: "清除",
    backButtonTitle: "关闭搜索",
    noResultsText: "没有结果：",
    footer: {
      selectText: "打开",
      selectKeyAriaLabel: "回车键",
      navigateText: "上下移动",
      navigateUpKeyAriaLabel: "上箭头",
      navigateDownKeyAriaLabel: "下箭头",
      closeText: "关闭",
      closeKeyAriaLabel: "Esc 键",
    },
  },
};
