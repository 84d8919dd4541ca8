import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { upload } from "../../client/src/upload.ts";
import { type OssService, startOss } from "../support/oss-service.ts";
import { liveSessions } from "./live-sessions.ts";

let oss: OssService;

beforeAll(async () => {
  oss = await startOss();
});

afterAll(() => oss.close());

beforeEach(() => {
  oss.world.journal.splice(0);
});

describe("a small file", () => {
  it("is one PUT below the user's prefix, and OSS has the same bytes", async () => {
    const file = new File(["bonjour"], "a.txt", { type: "text/plain" });
    const task = upload(liveSessions(oss), file);
    expect(task.state).toBe("running");
    expect(await task.done).toEqual({
      key: "users/alice/a.txt",
      etag: '"F02368945726D5FC2A14EB576F7276C0"',
      crc64: expect.stringMatching(/^\d+$/),
      bytes: 7,
    });
    expect(task).toMatchObject({
      state: "done",
      key: "users/alice/a.txt",
      progress: { loaded: 7, total: 7 },
    });
    expect(oss.bucket.objects.get("users/alice/a.txt")?.headers).toMatchObject({
      "content-type": "text/plain",
    });
    expect(operations()).toEqual(["PutObject 200"]);
  });
});

describe("a large file", () => {
  it("is sent in parts, and OSS has the same bytes", async () => {
    const bytes = new Uint8Array(1_000_000).map((_, at) => (at * 7919) >> 3);
    const task = upload(liveSessions(oss), new File([bytes], "b.bin"), { partSize: 102_400 });
    const { crc64 } = await task.done;
    expect(oss.bucket.objects.get("users/alice/b.bin")?.crc64).toBe(crc64);
    expect(oss.bucket.uploads.size).toBe(0);
    expect(task.progress).toEqual({ loaded: 1_000_000, total: 1_000_000 });
  });
});

/** What OSS was asked, with status and code. */
function operations(): readonly string[] {
  return oss.world.journal.map(({ operation, status, code }) =>
    [operation, status, code].filter(Boolean).join(" "),
  );
}
