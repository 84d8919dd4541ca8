import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createUploads, type MiniProgramOptions } from "../../client/src/mini-program.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf } from "../support/uploads-service.ts";
import { pausesTakeNoTime } from "./between.ts";
import { type MiniDouble, type MiniName, miniPlatform } from "./mini-platforms.ts";

const oss = await ossForTests();
const service = await uploadsForTests(oss);
const folder = mkdtempSync(join(tmpdir(), "oss-valet-mini-"));
const PHOTO = join(folder, "photo.jpg");
writeFileSync(PHOTO, "a photo");
afterAll(() => rmSync(folder, { recursive: true }));

let double: MiniDouble;
beforeEach(() => {
  pausesTakeNoTime();
  double = miniPlatform("wx");
});

function uploads(more: Partial<MiniProgramOptions> = {}) {
  return createUploads({
    endpoint: service.endpoint,
    appToken: () => appTokenOf("alice"),
    platform: double.platform,
    ...more,
  });
}

const stored = (key: string) => {
  const object = oss.bucket.objects.get(key);
  return object && { type: object.headers["content-type"], size: object.content.size };
};
const askedSince = (before: number) => service.asked.slice(before).map(({ path }) => path);

describe.each<MiniName>(["wx", "my", "tt", "uni"])("%s", (name) => {
  beforeEach(() => {
    double = miniPlatform(name);
  });

  it("uploads a file by a form: every field in the order given, the file last", async () => {
    const { key } = await uploads().upload({ filePath: PHOTO, name: "2026/a.jpg" });
    expect(key).toBe("photos/alice/2026/a.jpg");
    expect(stored(key)).toEqual({ type: "image/jpeg", size: 7 });
    const [parts = []] = double.sentParts;
    expect([parts[0], parts.at(-1)]).toEqual(["key", "file"]);
    expect(parts.length).toBeGreaterThan(10);
  });

  it("tells progress, and gives URLs that open the file", async () => {
    const seen: number[] = [];
    await uploads().upload({
      filePath: PHOTO,
      key: "photos/alice/b.jpg",
      onProgress: (percent) => seen.push(percent),
    });
    expect(seen).toEqual([100]);
    const [url = ""] = await uploads().urls(["photos/alice/b.jpg"]);
    expect(await (await fetch(url)).text()).toBe("a photo");
  });

  it("tells what the function refuses, with its code", async () => {
    await expect(uploads().upload({ filePath: PHOTO, key: "photos/bob/a.jpg" })).rejects.toMatchObject({
      name: "ValetError",
      code: "AccessDenied",
      source: "valet",
      status: 403,
      message: "No rule grants files[0].",
    });
  });

  it("tells what OSS refuses, with its code, and does not try again", async () => {
    writeFileSync(join(folder, "large.jpg"), "x".repeat(1001));
    const before = double.sentParts.length;
    await expect(
      uploads().upload({ filePath: join(folder, "large.jpg"), name: "large.jpg" }),
    ).rejects.toMatchObject({ code: "EntityTooLarge", source: "oss", status: 400 });
    expect(double.sentParts.length - before).toBe(1);
    expect(stored("photos/alice/large.jpg")).toBeUndefined();
  });

  it("tries again after a lost connection", async () => {
    double.loseNext(2);
    const { key } = await uploads().upload({ filePath: PHOTO, name: "lost.jpg" });
    expect(stored(key)?.size).toBe(7);
    expect(double.sentParts).toHaveLength(3);
  });

  it("asks for the App token once more after a 401", async () => {
    const before = service.asked.length;
    const appToken = vi.fn(({ refused }: { readonly refused: boolean }) =>
      refused ? appTokenOf("alice") : "old",
    );
    await uploads({ appToken }).upload({ filePath: PHOTO, name: "again.jpg" });
    expect(appToken.mock.calls).toEqual([[{ refused: false }], [{ refused: true }]]);
    expect(askedSince(before)).toEqual(["/uploads", "/uploads"]);
  });

  it("waits and asks again when the function is busy", async () => {
    service.next(503, { Code: "KeysUnavailable", Message: "later" }, { "Retry-After": "1" });
    await uploads().upload({ filePath: PHOTO, name: "busy.jpg" });
    expect(stored("photos/alice/busy.jpg")?.size).toBe(7);
  });
});

describe("a form that has ended", () => {
  it("is renewed once", async () => {
    const before = service.asked.length;
    service.isBehindBy(2_000_000);
    const { platform } = double;
    const first = {
      ...platform,
      uploadFile: (options: Parameters<typeof platform.uploadFile>[0]) => {
        service.isBehindBy(0);
        return platform.uploadFile(options);
      },
    };
    await uploads({ platform: first }).upload({ filePath: PHOTO, name: "renewed.jpg" });
    expect(stored("photos/alice/renewed.jpg")?.size).toBe(7);
    expect(askedSince(before)).toEqual(["/uploads", "/uploads"]);
  });

  it("is not renewed for ever", async () => {
    service.isBehindBy(2_000_000);
    await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg" })).rejects.toMatchObject({
      code: "AccessDenied",
      message: expect.stringContaining("Policy expired"),
    });
    expect(double.sentParts).toHaveLength(2);
  });
});

describe("abort", () => {
  it("ends the upload, and throws an AbortError", async () => {
    const aborted = vi.fn();
    const { platform } = double;
    const slow = { ...platform, uploadFile: () => ({ abort: aborted }) };
    const task = uploads({ platform: slow }).upload({ filePath: PHOTO, name: "a.jpg" });
    await vi.waitFor(() => expect(service.auditLog.entries.at(-1)?.status).toBe(200));
    task.abort();
    task.abort();
    await expect(task).rejects.toMatchObject({ name: "AbortError" });
  });

  it("before the form is there sends no file", async () => {
    const task = uploads().upload({ filePath: PHOTO, name: "a.jpg" });
    task.abort();
    await expect(task).rejects.toMatchObject({ name: "AbortError" });
    expect(double.sentParts).toEqual([]);
  });
});

describe("what is wrong in the App or its console", () => {
  it("names a domain that is not in the list", async () => {
    const { platform } = double;
    const strict = {
      ...platform,
      uploadFile: (options: Parameters<typeof platform.uploadFile>[0]) =>
        options.fail({ errMsg: "uploadFile:fail url not in domain list" }),
    };
    await expect(
      uploads({ platform: strict }).upload({ filePath: PHOTO, name: "a.jpg" }),
    ).rejects.toMatchObject({
      code: "DomainNotAllowed",
      retryable: false,
      message: `http://127.0.0.1:${oss.port}: add it to the console's list of domains for uploadFile (uploadFile:fail url not in domain list)`,
    });
  });

  it.each([
    ["http to another machine", { endpoint: "http://valet.example.com/uploads" }, "endpoint"],
    ["another path", { endpoint: "https://valet.example.com/credentials" }, "endpoint"],
    ["no function for the token", { appToken: "jwt" as never }, "appToken"],
    ["no platform", { platform: {} as never }, "platform"],
  ])("refuses %s", (_what, change, word) => {
    expect(() => uploads(change)).toThrowError(
      expect.objectContaining({ code: "InvalidArgument", message: expect.stringContaining(word) }),
    );
  });

  it.each([
    ["no path", { filePath: "", name: "a.jpg" }, "filePath"],
    ["no key and no name", { filePath: PHOTO }, "key or name"],
    ["both", { filePath: PHOTO, key: "a", name: "b" }, "key or name"],
  ])("refuses %s", async (_what, options, word) => {
    await expect(uploads().upload(options)).rejects.toMatchObject({
      code: "InvalidArgument",
      message: expect.stringContaining(word),
    });
  });

  it("finds the platform by itself, uni first", async () => {
    const other = miniPlatform("wx");
    vi.stubGlobal("wx", other.platform);
    vi.stubGlobal("uni", double.platform);
    const { endpoint } = service;
    await createUploads({ endpoint, appToken: () => appTokenOf("alice") }).upload({
      filePath: PHOTO,
      name: "a.jpg",
    });
    vi.unstubAllGlobals();
    expect([double.sentParts.length, other.sentParts.length]).toEqual([1, 0]);
  });
});

it("sends the App token to the function alone", async () => {
  await uploads().upload({ filePath: PHOTO, name: "a.jpg" });
  const [body = ""] = double.sentBodies;
  expect(body).toContain("x-oss-signature");
  expect(body).not.toContain(appTokenOf("alice").split(".")[1]);
});

it("needs no global of a browser or of Node.js but timers", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../../client/src/mini-program.ts")],
    bundle: true,
    format: "cjs",
    target: "es2021",
    write: false,
  });
  const module = { exports: {} as { createUploads?: typeof createUploads } };
  runInNewContext(outputFiles[0]?.text ?? "", { module, setTimeout, clearTimeout });
  const options = {
    endpoint: service.endpoint,
    appToken: () => appTokenOf("alice"),
    platform: double.platform,
  };
  const { key = "" } =
    (await module.exports.createUploads?.(options).upload({ filePath: PHOTO, name: "bare.jpg" })) ?? {};
  expect(stored(key)?.size).toBe(7);
});
