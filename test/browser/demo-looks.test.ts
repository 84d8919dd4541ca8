import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM_PATH } from "../support/chromium.ts";
import { type Demo, fileOf, seriousProblems, signInAs, startDemo } from "../support/demo-page.ts";

let demo: Demo;
beforeAll(async () => {
  if (CHROMIUM_PATH !== undefined) demo = await startDemo();
});
afterAll(() => demo?.stop());

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

const DEVICES: readonly (readonly [string, BrowserContextOptions])[] = [
  ["a desktop, light, in English", { locale: "en-GB", colorScheme: "light" }],
  ["a desktop, dark, in Chinese", { locale: "zh-CN", colorScheme: "dark" }],
  ["a phone, dark, in English", { ...PHONE, locale: "en-US", colorScheme: "dark" }],
  ["a phone, light, in Chinese", { ...PHONE, locale: "zh-CN", colorScheme: "light" }],
];

describe.skipIf(CHROMIUM_PATH === undefined)("the looks of the demo App", () => {
  describe.each(DEVICES)("on %s", (_device, options) => {
    it("fit into the width, and leave axe nothing serious, in every state", { timeout: 60_000 }, async () => {
      const { page, faults } = await demo.open(options);
      await page.locator(".person").first().waitFor();
      await sound(page, "before the sign-in");
      await page.locator(".person").first().click();
      await page.locator(".calls .call").first().waitFor();
      if (await page.locator(".empty").isVisible()) {
        await sound(page, "an empty folder");
        await page.locator(".empty .primary").click();
      }
      await page.locator(".thumb.loaded").first().waitFor();
      await page.setInputFiles("#file", [
        fileOf(`${"long ".repeat(30)}name.txt`, "hello"),
        fileOf("a.txt", "hello"),
      ]);
      await page.locator("#slow").check();
      await page.locator(".card .wide").click();
      await page.locator(".exchange form button").click();
      await page.locator(".neighbour-answer .problem").waitFor();
      await page.evaluate("for (const step of document.querySelectorAll('.step')) step.open = true");
      await sound(page, "a gallery, an upload and a refusal");
      await page.locator(".row-upload button").last().click();
      await page.locator(".tile", { hasText: "a.txt" }).locator(".open").click();
      await page.locator("dialog pre").waitFor();
      await sound(page, "a preview");
      await page.locator("dialog footer .row.end button").first().click();
      await page.locator("#link").waitFor();
      await sound(page, "a link to share");
      await page.keyboard.press("Escape");
      await page.locator("dialog footer .row.end button").last().click();
      await page.locator("dialog .danger").waitFor();
      await sound(page, "a file to delete");
      await page.keyboard.press("Escape");
      await page.locator(".files-bar .soft").click();
      await page.locator("#folder-name").waitFor();
      await sound(page, "a new folder");
      expect(faults.filter((fault) => !fault.includes("status of 403"))).toEqual([]);
    });
  });

  describe("the language", () => {
    it("is the browser's, until the user chooses; the choice outlives the sign-in and a reload", async () => {
      const { page, faults } = await demo.open({ locale: "zh-CN" });
      await page.getByRole("button", { name: "以 alice 的身份登录" }).waitFor();
      expect(await page.evaluate("[document.documentElement.lang, document.title]")).toEqual([
        "zh-CN",
        "我的文件",
      ]);
      await page.getByRole("button", { name: "EN", exact: true }).click();
      await page.getByRole("button", { name: "Sign in as alice" }).waitFor();
      expect(await page.evaluate("document.activeElement.id")).toBe("language-en");
      await signInAs(page, "lia");
      await page.reload();
      await page.getByText("Nothing here yet").waitFor();
      expect(await page.evaluate("document.documentElement.lang")).toBe("en");
      expect(faults).toEqual([]);
    });

    it("changes in the middle of an upload, which goes on", async () => {
      const { page, faults } = await demo.open();
      await signInAs(page, "mina");
      await page.locator("#slow").check();
      await page.getByRole("button", { name: "Upload a file of 24 MB" }).click();
      await page.getByRole("button", { name: /^Pause/ }).click();
      await page.getByRole("button", { name: "中文" }).click();
      await page.getByRole("button", { name: "继续 24 MB test file.bin" }).click();
      await page.locator("#slow").uncheck();
      await page.locator('.row-upload[data-state="done"]').waitFor();
      expect(faults).toEqual([]);
    });

    it("explains a refusal in Chinese too", async () => {
      const { page } = await demo.open({ locale: "zh-CN" });
      await signInAs(page, "wei");
      await page.locator(".exchange form button").click();
      const answer = page.locator(".neighbour-answer .problem");
      await expect.poll(() => answer.textContent()).toMatch(/[\u4e00-\u9fff].*AccessDenied · 403/);
    });
  });

  it("follow the device into the dark, until the user chooses; the choice outlives a reload", async () => {
    const { page } = await demo.open({ colorScheme: "light" });
    const ground = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(ground).not.toBe(light);
    await page.getByRole("button", { name: "Dark mode", pressed: true }).click();
    expect(await ground()).toBe(light);
    await page.reload();
    await page.getByRole("button", { name: "Dark mode", pressed: false }).waitFor();
    expect(await ground()).toBe(light);
  });

  it("stand still for people who want no motion", async () => {
    const { page } = await demo.open({ reducedMotion: "reduce" });
    await signInAs(page, "stella");
    expect(await page.evaluate("document.getAnimations().length")).toBe(0);
  });
});

/** Throws the rules of axe that the page breaks, and how far it is too wide, with the name of the state. */
async function sound(page: Page, state: string): Promise<void> {
  const tooWide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  expect([state, Math.max(0, Number(tooWide)), await seriousProblems(page)]).toEqual([state, 0, []]);
}
