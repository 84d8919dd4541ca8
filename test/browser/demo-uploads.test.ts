import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { CHROMIUM_PATH } from "../support/chromium.ts";
import { answersFor, type Demo, fileOf, signInAs, startDemo, stored } from "../support/demo-page.ts";

let demo: Demo;
beforeAll(async () => {
  if (CHROMIUM_PATH !== undefined) demo = await startDemo();
});
afterAll(() => demo?.stop());

/** Bytes, in six parts. */
const TEST_FILE = 24 * 1024 * 1024;

describe.skipIf(CHROMIUM_PATH === undefined)("uploads in the demo App", () => {
  it("show how far they are, and end in the gallery", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "uma");
    await startTestFile(page);
    const bar = page.getByRole("progressbar", { name: /24 MB test file/ });
    await expect.poll(() => shareOf(bar), { interval: 20 }).toBeGreaterThan(0);
    expect(await shareOf(bar)).toBeLessThan(1);
    await arrived(page);
    expect(stored(demo.stage, "users/uma/24 MB test file.bin")).toBe(TEST_FILE);
    expect(await page.locator(".row-upload [role=status]").textContent()).toBe(
      "24 MB test file.bin is uploaded",
    );
    expect(faults).toEqual([]);
  });

  it("come from files that are dropped on the page, and from the clipboard", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "dana");
    await page.evaluate(`{
      const files = (name) => {
        const data = new DataTransfer();
        data.items.add(new File(["hello"], name, { type: "text/plain" }));
        return data;
      };
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: files("dropped.txt"), cancelable: true }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files("pasted.txt") }));
    }`);
    await expect
      .poll(() => page.locator(".tile .name").allTextContents())
      .toEqual(["dropped.txt", "pasted.txt"]);
    expect(stored(demo.stage, "users/dana/pasted.txt")).toBe(5);
    expect(faults).toEqual([]);
  });

  it("can be paused; after a reload they go on where they were: no part is sent twice", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "resi");
    await startTestFile(page);
    await partsOf("resi");
    await page.getByRole("button", { name: /^Pause/ }).click();
    await page.locator('.row-upload[data-state="paused"]').waitFor();
    await page.getByRole("button", { name: /^Resume/ }).click();
    await page.locator('.row-upload[data-state="running"]').waitFor();
    await page.getByRole("button", { name: /^Pause/ }).click();
    await page.reload();
    expect(await page.locator(".cut-off").getByText("Cut off at").textContent()).toMatch(
      /at \d+(\.\d)? [KM]B of 24 MB$/,
    );
    expect(await page.locator(".cut-off").getByText("24 MB of 24 MB").count()).toBe(0);
    await page.locator(".cut-off").getByRole("button", { name: "Resume" }).click();
    await arrived(page);
    expect(stored(demo.stage, "users/resi/24 MB test file.bin")).toBe(TEST_FILE);
    const parts = answersFor(demo.stage, "resi").filter((answer) => answer === "InitiateMultipartUpload 200");
    expect(parts).toHaveLength(1);
    await page.reload();
    await page.locator(".tile", { hasText: "24 MB" }).waitFor();
    expect(await page.locator(".cut-off").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("go on after a reload with the same file alone; another one is not taken for it", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "otto");
    await slowDownUploads(page);
    await page.setInputFiles("#file", fileOf("film.mp4", Buffer.alloc(9 * 1024 * 1024, 7)));
    await page.locator('.row-upload[data-state="running"]').waitFor();
    await expect.poll(() => page.evaluate("localStorage['unfinished uploads']")).toContain("film.mp4");
    await page.reload();
    const row = page.locator(".cut-off", { hasText: "film.mp4" });
    await row.locator("input").setInputFiles(fileOf("film.mp4", "another film"));
    await expect
      .poll(() => page.locator("#announcements").textContent())
      .toBe("This is another file than film.mp4.");
    await row.getByRole("button", { name: "Remove film.mp4 from the list" }).click();
    expect(await page.locator(".cut-off").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("can be cancelled: no part stays in OSS", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "cleo");
    await startTestFile(page);
    await partsOf("cleo");
    await page.getByRole("button", { name: /^Cancel the upload/ }).click();
    await expect.poll(() => page.locator(".row-upload").count()).toBe(0);
    expect(answersFor(demo.stage, "cleo").at(-1)).toBe("AbortMultipartUpload 204");
    const uploads = demo.stage.sandbox.world.buckets.get(demo.stage.sandbox.bucket)?.uploads.values() ?? [];
    expect([...uploads].filter(({ key }) => key.startsWith("users/cleo/"))).toEqual([]);
    expect(faults).toEqual([]);
  });

  describe("while an hour passes in the middle", () => {
    it("go on: OSS refuses the parts of the ended credentials, and they are sent again with new ones", async () => {
      const { page, faults } = await demo.open();
      await signInAs(page, "ella");
      await startTestFile(page);
      await partsOf("ella");
      await page.getByRole("button", { name: "+1 h" }).click();
      await arrived(page);
      expect(stored(demo.stage, "users/ella/24 MB test file.bin")).toBe(TEST_FILE);
      await expect
        .poll(() => page.locator(".call.refused .status").allTextContents())
        .toEqual(expect.arrayContaining(["403 SecurityTokenExpired"]));
      expect(await renewals(page)).toEqual(["Renewal 1", "Signed in"]);
      expect(await page.locator(".ring-time").textContent()).toMatch(/^(60:00|59:\d\d)$/);
      expect(
        await page.getByRole("img", { name: /^The credentials live for (60|59) more minutes$/ }).count(),
      ).toBe(1);
      // Nothing but the refusals themselves, which a browser always writes.
      expect(faults.filter((fault) => !fault.includes("status of 403"))).toEqual([]);
    });
  });

  it("see no refusal where the device's clock goes along: the credentials are renewed at half of their life", async () => {
    const { page, faults } = await demo.open();
    await signInAs(page, "ewa");
    await page.getByLabel(/^This device's clock/).check();
    for (const id of ["#advance-15", "#advance-15", "#advance-5"]) {
      await page.locator(id).click();
      await expect.poll(() => page.locator("#announcements").textContent()).toContain("minutes have passed");
    }
    await page.getByRole("button", { name: "Upload a file of 24 MB" }).click();
    await arrived(page);
    await expect.poll(() => renewals(page)).toEqual(["Renewal 1", "Signed in"]);
    expect(answersFor(demo.stage, "ewa").filter((answer) => / 4\d\d/.test(answer))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("leaves the ring empty when time runs out and nobody calls, and full again after the next call", async () => {
    const { page } = await demo.open();
    await signInAs(page, "rosa");
    await page.getByRole("button", { name: "+1 h" }).click();
    await expect.poll(() => page.locator(".ring").getAttribute("data-state")).toBe("over");
    expect(await page.locator(".ring-time").textContent()).toBe("0:00");
    await page.setInputFiles("#file", fileOf("a.txt", "hello"));
    await expect.poll(() => page.locator(".ring").getAttribute("data-state")).toBe("fresh");
    expect(await page.locator("#announcements").textContent()).toBe("The credentials were renewed.");
  });
});

/** Each part takes a second: long enough to press a button in between. */
async function slowDownUploads(page: Page): Promise<void> {
  onTestFinished(() => void demo.stage.sandbox.faults.clear());
  await page.getByLabel(/^Slow network/).check();
  await expect.poll(() => demo.stage.sandbox.faults.list()).toHaveLength(1);
}

async function startTestFile(page: Page): Promise<void> {
  await slowDownUploads(page);
  await page.getByRole("button", { name: "Upload a file of 24 MB" }).click();
}

/** Waits for the first part of this user that OSS has taken. */
async function partsOf(user: string): Promise<void> {
  await expect.poll(() => answersFor(demo.stage, user), { timeout: 5000 }).toContain("UploadPart 200");
}

async function arrived(page: Page): Promise<void> {
  await page.locator('.row-upload[data-state="done"]').waitFor();
  await page.locator(".tile", { hasText: "24 MB test file.bin" }).waitFor();
}

function shareOf(bar: ReturnType<Page["locator"]>): Promise<number> {
  return bar.evaluate((element) => (element as unknown as { readonly value: number }).value);
}

function renewals(page: Page): Promise<readonly string[]> {
  return page.locator(".renewals li b").allTextContents();
}
