import { openAsBlob, writeFileSync } from "node:fs";
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type UploadTask, upload } from "../../client/src/upload.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { anyBytes } from "./any-bytes.ts";
import { fetchWith, type Passing, pausesTakeNoTime, withHeaders } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

const KEY = "users/alice/film.mp4";
/** Bytes: the least that OSS takes. */
const PART = 102_400;
/** Of ten parts, the last one short. */
const BYTES = anyBytes(9 * PART + 12_345);
const FILE = new File([BYTES], "film.mp4", { type: "video/mp4" });

describe("a large file", () => {
  it("goes in parts, in their order, and OSS has the same bytes", async () => {
    const task = upload(liveSessions(oss), FILE, { partSize: PART, meta: { author: "alice" } });
    const result = await task.done;
    expect(result).toEqual({
      key: KEY,
      etag: expect.stringMatching(/^"[0-9A-F]{32}-10"$/),
      crc64: oss.bucket.objects.get(KEY)?.crc64,
      bytes: BYTES.length,
    });
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(oss.bucket.objects.get(KEY)?.headers).toMatchObject({
      "content-type": "video/mp4",
      "x-oss-meta-author": "alice",
    });
    expect(task.progress).toEqual({ loaded: BYTES.length, total: BYTES.length });
    expect(operations()).toEqual([
      "InitiateMultipartUpload 200",
      ...Array.from({ length: 10 }, () => "UploadPart 200"),
      "CompleteMultipartUpload 200",
    ]);
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("is one of more bytes than a part has", async () => {
    await upload(liveSessions(oss), new File([BYTES.subarray(0, PART)], "a"), { partSize: PART }).done;
    expect(operations()).toEqual(["PutObject 200"]);
    await upload(liveSessions(oss), new File([BYTES.subarray(0, PART + 1)], "a"), { partSize: PART }).done;
    expect(operations().filter((line) => line === "UploadPart 200")).toHaveLength(2);
  });

  it.each([
    [1, 1],
    [4, 4],
    [20, 10],
    [1e10, 10],
  ])("with concurrency %i, is sent by %i at a time", async (concurrency, expected) => {
    let underWay = 0;
    let most = 0;
    const fetch = fetchWith(async ({ what, send }) => {
      if (!what.includes("partNumber")) return send();
      underWay += 1;
      most = Math.max(most, underWay);
      const answer = await send();
      // All that may come have come by now.
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      return answer;
    });
    await upload(liveSessions(oss), FILE, { partSize: PART, concurrency, fetch }).done;
    expect(most).toBe(expected);
  });

  it("crosses three renewals of the credentials: 24 parts, 2 minutes each", async () => {
    const bytes = anyBytes(24 * PART);
    const credentials = liveSessions(oss, { seconds: 900 });
    const fetch = fetchWith(async ({ what, send }) => {
      const answer = await send();
      if (what.includes("partNumber")) oss.clock.advance(120_000);
      return answer;
    });
    await upload(credentials, new File([bytes], "film.mp4"), { partSize: PART, concurrency: 1, fetch }).done;
    expect(credentials.made()).toBeGreaterThanOrEqual(4);
    expect(operations().filter((line) => !line.endsWith(" 200"))).toEqual([]);
    expect((await stored()).equals(bytes)).toBe(true);
  });

  it("goes on when its credentials end in the middle: one part is sent twice", async () => {
    const credentials = liveSessions(oss, { renews: "when told" });
    let parts = 0;
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.includes("partNumber") && ++parts === 5) oss.clock.advance(901_000);
      return send();
    });
    await upload(credentials, FILE, { partSize: PART, concurrency: 1, fetch }).done;
    expect(credentials.made()).toBe(2);
    expect(operations().filter((line) => !line.endsWith(" 200"))).toEqual([
      "UploadPart 403 SecurityTokenExpired",
    ]);
    expect((await stored()).equals(BYTES)).toBe(true);
  });
});

describe("a part that fails", () => {
  it("twice is sent again, and it alone", async () => {
    pausesTakeNoTime();
    const sent: string[] = [];
    const fetch = fetchWith(async ({ what, send }) => {
      sent.push(what);
      if (what !== `${KEY}?partNumber=3`) return send();
      const tries = sent.filter((each) => each === what).length;
      if (tries === 1) throw new TypeError("the network is gone");
      return tries === 2 ? new Response("", { status: 502 }) : send();
    });
    await upload(liveSessions(oss), FILE, { partSize: PART, fetch }).done;
    expect(sent.filter((what) => what.endsWith("=3"))).toHaveLength(3);
    expect(sent).toHaveLength(1 + 10 + 2 + 1);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("five times ends the upload with an error that names it; resume() sends what is missing", async () => {
    pausesTakeNoTime();
    let works = false;
    const sent: string[] = [];
    const fetch = fetchWith(async ({ what, send }) => {
      sent.push(what);
      if (what.endsWith("=3") && !works) throw new TypeError("the network is gone");
      return send();
    });
    const task = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch });
    await expect(task.done).rejects.toMatchObject({
      code: "NetworkError",
      message: expect.stringContaining("partNumber=3&"),
    });
    expect(sent).toEqual([`${KEY}?uploads=`, ...parts(1, 2, 3, 3, 3, 3, 3)]);
    expect(task.progress.loaded).toBe(2 * PART);
    works = true;
    sent.splice(0);
    task.resume();
    await task.done;
    expect(sent).toEqual([...parts(3, 4, 5, 6, 7, 8, 9, 10), KEY]);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("for good stops the others, which wait for nothing", async () => {
    const fetch = fetchWith(async ({ what, send }) =>
      what.endsWith("=2")
        ? new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 })
        : send(),
    );
    const task = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 2, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "AccessDenied", status: 403 });
    expect(operations().filter((line) => line.startsWith("UploadPart")).length).toBeLessThan(4);
  });

  it("by bytes that changed on their way is sent again", async () => {
    pausesTakeNoTime();
    let isFirst = true;
    const fetch = fetchWith(({ what, send }) => {
      if (!what.endsWith("=4") || !isFirst) return send();
      isFirst = false;
      return send({ body: new Uint8Array(PART) });
    });
    await upload(liveSessions(oss), FILE, { partSize: PART, fetch }).done;
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("without an ETag that the page can read ends the upload: OSS completes none without", async () => {
    const fetch = fetchWith(({ send }) => withHeaders(send(), { etag: undefined }));
    const task = upload(liveSessions(oss), FILE, { partSize: PART, fetch });
    await expect(task.done).rejects.toMatchObject({
      code: "InvalidAnswer",
      message: "no ETag: the bucket's CORS rule must expose it",
    });
  });
});

describe("the end of a large file", () => {
  it("compares the whole: an object that OSS put together wrongly is ChecksumMismatch, and is sent anew", async () => {
    let isWrong = true;
    const fetch = fetchWith(({ method, what, send }) =>
      isWrong && ((method === "POST" && what === KEY) || method === "HEAD")
        ? withHeaders(send(), { "x-oss-hash-crc64ecma": "1" })
        : send(),
    );
    const task = upload(liveSessions(oss), FILE, { partSize: PART, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "ChecksumMismatch", retryable: true });
    task.resume();
    isWrong = false;
    expect((await task.done).crc64).toBe(oss.bucket.objects.get(KEY)?.crc64);
  });

  it("without a checksum that the page can see: the result says so", async () => {
    const fetch = fetchWith(({ send }) => withHeaders(send(), { "x-oss-hash-crc64ecma": undefined }));
    expect(await upload(liveSessions(oss), FILE, { partSize: PART, fetch }).done).toMatchObject({
      bytes: BYTES.length,
      crc64: undefined,
    });
  });

  it("is found when its answer was lost: nothing is sent again", async () => {
    pausesTakeNoTime();
    const { crc64 } = await upload(liveSessions(oss), FILE, { partSize: PART, fetch: completeIsLost() }).done;
    expect(crc64).toBe(oss.bucket.objects.get(KEY)?.crc64);
    expect(operations().slice(-3)).toEqual([
      "CompleteMultipartUpload 200",
      "CompleteMultipartUpload 404 NoSuchUpload",
      "HeadObject 200",
    ]);
  });

  it("is not done by a proxy's page with status 200: the request is sent again", async () => {
    pausesTakeNoTime();
    const spoilt: string[] = [];
    const fetch = fetchWith(async ({ method, what, send }) => {
      if (method !== "POST" || spoilt.includes(what)) return send();
      spoilt.push(what);
      return new Response("<html>Sign in to the Wi-Fi</html>");
    });
    const { etag } = await upload(liveSessions(oss), FILE, { partSize: PART, fetch }).done;
    expect(etag).toMatch(/-10"$/);
    expect(spoilt).toEqual([`${KEY}?uploads=`, KEY]);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("is sent anew when its answer was lost and the credentials cannot read", async () => {
    pausesTakeNoTime();
    const credentials = liveSessions(oss, { actions: ["oss:PutObject", "oss:AbortMultipartUpload"] });
    await upload(credentials, FILE, { partSize: PART, fetch: completeIsLost() }).done;
    expect(operations().filter((line) => line.startsWith("Initiate"))).toHaveLength(2);
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("is refused with overwrite: false when the key was taken in the meantime", async () => {
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=10")) await upload(liveSessions(oss), new File(["x"], "film.mp4")).done;
      return send();
    });
    const task = upload(liveSessions(oss), FILE, { partSize: PART, overwrite: false, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "FileAlreadyExists" });
    await task.abort();
    expect(oss.bucket.uploads.size).toBe(0);
    expect((await stored()).length).toBe(1);
  });
});

describe("an upload that OSS does not have any more", () => {
  it("begins anew, once", async () => {
    let isFirst = true;
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=5") && isFirst) {
        isFirst = false;
        oss.bucket.uploads.clear();
      }
      return send();
    });
    await upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch }).done;
    expect(operations().filter((line) => line.startsWith("Initiate"))).toHaveLength(2);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("for a second time is the error that OSS gives", async () => {
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=5")) oss.bucket.uploads.clear();
      return send();
    });
    const task = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "NoSuchUpload", status: 404 });
    expect(operations().filter((line) => line.startsWith("Initiate"))).toHaveLength(2);
  });
});

describe("pause and resume", () => {
  it("stop the parts under way and keep those that have arrived", async () => {
    const sent: string[] = [];
    let isFirst = true;
    const fetch = fetchWith(async ({ what, send }) => {
      sent.push(what);
      if (!what.endsWith("=4") || !isFirst) return send();
      isFirst = false;
      task.pause();
      return send();
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch });
    await stateIs(task, "paused");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sent).toEqual([`${KEY}?uploads=`, ...parts(1, 2, 3, 4)]);
    expect(task.progress.loaded).toBe(3 * PART);
    sent.splice(0);
    task.resume();
    await task.done;
    expect(sent).toEqual([...parts(4, 5, 6, 7, 8, 9, 10), KEY]);
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("at once, many times, still send each part", async () => {
    const task = upload(liveSessions(oss), FILE, { partSize: PART });
    for (let times = 0; times < 20; times += 1) {
      task.pause();
      task.resume();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await task.done;
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("while the upload is completed come too late: it is done", async () => {
    const fetch = fetchWith(async ({ method, what, send }) => {
      if (method === "POST" && what === KEY) task.pause();
      return send();
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, { partSize: PART, fetch });
    await task.done;
    expect(task.state).toBe("done");
  });
});

describe("abort", () => {
  it.each<[string, (passing: Passing) => boolean]>([
    ["while the upload is begun", ({ what }) => what.endsWith("uploads=")],
    ["while parts are sent", ({ what }) => what.endsWith("=5")],
  ])("%s leaves nothing in OSS", async (_case, isTheMoment) => {
    let aborted: Promise<void> | undefined;
    const fetch = fetchWith(async (passing) => {
      const answer = passing.send();
      if (isTheMoment(passing) && aborted === undefined) aborted = task.abort();
      return answer;
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, { partSize: PART, fetch });
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    await aborted;
    expect(task.state).toBe("aborted");
    expect(oss.bucket.uploads.size).toBe(0);
    expect(oss.bucket.objects.size).toBe(0);
    expect(operations().at(-1)).toBe("AbortMultipartUpload 204");
  });

  it.each(["paused", "failed"] as const)("of one that is %s leaves nothing in OSS", async (state) => {
    const fetch = fetchWith(async ({ what, send }) => {
      if (!what.endsWith("=5")) return send();
      if (state === "paused") task.pause();
      return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch });
    await stateIs(task, state);
    await task.abort();
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    expect(oss.bucket.uploads.size).toBe(0);
    task.resume();
    expect(task.state).toBe("aborted");
  });

  it.each(["after", "instead of"])("by the signal works %s resume() of one that failed", async (when) => {
    const leaving = new AbortController();
    let works = false;
    const fetch = fetchWith(async ({ what, send }) => {
      if (works && when === "after" && what.endsWith("=7")) leaving.abort(new Error("the user left"));
      if (works || !what.endsWith("=5")) return send();
      return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    });
    const { signal } = leaving;
    const task = upload(liveSessions(oss), FILE, { partSize: PART, concurrency: 1, fetch, signal });
    await expect(task.done).rejects.toMatchObject({ code: "AccessDenied" });
    works = true;
    if (when === "after") task.resume();
    else leaving.abort(new Error("the user left"));
    await stateIs(task, "aborted");
    await expect(task.done).rejects.toThrow("the user left");
    await task.abort();
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("in the last request, whose answer never arrives, is aborted: the object is there", async () => {
    pausesTakeNoTime();
    const fetch = fetchWith(async ({ method, what, send }) => {
      const answer = await send();
      if (method !== "POST" || what !== KEY) return answer;
      void task.abort();
      throw new TypeError("the network is gone");
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, {
      partSize: PART,
      fetch,
    });
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    await task.abort();
    expect(task.state).toBe("aborted");
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("by the signal does the same, with its reason", async () => {
    const leaving = new AbortController();
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=5")) leaving.abort(new Error("the user left"));
      return send();
    });
    const { signal } = leaving;
    const task = upload(liveSessions(oss), FILE, { partSize: PART, fetch, signal });
    await expect(task.done).rejects.toThrow("the user left");
    await task.abort();
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("says when OSS cannot be asked to remove the parts", async () => {
    pausesTakeNoTime();
    const fetch = fetchWith(async ({ method, what, send }) => {
      if (what.endsWith("=5")) task.pause();
      if (method === "DELETE") throw new TypeError("the network is gone");
      return send();
    });
    const task: UploadTask = upload(liveSessions(oss), FILE, { partSize: PART, fetch });
    await stateIs(task, "paused");
    await expect(task.abort()).rejects.toMatchObject({ code: "NetworkError" });
    expect(task.state).toBe("aborted");
  });
});

describe("a file that changes while it is uploaded", () => {
  it("is FileChanged when it cannot be read any more", async () => {
    const folder = await mkdtemp(join(tmpdir(), "oss-valet-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "film.mp4");
    writeFileSync(path, BYTES);
    const blob = await openAsBlob(path);
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=3")) {
        writeFileSync(path, "something else");
        await utimes(path, new Date(0), new Date(0));
      }
      return send();
    });
    const task = upload(liveSessions(oss), blob, { name: "film.mp4", partSize: PART, concurrency: 1, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "FileChanged", source: "app", retryable: false });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("is FileChanged when only its beginning is another one in the end", async () => {
    let change = 0;
    // Some browsers read a changed file without a word.
    const blob = Object.assign(new Blob([BYTES]), {
      slice: (start: number, end: number) => new Blob([BYTES.slice(start, end).fill(change, 0, 8)]),
    });
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=9")) change = 1;
      return send();
    });
    const task = upload(liveSessions(oss), blob, { name: "film.mp4", partSize: PART, concurrency: 1, fetch });
    await expect(task.done).rejects.toMatchObject({ code: "FileChanged" });
    expect(oss.bucket.objects.size).toBe(0);
  });
});

describe("parts", () => {
  it.each([
    [5 * 2 ** 20, 4],
    [2 ** 30, 4],
    [10 * 2 ** 30, 21],
    [100 * 2 ** 30, 64],
  ])("of %i bytes have %i MiB", async (size, mebibytes) => {
    const lengths: number[] = [];
    const blob = Object.assign(new Blob([]), {
      slice: (start: number, end: number) => {
        lengths.push(end - start);
        throw new Error("enough");
      },
    });
    Object.defineProperty(blob, "size", { value: size });
    await upload(liveSessions(oss), blob, { name: "film.mp4", resume: false }).done.catch(() => undefined);
    expect(lengths[0]).toBe(mebibytes * 2 ** 20);
  });

  it("are never more than 10,000", async () => {
    const blob = new Blob([]);
    Object.defineProperty(blob, "size", { value: 2_000_000_000 });
    await expect(
      upload(liveSessions(oss), blob, { name: "film.mp4", partSize: PART }).done,
    ).rejects.toMatchObject({
      message: "partSize 102400: write 200000 to 5368709120 bytes",
    });
  });
});

function parts(...numbers: readonly number[]): readonly string[] {
  return numbers.map((number) => `${KEY}?partNumber=${number}`);
}

/** CompleteMultipartUpload arrives once without the client learning of it. */
function completeIsLost(): typeof fetch {
  let isFirst = true;
  return fetchWith(async ({ method, what, send }) => {
    const answer = await send();
    if (method !== "POST" || what !== KEY || !isFirst) return answer;
    isFirst = false;
    throw new TypeError("the network is gone");
  });
}

async function stateIs(task: UploadTask, state: UploadTask["state"]): Promise<void> {
  await expect.poll(() => task.state).toBe(state);
}

/** The object's bytes, as OSS has them. */
async function stored(): Promise<Buffer> {
  const object = oss.bucket.objects.get(KEY);
  if (object === undefined) throw new Error("there is no object");
  const chunks: Buffer[] = [];
  for await (const chunk of oss.contents.read(object.content)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** What OSS was asked, with status and code. */
function operations(): readonly string[] {
  return oss.world.journal.map(({ operation, status, code }) =>
    [operation, status, code].filter(Boolean).join(" "),
  );
}
