import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import type { CorsRule } from "../../sandbox/world.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";

const SDK = join(
  dirname(createRequire(import.meta.url).resolve("ali-oss/package.json")),
  "dist/aliyun-oss-sdk.min.js",
);

const CLIENT = join(import.meta.dirname, "../../client/src");
const PACKAGE = {
  "oss-valet-client/ali-oss": join(CLIENT, "ali-oss.ts"),
  "oss-valet-client": join(CLIENT, "index.ts"),
};

let stage: Stage;
let browser: Browser;
/** One page for all tests that ask it something: each signs in anew, and takes a key that no other has taken. */
let ask: Ask;
let keysTaken = 0;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  [stage, browser] = await Promise.all([
    startStage({ port: 0, orFree: true, allowedOrigins: "the page's" }),
    startChromium(),
  ]);
  ask = await openForAsking(stage.pageUrl);
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await Promise.all([browser.close(), stage.stop()]);
});

describe.skipIf(CHROMIUM_PATH === undefined)(
  "ali-oss' browser build in Chromium (CHROMIUM_PATH or /usr/bin/chromium)",
  () => {
    beforeEach(() => {
      stage.sandbox.world.journal.splice(0);
    });

    describe("CORS of /credentials", () => {
      it("lets in the page that ALLOWED_ORIGINS names, after the browser has asked", async () => {
        const { value } = await ask("start", { appToken: tokenOf("alice") });
        expect(value).toBe("users/alice/");
        await expect.poll(() => audited(`"OPTIONS"`)).toContainEqual(expect.stringContaining(`"status":204`));
      });

      it("keeps out every other origin: the browser sends no token there, and STS is not asked", async () => {
        const askElsewhere = await openForAsking(stage.pageUrl.replace("127.0.0.1", "localhost"));
        const { error } = await askElsewhere("start", { appToken: tokenOf("alice") });
        expect(error).toMatchObject({ name: "ValetError", code: "NetworkError" });
        expect(operations("sts")).toEqual([]);
      });

      it("lets the page read a refusal: status, code and request id", async () => {
        const { error } = await ask("start", { appToken: "no.app.token" });
        expect(error).toMatchObject({ name: "ValetError", status: 401, code: "InvalidToken" });
      });
    });

    describe("CORS of OSS", () => {
      it("lets in the page that a rule of the bucket names, after the browser has asked", async () => {
        await signIn("alice");
        expect(await ask("put", freshKey(), "x")).toEqual({ value: 200 });
        expect(operations("oss")).toEqual(["OptionObject 200", "PutObject 200"]);
      });

      it.each<[string, (rule: CorsRule) => CorsRule[]]>([
        ["a bucket without rules", () => []],
        ["a rule for another origin", (rule) => [{ ...rule, allowedOrigins: ["https://app.example.com"] }]],
        ["a rule without the method", (rule) => [{ ...rule, allowedMethods: ["GET"] }]],
        [
          "a rule without the security token's header",
          (rule) => [
            {
              ...rule,
              allowedHeaders: [
                "authorization",
                "content-type",
                "x-oss-content-sha256",
                "x-oss-date",
                "x-oss-user-agent",
              ],
            },
          ],
        ],
      ])("keeps the page out with %s: the browser does not even send the upload", async (_case, change) => {
        await signIn("alice");
        changeCors(change);
        expect((await ask("put", freshKey(), "x")).error).toMatchObject({ code: "RequestError" });
        expect(operations("oss")).toEqual(["OptionObject 403 AccessForbidden"]);
      });

      it("needs ETag exposed for an upload in parts; ali-oss says so", async () => {
        await signIn("alice");
        changeCors((rule) => [{ ...rule, exposeHeaders: [] }]);
        const upload = await ask("multipartUpload", freshKey(), PARTS);
        expect(upload.error?.message).toContain("set the etag of expose-headers");
      });
    });

    describe("a user's folder", () => {
      it.each([
        ["the bucket in the host, as on the real OSS", { sldEnable: false }],
        ["the bucket in the path", { sldEnable: true }],
      ])("takes put, list, get, a signed link and delete, with %s", async (_case, options) => {
        await signIn("alice", { options });
        const key = "users/alice/été & co/a+b (1)*'!~%.txt";
        expect(await ask("put", key, "bonjour")).toEqual({ value: 200 });
        expect(await ask("list", "users/alice/été & co/")).toEqual({ value: [key] });
        expect(await ask("get", key)).toEqual({ value: "bonjour" });
        expect(await ask("openLink", key, 60)).toEqual({ value: [200, "bonjour"] });
        expect(await ask("delete", key)).toEqual({ value: 204 });
        expect((await ask("get", key)).error).toMatchObject({ status: 404, code: "NoSuchKey" });
      });

      it("takes an upload in parts, and gives back every byte of it", async () => {
        await signIn("alice");
        expect(await ask("multipartUpload", freshKey(), PARTS)).toEqual({ value: PARTS.bytes });
        expect(operations("oss").filter((name) => name.startsWith("UploadPart"))).toHaveLength(3);
      });

      it("is closed to everybody else, for each operation", async () => {
        await signIn("bob");
        expect(await ask("put", "users/bob/b.txt", "his")).toEqual({ value: 200 });
        await signIn("alice");
        for (const [name, ...args] of [
          ["put", "users/bob/b.txt", "hers"],
          ["get", "users/bob/b.txt"],
          ["list", "users/bob/"],
          ["list", "users/"],
          ["delete", "users/bob/b.txt"],
          ["multipartUpload", "users/bob/film.mp4", PARTS],
        ] as const) {
          const { error } = await ask(name, ...args);
          expect(error, name).toMatchObject({ status: 403, code: "AccessDenied" });
        }
        expect((await ask("openLink", "users/bob/b.txt", 60)).value).toEqual([
          403,
          expect.stringContaining("<Code>AccessDenied</Code>"),
        ]);
        await signIn("bob");
        expect(await ask("get", "users/bob/b.txt")).toEqual({ value: "his" });
      });
    });
  },
);

/** 100 KB is the smallest part that OSS takes. */
const PARTS = { bytes: 250 * 1024, partSize: 100 * 1024 };

interface Reply {
  readonly value?: unknown;
  readonly error?: {
    readonly name: string;
    readonly code?: string;
    readonly status?: number;
    readonly message: string;
  };
}

/** Has the page of page.js do something. */
type Ask = (name: string, ...args: readonly unknown[]) => Promise<Reply>;

/** In a browser that remembers nothing. */
async function newPage(origin: string): Promise<Page> {
  const context = await browser.newContext({ bypassCSP: true });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  await page.goto(`${origin}/`);
  return page;
}

/** The demo App's page, with ali-oss and page.js in it. No Playwright routes: where there is one, it answers preflights itself. */
async function openForAsking(origin: string): Promise<Ask> {
  const page = await newPage(origin);
  await page.addScriptTag({ path: SDK });
  const entryPoints = [join(import.meta.dirname, "page.js")];
  const { outputFiles } = await build({
    entryPoints,
    bundle: true,
    format: "esm",
    write: false,
    alias: PACKAGE,
  });
  await page.addScriptTag({ content: outputFiles[0]?.text ?? "", type: "module" });
  await page.waitForFunction("globalThis.ask !== undefined");
  return (name, ...args) =>
    page.evaluate(([name, args]) => (globalThis as unknown as { readonly ask: Ask }).ask(name, ...args), [
      name,
      args,
    ] as const);
}

async function signIn(sub: string, settings: object = {}): Promise<void> {
  const { error } = await ask("start", { appToken: tokenOf(sub), ...settings });
  expect(error).toBeUndefined();
}

/** No browser has asked yet whether this page may write it. */
function freshKey(): string {
  keysTaken += 1;
  return `users/alice/${keysTaken}.bin`;
}

function tokenOf(sub: string): string {
  return appTokenFor(stage, sub, { seconds: 3600 });
}

function changeCors(change: (rule: CorsRule) => CorsRule[]): void {
  const bucket = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  const [rule] = bucket?.cors ?? [];
  if (bucket === undefined || rule === undefined) throw new Error("the stage's bucket has no CORS rule");
  bucket.cors = change(rule);
  onTestFinished(() => {
    bucket.cors = [rule];
  });
}

/** What a service was asked since the test began, with status and code. */
function operations(service: "oss" | "sts"): readonly string[] {
  return stage.sandbox.world.journal
    .filter((entry) => entry.service === service)
    .map(({ operation, status, code }) => [operation, status, code].filter(Boolean).join(" "));
}

/** The function's own lines that hold this text. */
function audited(text: string): readonly string[] {
  return stage.log().filter((line) => line.includes(text));
}
