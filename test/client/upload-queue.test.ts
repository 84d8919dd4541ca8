import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type UploadQueue, uploadQueue } from "../../client/src/upload/queue.ts";
import { type OssService, startOss } from "../support/oss-service.ts";
import { fetchWith } from "./between.ts";
import { liveSessions } from "./live-sessions.ts";

let oss: OssService;

beforeAll(async () => {
  oss = await startOss();
});

afterAll(() => oss.close());

beforeEach(() => {
  oss.bucket.objects.clear();
});

function files(...names: readonly string[]): readonly File[] {
  return names.map((name) => new File([name], name));
}

/** A queue whose requests wait until `letGo`. */
function held(settings = {}): { readonly queue: UploadQueue; readonly letGo: () => void } {
  let letGo: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const fetch = fetchWith(async ({ send }) => {
    await gate;
    return send();
  });
  const queue = uploadQueue(() => ({ credentials: liveSessions(oss), options: { fetch } }), settings);
  return { queue, letGo: () => letGo() };
}

const states = (queue: UploadQueue) => queue.items().map(({ state }) => state);

describe("uploadQueue, the logic of useUpload", () => {
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
