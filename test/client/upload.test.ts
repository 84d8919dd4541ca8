import { describe, expect, it } from "vitest";
import { type UploadProgress, upload } from "../../client/src/upload.ts";
import { ValetError } from "../../client/src/valet-error.ts";
import { startOss } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { fetchWith, pausesTakeNoTime, withHeaders } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

const FILE = new File(["bonjour"], "a.txt", { type: "text/plain" });

describe("a small file", () => {
  it("is one PUT below the user's prefix, and OSS has the same bytes", async () => {
    const task = upload(liveSessions(oss), FILE);
    expect(task).toMatchObject({ state: "running", progress: { loaded: 0, total: 7 } });
    expect(await task.done).toEqual({
      key: "users/alice/a.txt",
      etag: '"F02368945726D5FC2A14EB576F7276C0"',
      crc64: oss.bucket.objects.get("users/alice/a.txt")?.crc64,
      bytes: 7,
    });
    expect(task).toMatchObject({
      state: "done",
      key: "users/alice/a.txt",
      progress: { loaded: 7, total: 7 },
    });
    expect(operations()).toEqual(["PutObject 200"]);
  });

  it("may be empty", async () => {
    const { bytes, crc64 } = await upload(liveSessions(oss), new File([], "empty")).done;
    expect({ bytes, crc64 }).toEqual({ bytes: 0, crc64: "0" });
    expect(oss.bucket.objects.get("users/alice/empty")?.content.size).toBe(0);
  });

  it.each([
    "é ü ß.txt",
    "a b  c",
    "1+1=2.txt",
    "100%.txt",
    "%41.txt",
    "a&b;c=d,e@f$g.txt",
    "it's (1) *!~.txt",
    "#1?.txt",
    "[a]{b}|c\\d^e`f.txt",
    '<"quoted">.txt',
    "上传 文件.jpg",
    "🐟🏳️‍🌈.png",
    "e\u0301 (decomposed)",
    ".hidden",
    "...",
    "a/b//c/",
    "tab\tand\u0001control",
    "x".repeat(1011),
  ])("may be called %j", async (name) => {
    const { key } = await upload(liveSessions(oss), new File(["x"], name)).done;
    expect(key).toBe(`users/alice/${name}`);
    expect([...oss.bucket.objects.keys()]).toEqual([key]);
  });

  it.each<[string, Blob, object, string]>([
    ["a Blob without a name", new Blob(["x"]), {}, "give key or name"],
    ["a text in place of a file", "a.txt" as never, { key: "a" }, "file: give a Blob"],
    ["bytes in place of a file", new Uint8Array(1) as never, { key: "a" }, "file: give a Blob"],
    ["no file", undefined as never, {}, "file: give a Blob"],
    ["an empty key", FILE, { key: "" }, "1 to 1023 bytes"],
    ["a key that begins with a slash", FILE, { key: "/a" }, "no slash first"],
    ["a key that begins with a backslash", FILE, { key: "\\a" }, "no slash first"],
    ["a step .., which browsers resolve", FILE, { name: "../bob/a" }, 'no step "." or ".."'],
    ["a step . at the end", FILE, { name: "a/." }, 'no step "." or ".."'],
    ["a key of 1024 bytes", FILE, { key: "é".repeat(512) }, "1 to 1023 bytes"],
    ["half of a surrogate pair", FILE, { key: "a\ud83d" }, "key a\ud83d: not Unicode"],
    [
      "a part that is too small",
      FILE,
      { partSize: 102_399 },
      "partSize 102399: write 102400 to 5368709120 bytes",
    ],
    ["no part at a time", FILE, { concurrency: 0 }, "concurrency 0: write a whole number, 1 or more"],
    [
      "a header that is not ASCII",
      FILE,
      { meta: { author: "é" } },
      "x-oss-meta-author: write printable ASCII",
    ],
    ["a header with a line break", FILE, { headers: { "cache-control": "a\r\nb: c" } }, "printable ASCII"],
    ["a header's name with a space", FILE, { headers: { "a b": "" } }, "printable ASCII"],
  ])("is refused with %s, before anything is sent", async (_case, file, options, message) => {
    const task = upload(liveSessions(oss), file, options);
    await expect(task.done).rejects.toMatchObject({
      code: "InvalidArgument",
      source: "app",
      message: expect.stringContaining(message),
    });
    expect(task.state).toBe("failed");
    expect(operations()).toEqual([]);
  });

  it("brings headers and metadata", async () => {
    await upload(liveSessions(oss), FILE, {
      contentType: "text/markdown",
      headers: { "Cache-Control": "max-age=60" },
      meta: { author: "alice" },
    }).done;
    expect(oss.bucket.objects.get("users/alice/a.txt")?.headers).toMatchObject({
      "content-type": "text/markdown",
      "cache-control": "max-age=60",
      "x-oss-meta-author": "alice",
    });
  });

  it("goes to the bucket of the grant that its key is in", async () => {
    const elsewhere = { bucket: "another-bucket", prefix: "shared/" };
    const credentials = liveSessions(oss);
    const current = await credentials.get();
    const [grant] = current.grants;
    if (grant === undefined) throw new Error("no grant");
    Object.assign(current, { grants: [grant, { ...grant, ...elsewhere }] });
    await expect(upload(credentials, FILE, { key: "shared/a.txt" }).done).rejects.toMatchObject({
      code: "NoSuchBucket",
      message: expect.stringContaining("/another-bucket/shared/a.txt"),
    });
  });
});

describe("overwrite: false", () => {
  it("refuses a key that is taken, and leaves what is there", async () => {
    await upload(liveSessions(oss), FILE).done;
    const task = upload(liveSessions(oss), new File(["other"], "a.txt"), { overwrite: false });
    await expect(task.done).rejects.toMatchObject({ code: "FileAlreadyExists", status: 409, source: "oss" });
    expect(oss.bucket.objects.get("users/alice/a.txt")?.content.size).toBe(7);
  });

  it("does not take its own file for another one, when the answer to the first try was lost", async () => {
    pausesTakeNoTime();
    let isFirst = true;
    const fetch = fetchWith(async ({ send }) => {
      const answer = await send();
      if (!isFirst) return answer;
      isFirst = false;
      throw new TypeError("the network is gone");
    });
    const { crc64 } = await upload(liveSessions(oss), FILE, { overwrite: false, fetch }).done;
    expect(crc64).toBe(oss.bucket.objects.get("users/alice/a.txt")?.crc64);
    expect(operations()).toEqual(["PutObject 200", "PutObject 409 FileAlreadyExists", "HeadObject 200"]);
  });

  it("takes the file of somebody else for what it is, also when an answer was lost", async () => {
    pausesTakeNoTime();
    await upload(liveSessions(oss), new File(["somebody's"], "a.txt")).done;
    let tries = 0;
    const fetch = fetchWith(async ({ send }) => {
      tries += 1;
      if (tries === 1) throw new TypeError("the network is gone");
      return send();
    });
    await expect(upload(liveSessions(oss), FILE, { overwrite: false, fetch }).done).rejects.toMatchObject({
      code: "FileAlreadyExists",
    });
  });
});

describe("an error of OSS", () => {
  it("is a ValetError with everything that OSS says", async () => {
    const { done } = upload(liveSessions(oss), FILE, { key: "users/bob/a.txt" });
    const error = await done.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ValetError);
    expect(error).toMatchObject({
      code: "AccessDenied",
      ec: "0003-00000301",
      source: "oss",
      status: 403,
      retryable: false,
      requestId: oss.world.journal[0]?.requestId,
      message: `PUT http://127.0.0.1:${oss.port}/examplebucket/users/bob/a.txt: AccessDenied (0003-00000301): Access denied by authorizer's policy.`,
    });
    expect(operations()).toEqual(["PutObject 403 AccessDenied"]);
  });

  it("holds no key and no token", async () => {
    const credentials = liveSessions(oss);
    const { accessKeyId, accessKeySecret, securityToken } = await credentials.get();
    // OSS quotes what it was sent: here the string to sign.
    const fetch = fetchWith(({ send }) => send({ method: "POST" }));
    const error: unknown = await upload(credentials, FILE, { fetch }).done.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ source: "oss", status: 403 });
    const text = JSON.stringify([error, (error as Error).message]);
    for (const secret of [accessKeyId, accessKeySecret, securityToken]) expect(text).not.toContain(secret);
  });

  it("is InvalidAnswer when it is a proxy's page", async () => {
    const fetch = fetchWith(async () => new Response("<html>Sign in to the Wi-Fi</html>", { status: 403 }));
    await expect(upload(liveSessions(oss), FILE, { fetch }).done).rejects.toMatchObject({
      code: "InvalidAnswer",
      status: 403,
      retryable: false,
    });
  });
});

describe("credentials that OSS refuses", () => {
  it.each(["SecurityTokenExpired", "InvalidAccessKeyId"] as const)(
    "are renewed after %s, and the file is sent once more",
    async (expiredTokenCode) => {
      const service = await startOss({ expiredTokenCode });
      try {
        const credentials = liveSessions(service, { renews: "when told" });
        await credentials.get();
        service.clock.advance(901_000);
        await upload(credentials, FILE).done;
        expect(credentials.made()).toBe(2);
        expect(service.world.journal.map(({ code }) => code)).toEqual([expiredTokenCode, undefined]);
      } finally {
        await service.close();
      }
    },
  );

  it("are renewed after InvalidSecurityToken", async () => {
    const credentials = liveSessions(oss);
    Object.assign(await credentials.get(), { securityToken: "CAISgarbled" });
    await upload(credentials, FILE).done;
    expect(operations()).toEqual(["PutObject 403 InvalidSecurityToken", "PutObject 200"]);
  });

  it("are renewed once, not for ever", async () => {
    const credentials = liveSessions(oss, { change: { securityToken: "CAISgarbled" } });
    await expect(upload(credentials, FILE).done).rejects.toMatchObject({ code: "InvalidSecurityToken" });
    expect(credentials.made()).toBe(2);
    expect(operations()).toHaveLength(2);
  });
});

describe("a device whose clock is wrong", () => {
  it.each([
    ["20 minutes fast", 20],
    ["20 minutes slow", -20],
    ["three days fast", 3 * 24 * 60],
  ])("%s, is corrected by OSS' ServerTime, once for all that follows", async (_case, minutes) => {
    const credentials = liveSessions(oss);
    credentials.deviceIsAheadBy(minutes * 60_000);
    await upload(credentials, FILE).done;
    expect(operations().map((line) => line.split(" ")[1])).toEqual([minutes > 1000 ? "400" : "403", "200"]);
    await upload(credentials, FILE).done;
    expect(operations()).toHaveLength(3);
    expect(credentials.made()).toBe(1);
  });

  it("is told when OSS goes on refusing its time", async () => {
    const credentials = { ...liveSessions(oss), now: () => Date.now() + 20 * 60_000 };
    await expect(upload(credentials, FILE).done).rejects.toMatchObject({ code: "RequestTimeTooSkewed" });
    expect(operations()).toHaveLength(2);
  });
});

describe("checksums", () => {
  it("that differ have the file sent again", async () => {
    pausesTakeNoTime();
    let tries = 0;
    const fetch = fetchWith(({ send }) => {
      tries += 1;
      return tries === 1 ? send({ body: "bonjouR" }) : send();
    });
    const { crc64 } = await upload(liveSessions(oss), FILE, { fetch }).done;
    expect(crc64).toBe(oss.bucket.objects.get("users/alice/a.txt")?.crc64);
    expect(operations()).toEqual(["PutObject 200", "PutObject 200"]);
  });

  it("that go on differing are ChecksumMismatch", async () => {
    pausesTakeNoTime();
    const fetch = fetchWith(({ send }) => send({ body: "bonjouR" }));
    await expect(upload(liveSessions(oss), FILE, { fetch }).done).rejects.toMatchObject({
      code: "ChecksumMismatch",
      source: "oss",
      retryable: true,
    });
  });

  it("that the page cannot see are not compared, and the result says so", async () => {
    const fetch = fetchWith(({ send }) => withHeaders(send(), { "x-oss-hash-crc64ecma": undefined }));
    const result = await upload(liveSessions(oss), FILE, { fetch }).done;
    expect(result).toMatchObject({ bytes: 7, crc64: undefined });
  });

  it("need no ETag, but the result does: the error says what the bucket's CORS rule lacks", async () => {
    const fetch = fetchWith(({ send }) => withHeaders(send(), { etag: undefined }));
    await expect(upload(liveSessions(oss), FILE, { fetch }).done).rejects.toMatchObject({
      code: "InvalidAnswer",
      message: "no ETag: the bucket's CORS rule must expose it",
    });
    expect(operations()).toEqual(["PutObject 200"]);
  });
});

describe("a network that fails", () => {
  it.each<[string, () => Promise<Response>]>([
    ["without an answer", () => Promise.reject(new TypeError("Failed to fetch"))],
    ["with 503", async () => new Response("<Error><Code>ServiceUnavailable</Code></Error>", { status: 503 })],
    ["with a proxy's 502", async () => new Response("<html>", { status: 502 })],
    ["with 429", async () => new Response("", { status: 429 })],
    [
      "in the middle of the body",
      async () => new Response("<Error><Code>RequestTimeout</Code></Error>", { status: 400 }),
    ],
  ])("%s is asked again after pauses that double", async (_case, fails) => {
    const pauses = pausesTakeNoTime();
    let tries = 0;
    const fetch = fetchWith(({ send }) => {
      tries += 1;
      return tries < 4 ? fails() : send();
    });
    await upload(liveSessions(oss), FILE, { fetch }).done;
    expect(pauses).toHaveLength(3);
    for (const [at, ms] of pauses.entries()) {
      expect(ms).toBeGreaterThanOrEqual(250 * 2 ** at);
      expect(ms).toBeLessThanOrEqual(500 * 2 ** at);
    }
  });

  it("for five tries is NetworkError, and resume() begins again with a new promise", async () => {
    pausesTakeNoTime();
    let tries = 0;
    const fetch = fetchWith(({ send }) => {
      tries += 1;
      return tries <= 5 ? Promise.reject(new TypeError("Failed to fetch")) : send();
    });
    const task = upload(liveSessions(oss), FILE, { fetch });
    const failed = task.done;
    await expect(failed).rejects.toMatchObject({
      code: "NetworkError",
      source: "network",
      retryable: true,
      message: `PUT http://127.0.0.1:${oss.port}/examplebucket/users/alice/a.txt: no network, or no CORS rule for this page`,
    });
    expect(tries).toBe(5);
    expect(task).toMatchObject({ state: "failed", error: { code: "NetworkError" } });
    task.resume();
    expect(task).toMatchObject({ state: "running", error: undefined });
    expect((await task.done).bytes).toBe(7);
    expect(task.done).not.toBe(failed);
  });

  it("waits as long as the function asks for", async () => {
    const pauses = pausesTakeNoTime();
    const credentials = liveSessions(oss);
    let calls = 0;
    const get: typeof credentials.get = async (options) => {
      calls += 1;
      // The first call is for the prefix, the second one for the keys of the PUT.
      if (calls !== 2) return credentials.get(options);
      throw new ValetError("STS is busy.", {
        code: "StsThrottled",
        source: "valet",
        retryable: true,
        retryAfterMs: 3000,
      });
    };
    await upload({ ...credentials, get }, FILE).done;
    expect(pauses).toEqual([3000]);
  });
});

describe("whoever watches", () => {
  it("sees each change of progress and of the state, until they stop looking", async () => {
    const seen: UploadProgress[] = [];
    let changes = 0;
    const task = upload(liveSessions(oss), FILE, { onProgress: (progress) => seen.push(progress) });
    const states: string[] = [];
    const stop = task.onChange(() => states.push(task.state));
    task.onChange(() => {
      changes += 1;
    });
    await task.done;
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.at(-1)).toEqual({ loaded: 7, total: 7 });
    expect(states[0]).toBe("running");
    expect(states.at(-1)).toBe("done");
    const before = states.length;
    stop();
    task.pause();
    task.resume();
    expect([states.length, task.state]).toEqual([before, "done"]);
    expect(changes).toBe(before);
  });
});

describe("abort", () => {
  it("by a signal throws its reason, and nothing is sent", async () => {
    const reason = new Error("the user left");
    const task = upload(liveSessions(oss), FILE, { signal: AbortSignal.abort(reason) });
    await expect(task.done).rejects.toBe(reason);
    expect(task).toMatchObject({ state: "aborted", error: reason });
    expect(operations()).toEqual([]);
  });

  it("throws an AbortError, and comes too late for a file that is there", async () => {
    const task = upload(liveSessions(oss), FILE);
    await task.abort();
    await expect(task.done).rejects.toMatchObject({ name: "AbortError" });
    const late = upload(liveSessions(oss), FILE);
    await late.done;
    await late.abort();
    expect(late.state).toBe("done");
    expect(oss.bucket.objects.size).toBe(1);
  });
});

/** What OSS was asked, with status and code. */
function operations(): readonly string[] {
  return oss.world.journal.map(({ operation, status, code }) =>
    [operation, status, code].filter(Boolean).join(" "),
  );
}
