import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import type { CorsRule } from "../../sandbox/world.ts";
import type { UploadForm, UploadsBody } from "../../shared/wire.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { faultsOf } from "../support/page-faults.ts";

let stage: Stage;
let browser: Browser;
/** forms-page.js with the client, as a browser takes it. */
let script: string;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  [stage, browser, script] = await Promise.all([
    startStage({ port: 0, orFree: true, allowedOrigins: "the page's" }),
    startChromium(),
    bundled("forms-page.js"),
  ]);
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await Promise.all([browser.close(), stage.stop()]);
});

beforeEach(() => {
  if (CHROMIUM_PATH === undefined) return;
  stage.sandbox.world.journal.splice(0);
  bucket().objects.clear();
});

describe.skipIf(CHROMIUM_PATH === undefined)("oss-valet-client/forms in Chromium", () => {
  it("uploads a file with a name of any characters, tells the progress, and calls no STS", async () => {
    const { page, faults } = await opened();
    const name = "été & 上传 (1)+%#?*'.txt";
    await choose(page, name, "bonjour");
    const key = `forms/alice/${name}`;
    expect(await call(page, "upload", {})).toEqual({
      value: { key, bytes: 7, etag: expect.stringMatching(/^"[0-9A-F]{32}"$/) },
    });
    expect(object(key)?.headers).toMatchObject({ "content-type": "text/plain" });
    expect(await page.evaluate("app.progress.at(-1)")).toEqual({ loaded: 7, total: 7 });
    expect(calls("sts")).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("tells what the function and OSS refuse", async () => {
    const { page } = await opened();
    await choose(page, "a.txt", "first");
    expect(await call(page, "upload", { key: "forms/bob/a.txt" })).toMatchObject({
      error: { code: "AccessDenied", source: "valet", status: 403, message: "No rule grants files[0]." },
    });
    expect(await call(page, "upload", { contentType: "text/html" })).toMatchObject({
      error: { code: "AccessDenied", source: "valet", status: 403 },
    });
    expect(await call(page, "upload", {})).toHaveProperty("value");
    expect(await call(page, "upload", {})).toMatchObject({
      error: { code: "FileAlreadyExists", source: "oss", status: 409, retryable: false },
    });
    expect(calls("oss")).toEqual(["PostObject 200", "PostObject 409 FileAlreadyExists"]);
  });

  it("needs no header that the bucket's CORS rule would have to expose", async () => {
    changeCors((rule) => ({ ...rule, exposeHeaders: [] }));
    const { page, faults } = await opened();
    await choose(page, "a.txt", "bonjour");
    expect(await call(page, "upload", {})).toEqual({
      value: { key: "forms/alice/a.txt", bytes: 7, etag: "" },
    });
    expect(faults).toEqual([]);
  });

  it("says that a CORS rule may be missing, and stores nothing without one", async () => {
    changeCors((rule) => ({ ...rule, allowedOrigins: ["https://another.example.com"] }));
    const { page } = await opened();
    await choose(page, "a.txt", "bonjour");
    expect(await call(page, "upload", {})).toMatchObject({
      error: { code: "NetworkError", message: expect.stringContaining("CORS") },
    });
    // Whoever wants to know the progress asks first (preflight).
    expect(object("forms/alice/a.txt")).toBeUndefined();
  });

  it("takes the App token nowhere that a redirect leads", async () => {
    const { page } = await opened();
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      if (request.method !== "OPTIONS") asked.push(request.url);
      response.writeHead(request.method === "OPTIONS" ? 204 : 307, {
        Location: "/elsewhere",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Headers": "authorization, content-type",
      });
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await signIn(page, `http://127.0.0.1:${port}/uploads`);
    expect(await call(page, "urls", ["forms/alice/a.txt"])).toMatchObject({
      error: { code: "NetworkError" },
    });
    expect(new Set(asked)).toEqual(new Set(["/downloads"]));
  });

  it("is what upload takes for a folder that the credentials do not open", async () => {
    const { page, faults } = await opened();
    await choose(page, "a.txt", "bonjour");
    expect(await call(page, "uploadWithCredentials", { key: "forms/alice/b.txt" })).toMatchObject({
      value: { key: "forms/alice/b.txt", bytes: 7 },
    });
    expect(await call(page, "uploadWithCredentials", { key: "users/alice/b.txt" })).toMatchObject({
      value: { key: "users/alice/b.txt", bytes: 7 },
    });
    expect(calls("oss")).toEqual(["PostObject 200", "PutObject 200"]);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(CHROMIUM_PATH === undefined)("a plain HTML form in Chromium", () => {
  it("stores the file, without a line of JavaScript and without CORS", async () => {
    changeCors((rule) => ({ ...rule, allowedOrigins: ["https://another.example.com"] }));
    const form = await formFor({ key: "forms/alice/a.txt", contentType: "text/plain" });
    expect(await sent(form, "bonjour")).toEqual([200, undefined]);
    expect(object(form.Key)?.headers).toMatchObject({ "content-type": "text/plain" });
    expect(object(form.Key)?.content.size).toBe(7);
  });

  const change = (change: (fields: Record<string, string>) => Record<string, string>) => change;

  it.each([
    ["another key", change((fields) => ({ ...fields, key: "forms/bob/a.txt" })), [403, "AccessDenied"]],
    [
      "another type",
      change((fields) => ({ ...fields, "Content-Type": "text/html", "x-oss-content-type": "text/html" })),
      [403, "AccessDenied"],
    ],
    [
      "leave to overwrite",
      change((fields) => ({ ...fields, "x-oss-forbid-overwrite": "false" })),
      [403, "AccessDenied"],
    ],
    [
      "another status",
      change((fields) => ({ ...fields, success_action_status: "201" })),
      [403, "AccessDenied"],
    ],
    [
      "another signature",
      change((fields) => ({ ...fields, "x-oss-signature": "0".repeat(64) })),
      [403, "SignatureDoesNotMatch"],
    ],
  ])("is refused with %s", async (_what, changed, refusal) => {
    const form = await formFor({ key: "forms/alice/a.txt", contentType: "text/plain" });
    expect(await sent({ ...form, Fields: changed({ ...form.Fields }) }, "bonjour")).toEqual(refusal);
    expect(bucket().objects.size).toBe(0);
  });

  it.each([
    ["a byte too many", "bonjour!", "EntityTooLarge"],
    ["a byte too few", "bonjou", "EntityTooSmall"],
  ])("is refused with %s", async (_what, text, code) => {
    const form = await formFor({ key: "forms/alice/a.txt", contentType: "text/plain", bytes: 7 });
    expect(await sent(form, text)).toEqual([400, code]);
    expect(bucket().objects.size).toBe(0);
  });

  it("is refused when it has ended", async () => {
    const form = await formFor({ key: "forms/alice/a.txt", contentType: "text/plain" });
    stage.sandbox.clock.skew(16 * 60_000);
    onTestFinished(() => stage.sandbox.clock.skew(0));
    expect(await sent(form, "bonjour")).toEqual([403, "AccessDenied"]);
    expect(bucket().objects.size).toBe(0);
  });
});

/** A page with forms-page.js, where alice is signed in. */
async function opened(): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const context = await browser.newContext({ bypassCSP: true });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults = faultsOf(page);
  await page.goto(stage.pageUrl);
  await page.addScriptTag({ content: script, type: "module" });
  await page.waitForFunction("globalThis.app !== undefined");
  await page.evaluate(`document.body.insertAdjacentHTML("beforeend", '<input type="file" id="chosen">')`);
  await signIn(page, stage.uploadsUrl);
  return { page, faults };
}

function signIn(page: Page, uploadsUrl: string): Promise<unknown> {
  const { credentialsUrl } = stage;
  return call(page, "signIn", { uploadsUrl, credentialsUrl, token: tokenOfAlice() });
}

function choose(page: Page, name: string, text: string): Promise<void> {
  return page.setInputFiles("#chosen", { name, mimeType: "text/plain", buffer: Buffer.from(text) });
}

/** Has the page of forms-page.js do something. */
function call(page: Page, name: string, ...args: readonly unknown[]): Promise<unknown> {
  return page.evaluate(`app[${JSON.stringify(name)}](...${JSON.stringify(args)})`);
}

/** A form of /uploads, as an App's own server asks for it. */
async function formFor(file: object): Promise<UploadForm> {
  const response = await fetch(stage.uploadsUrl, {
    method: "POST",
    headers: { Authorization: `Bearer ${tokenOfAlice()}`, "Content-Type": "application/json" },
    body: JSON.stringify({ files: [file] }),
  });
  const [form] = ((await response.json()) as UploadsBody).Uploads;
  if (form === undefined) throw new Error("no form");
  return form;
}

/** Submits a plain form. Gives status and code of OSS's answer, which is the next page. */
async function sent(form: UploadForm, text: string): Promise<readonly [number, string | undefined]> {
  const { page } = await opened();
  await call(page, "showForm", form);
  const file = { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from(text) };
  await page.setInputFiles("#plain-file", file);
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.click("#plain button");
  const response = await answer;
  const body = (await response.body()).toString("utf8");
  return [response.status(), /<Code>(.*?)<\/Code>/.exec(body)?.[1]];
}

function tokenOfAlice(): string {
  return appTokenFor(stage, "alice", { seconds: 3600 });
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

function bucket() {
  const found = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  if (found === undefined) throw new Error("the stage has no bucket");
  return found;
}

function object(key: string) {
  return bucket().objects.get(key);
}

function changeCors(change: (rule: CorsRule) => CorsRule): void {
  const { cors } = bucket();
  bucket().cors = cors.map(change);
  onTestFinished(() => {
    bucket().cors = cors;
  });
}

/** What a service was asked, with status and code; without preflights. */
function calls(service: "oss" | "sts"): readonly string[] {
  return stage.sandbox.world.journal
    .filter((entry) => entry.service === service && entry.operation !== "OptionObject")
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}
