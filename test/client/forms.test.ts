import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { createForms } from "../../client/src/forms.ts";
import { createCredentials } from "../../client/src/index.ts";
import { uploadQueue } from "../../client/src/upload/queue.ts";
import { upload } from "../../client/src/upload.ts";
import { ValetError } from "../../client/src/valet-error.ts";
import { ossForTests, uploadsForTests } from "../support/services-for-tests.ts";
import { appTokenOf } from "../support/uploads-service.ts";
import { pausesTakeNoTime } from "./between.ts";
import { type FetchStep, fakeValet, optionsFor, refusal, vended } from "./fake-valet.ts";
import { liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();
const service = await uploadsForTests(oss);

beforeEach(() => void pausesTakeNoTime());

const forms = (more: Partial<Parameters<typeof createForms>[0]> = {}) =>
  createForms({ endpoint: service.endpoint, appToken: () => appTokenOf("alice"), ...more });
const photo = (text = "a photo", name = "a.jpg") => new File([text], name, { type: "image/jpeg" });
const stored = (key: string) => oss.bucket.objects.get(key)?.content.size;

describe("createForms", () => {
  it("uploads a file under its own name, a name or a key, with its type", async () => {
    expect(await forms().upload(photo())).toEqual({
      key: "photos/alice/a.jpg",
      etag: expect.stringMatching(/^"[0-9A-F]{32}"$/),
      crc64: undefined,
      bytes: 7,
    });
    await forms().upload(photo(), { name: "x/b.jpg" });
    await forms().upload(photo(), { key: "photos/alice/c.jpg", contentType: "image/png" });
    expect([...oss.bucket.objects.keys()]).toEqual([
      "photos/alice/a.jpg",
      "photos/alice/x/b.jpg",
      "photos/alice/c.jpg",
    ]);
    expect(oss.bucket.objects.get("photos/alice/c.jpg")?.headers["content-type"]).toBe("image/png");
  });

  it("asks for exactly the file's size: no other file fits the form", async () => {
    await forms().upload(photo());
    expect(service.auditLog.entries.at(-1)).toMatchObject({ count: 1, rules: ["photos"] });
    await expect(forms().upload(photo("x".repeat(1001), "b.jpg"))).rejects.toMatchObject({
      code: "AccessDenied",
      source: "valet",
    });
  });

  it("posts the fields in their order, the file after them, and no App token to OSS", async () => {
    const posted: FormData[] = [];
    const recording: typeof fetch = async (url, init) => {
      if (init?.body instanceof FormData) posted.push(init.body);
      return fetch(url, init);
    };
    await forms({ fetch: recording }).upload(photo());
    expect(posted.map((form) => [...form.keys()])).toEqual([
      [
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
        "file",
      ],
    ]);
    const { conditions } = JSON.parse(Buffer.from(String(posted[0]?.get("policy")), "base64").toString());
    expect(conditions).toContainEqual(["content-length-range", 7, 7]);
    expect(service.asked.at(-1)?.path).toBe("/uploads");
  });

  it("tells OSS's refusal, and never replaces a file", async () => {
    await forms().upload(photo());
    await expect(forms().upload(photo("another"))).rejects.toMatchObject({
      code: "FileAlreadyExists",
      source: "oss",
      status: 409,
      retryable: false,
    });
  });

  it("ends at the App's signal", async () => {
    const reason = new Error("enough");
    await expect(forms().upload(photo(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("asks the function by fetch even where there is XMLHttpRequest, and follows no redirect", async () => {
    vi.stubGlobal(
      "XMLHttpRequest",
      class {
        constructor() {
          throw new Error("XMLHttpRequest follows redirects, and takes the App token along");
        }
      },
    );
    onTestFinished(() => void vi.unstubAllGlobals());
    expect(await forms().urls(["photos/alice/a.jpg"])).toHaveLength(1);
    const before = service.asked.length;
    for (let tries = 0; tries < 5; tries += 1) service.next(307, {}, { Location: "/elsewhere" });
    await expect(forms().urls(["photos/alice/a.jpg"])).rejects.toMatchObject({ code: "NetworkError" });
    const paths = service.asked.slice(before).map(({ path }) => path);
    expect(paths).toEqual(Array(5).fill("/downloads"));
  });

  it("renews a form that has ended, once", async () => {
    service.isBehindBy(2_000_000);
    const before = service.asked.length;
    await expect(forms().upload(photo())).rejects.toMatchObject({
      code: "AccessDenied",
      message: expect.stringContaining("Policy expired"),
    });
    expect(service.asked.length - before).toBe(2);
  });

  it("asks for the App token once more after a 401", async () => {
    const appToken = vi.fn(({ refused }: { readonly refused: boolean }) =>
      refused ? appTokenOf("alice") : "old",
    );
    await forms({ appToken }).upload(photo());
    expect(appToken.mock.calls).toEqual([[{ refused: false }], [{ refused: true }]]);
    const never = vi.fn(() => "old");
    await expect(forms({ appToken: never }).upload(photo())).rejects.toMatchObject({ code: "InvalidToken" });
    expect(never).toHaveBeenCalledTimes(2);
  });

  it("gives URLs, with a disposition where it is asked for", async () => {
    await forms().upload(photo());
    const [url = ""] = await forms().urls(["photos/alice/a.jpg"], {
      disposition: "attachment; filename=a.jpg",
    });
    const answer = await fetch(url);
    expect([await answer.text(), answer.headers.get("content-disposition")]).toEqual([
      "a photo",
      "attachment; filename=a.jpg",
    ]);
    await expect(forms().urls(["photos/bob/a.jpg"])).rejects.toMatchObject({
      message: "No rule grants keys[0].",
    });
  });

  it.each([
    [{ endpoint: "http://valet.example.com/uploads" }, "endpoint"],
    [{ endpoint: "https://valet.example.com/" }, "endpoint"],
    [{ appToken: "jwt" as never }, "appToken"],
  ])("refuses %j", (change, word) => {
    expect(() => forms(change)).toThrowError(
      expect.objectContaining({ code: "InvalidArgument", message: expect.stringContaining(word) }),
    );
  });

  it("takes nothing for an answer that is none", async () => {
    service.next(200, { Uploads: [{}] });
    await expect(forms().upload(photo())).rejects.toMatchObject({ code: "InvalidAnswer" });
    service.next(200, { Uploads: [{ Url: "https://a", Key: "a", Fields: null }] });
    await expect(forms().upload(photo())).rejects.toMatchObject({ code: "InvalidAnswer" });
    service.next(200, { hello: "world" });
    await expect(forms().upload(photo())).rejects.toMatchObject({ code: "InvalidAnswer" });
    service.next(403, { Code: "AccessDenied", Message: "no" });
    await expect(forms().upload(photo())).rejects.toMatchObject({ code: "AccessDenied", message: "no" });
  });
});

describe("upload with forms", () => {
  const throwing = (error: unknown) => ({ ...liveSessions(oss), get: () => Promise.reject(error) });
  const refused = (code: string, status: number) =>
    new ValetError(code, { code, source: "valet", retryable: status === 503, status });

  it.each([
    ["STS is throttled", refused("StsThrottled", 503)],
    ["no rule gives credentials", refused("AccessDenied", 403)],
  ])("takes a form when %s", async (_why, error) => {
    const onProgress = vi.fn();
    const task = upload(throwing(error), photo(), { forms: forms(), onProgress });
    expect(await task.done).toMatchObject({ key: "photos/alice/a.jpg", bytes: 7 });
    expect([task.state, task.key, stored("photos/alice/a.jpg")]).toEqual(["done", "photos/alice/a.jpg", 7]);
  });

  it.each<[string, FetchStep]>([
    ["answers StsThrottled", refusal(503, "StsThrottled")],
    ["answers AccessDenied", refusal(403, "AccessDenied")],
    ["grants no folder to write in", () => Response.json({ ...vended(fakeValet(), 1), Permissions: "read" })],
  ])("takes a form when /credentials %s", async (_what, step) => {
    const valet = fakeValet();
    valet.next(step, step, step);
    const credentials = createCredentials(optionsFor(valet));
    const options = { forms: forms(), key: "photos/alice/a.jpg" };
    expect(await upload(credentials, photo(), options).done).toMatchObject({ key: "photos/alice/a.jpg" });
    expect(stored("photos/alice/a.jpg")).toBe(7);
  });

  it("takes a form through useUpload, which passes the options on", async () => {
    const credentials = throwing(refused("AccessDenied", 403));
    const queue = uploadQueue(() => ({ credentials, options: { forms: forms() } }), {});
    const done = new Promise<void>((resolve) => {
      queue.subscribe(() => queue.items()[0]?.result && resolve());
    });
    queue.start([photo()]);
    await done;
    expect(queue.items()[0]?.result).toMatchObject({ key: "photos/alice/a.jpg" });
  });

  it("takes a form where the credentials do not write", async () => {
    const credentials = liveSessions(oss, { change: { prefix: "photos/alice/", permissions: ["read"] } });
    expect(await upload(credentials, photo(), { forms: forms() }).done).toMatchObject({
      key: "photos/alice/a.jpg",
    });
    expect(stored("photos/alice/a.jpg")).toBe(7);
  });

  it("takes the credentials where they write", async () => {
    const before = service.asked.length;
    expect(await upload(liveSessions(oss), photo(), { forms: forms() }).done).toMatchObject({
      key: "users/alice/a.jpg",
    });
    expect(service.asked.length).toBe(before);
  });

  it("is refused as before without forms, and for every other error", async () => {
    await expect(upload(throwing(refused("StsThrottled", 503)), photo()).done).rejects.toMatchObject({
      code: "StsThrottled",
    });
    const other = refused("InvalidToken", 401);
    await expect(upload(throwing(other), photo(), { forms: forms() }).done).rejects.toBe(other);
  });
});
