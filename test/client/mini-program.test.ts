import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { build } from "esbuild";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createUploads, type MiniPlatform, type MiniProgramOptions } from "../../client/src/mini-program.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf } from "../support/uploads-service.ts";
import { pausesTakeNoTime } from "./between.ts";
import { type MiniDouble, type MiniName, miniPlatform } from "./mini-platforms.ts";
import type { My, Tt, Uni, Wx } from "./mini-typings.ts";

const oss = await ossForTests();
const service = await uploadsForTests(oss);
const folder = mkdtempSync(join(tmpdir(), "oss-valet-mini-"));
const PHOTO = join(folder, "photo.jpg");
writeFileSync(PHOTO, "a photo");
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a form, in the order in which they are signed and sent. */
const FIELDS = [
  "key",
  "success_action_status",
  "Content-Type",
  "x-oss-content-type",
  "x-oss-object-acl",
  "x-oss-forbid-overwrite",
  "x-oss-signature-version",
  "x-oss-credential",
  "x-oss-date",
  "x-oss-security-token",
  "policy",
  "x-oss-signature",
];

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
    expect(double.sentParts).toEqual([[...FIELDS, "file"]]);
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

  it("does not take another file's place, and says when it may be its own", async () => {
    const before = double.sentParts.length;
    double.loseNextAnswers(1);
    await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg" })).rejects.toMatchObject({
      code: "FileAlreadyExists",
      retryable: false,
      message: expect.stringContaining("It may be this file: an earlier try had no answer"),
    });
    expect([stored("photos/alice/a.jpg")?.size, double.sentParts.length - before]).toEqual([7, 2]);
    await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg" })).rejects.toMatchObject({
      code: "FileAlreadyExists",
      message: expect.not.stringContaining("may be this file"),
    });
  });

  it("says that there is no such file, and does not try again", async () => {
    await expect(
      uploads().upload({ filePath: join(folder, "nothing.jpg"), name: "a.jpg" }),
    ).rejects.toMatchObject({
      name: "ValetError",
      code: "InvalidArgument",
      message: expect.stringContaining("filePath: no such file"),
    });
    expect(double.uploads).toHaveLength(1);
  });

  it.each([
    [503, "KeysUnavailable"],
    [429, "TooManyRequests"],
  ])("waits and asks again after %i %s", async (status, Code) => {
    service.next(status, { Code, Message: "later" }, { "Retry-After": "1" });
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

describe("faults of OSS", () => {
  const operation = `POST /${oss.bucket.name}`;

  it.each([
    ["its own fault", { kind: "error", status: 500 }],
    ["too many requests", { kind: "throttle" }],
    ["a proxy that fails", { kind: "html" }],
    ["a proxy's page with 200", { kind: "answer", status: 200, body: "<html>hello</html>" }],
    ["a broken connection", { kind: "reset" }],
  ] as const)("tries again after %s", async (_what, fault) => {
    oss.faults.add({ service: "oss", operation, fault, times: 2 });
    const { key } = await uploads().upload({ filePath: PHOTO, name: "a.jpg" });
    expect([stored(key)?.size, double.sentParts.length]).toEqual([7, 3]);
  });

  it("gives up after five tries, with the last error", async () => {
    oss.faults.add({ service: "oss", operation, fault: { kind: "error", status: 503 } });
    await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg" })).rejects.toMatchObject({
      source: "oss",
      status: 503,
      retryable: true,
    });
    expect(double.sentParts).toHaveLength(5);
  });

  it("does not try again what OSS will refuse again", async () => {
    await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg", bytes: 8 })).rejects.toMatchObject({
      code: "EntityTooSmall",
      source: "oss",
      status: 400,
    });
    expect(double.sentParts).toHaveLength(1);
  });
});

it("leaves a function alone that asks for a long pause, and says how long", async () => {
  const before = service.asked.length;
  service.next(429, { Code: "TooManyRequests", Message: "later" }, { "Retry-After": "60" });
  await expect(uploads().upload({ filePath: PHOTO, name: "a.jpg" })).rejects.toMatchObject({
    code: "TooManyRequests",
    retryable: true,
    retryAfterMs: 60_000,
  });
  expect(askedSince(before)).toEqual(["/uploads"]);
});

it("asks for a type by the ending of the path, the key or the name, or for the one that is given", async () => {
  const bare = join(folder, "bare");
  writeFileSync(bare, "a photo");
  await uploads().upload({ filePath: bare, key: "photos/alice/1.PNG" });
  await uploads().upload({ filePath: bare, name: "2.jpeg" });
  await uploads().upload({ filePath: PHOTO, name: "3.png" });
  await uploads().upload({ filePath: PHOTO, name: "4.jpg", contentType: "image/png" });
  const types = ["1.PNG", "2.jpeg", "3.png", "4.jpg"].map((name) => stored(`photos/alice/${name}`)?.type);
  expect(types).toEqual(["image/png", "image/jpeg", "image/jpeg", "image/png"]);
  // The second one is the name of something that every object has.
  for (const name of ["5", "5.constructor"])
    await expect(uploads().upload({ filePath: bare, name })).rejects.toMatchObject({
      code: "AccessDenied",
      source: "valet",
    });
});

it("takes wx, my, tt and uni as their own typings have them", () => {
  const take = (platform: MiniPlatform) =>
    createUploads({ endpoint: service.endpoint, appToken: () => "jwt", platform });
  const functions = { request: vi.fn(), uploadFile: vi.fn() };
  for (const name of ["wx", "my", "tt", "uni"] as const) {
    const typed = { wx: functions as Wx, my: functions as My, tt: functions as Tt, uni: functions as Uni }[
      name
    ];
    expect(Object.keys(take(typed))).toEqual(["upload", "urls"]);
  }
  // @ts-expect-error uploadFile is missing
  expect(() => take({ request: vi.fn() } as Pick<Wx, "request">)).toThrow("platform");
});

describe("abort", () => {
  /** Calls of the platform that never end, and how often each was aborted. */
  function hanging(what: "request" | "uploadFile") {
    const abort = vi.fn();
    let called: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      called = resolve;
    });
    const never = () => {
      called();
      return { abort };
    };
    return { platform: { ...double.platform, [what]: never }, begun, abort };
  }

  it.each(["request", "uploadFile"] as const)("ends a %s at once, and throws an AbortError", async (what) => {
    const { platform, begun, abort } = hanging(what);
    const task = uploads({ platform }).upload({ filePath: PHOTO, name: "a.jpg" });
    await begun;
    task.abort();
    task.abort();
    await expect(task).rejects.toMatchObject({ name: "AbortError" });
    expect(abort).toHaveBeenCalledTimes(1);
  });

  it("ends an upload whose platform gives no task", async () => {
    const { platform, begun } = hanging("uploadFile");
    const old = { ...platform, uploadFile: (options: never) => void platform.uploadFile(options) };
    const task = uploads({ platform: old }).upload({ filePath: PHOTO, name: "a.jpg" });
    await begun;
    task.abort();
    await expect(task).rejects.toMatchObject({ name: "AbortError" });
  });

  it("ends the pause between two tries", async () => {
    vi.restoreAllMocks();
    double.loseNext(9);
    const task = uploads().upload({ filePath: PHOTO, name: "a.jpg" });
    await vi.waitFor(() => expect(double.sentParts).not.toEqual([]), { timeout: 10_000, interval: 1 });
    task.abort();
    await expect(task).rejects.toMatchObject({ name: "AbortError" });
    expect(stored("photos/alice/a.jpg")).toBeUndefined();
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
  expect(service.asked.at(-1)).toEqual({
    path: "/uploads",
    authorization: expect.stringMatching(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/),
  });
});

it("asks wx to follow no redirect, which would take the App token along", async () => {
  const { platform } = double;
  const request = vi.fn(platform.request);
  await uploads({ platform: { ...platform, request } }).upload({ filePath: PHOTO, name: "a.jpg" });
  expect(request.mock.calls.map(([{ redirect }]) => redirect)).toEqual(["manual"]);
});

it("needs no global of a browser or of Node.js but timers", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../../client/src/mini-program.ts")],
    bundle: true,
    format: "cjs",
    target: "es2021",
    legalComments: "none",
    write: false,
  });
  const text = outputFiles[0]?.text ?? "";
  // Comments are in the bundle, too.
  const names = text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "");
  expect(names).not.toMatch(
    /\b(AbortController|AbortSignal|Blob|crypto|DOMException|fetch|FormData|globalThis|queueMicrotask|TextEncoder|URL|URLSearchParams|XMLHttpRequest)\b/,
  );
  const module = { exports: {} as { createUploads?: typeof createUploads } };
  runInNewContext(text, { module, setTimeout, clearTimeout });
  const options = {
    endpoint: service.endpoint,
    appToken: () => appTokenOf("alice"),
    platform: double.platform,
  };
  const { key = "" } =
    (await module.exports.createUploads?.(options).upload({ filePath: PHOTO, name: "bare.jpg" })) ?? {};
  expect(stored(key)?.size).toBe(7);
});
