import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { filesOf } from "../interop/recipes/page.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf } from "../support/uploads-service.ts";
import { miniPlatform } from "./mini-platforms.ts";

// The program of docs/recipes/mini-programs.md that needs no package, as it stands there.

const oss = await ossForTests();
const service = await uploadsForTests(oss);
const folder = mkdtempSync(join(tmpdir(), "oss-valet-mini-recipe-"));
afterAll(() => rmSync(folder, { recursive: true }));

const PHOTO = join(folder, "cat.jpg");
writeFileSync(PHOTO, "a photo");

const page = readFileSync(join(import.meta.dirname, "../../docs/recipes/mini-programs.md"), "utf8");

const stored = (key: string) => {
  const object = oss.bucket.objects.get(key);
  return object && { type: object.headers["content-type"], size: object.content.size };
};

describe("mini-programs.md, the program without the package", () => {
  it("uploads a file with a stand-in for wx", async () => {
    writeFileSync(
      join(folder, "uploader.mjs"),
      (filesOf(page).get("uploader.js") ?? "").replace("https://valet.example.com/uploads", service.endpoint),
    );
    const { platform, sentParts } = miniPlatform("wx");
    vi.stubGlobal("wx", {
      ...platform,
      // As wx does: an object is sent as JSON, and JSON comes back as an object.
      request: (options: { data: object; success: (answer: { data: unknown }) => void }) =>
        platform.request({
          ...options,
          success: (answer: { data: unknown }) =>
            options.success({ ...answer, data: JSON.parse(String(answer.data)) }),
        } as never),
    });
    const token = vi.fn((refused: boolean) => (refused ? appTokenOf("alice") : "old"));
    vi.stubGlobal("getApp", () => ({ globalData: { login: { token } } }));
    const { upload } = (await import(join(folder, "uploader.mjs"))) as {
      upload: (path: string, name: string, type: string) => Promise<string>;
    };
    expect(await upload(PHOTO, "wx.jpg", "image/jpeg")).toBe("photos/alice/wx.jpg");
    expect(stored("photos/alice/wx.jpg")).toEqual({ type: "image/jpeg", size: 7 });
    expect(sentParts[0]?.at(-1)).toBe("file");
    expect(token.mock.calls).toEqual([[false], [true]]);
    await expect(upload(PHOTO, "wx.jpg", "image/jpeg")).rejects.toThrow("FileAlreadyExists");
    await expect(upload(PHOTO, "a.html", "text/html")).rejects.toThrow("oss-valet: 403 AccessDenied");
    vi.unstubAllGlobals();
  });
});
