import { readFileSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Page } from "playwright-core";
import { appTokenFor, startStage } from "../../cli/dev/stage.ts";
import { optionsOrUsage } from "../../scripts/command-line.ts";
import { startChromium } from "../support/chromium.ts";

const USAGE = `npx tsx test/bench/upload-browser.ts [--mebibytes N]

  Uploads a file of N MiB (default 1024) in Chromium to the local OSS: with oss-valet-client, paused at the half, the page
  reloaded, resumed; and with ali-oss in one go. Prints bytes shipped, seconds, and the most memory that the page had.`;

const { mebibytes } = optionsOrUsage({ mebibytes: { type: "string", default: "1024" } }, USAGE);
const MEBIBYTE = 1024 * 1024;
const BYTES = Number(mebibytes) * MEBIBYTE;
const BROWSER = join(import.meta.dirname, "../browser");
const SDK = join(
  dirname(createRequire(import.meta.url).resolve("ali-oss/package.json")),
  "dist/aliyun-oss-sdk.min.js",
);

const folder = await mkdtemp(join(tmpdir(), "oss-valet-bench-"));
const stage = await startStage({ port: 0, orFree: true, allowedOrigins: "the page's" });
const browser = await startChromium();
try {
  const path = join(folder, "film.mp4");
  const file = await open(path, "w");
  for (let at = 0; at < BYTES; at += MEBIBYTE) await file.write(Buffer.alloc(MEBIBYTE, `mebibyte ${at}.`));
  await file.close();
  const script = await bundled({ entryPoints: [join(BROWSER, "upload-page.js")] });
  const entry = await bundled({ entryPoints: [join(BROWSER, "../../client/src/upload.ts")] });
  const token = appTokenFor(stage, "alice", { seconds: 3600 });
  const rows: string[][] = [["", "gzipped", "seconds", "page's memory, at most", "above an idle page"]];

  {
    const { page, memory } = await opened();
    const prepared = async () => {
      await page.addScriptTag({ content: script, type: "module" });
      await chooser(page, path);
      await page.evaluate(`app.signIn(...${JSON.stringify([stage.credentialsUrl, token])})`);
    };
    await prepared();
    const idle = await memory.now();
    const startedMs = performance.now();
    await page.evaluate(`app.start({}, ${BYTES / 2})`);
    await page.waitForFunction("app.state() === 'paused'", undefined, { timeout: 0 });
    await page.reload();
    await prepared();
    const { value, error } = (await page.evaluate("app.start({}), app.done()")) as {
      readonly value?: { readonly crc64: string };
      readonly error?: object;
    };
    const seconds = (performance.now() - startedMs) / 1000;
    const object = bucket().objects.get("users/alice/film.mp4");
    if (value === undefined || value.crc64 !== object?.crc64 || object.content.size !== BYTES) {
      throw new Error(`the upload failed: ${JSON.stringify(error)}`);
    }
    rows.push(row("oss-valet-client/upload, paused and reloaded", entry, seconds, memory.most(), idle));
    await page.context().close();
  }
  {
    const { page, memory } = await opened();
    await page.addScriptTag({ content: readFileSync(SDK, "utf8") });
    await chooser(page, path);
    const idle = await memory.now();
    const startedMs = performance.now();
    const answer = await fetch(`${stage.credentialsUrl}?format=ali-oss`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const options = { ...((await answer.json()) as object), sldEnable: true };
    // The defaults of ali-oss: parts of 1 MiB, five at a time. The credentials outlive the upload.
    await page.evaluate(`new OSS(${JSON.stringify(options)})
      .multipartUpload("users/alice/sdk.mp4", document.querySelector("#chosen").files[0], {}).then(() => undefined)`);
    const seconds = (performance.now() - startedMs) / 1000;
    if (bucket().objects.get("users/alice/sdk.mp4")?.content.size !== BYTES)
      throw new Error("ali-oss failed");
    rows.push(row("ali-oss, in one go", readFileSync(SDK, "utf8"), seconds, memory.most(), idle));
  }
  console.log(`${mebibytes} MiB, Chromium ${browser.version()}, the local OSS on the same machine`);
  for (const cells of rows)
    console.log(
      cells
        .map((cell, at) => cell.padEnd(at === 0 ? 46 : 24))
        .join("")
        .trimEnd(),
    );
} finally {
  await browser.close();
  await stage.stop();
  await rm(folder, { recursive: true });
}

function row(name: string, code: string, seconds: number, most: number, idle: number): string[] {
  const kB = gzipSync(code, { level: 9 }).length / 1000;
  return [
    name,
    `${kB.toFixed(1)} kB`,
    seconds.toFixed(1),
    `${most.toFixed(0)} MB`,
    `${(most - idle).toFixed(0)} MB`,
  ];
}

async function chooser(page: Page, path: string): Promise<void> {
  await page.evaluate(`document.body.insertAdjacentHTML("beforeend", '<input type="file" id="chosen">')`);
  await page.setInputFiles("#chosen", path);
}

interface Memory {
  readonly now: () => Promise<number>;
  readonly most: () => number;
}

/** A page on the stage's origin, and the resident memory of all processes that run pages, in MB, every 200 ms. */
async function opened(): Promise<{ readonly page: Page; readonly memory: Memory }> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  await page.goto(stage.pageUrl);
  const session = await browser.newBrowserCDPSession();
  let most = 0;
  const now = async () => {
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const pages = processInfo.filter(({ type }) => type === "renderer");
    const sizes = pages.map(({ id }) => residentMB(id));
    const largest = Math.max(0, ...sizes);
    most = Math.max(most, largest);
    return largest;
  };
  const timer = setInterval(() => void now().catch(() => undefined), 200);
  page.once("close", () => clearInterval(timer));
  return { page, memory: { now, most: () => most } };
}

/** Without files that are only mapped. Linux alone. */
function residentMB(processId: number): number {
  try {
    const [, kB] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${processId}/status`, "utf8")) ?? [];
    return Number(kB ?? 0) / 1000;
  } catch {
    // It has ended.
    return 0;
  }
}

function bucket() {
  const found = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  if (found === undefined) throw new Error("the stage has no bucket");
  return found;
}

async function bundled(options: { readonly entryPoints: string[] }): Promise<string> {
  const settings = { bundle: true, format: "esm", target: "es2022", minify: true, write: false } as const;
  const { outputFiles } = await build({ ...options, ...settings });
  return outputFiles[0]?.text ?? "";
}
