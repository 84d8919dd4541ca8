import { describe, expect, it, onTestFinished, vi } from "vitest";
import { list, remove, upload, url } from "../../client/src/upload.ts";
import { realNames } from "../support/real-names.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { fetchWith, pausesTakeNoTime } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

const ODD = "été & co/a+b (1)*'!~%25#?.txt";

async function put(...names: readonly string[]): Promise<void> {
  for (const name of names) await upload(liveSessions(oss), new File(["bonjour"], name)).done;
}

describe("list", () => {
  it("gives every file below the user's prefix, with size, time and ETag", async () => {
    await put(ODD, "b.txt");
    expect(await list(liveSessions(oss))).toEqual({
      files: ["b.txt", ODD].map((name) => ({
        key: `users/alice/${name}`,
        size: 7,
        lastModified: expect.any(Date),
        etag: '"F02368945726D5FC2A14EB576F7276C0"',
      })),
      folders: [],
      next: undefined,
    });
    const [file] = (await list(liveSessions(oss))).files;
    expect(file?.lastModified.getTime()).toBe(oss.bucket.objects.get("users/alice/b.txt")?.modifiedMs);
  });

  it("with a delimiter gives one folder and the folders in it", async () => {
    await put("a.txt", "x y/1.txt", "x y/2.txt", "上传/3.txt");
    const { files, folders } = await list(liveSessions(oss), { prefix: "users/alice/", delimiter: "/" });
    expect(files.map(({ key }) => key)).toEqual(["users/alice/a.txt"]);
    expect(folders).toEqual(["users/alice/x y/", "users/alice/上传/"]);
  });

  it("goes on page by page", async () => {
    const names = ["1", "2", "3", "4", "5"];
    await put(...names);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await list(liveSessions(oss), { limit: 2, token });
      expect(page.files.length).toBeLessThanOrEqual(2);
      seen.push(...page.files.map(({ key }) => key));
      token = page.next;
    } while (token !== undefined);
    expect(seen).toEqual(names.map((name) => `users/alice/${name}`));
    const { files } = await list(liveSessions(oss), { after: "users/alice/3" });
    expect(files.map(({ key }) => key)).toEqual(["users/alice/4", "users/alice/5"]);
  });

  it.each([
    ["a proxy's page", () => "<html>Sign in to the Wi-Fi</html>"],
    ["half of an answer", (text: string) => text.slice(0, text.indexOf("</Key>") - 1)],
    ["an answer without its end", (text: string) => text.replace("</ListBucketResult>", "")],
  ])("takes %s with status 200 for no listing, and asks again", async (_case, spoilt) => {
    pausesTakeNoTime();
    await put("a.txt", "b.txt");
    let spoil = 2;
    const fetch = fetchWith(async ({ send }) => {
      const text = await (await send()).text();
      return new Response(spoil-- > 0 ? spoilt(text) : text);
    });
    expect((await list(liveSessions(oss), { fetch })).files).toHaveLength(2);
    spoil = 5;
    await expect(list(liveSessions(oss), { fetch })).rejects.toMatchObject({
      code: "InvalidAnswer",
      retryable: true,
      status: 200,
    });
  });

  it("leaves no listener on the signal after pauses", async () => {
    const pauses = pausesTakeNoTime();
    const { signal } = new AbortController();
    const left = new Set<unknown>();
    const add = vi.spyOn(signal, "addEventListener").mockImplementation((_type, run) => void left.add(run));
    vi.spyOn(signal, "removeEventListener").mockImplementation((_type, run) => void left.delete(run));
    let tries = 0;
    const fetch = fetchWith(({ send }) => {
      tries += 1;
      return tries < 3 ? Promise.reject(new TypeError("the network is gone")) : send();
    });
    await list(liveSessions(oss), { fetch, signal });
    expect(pauses).toHaveLength(2);
    expect(add.mock.calls.length).toBeGreaterThan(2);
    expect(left.size).toBe(0);
  });

  it("is refused outside the user's prefix", async () => {
    await expect(list(liveSessions(oss), { prefix: "users/bob/" })).rejects.toMatchObject({
      code: "AccessDenied",
      source: "oss",
    });
    // Not the user's own: the whole bucket.
    await expect(list(liveSessions(oss), { prefix: "" })).rejects.toMatchObject({ code: "AccessDenied" });
  });

  it.each(["prefix", "delimiter", "after", "token"])(
    "sends nothing for half of a surrogate pair in %s",
    async (name) => {
      oss.world.journal.splice(0);
      await expect(list(liveSessions(oss), { [name]: "\ud800" })).rejects.toMatchObject({
        code: "InvalidArgument",
      });
      expect(oss.world.journal).toEqual([]);
    },
  );
});

describe("remove", () => {
  it("deletes one object, and one that is not there", async () => {
    await put(ODD);
    await remove(liveSessions(oss), `users/alice/${ODD}`);
    expect(oss.bucket.objects.size).toBe(0);
    await expect(remove(liveSessions(oss), `users/alice/${ODD}`)).resolves.toBeUndefined();
  });

  it("is refused in another user's folder, and sends nothing for a key that browsers turn into another one", async () => {
    await expect(remove(liveSessions(oss), "users/bob/a.txt")).rejects.toMatchObject({ status: 403 });
    oss.world.journal.splice(0);
    await expect(remove(liveSessions(oss), "users/alice/../bob/a.txt")).rejects.toMatchObject({
      code: "InvalidArgument",
    });
    expect(oss.world.journal).toEqual([]);
  });

  it("takes a proxy's page for no deletion", async () => {
    pausesTakeNoTime();
    const fetch = fetchWith(async () => new Response("<html>Sign in to the Wi-Fi</html>"));
    await expect(remove(liveSessions(oss), "users/alice/a.txt", { fetch })).rejects.toMatchObject({
      code: "InvalidAnswer",
      retryable: true,
    });
  });

  it("ends a pause when the caller aborts in it", async () => {
    const leaving = new AbortController();
    const reason = new Error("the user left");
    const fetch = fetchWith(() => {
      setTimeout(() => leaving.abort(reason), 20);
      return Promise.reject(new TypeError("the network is gone"));
    });
    const { signal } = leaving;
    const before = performance.now();
    await expect(remove(liveSessions(oss), "a", { fetch, signal })).rejects.toBe(reason);
    expect(performance.now() - before).toBeLessThan(240);
  });

  it("is asked again when the network fails, unless the caller aborts", async () => {
    pausesTakeNoTime();
    let tries = 0;
    const fetch = fetchWith(({ send }) => {
      tries += 1;
      return tries < 3 ? Promise.reject(new TypeError("the network is gone")) : send();
    });
    await remove(liveSessions(oss), "users/alice/a.txt", { fetch });
    expect(tries).toBe(3);
    const leaving = new AbortController();
    const reason = new Error("the user left");
    const silent = fetchWith(() => {
      leaving.abort(reason);
      return Promise.reject(new TypeError("the network is gone"));
    });
    const { signal } = leaving;
    await expect(remove(liveSessions(oss), "a", { fetch: silent, signal })).rejects.toBe(reason);
  });

  it("never follows a redirect: the security token stays here", async () => {
    pausesTakeNoTime();
    const redirects: (string | undefined)[] = [];
    const fetch: typeof globalThis.fetch = async (_input, init) => {
      redirects.push(init?.redirect);
      throw new TypeError("redirected");
    };
    await remove(liveSessions(oss), "users/alice/a.txt", { fetch }).catch(() => undefined);
    expect(new Set(redirects)).toEqual(new Set(["error"]));
  });
});

describe("url", () => {
  it("opens the object for whoever has it, without any header", async () => {
    await put(ODD);
    const address = await url(liveSessions(oss, { seconds: 3600 }), `users/alice/${ODD}`);
    const answer = await fetch(address);
    expect([answer.status, await answer.text()]).toEqual([200, "bonjour"]);
    expect(new URL(address).searchParams.get("x-oss-expires")).toBe("900");
  });

  it("has browsers save the file under a name, whatever its characters", async () => {
    await put("a.txt");
    const address = await url(liveSessions(oss), "users/alice/a.txt", { download: 'été "1"\'.txt' });
    expect((await fetch(address)).headers.get("content-disposition")).toBe(
      "attachment; filename*=UTF-8''%C3%A9t%C3%A9%20%221%22%27.txt",
    );
  });

  it("has OSS process an image", async () => {
    const address = await url(liveSessions(oss), "users/alice/a.jpg", { process: "image/resize,w_200" });
    expect(new URL(address).searchParams.get("x-oss-process")).toBe("image/resize,w_200");
  });

  it("never lives longer than the credentials, nor than 12 hours", async () => {
    const secondsOf = async (sessionSeconds: number, seconds: number) => {
      const address = await url(liveSessions(oss, { seconds: sessionSeconds }), "users/alice/a", { seconds });
      return Number(new URL(address).searchParams.get("x-oss-expires"));
    };
    expect(await secondsOf(900, 600)).toBe(600);
    expect(await secondsOf(900, 3600)).toBeLessThanOrEqual(900);
    expect(await secondsOf(900, 3600)).toBeGreaterThan(890);
    expect(await secondsOf(100_000, 90_000)).toBe(43_200);
  });

  it("is refused for a time or a key that is not possible", async () => {
    await expect(url(liveSessions(oss), "users/alice/a", { seconds: 0 })).rejects.toMatchObject({
      code: "InvalidArgument",
      message: "seconds 0: write a whole number, 1 or more",
    });
    for (const [option, name] of [
      ["download", "download"],
      ["process", "x-oss-process"],
    ] as const) {
      const half = { [option]: "a\ud800" };
      await expect(url(liveSessions(oss), "users/alice/a", half)).rejects.toMatchObject({
        code: "InvalidArgument",
        message: `${name} a\ud800: not Unicode`,
      });
    }
    await expect(url(liveSessions(oss), "a/../b")).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  it("waits for a renewal that is due: what is left of the old credentials would end it early", async () => {
    const asked: object[] = [];
    const credentials = liveSessions(oss);
    const get: typeof credentials.get = (options) => {
      asked.push(options ?? {});
      return credentials.get(options);
    };
    await url({ ...credentials, get }, "users/alice/a");
    expect(asked).toEqual([{ signal: undefined, fresh: true }]);
  });
});

describe("the address of an object", () => {
  const addressOf = async (change: object) => {
    const { origin, pathname } = new URL(await url(liveSessions(oss, { change }), "users/alice/a b"));
    return origin + pathname;
  };

  it.each([
    [
      "https://oss-cn-hangzhou.aliyuncs.com",
      "https://examplebucket.oss-cn-hangzhou.aliyuncs.com/users/alice/a%20b",
    ],
    [
      "https://oss-accelerate.aliyuncs.com",
      "https://examplebucket.oss-accelerate.aliyuncs.com/users/alice/a%20b",
    ],
    [
      "https://oss.cloud.example.com:8443",
      "https://examplebucket.oss.cloud.example.com:8443/users/alice/a%20b",
    ],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000/examplebucket/users/alice/a%20b"],
    ["http://localhost:9000", "http://localhost:9000/examplebucket/users/alice/a%20b"],
    ["http://[::1]:9000", "http://[::1]:9000/examplebucket/users/alice/a%20b"],
  ])("at %s is %s", async (endpoint, expected) => {
    expect(await addressOf({ endpoint })).toBe(expected);
  });

  it("at the bucket's own domain has no bucket", async () => {
    const own = { endpoint: "https://files.example.com", cname: true };
    expect(await addressOf(own)).toBe("https://files.example.com/users/alice/a%20b");
    expect(await addressOf({ endpoint: "http://127.0.0.1:9000", cname: true })).toBe(
      "http://127.0.0.1:9000/users/alice/a%20b",
    );
  });

  it.each([
    [
      "the region's endpoint",
      { endpoint: "https://oss-cn-hangzhou.aliyuncs.com" },
      "examplebucket.oss-cn-hangzhou.aliyuncs.com",
    ],
    ["the bucket's own domain", { endpoint: "https://files.example.com", cname: true }, "files.example.com"],
  ])("works at %s", async (_case, change, host) => {
    onTestFinished(() => void oss.bucket.hosts.splice(0));
    oss.bucket.hosts.push("files.example.com");
    const { asked } = await realNames(`http://127.0.0.1:${oss.port}`, { [host]: host });
    const credentials = liveSessions(oss, { change });
    await upload(credentials, new File(["bonjour"], "a b.txt")).done;
    expect((await list(credentials)).files).toHaveLength(1);
    const answer = await fetch(await url(credentials, "users/alice/a b.txt"));
    expect(await answer.text()).toBe("bonjour");
    await remove(credentials, "users/alice/a b.txt");
    expect(asked.every((line) => line.includes(` https://${host}/`))).toBe(true);
    expect(asked).toHaveLength(4);
  });
});
