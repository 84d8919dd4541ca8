import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { appendFile, mkdtemp, open, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import type { CorsRule, StoredObject } from "../../sandbox/world.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { faultsOf } from "../support/page-faults.ts";

let stage: Stage;
let browser: Browser;
/** upload-page.js with the client, as a browser takes it. */
let script: string;
let folder: string;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  [stage, browser, script, folder] = await Promise.all([
    startStage({ port: 0, orFree: true, allowedOrigins: "the page's" }),
    startChromium(),
    bundled("upload-page.js"),
    mkdtemp(join(tmpdir(), "oss-valet-upload-")),
  ]);
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await Promise.all([browser.close(), stage.stop(), rm(folder, { recursive: true })]);
});

beforeEach(() => {
  if (CHROMIUM_PATH === undefined) return;
  stage.sandbox.world.journal.splice(0);
  bucket().objects.clear();
  bucket().uploads.clear();
});

const MEBIBYTE = 1024 * 1024;

describe.skipIf(CHROMIUM_PATH === undefined)("oss-valet-client/upload in Chromium", () => {
  it("puts a small file with a name of any characters, lists it, links to it, removes it", async () => {
    const { page, faults } = await opened();
    const name = "été & 上传 (1)+%#?*'.txt";
    await page.setInputFiles("#chosen", { name, mimeType: "text/plain", buffer: Buffer.from("bonjour") });
    await call(page, "start", {});
    const key = `users/alice/${name}`;
    expect(await call(page, "done")).toEqual({
      value: { key, bytes: 7, etag: '"F02368945726D5FC2A14EB576F7276C0"', crc64: object(key)?.crc64 },
    });
    expect(object(key)?.headers).toMatchObject({ "content-type": "text/plain" });
    expect(await call(page, "list", {})).toMatchObject({ files: [{ key, size: 7 }], folders: [] });
    const link = (await call(page, "url", key, { download: name })) as string;
    expect(await (await fetch(link)).text()).toBe("bonjour");
    await call(page, "remove", key);
    expect(object(key)).toBeUndefined();
    expect(faults).toEqual([]);
  });

  it("sends 64 MB, is paused, goes on after a reload of the page, and every byte is there", async () => {
    const path = await fileOf(64 * MEBIBYTE, "film.mp4");
    const { page, faults } = await opened();
    await page.setInputFiles("#chosen", path);
    await call(page, "start", {}, 24 * MEBIBYTE);
    await expect.poll(() => call(page, "state"), { timeout: 15_000 }).toBe("paused");
    const [upload] = bucket().uploads.values();
    const [kept = "", ...more] = (await call(page, "kept")) as string[];
    expect(more).toEqual([]);
    expect(kept).toContain(upload?.id);
    for (const secret of (await call(page, "keys")) as string[]) expect(kept).not.toContain(secret);

    await page.reload();
    await prepared(page);
    await page.setInputFiles("#chosen", path);
    stage.sandbox.world.journal.splice(0);
    await call(page, "start", {});
    const { value } = (await call(page, "done")) as { readonly value: { readonly crc64: string } };
    const sent = operations().filter((line) => line === "UploadPart 200").length;
    expect(sent).toBeLessThanOrEqual(16 - Math.floor(24 / 4) + 3);
    expect(operations().filter((line) => line.startsWith("Initiate"))).toEqual([]);
    expect(value.crc64).toBe(object("users/alice/film.mp4")?.crc64);
    expect(await digestOfObject("users/alice/film.mp4")).toBe(await digestOf(path));
    expect(await call(page, "kept")).toEqual([]);
    const progress = (await page.evaluate("app.progress")) as number[];
    expect(Math.max(...progress)).toBe(64 * MEBIBYTE);
    expect(faults).toEqual([]);
  });

  it("says how much of a part has left while it is under way, which only XMLHttpRequest knows", async () => {
    const { page } = await opened();
    await page.setInputFiles("#chosen", await fileOf(8 * MEBIBYTE, "film.mp4"));
    // Loopback takes a part between two events.
    const chromium = await page.context().newCDPSession(page);
    await chromium.send("Network.enable");
    const uploadThroughput = 4 * MEBIBYTE;
    await chromium.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
    await call(page, "start", {});
    await call(page, "done");
    const progress = (await page.evaluate("app.progress")) as number[];
    expect(progress.some((bytes) => bytes % (4 * MEBIBYTE) !== 0)).toBe(true);
    expect(Math.max(...progress)).toBe(8 * MEBIBYTE);
  });

  it("abort leaves nothing: not in OSS, not in the page", async () => {
    const path = await fileOf(20 * MEBIBYTE, "film.mp4");
    const { page } = await opened();
    await page.setInputFiles("#chosen", path);
    await call(page, "start", {}, 4 * MEBIBYTE);
    await expect.poll(() => call(page, "state"), { timeout: 15_000 }).toBe("paused");
    await call(page, "abort");
    expect((await call(page, "done")) as object).toMatchObject({ error: { name: "AbortError" } });
    expect(bucket().uploads.size).toBe(0);
    expect(await call(page, "kept")).toEqual([]);
  });

  it("notices a file that changes on the disk while it is sent", async () => {
    const path = await fileOf(20 * MEBIBYTE, "changes.mp4");
    const { page } = await opened();
    await page.setInputFiles("#chosen", path);
    await call(page, "start", {}, 4 * MEBIBYTE);
    await expect.poll(() => call(page, "state"), { timeout: 15_000 }).toBe("paused");
    await appendFile(path, "more");
    await utimes(path, new Date(), new Date(Date.now() + 5000));
    await call(page, "resume");
    expect(await call(page, "done")).toMatchObject({ error: { name: "ValetError", code: "FileChanged" } });
    expect(bucket().objects.size).toBe(0);
  });

  it("says what the bucket's CORS rule lacks when the page cannot see the ETag", async () => {
    changeCors((rule) => ({ ...rule, exposeHeaders: [] }));
    const { page, faults } = await opened();
    await page.setInputFiles("#chosen", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
    await call(page, "start", {});
    expect(await call(page, "done")).toMatchObject({
      error: {
        code: "InvalidAnswer",
        message: "no ETag: the bucket's CORS rule must expose it",
      },
    });
    expect(faults).toEqual([]);
  });

  it("compares no checksums that the page cannot see, and writes no error to the console", async () => {
    changeCors((rule) => ({ ...rule, exposeHeaders: ["ETag"] }));
    const { page, faults } = await opened();
    await page.setInputFiles("#chosen", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
    await call(page, "start", {});
    const { value } = (await call(page, "done")) as { readonly value: object };
    expect(value).toMatchObject({ bytes: 1 });
    expect(value).not.toHaveProperty("crc64", expect.anything());
    expect(faults).toEqual([]);
  });
});

/** A page with upload-page.js, where alice is signed in. */
async function opened(): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ bypassCSP: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page);
  await page.goto(stage.pageUrl);
  await prepared(page);
  return { page, faults };
}

async function prepared(page: Page): Promise<void> {
  await page.addScriptTag({ content: script, type: "module" });
  await page.waitForFunction("globalThis.app !== undefined");
  await page.evaluate(`document.body.insertAdjacentHTML("beforeend", '<input type="file" id="chosen">')`);
  await call(page, "signIn", stage.credentialsUrl, appTokenFor(stage, "alice", { seconds: 3600 }));
}

/** Has the page of upload-page.js do something. */
function call(page: Page, name: string, ...args: readonly unknown[]): Promise<unknown> {
  return page.evaluate(`app[${JSON.stringify(name)}](...${JSON.stringify(args)})`);
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, entry)],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

/** A file on the disk, as a user's: browsers do not hold it in memory. No two of its parts are alike. */
async function fileOf(bytes: number, name: string): Promise<string> {
  const path = join(folder, name);
  const file = await open(path, "w");
  for (let at = 0; at < bytes; at += MEBIBYTE) await file.write(Buffer.alloc(MEBIBYTE, `mebibyte ${at}.`));
  await file.close();
  return path;
}

function digestOf(path: string): Promise<string> {
  return digest(createReadStream(path));
}

function digestOfObject(key: string): Promise<string> {
  const { content } = object(key) ?? {};
  if (content?.kind !== "file") throw new Error(`${key} is not in a file`);
  return digest(createReadStream(content.path));
}

async function digest(stream: NodeJS.ReadableStream): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

function bucket() {
  const found = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  if (found === undefined) throw new Error("the stage has no bucket");
  return found;
}

function object(key: string): StoredObject | undefined {
  return bucket().objects.get(key);
}

function changeCors(change: (rule: CorsRule) => CorsRule): void {
  const { cors } = bucket();
  bucket().cors = cors.map(change);
  onTestFinished(() => {
    bucket().cors = cors;
  });
}

/** What OSS was asked, with status and code. */
function operations(): readonly string[] {
  return stage.sandbox.world.journal
    .filter(({ service }) => service === "oss")
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}
