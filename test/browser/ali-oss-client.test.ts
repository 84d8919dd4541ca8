import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { appTokenFor, type Stage, startStage } from "../../cli/dev/stage.ts";
import { corsRuleFor } from "../../cli/dev/web-page.ts";
import { explainOssError } from "../../client/src/index.ts";
import { recipeProgram } from "../support/browser-recipe.ts";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";

const ROOT = join(import.meta.dirname, "../..");
const SDK = join(ROOT, "node_modules/ali-oss/dist/aliyun-oss-sdk.js");
/** Milliseconds: longer than the credentials live. */
const A_LIFE = 901_000;
let stage: Stage;
let browser: Browser;
let server: Server;
let page: Page;
let origin: string;
let keysTaken = 0;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  const [module, started, chromium] = await Promise.all([
    build({
      entryPoints: [join(ROOT, "test/client/ali-oss-page.ts")],
      bundle: true,
      format: "iife",
      write: false,
    }),
    startStage({ port: 0, orFree: true }),
    startChromium(),
  ]);
  [stage, browser] = [started, chromium];
  const files: Readonly<Record<string, string | Uint8Array | undefined>> = {
    "/": `<!doctype html><script src="/sdk.js"></script><script src="/page.js"></script>`,
    "/sdk.js": readFileSync(SDK),
    "/page.js": module.outputFiles[0]?.contents,
    "/recipe": "<!doctype html><progress id=bar></progress><p id=problem></p>",
    "/recipe.js": await recipeProgram(started.credentialsUrl),
  };
  server = createServer((request, response) => {
    response.setHeader("Content-Type", request.url?.endsWith(".js") ? "text/javascript" : "text/html");
    response.end(files[request.url ?? ""]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bucket = stage.sandbox.world.buckets.get(stage.sandbox.bucket);
  if (bucket) bucket.cors = [corsRuleFor([origin])];
  page = await browser.newPage();
  await page.exposeFunction("timePasses", (ms: number) => stage.sandbox.clock.advance(ms));
  await page.goto(origin);
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await browser.close();
  server.close();
  await stage.stop();
});

describe.skipIf(CHROMIUM_PATH === undefined)(
  "ossClient with ali-oss' browser build in Chromium (CHROMIUM_PATH or /usr/bin/chromium)",
  () => {
    beforeEach(() => {
      stage.sandbox.world.journal.splice(0);
      return () => stage.sandbox.clock.skew(0);
    });

    it("puts, gets and signs with credentials of the function", async () => {
      const key = await signedIn();
      expect(await ask("put", key, "bonjour")).toEqual({ value: 200 });
      expect(await ask("get", key)).toEqual({ value: "bonjour" });
      expect(await ask("openLink", key)).toEqual({ value: [200, "bonjour"] });
      expect(refusals()).toEqual([]);
    });

    it("uploads 24 parts across three renewals, and OSS refuses nothing", async () => {
      const key = await signedIn();
      const passed = { 6: A_LIFE, 12: A_LIFE, 18: A_LIFE };
      expect(await ask("multipart", key, 24, passed)).toEqual({ value: 24 * 102_400 });
      expect(requests("UploadPart 200")).toHaveLength(24);
      expect(refusals()).toEqual([]);
      expect(requests("AssumeRole 200")).toHaveLength(4);
    });

    it("stops an upload by cancel(), and goes on from the checkpoint after the keys have ended", async () => {
      const key = await signedIn();
      expect(await ask("multipart", key, 8, {}, 3)).toEqual({
        error: { name: "cancel", status: 0, code: undefined },
      });
      await ask("pass", A_LIFE);
      expect(await ask("multipart", key, 8, {})).toEqual({ value: 8 * 102_400 });
      expect(requests("UploadPart 200")).toHaveLength(8);
      expect(refusals()).toEqual([]);
    });

    it("sends 50 calls with new keys when the old ones have ended: one AssumeRole", async () => {
      const key = await signedIn();
      await ask("put", key, "a");
      await ask("pass", A_LIFE);
      expect(await ask("getMany", key, 50)).toEqual({ value: 50 });
      expect(refusals()).toEqual([]);
      expect(requests("AssumeRole 200")).toHaveLength(2);
    });

    it("sends a call once more when OSS says that the keys have ended, though the device's clock stood still", async () => {
      const key = await signedIn();
      stage.sandbox.clock.advance(A_LIFE);
      expect(await ask("put", key, "a")).toEqual({ value: 200 });
      expect(refusals()).toEqual(["PutObject 403 SecurityTokenExpired"]);
    });

    it.each([
      ["fast", -20],
      ["slow", 20],
    ])("works from the first call on when the device's clock is 20 minutes %s", async (_, minutes) => {
      stage.sandbox.clock.skew(minutes * 60_000);
      const key = await signedIn();
      expect(await ask("put", key, "a")).toEqual({ value: 200 });
      expect(await ask("openLink", key)).toEqual({ value: [200, "a"] });
      expect(refusals()).toEqual([]);
    });

    it("sets a clock right that goes wrong later, by ali-oss' own correction", async () => {
      const key = await signedIn();
      await ask("goWrong", 20 * 60_000);
      expect(await ask("put", key, "a")).toEqual({ value: 200 });
      expect(await ask("put", key, "b")).toEqual({ value: 200 });
      expect(refusals()).toEqual(["PutObject 403 RequestTimeTooSkewed"]);
    });

    it("runs docs/recipes/browser.md as it stands there", async () => {
      const recipe = await browser.newPage();
      await recipe.goto(`${origin}/recipe`);
      await recipe.evaluate(
        (token) =>
          Object.assign(globalThis, {
            login: { token: () => token },
            file: new File([new Uint8Array(2_500_000)], "film.mp4"),
          }),
        appTokenFor(stage, "alice", { seconds: 3600 }),
      );
      await recipe.addScriptTag({ url: "/recipe.js", type: "module" });
      await recipe.waitForFunction("globalThis.made !== undefined");
      const { bar, link, names, problem } = await recipe.evaluate<Record<string, string>>(
        "({ bar: bar.value, link: made.link, names: made.objects.map(({ name }) => name), problem: problem.textContent })",
      );
      expect(bar).toBe(1);
      expect(names).toContain("users/alice/film.mp4");
      expect((await (await fetch(link ?? "")).arrayBuffer()).byteLength).toBe(2_500_000);
      const { cause, fix } = explainOssError({ code: "AccessDenied", ecCode: "0003-00000301" });
      expect(problem).toBe(`${cause} ${fix}`);
      expect(requests("UploadPart 200")).toHaveLength(3);
      expect(refusals()).toEqual(["GetObject 403 AccessDenied"]);
      await recipe.close();
    });

    it("leaves AccessDenied to the App: one request, no new keys", async () => {
      await signedIn();
      expect(await ask("put", "users/bob/a.txt", "a")).toMatchObject({ error: { code: "AccessDenied" } });
      expect(refusals()).toEqual(["PutObject 403 AccessDenied"]);
      expect(requests("AssumeRole 200")).toHaveLength(1);
    });
  },
);

/** A user signs in whom nothing has been vended to yet. Gives a key that nobody has taken. */
async function signedIn(): Promise<string> {
  keysTaken += 1;
  const user = `alice${keysTaken}`;
  const token = appTokenFor(stage, user, { seconds: 36_000 });
  expect(await ask("signIn", stage.credentialsUrl, token)).toEqual({});
  return `users/${user}/client.bin`;
}

async function ask(name: string, ...args: readonly unknown[]): Promise<unknown> {
  return page.evaluate(
    ([name, args]) =>
      (globalThis as unknown as { ask: (name: string, args: readonly unknown[]) => unknown }).ask(name, args),
    [name, args] as const,
  );
}

function requests(outcome: string): readonly string[] {
  return outcomes().filter((one) => one === outcome);
}

function refusals(): readonly string[] {
  return outcomes().filter((one) => / [45]\d\d/.test(one));
}

function outcomes(): readonly string[] {
  return stage.sandbox.world.journal.map(({ operation, status, code }) =>
    [operation, status, code].filter(Boolean).join(" "),
  );
}
