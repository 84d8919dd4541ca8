import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { type Stage, startStage } from "../../cli/dev/stage.ts";
import { startChromium } from "./chromium.ts";
import { faultsOf } from "./page-faults.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** In the middle of a transition, colours are mixed; and what comes while axe looks would come with one. */
const STAND_STILL = `
  const still = new CSSStyleSheet();
  still.replaceSync("*, ::before, ::after { transition: none !important; animation: none !important }");
  document.adoptedStyleSheets = [still];`;

/** Milliseconds. */
const TIMEOUT_MS = 10_000;

/** The demo App on a stage of its own, in a Chromium of its own. */
export interface Demo {
  readonly stage: Stage;
  /** In a browser that remembers nothing. */
  open(options?: BrowserContextOptions): Promise<OpenDemo>;
  stop(): Promise<void>;
}

export interface OpenDemo {
  readonly page: Page;
  /** What the console says is wrong, and what nobody caught. */
  readonly faults: string[];
}

export async function startDemo(): Promise<Demo> {
  const [stage, browser] = await Promise.all([
    startStage({ port: 0, orFree: true, allowedOrigins: "the page's" }),
    startChromium(),
  ]);
  return {
    stage,
    open: (options = {}) => opened(browser, stage, options),
    stop: async () => {
      await Promise.all([browser.close(), stage.stop()]);
    },
  };
}

async function opened(browser: Browser, stage: Stage, options: BrowserContextOptions): Promise<OpenDemo> {
  const context = await browser.newContext({ locale: "en-US", ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(TIMEOUT_MS);
  const faults = faultsOf(page);
  page.on("dialog", (dialog) => faults.push(`alert: ${dialog.message()}`));
  await page.goto(`${stage.pageUrl}/`);
  return { page, faults };
}

/** Signs in somebody whose folder is empty, and waits for it. */
export async function signInAs(page: Page, user: string): Promise<void> {
  await page.fill("#name", user);
  await page.press("#name", "Enter");
  await page.locator(".empty").waitFor();
}

export function fileOf(name: string, content: string | Buffer, mimeType = "text/plain") {
  return { name, mimeType, buffer: Buffer.from(content) };
}

/** The bytes of an object; undefined when there is none. */
export function stored(stage: Stage, key: string): number | undefined {
  return stage.sandbox.world.buckets.get(stage.sandbox.bucket)?.objects.get(key)?.content.size;
}

/** What the services answered for this user's keys, e.g. `UploadPart 403 SecurityTokenExpired`, preflights aside. */
export function answersFor(stage: Stage, user: string): readonly string[] {
  return stage.sandbox.world.journal
    .filter(({ service, resource }) => service === "oss" && resource?.includes(`/users/${user}/`))
    .filter(({ operation }) => operation !== "OptionObject")
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}

/** Rules of axe that the page breaks so that it matters, each with the first element that does. */
export async function seriousProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  await page.evaluate(STAND_STILL);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  await page.evaluate("document.adoptedStyleSheets = []");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
