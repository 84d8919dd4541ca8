import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pagesIn } from "../../scripts/docs-site/pages.ts";
import { type SiteServer, startSiteServer } from "../../scripts/docs-site/server.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { seriousProblems } from "../support/demo-page.ts";
import { faultsOf } from "../support/page-faults.ts";

const ROOT = join(import.meta.dirname, "../..");
const BASE = "/manual/";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "docs-site-"));
  await promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/docs-site.ts", "--out", folder], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: undefined, DOCS_BASE: BASE },
  });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the files of the built site", () => {
  it("load scripts, styles, pictures and fonts from the site itself", () => {
    const files = filesIn(folder).filter((file) => /\.(html|css)$/.test(file));
    const foreign = files.flatMap((file) =>
      [
        ...readFileSync(join(folder, file), "utf8").matchAll(
          /<(?:script|img|iframe|source)[^>]* src="([^"]*)"|<link[^>]* href="([^"]*)"|url\(["']?([^"')]*)/g,
        ),
      ]
        .map(([, src, href, url]) => src ?? href ?? url ?? "")
        .filter((address) => !/^(data:|#)/.test(address) && !address.startsWith(BASE))
        .map((address) => `${file}: ${address}`),
    );
    expect(files.length).toBeGreaterThan(pagesIn(ROOT).length);
    expect(foreign).toEqual([]);
  });

  it("lead with each link to a page and to a heading that it has", () => {
    const pages = filesIn(folder).filter((file) => file.endsWith(".html"));
    const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), "utf8")]));
    const anchors = new Map(
      [...texts].map(([page, text]) => [
        page,
        new Set([...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)),
      ]),
    );
    const broken = [...texts].flatMap(([page, text]) =>
      [...text.matchAll(/<a[^>]* href="(\/manual\/[^"#]*|)(?:#([^"]*))?"/g)]
        .map(([, href = "", anchor]) => {
          const path = decodeURIComponent(href.slice(BASE.length)).replace(/(^|\/)$/, "$1index.html");
          return { file: href === "" ? page : path, anchor: anchor && decodeURIComponent(anchor) };
        })
        .filter(({ file, anchor }) => !anchors.has(file) || (anchor && !anchors.get(file)?.has(anchor)))
        .map(({ file, anchor }) => `${page}: ${file}#${anchor}`),
    );
    expect(pages.length).toBeGreaterThan(pagesIn(ROOT).length);
    expect([...new Set(broken)].filter((link) => !link.startsWith("404.html"))).toEqual([]);
  });
});

describe.skipIf(CHROMIUM_PATH === undefined)("the site in a browser", () => {
  let browser: Browser;
  let server: SiteServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([
      startChromium(),
      startSiteServer(folder, { port: 0, base: BASE }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** Opens a page. `faults`: requests to elsewhere, answers of 400 and more, and what the console says is wrong. */
  async function opened(path: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ locale: "en-US", ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const faults = faultsOf(page);
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.url))
        faults.push(request.url());
    });
    page.on("response", (response) => {
      if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
    });
    await visit(page, path);
    return { page, faults };
  }

  /** Resolves when the page listens to keys and clicks. */
  async function visit(page: Page, path: string): Promise<void> {
    await page.goto(server.url + path);
    await page.waitForFunction("document.querySelector('#app').__vue_app__ !== undefined");
  }

  it.each([
    ["", "InvalidSecurityToken", "errors.html"],
    ["", "RATE_LIMIT", "fair-use.html"],
    ["zh/deploy.html", "频率限制", "zh/fair-use.html"],
    ["zh/deploy.html", "InvalidSecurityToken", "zh/errors.html"],
  ])("from /%s, a search by keyboard for %s finds %s", async (path, words, found) => {
    const { page, faults } = await opened(path);
    await page.keyboard.press("Control+k");
    await page.locator("#localsearch-input:focus").waitFor();
    await page.keyboard.type(words);
    const results = page.locator("#localsearch-list a");
    await results.first().waitFor();
    const hrefs = await results.evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
    const paths = hrefs.map((href) => href.split("#")[0] ?? "");
    expect(paths).toContain(BASE + found);
    await page.keyboard.press("Enter");
    await expect.poll(() => new URL(page.url()).pathname).toBe(paths[0]);
    expect(faults).toEqual([]);
  });

  it("a change of the language keeps the page, and says so where it has no translation", async () => {
    const { page, faults } = await opened("recipes/go.html");
    await chooseLanguage(page, "中文");
    await expect.poll(() => page.url()).toBe(`${server.url}zh/recipes/go.html`);
    await expect.poll(() => page.evaluate("document.documentElement.lang")).toBe("zh-CN");
    await chooseLanguage(page, "English");
    await expect.poll(() => page.url()).toBe(`${server.url}recipes/go.html`);
    await visit(page, "testing.html");
    await chooseLanguage(page, "中文");
    await page.getByText("本页暂无中文版").waitFor();
    await page.locator("main").getByRole("link", { name: "Testing", exact: true }).click();
    await expect.poll(() => page.url()).toBe(`${server.url}testing.html`);
    expect(faults).toEqual([]);
  });

  it("a link to a file of the repository shows the file", async () => {
    const { page, faults } = await opened("");
    await page.locator("main").getByRole("link", { name: "access.yaml" }).first().click();
    await page.locator("main pre", { hasText: "issuers:" }).waitFor();
    expect(await page.locator("main h1").innerText()).toMatch(/^access\.yaml\s*\u200B?$/);
    expect(faults).toEqual([]);
  });

  it.each<[string, BrowserContextOptions]>([
    ["a desktop, light", { viewport: { width: 1440, height: 900 }, colorScheme: "light" }],
    ["a phone, dark", { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: "dark" }],
  ])("on %s, pages fit into the width, and axe finds nothing serious", async (_device, options) => {
    const { page, faults } = await opened("", options);
    for (const path of ["", "zh/recipes/curl.html", "zh/testing.html"]) {
      await visit(page, path);
      const tooWide = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
      expect([path, Math.max(0, tooWide), await seriousProblems(page)]).toEqual([path, 0, []]);
    }
    expect(faults).toEqual([]);
  });
});

async function chooseLanguage(page: Page, name: string): Promise<void> {
  await page.locator(".VPNavBarTranslations > button").click();
  await page.locator(".VPNavBarTranslations").getByRole("link", { name }).click();
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" });
}
