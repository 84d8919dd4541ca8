import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesOf } from "../interop/recipes/page.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf } from "../support/uploads-service.ts";

// The programs of docs/recipes as they stand there, against the function and the sandbox's OSS.

const ROOT = join(import.meta.dirname, "../..");
const oss = await ossForTests();
const service = await uploadsForTests(oss);
const folder = mkdtempSync(join(tmpdir(), "oss-valet-form-recipes-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PHOTO = join(folder, "cat.jpg");
writeFileSync(PHOTO, "a photo");

function fileOf(page: string, name: string): string {
  const text = filesOf(readFileSync(join(ROOT, "docs/recipes", page), "utf8")).get(name);
  if (text === undefined) throw new Error(`${page} has no ${name}`);
  return text;
}

const stored = (key: string) => {
  const object = oss.bucket.objects.get(key);
  return object && { type: object.headers["content-type"], size: object.content.size };
};

const environment = () => ({
  PATH: process.env["PATH"] ?? "",
  VALET_URL: service.endpoint,
  APP_TOKEN: appTokenOf("alice"),
});

describe("curl.md", () => {
  const run = async (name: string, ...args: readonly string[]) => {
    writeFileSync(join(folder, name), fileOf("curl.md", name));
    return promisify(execFile)("sh", [join(folder, name), ...args], { env: environment(), cwd: folder }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: { code: number; stdout: string }) => ({ code: error.code, stdout: error.stdout }),
    );
  };

  it("uploads a file, and downloads it again", async () => {
    expect(await run("upload.sh", PHOTO)).toEqual({ code: 0, stdout: "" });
    expect(stored("photos/alice/cat.jpg")).toEqual({ type: "image/jpeg", size: 7 });
    expect((await run("download.sh", "photos/alice/cat.jpg", join(folder, "copy.jpg"))).code).toBe(0);
    expect(readFileSync(join(folder, "copy.jpg"), "utf8")).toBe("a photo");
  });

  it("fails with OSS's answer, and when the function refuses", async () => {
    await run("upload.sh", PHOTO);
    const again = await run("upload.sh", PHOTO);
    expect([again.code, again.stdout]).toEqual([
      22,
      expect.stringContaining("<Code>FileAlreadyExists</Code>"),
    ]);
    expect((await run("upload.sh", PHOTO, "b.html", "text/html")).code).not.toBe(0);
    expect([...oss.bucket.objects.keys()]).toEqual(["photos/alice/cat.jpg"]);
  });

  it.each(["a;type=text,b.jpg", "-n.jpg", "@a.jpg", "<a.jpg", "my cat's $(id).jpg", "猫.jpg"])(
    "stores %j under its own name: a shell or curl takes it for nothing else",
    async (name) => {
      writeFileSync(join(folder, name), "a photo");
      expect(await run("upload.sh", name)).toEqual({ code: 0, stdout: "" });
      expect([...oss.bucket.objects.keys()]).toEqual([`photos/alice/${name}`]);
      expect(stored(`photos/alice/${name}`)).toEqual({ type: "image/jpeg", size: 7 });
    },
  );

  it("asks for no form where there is no file", async () => {
    const before = service.asked.length;
    expect((await run("upload.sh", "no-such-file.jpg")).code).not.toBe(0);
    expect(service.asked.length).toBe(before);
  });
});

describe("html-form.md", () => {
  let child: ChildProcess;
  let page: string;

  const start = async (more: object = {}) => {
    writeFileSync(join(folder, "server.mjs"), fileOf("html-form.md", "server.mjs"));
    const env = { ...environment(), PORT: "0", ...more };
    child = spawn(process.execPath, [join(folder, "server.mjs")], { env });
    page = await new Promise((resolve, reject) => {
      child.stdout?.once("data", (line: Buffer) => resolve(line.toString("utf8").trim()));
      child.once("exit", reject);
    });
  };
  beforeEach(() => start());
  afterEach(() => void child.kill());

  it("writes the fields into the page in their order, the file last, and no App token", async () => {
    const html = await (await fetch(page)).text();
    const names = [...html.matchAll(/<input [^>]*name="([^"]+)"/g)].map(([, name]) => name);
    expect([names[0], names.at(-1)]).toEqual(["key", "file"]);
    expect(html).not.toContain(appTokenOf("alice").split(".")[1]);
  });

  it("says that there is no form, and goes on, when the function refuses or does not answer", async () => {
    service.next(403, { Code: "AccessDenied", Message: "No <rule> grants files[0]." });
    const refused = await fetch(page);
    expect([refused.status, await refused.text()]).toEqual([
      502,
      "<p>No upload now: No &#60;rule&#62; grants files[0].",
    ]);
    child.kill();
    await start({ VALET_URL: "http://127.0.0.1:1/uploads" });
    for (const response of [await fetch(page), await fetch(page)])
      expect([response.status, await response.text()]).toEqual([502, "<p>No upload now: "]);
  });

  it.skipIf(CHROMIUM_PATH === undefined)("stores a file that a browser posts (CHROMIUM_PATH)", async () => {
    const browser = await startChromium();
    try {
      const tab = await browser.newPage();
      await tab.goto(page);
      await tab.setInputFiles("input[type=file]", PHOTO);
      const key = await tab.getAttribute('input[name="key"]', "value");
      const [answer] = await Promise.all([
        tab.waitForResponse((response) => response.request().method() === "POST"),
        tab.click("button"),
      ]);
      expect(answer.status()).toBe(200);
      expect(stored(key ?? "")).toEqual({ type: "image/jpeg", size: 7 });
    } finally {
      await browser.close();
    }
  });
});
