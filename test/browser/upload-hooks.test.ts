import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { faultsOf } from "../support/page-faults.ts";

let stage: Stage;
let browser: Browser;
let script: string;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  [stage, browser, script] = await Promise.all([
    startStage({ port: 0, orFree: true, allowedOrigins: "the page's" }),
    startChromium(),
    bundled(),
  ]);
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await Promise.all([browser.close(), stage.stop()]);
});

beforeEach(() => {
  if (CHROMIUM_PATH === undefined) return;
  bucket().objects.clear();
  bucket().uploads.clear();
});

const SMALL = ["a.txt", "b.txt", "c.txt"].map((name) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(name),
}));
const LARGE = { name: "film.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(8 * 1024 * 1024, 7) };

describe.skipIf(CHROMIUM_PATH === undefined).each(["react", "vue"])(
  "useUpload of ./%s in Chromium",
  (framework) => {
    it("renders files that wait, run and are done, and forgets them when asked", async () => {
      const { page, faults } = await opened(framework);
      await page.setInputFiles("#files input", SMALL);
      await expect.poll(() => rows(page)).toEqual(["a.txt done 5", "b.txt done 5", "c.txt done 5"]);
      expect([...bucket().objects.keys()].sort()).toEqual(SMALL.map(({ name }) => `users/alice/${name}`));
      await page.getByRole("button", { name: "clear" }).click();
      await expect.poll(() => rows(page)).toEqual([]);
      expect(faults).toEqual([]);
    });

    it("pauses, goes on and aborts by the item's own functions", async () => {
      const { page, faults } = await opened(framework);
      ossIsSlow();
      await page.setInputFiles("#files input", LARGE);
      await page.getByText(/film\.mp4 running [1-9]/).waitFor();
      await page.getByRole("button", { name: "pause" }).click();
      await page.getByText(/film\.mp4 paused/).waitFor();
      stage.sandbox.faults.clear();
      await page.getByRole("button", { name: "resume" }).click();
      await expect
        .poll(() => rows(page), { timeout: 10_000 })
        .toEqual([`film.mp4 done ${LARGE.buffer.length}`]);
      ossIsSlow();
      await page.setInputFiles("#files input", { ...LARGE, name: "b.mp4" });
      await page.getByText(/b\.mp4 running [1-9]/).waitFor();
      await page.getByRole("button", { name: "abort" }).nth(1).click();
      await page.getByText(/b\.mp4 aborted/).waitFor();
      await expect.poll(() => bucket().uploads.size).toBe(0);
      expect(faults).toEqual([]);
    });

    it("aborts nothing at the end of the component: the file arrives", async () => {
      const { page } = await opened(framework);
      ossIsSlow();
      await page.setInputFiles("#files input", LARGE);
      await page.getByText(/film\.mp4 running [1-9]/).waitFor();
      await page.evaluate("unmount()");
      stage.sandbox.faults.clear();
      await expect.poll(() => bucket().objects.size, { timeout: 10_000 }).toBe(1);
    });

    it("with abortOnUnmount leaves nothing in OSS", async () => {
      const { page } = await opened(framework, { abortOnUnmount: true });
      ossIsSlow();
      await page.setInputFiles("#files input", LARGE);
      await page.getByText(/film\.mp4 running [1-9]/).waitFor();
      expect(bucket().uploads.size).toBe(1);
      await page.evaluate("unmount()");
      await expect.poll(() => bucket().uploads.size, { timeout: 10_000 }).toBe(0);
      expect(bucket().objects.size).toBe(0);
    });
  },
);

/** Each part takes so long that somebody can click in the meantime. */
function ossIsSlow(): void {
  stage.sandbox.faults.add({ service: "oss", operation: "PUT", fault: { kind: "slow", ms: 2000 } });
  onTestFinished(() => void stage.sandbox.faults.clear());
}

/** What the list shows, without its buttons. */
function rows(page: Page): Promise<string[]> {
  return page
    .locator("#files li")
    .evaluateAll((items) =>
      items.map(
        (item) =>
          (item as unknown as { readonly firstChild: { readonly textContent: string } }).firstChild
            .textContent,
      ),
    );
}

/** A page of alice's with upload-hooks-page.js in it. */
async function opened(
  framework: string,
  settings: object = {},
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ bypassCSP: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const faults = faultsOf(page);
  await page.goto(stage.pageUrl);
  await page.addScriptTag({ content: script, type: "module" });
  await page.waitForFunction("globalThis.mount !== undefined");
  const token = appTokenFor(stage, "alice", { seconds: 3600 });
  await page.evaluate(`mount(...${JSON.stringify([framework, stage.credentialsUrl, token, settings])})`);
  return { page, faults };
}

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "upload-hooks-page.js")],
    bundle: true,
    format: "esm",
    target: "es2022",
    // Frameworks say there what they would not say in production.
    define: {
      "process.env.NODE_ENV": '"development"',
      __VUE_OPTIONS_API__: "true",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    write: false,
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

function bucket() {
  const found = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  if (found === undefined) throw new Error("the stage has no bucket");
  return found;
}
