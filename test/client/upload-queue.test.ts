import { describe, expect, it } from "vitest";
import { type UploadQueue, type UseUploadOptions, uploadQueue } from "../../client/src/upload/queue.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { fetchWith } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

function files(...names: readonly string[]): readonly File[] {
  return names.map((name) => new File([name], name));
}

/** A queue whose requests wait until `letGo`, after `refused` ones that OSS refuses. */
function held(
  settings: UseUploadOptions = {},
  refused = 0,
): { readonly queue: UploadQueue; readonly letGo: () => void } {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let requests = 0;
  const fetch = fetchWith(async ({ send }) => {
    requests += 1;
    if (requests <= refused)
      return new Response("<Error><Code>AccessDenied</Code><Message>no</Message></Error>", { status: 403 });
    await gate;
    return send();
  });
  const queue = uploadQueue(() => ({ credentials: liveSessions(oss), options: { fetch } }), settings);
  return { queue, letGo: () => letGo() };
}

/** The most files that were ever sent at the same time. */
function mostAtOnce(queue: UploadQueue): () => number {
  let most = 0;
  queue.subscribe(() => {
    most = Math.max(most, states(queue).filter((state) => state === "running").length);
  });
  return () => most;
}

const states = (queue: UploadQueue) => queue.items().map(({ state }) => state);

describe("uploadQueue, the logic of useUpload", () => {
  it("takes files of an input as they are: null, and Files whose names are texts", async () => {
    const queue = uploadQueue(
      () => ({ credentials: liveSessions(oss), options: ({ name }) => ({ name: `photos/${name}` }) }),
      {},
    );
    queue.start(null);
    expect(queue.items()).toEqual([]);
    queue.start(files("a.jpg"));
    await expect.poll(() => queue.items()[0]?.result?.key).toBe("users/alice/photos/a.jpg");
    expect(queue.items()[0]?.file.name).toBe("a.jpg");
  });

  it("sends two files at a time; the others wait", async () => {
    const { queue, letGo } = held();
    queue.start(files("a", "b", "c"));
    expect(states(queue)).toEqual(["running", "running", "waiting"]);
    letGo();
    await expect.poll(() => states(queue)).toEqual(["done", "done", "done"]);
    expect([...oss.bucket.objects.keys()].sort()).toEqual(
      ["a", "b", "c"].map((name) => `users/alice/${name}`),
    );
    await expect.poll(() => queue.items()[2]?.result).toMatchObject({ key: "users/alice/c", bytes: 1 });
  });

  it("sends as many at a time as it is told", () => {
    const { queue } = held({ atOnce: 3 });
    queue.start(files("a", "b", "c", "d"));
    expect(states(queue)).toEqual(["running", "running", "running", "waiting"]);
    queue.abortAll();
  });

  it("gives new arrays and new items for each change, and the same ones until then", () => {
    const { queue } = held();
    let changes = 0;
    const end = queue.subscribe(() => {
      changes += 1;
    });
    const before = queue.items();
    expect(queue.items()).toBe(before);
    queue.start(files("a"));
    expect(changes).toBe(1);
    expect(queue.items()).not.toBe(before);
    end();
    queue.start(files("b"));
    expect(changes).toBe(1);
    queue.abortAll();
  });

  it("a pause of one that runs makes room for one that waits; one that waits can be paused and aborted too", async () => {
    const { queue, letGo } = held({ atOnce: 1 });
    queue.start(files("a", "b", "c"));
    queue.items()[2]?.pause();
    expect(states(queue)).toEqual(["running", "waiting", "paused"]);
    queue.items()[0]?.pause();
    await expect.poll(() => states(queue)).toEqual(["paused", "running", "paused"]);
    letGo();
    await expect.poll(() => states(queue)).toEqual(["paused", "done", "paused"]);
    queue.items()[2]?.abort();
    queue.items()[0]?.resume();
    await expect.poll(() => states(queue)).toEqual(["done", "done", "aborted"]);
    expect(oss.bucket.objects.size).toBe(2);
  });

  it("keeps the failure with its file, and the others go on", async () => {
    const queue = uploadQueue(
      () => ({
        credentials: liveSessions(oss),
        options: (file) => ({ key: `users/${(file as File).name === "b" ? "bob" : "alice"}/x` }),
      }),
      { atOnce: 1 },
    );
    queue.start(files("b", "a"));
    await expect.poll(() => states(queue)).toEqual(["failed", "done"]);
    expect(queue.items()[0]).toMatchObject({ key: "users/bob/x", error: { code: "AccessDenied" } });
    queue.clear();
    expect(states(queue)).toEqual(["failed"]);
  });

  it("one that is resumed waits for its turn, whether it was paused or has failed", async () => {
    const { queue, letGo } = held({ atOnce: 1 });
    const most = mostAtOnce(queue);
    queue.start(files("a", "b"));
    queue.items()[0]?.pause();
    expect(states(queue)).toEqual(["paused", "running"]);
    queue.items()[0]?.resume();
    expect(states(queue)).toEqual(["waiting", "running"]);
    queue.items()[0]?.pause();
    expect(states(queue)).toEqual(["paused", "running"]);
    queue.items()[0]?.resume();
    letGo();
    await expect.poll(() => states(queue)).toEqual(["done", "done"]);
    expect(most()).toBe(1);
    expect(oss.bucket.objects.size).toBe(2);
  });

  it("one that waits for its turn after a pause can be aborted", async () => {
    const { queue } = held({ atOnce: 1 });
    queue.start(files("a", "b"));
    queue.items()[0]?.pause();
    queue.items()[0]?.resume();
    queue.items()[0]?.abort();
    await expect.poll(() => states(queue)).toEqual(["aborted", "running"]);
    queue.abortAll();
  });

  it("one that failed goes on after resume(), in its turn, without the old error, and has its result when it is done", async () => {
    const { queue, letGo } = held({ atOnce: 1 }, 1);
    const most = mostAtOnce(queue);
    const done: unknown[] = [];
    queue.subscribe(() => {
      const [first] = queue.items();
      if (first?.state === "done") done.push(first.result);
    });
    queue.start(files("a", "b"));
    await expect.poll(() => states(queue)).toEqual(["failed", "running"]);
    expect(queue.items()[0]?.error).toMatchObject({ code: "AccessDenied" });
    queue.items()[0]?.resume();
    expect(queue.items()[0]).toMatchObject({ state: "waiting", error: undefined });
    letGo();
    await expect.poll(() => states(queue)).toEqual(["done", "done"]);
    expect(queue.items()[0]).toMatchObject({ error: undefined, result: { key: "users/alice/a", bytes: 1 } });
    expect(done).not.toContain(undefined);
    expect(most()).toBe(1);
  });

  it("a file whose options cannot be made fails alone, and can be tried again", async () => {
    const problem = new Error("no album is chosen");
    let chosen = false;
    const options = (file: Blob) => {
      if ((file as File).name === "a" && !chosen) throw problem;
      return {};
    };
    const queue = uploadQueue(() => ({ credentials: liveSessions(oss), options }), { atOnce: 1 });
    queue.start(files("a", "b"));
    expect(states(queue)).toEqual(["failed", "running"]);
    expect(queue.items()[0]?.error).toBe(problem);
    queue.start(files("c", "a"));
    await expect.poll(() => states(queue)).toEqual(["failed", "done", "done", "failed"]);
    chosen = true;
    queue.items()[0]?.resume();
    await expect.poll(() => states(queue)).toEqual(["done", "done", "done", "failed"]);
    expect(queue.items()[0]).toMatchObject({ error: undefined, result: { key: "users/alice/a" } });
    queue.items()[3]?.abort();
    expect(states(queue).at(-1)).toBe("aborted");
  });

  it.each([0, -1, 1.5, Number.NaN])("refuses %s files at a time: nothing would ever start", (atOnce) => {
    expect(() => held({ atOnce })).toThrow(
      expect.objectContaining({
        name: "ValetError",
        code: "InvalidArgument",
        message: `atOnce ${atOnce}: write a whole number, 1 or more`,
      }),
    );
  });

  it("takes the credentials of the user who is signed in when a file starts", async () => {
    let user = "alice";
    const queue = uploadQueue(() => ({ credentials: liveSessions(oss, { user }), options: {} }), {});
    queue.start(files("a"));
    await expect.poll(() => states(queue)).toEqual(["done"]);
    user = "bob";
    queue.start(files("b"));
    await expect.poll(() => states(queue)).toEqual(["done", "done"]);
    expect([...oss.bucket.objects.keys()]).toEqual(["users/alice/a", "users/bob/b"]);
  });
});
