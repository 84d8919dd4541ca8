import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import { fakeValet, tokenOf, vended } from "./fake-valet.ts";

let server: Server;
let browser: Browser;
let context: BrowserContext;
let origin: string;
let calls: string[] = [];
/** Runs before each answer of /credentials. */
let before: () => Promise<void>;

beforeAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  const module = await build({
    entryPoints: [join(import.meta.dirname, "../../client/src/index.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  server = createServer((request, response) => {
    const answer = (type: string, content: string | Uint8Array | undefined) =>
      response.setHeader("Content-Type", type).end(content);
    if (request.url === "/client.js") return answer("text/javascript", module.outputFiles[0]?.contents);
    if (request.url !== "/credentials") return answer("text/html", "<!doctype html>");
    calls.push(request.headers.authorization ?? "");
    const body = JSON.stringify(vended({ ...fakeValet(), nowMs: Date.now() }, calls.length));
    void before().then(() => answer("application/json", body));
    return response;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await startChromium();
});

afterAll(async () => {
  if (CHROMIUM_PATH === undefined) return;
  await browser.close();
  server.close();
});

describe.skipIf(CHROMIUM_PATH === undefined)(
  "tabs of one browser (CHROMIUM_PATH or /usr/bin/chromium)",
  () => {
    beforeEach(async () => {
      calls = [];
      before = async () => {};
      context = await browser.newContext();
      return () => context.close();
    });

    it("make one call when ten ask at the same moment", async () => {
      const tabs = await Promise.all(Array.from({ length: 10 }, () => openTab("alice")));
      const keys = await Promise.all(tabs.map(get));
      expect(new Set(keys)).toEqual(new Set(["STS.key1"]));
      expect(calls).toHaveLength(1);
    });

    it("give what they have to a tab that opens later", async () => {
      await get(await openTab("alice"));
      expect(await get(await openTab("alice"))).toBe("STS.key1");
      expect(calls).toHaveLength(1);
    });

    it("of two users share nothing", async () => {
      await get(await openTab("alice"));
      expect(await get(await openTab("bob"))).toBe("STS.key2");
      expect(calls).toEqual([`Bearer ${tokenOf("alice")}`, `Bearer ${tokenOf("bob")}`]);
    });

    it("share nothing where the App does not want it", async () => {
      await get(await openTab("alice", { tabs: false }));
      await get(await openTab("alice", { tabs: false }));
      expect(calls).toHaveLength(2);
    });

    it("do not give back credentials that OSS has refused", async () => {
      const [first, second] = [await openTab("alice"), await openTab("alice")];
      await get(first);
      await get(second);
      await first.evaluate("credentials.invalidate()");
      expect(await get(first)).toBe("STS.key2");
      expect(await get(second)).toBe("STS.key1");
      await second.evaluate("credentials.invalidate()");
      expect(await get(second)).toBe("STS.key2");
      expect(calls).toHaveLength(2);
    });

    it("all forget when the user signs out in one", async () => {
      const [first, second] = [await openTab("alice"), await openTab("alice")];
      await get(first);
      await get(second);
      await first.evaluate("credentials.forget()");
      await expect.poll(() => get(second)).toBe("STS.key2");
    });

    it("forget what they have stored, too, when the user signs out in one", async () => {
      const tabs = [
        await openTab("alice", {}, "sessionStorage"),
        await openTab("alice", {}, "sessionStorage"),
      ];
      for (const tab of tabs) await get(tab);
      const stored = () => Promise.all(tabs.map((tab) => tab.evaluate("sessionStorage.length")));
      await tabs[0]?.evaluate("credentials.forget()");
      await expect.poll(stored).toEqual([0, 0]);
    });

    it("go on without a tab that closes in the middle of its call", async () => {
      const closing = await openTab("alice");
      const asked = new Promise<void>((resolve) => {
        before = () => {
          before = async () => {};
          resolve();
          return new Promise(() => {});
        };
      });
      void get(closing).catch(() => {});
      await asked;
      const other = get(await openTab("alice"));
      await closing.close();
      expect(await other).toBe("STS.key2");
    });
  },
);

async function openTab(sub: string, options: object = {}, storage = "undefined"): Promise<Page> {
  const page = await context.newPage();
  await page.goto(origin);
  await page.evaluate(
    `import("/client.js").then(({ createCredentials }) => {
      const options = ${JSON.stringify({ endpoint: "/credentials", ...options })};
      globalThis.credentials = createCredentials({ ...options, storage: ${storage}, appToken: () => "${tokenOf(sub)}" });
    })`,
  );
  return page;
}

function get(page: Page): Promise<string> {
  return page.evaluate("credentials.get().then(({ accessKeyId }) => accessKeyId)");
}
