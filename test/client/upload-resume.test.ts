import { describe, expect, it } from "vitest";
import {
  type UploadOptions,
  type UploadRecord,
  type UploadStore,
  type UploadTask,
  upload,
} from "../../client/src/upload.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { anyBytes } from "./any-bytes.ts";
import { fetchWith } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

const KEY = "users/alice/film.mp4";
const PART = 102_400;
const BYTES = anyBytes(9 * PART + 12_345);

/** As the browser gives it: after a reload it is another object for the same file. */
function chosen({ name = "film.mp4", bytes = BYTES, lastModified = 1_700_000_000_000 } = {}): File {
  return new File([bytes], name, { lastModified });
}

interface Memory extends UploadStore {
  readonly records: Map<string, UploadRecord>;
}

function memory(): Memory {
  const records = new Map<string, UploadRecord>();
  return {
    records,
    get: async (id) => structuredClone(records.get(id)),
    set: async (id, record) => void records.set(id, structuredClone(record)),
    delete: async (id) => void records.delete(id),
  };
}

/** Uploads until four parts are there; then the page is closed. */
async function halfDone(resume: UploadStore | false, options: UploadOptions = {}): Promise<void> {
  const fetch = fetchWith(async ({ what, send }) => {
    if (what.endsWith("=5")) task.pause();
    return send();
  });
  const all = { key: KEY, partSize: PART, concurrency: 1, resume, fetch, ...options };
  const task = upload(liveSessions(oss), chosen(), all);
  await expect.poll(() => task.state).toBe("paused");
  await expect.poll(() => task.progress.loaded).toBe(4 * PART);
  expect([...oss.bucket.uploads.values()].map(({ parts }) => parts.size)).toEqual([4]);
  oss.world.journal.splice(0);
}

describe("after a reload", () => {
  it("an upload goes on with the parts that are missing, and OSS has the same bytes", async () => {
    const store = memory();
    await halfDone(store);
    const seen: number[] = [];
    const task = upload(liveSessions(oss), chosen(), {
      key: KEY,
      partSize: PART,
      resume: store,
      onProgress: ({ loaded }) => seen.push(loaded),
    });
    await task.done;
    expect(operations()).toEqual([
      ...Array.from({ length: 6 }, () => "UploadPart 200"),
      "CompleteMultipartUpload 200",
    ]);
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(store.records.size).toBe(0);
    expect(seen.at(-1)).toBe(BYTES.length);
  });

  it("of which nothing is kept, begins anew", async () => {
    await halfDone(false);
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: false }).done;
    expect(operations()[0]).toBe("InitiateMultipartUpload 200");
  });

  it("that OSS does not have any more, begins anew", async () => {
    const store = memory();
    await halfDone(store);
    oss.bucket.uploads.clear();
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: store }).done;
    expect(operations().filter((line) => line.startsWith("Initiate"))).toHaveLength(1);
    expect((await stored()).equals(BYTES)).toBe(true);
    expect(store.records.size).toBe(0);
  });

  it("that was complete, but nobody knew, is found: nothing is sent again", async () => {
    const store = memory();
    let isClosed = false;
    const fetch = fetchWith(async ({ method, what, send }) => {
      const answer = await send();
      if (method !== "POST" || what !== KEY) return answer;
      isClosed = true;
      return new Promise<never>(() => undefined);
    });
    void upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: store, fetch });
    await expect.poll(() => isClosed).toBe(true);
    oss.world.journal.splice(0);
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: store }).done;
    expect(operations()).toEqual(["CompleteMultipartUpload 404 NoSuchUpload", "HeadObject 200"]);
  });

  it.each<[string, File, UploadOptions]>([
    ["another file of the same size and time", chosen({ bytes: BYTES.slice().fill(1, PART, PART + 1) }), {}],
    ["another size", chosen({ bytes: BYTES.slice(1) }), {}],
    ["another time", chosen({ lastModified: 1_700_000_000_001 }), {}],
    ["another name for the same key", chosen({ name: "b.mp4" }), {}],
    ["other headers", chosen(), { contentType: "video/webm" }],
    ["other parts", chosen(), { partSize: PART + 1 }],
  ])("with %s, it begins anew, and the old one is removed from OSS", async (_case, file, options) => {
    const store = memory();
    await halfDone(store);
    await upload(liveSessions(oss), file, { key: KEY, partSize: PART, resume: store, ...options }).done;
    expect(operations().slice(0, 2)).toEqual(["AbortMultipartUpload 204", "InitiateMultipartUpload 200"]);
    expect((await stored()).equals(new Uint8Array(await file.arrayBuffer()))).toBe(true);
    expect(oss.bucket.uploads.size).toBe(0);
  });

  it("another user of the device finds nothing of this one's upload", async () => {
    const store = memory();
    await halfDone(store);
    const kept = [...store.records];
    // The folder is open to both.
    const other = liveSessions(oss, { change: { sessionName: "bob-session" } });
    await upload(other, chosen(), { key: KEY, partSize: PART, resume: store }).done;
    expect(operations()[0]).toBe("InitiateMultipartUpload 200");
    expect(operations().filter((line) => line.startsWith("UploadPart"))).toHaveLength(10);
    expect([...store.records]).toEqual(kept);
  });

  it("abort removes what is kept, here and in OSS", async () => {
    const store = memory();
    await halfDone(store);
    let aborted: Promise<void> | undefined;
    const fetch = fetchWith(async ({ send }) => {
      aborted ??= task.abort();
      return send();
    });
    const task: UploadTask = upload(liveSessions(oss), chosen(), {
      key: KEY,
      partSize: PART,
      resume: store,
      fetch,
    });
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    await aborted;
    expect(store.records.size).toBe(0);
    expect(oss.bucket.uploads.size).toBe(0);
  });
});

describe("abort before the kept upload is known", () => {
  it.each([
    ["while the store is read", true],
    ["while the kept parts are checked", false],
  ])("%s removes it from OSS too", async (_case, isRead) => {
    const store = memory();
    await halfDone(store);
    let isFirst = true;
    let aborted: Promise<void> | undefined;
    const file = chosen();
    const resume: UploadStore = {
      ...store,
      get: async (id) => {
        if (isRead && isFirst) aborted = task.abort();
        isFirst = false;
        return store.get(id);
      },
    };
    const slice = file.slice.bind(file);
    file.slice = (...range) => {
      if (!isRead) aborted ??= task.abort();
      return slice(...range);
    };
    const task: UploadTask = upload(liveSessions(oss), file, { key: KEY, partSize: PART, resume });
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    await aborted;
    expect(operations()).toEqual(["AbortMultipartUpload 204"]);
    expect([store.records.size, oss.bucket.uploads.size]).toEqual([0, 0]);
  });
});

describe("what is kept", () => {
  it.each([
    ["null", () => null],
    ["a number", () => 5],
    ["without parts", ({ parts: _, ...rest }: UploadRecord) => rest],
    ["with parts that are no list", (record: UploadRecord) => ({ ...record, parts: 5 })],
    ["with a part that is null", (record: UploadRecord) => ({ ...record, parts: [null] })],
    ["without an upload's id", ({ uploadId: _, ...rest }: UploadRecord) => rest],
  ])("begins anew when it is broken: %s", async (_case, broken) => {
    const store = memory();
    await halfDone(store);
    const get = async (id: string) => broken((await store.get(id)) as UploadRecord) as UploadRecord;
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: { ...store, get } }).done;
    expect(operations()[0]).toBe("InitiateMultipartUpload 200");
    expect((await stored()).equals(BYTES)).toBe(true);
  });

  it("is ids, checksums and the file's facts: no key and no token", async () => {
    const store = memory();
    const credentials = liveSessions(oss);
    const { accessKeyId, accessKeySecret, securityToken } = await credentials.get();
    const fetch = fetchWith(async ({ what, send }) => {
      if (what.endsWith("=3")) task.pause();
      return send();
    });
    const task = upload(credentials, chosen(), {
      key: KEY,
      partSize: PART,
      concurrency: 1,
      resume: store,
      fetch,
    });
    await expect.poll(() => task.state).toBe("paused");
    const [[id, record] = []] = store.records;
    const [uploadInOss] = oss.bucket.uploads.values();
    expect(JSON.parse(id ?? "")).toEqual([
      "alice-session",
      `http://127.0.0.1:${oss.port}`,
      "examplebucket",
      KEY,
    ]);
    expect(record).toEqual({
      uploadId: uploadInOss?.id,
      identity: JSON.stringify([
        "film.mp4",
        BYTES.length,
        1_700_000_000_000,
        PART,
        { "content-type": "application/octet-stream" },
      ]),
      parts: [1, 2].map((number) => ({
        number,
        etag: `"${uploadInOss?.parts.get(number)?.etag}"`,
        crc64: uploadInOss?.parts.get(number)?.crc64,
      })),
    });
    const text = JSON.stringify([id, record]);
    for (const secret of [accessKeyId, accessKeySecret, securityToken]) expect(text).not.toContain(secret);
  });

  it("is written as often as the store can write, and never after it is deleted", async () => {
    const store = memory();
    let writes = 0;
    const slow: UploadStore = {
      ...store,
      set: async (id, record) => {
        writes += 1;
        await new Promise((resolve) => setTimeout(resolve, 200));
        await store.set(id, record);
      },
    };
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: slow }).done;
    expect(writes).toBeLessThan(11);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(store.records.size).toBe(0);
  });

  it("is nothing for a store that does not work, and the upload works", async () => {
    const broken = () => Promise.reject(new DOMException("denied", "SecurityError"));
    const store = { get: broken, set: broken, delete: broken };
    await upload(liveSessions(oss), chosen(), { key: KEY, partSize: PART, resume: store }).done;
    expect((await stored()).equals(BYTES)).toBe(true);
  });
});

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
