import {
  createReadStream,
  createWriteStream,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import OSS from "ali-oss";
import { describe, expect, it, onTestFinished } from "vitest";
import { ossClient } from "../../client/src/ali-oss.ts";
import { realNames } from "../support/real-names.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { type LiveSessions, liveSessions } from "./live-sessions.ts";

const oss = await ossForTests();

describe("a client of ali-oss", () => {
  it("has everything from the credentials: bucket, region, endpoint, signature V4, and the local OSS' path style", async () => {
    const client = await ossClient(OSS, liveSessions(oss));
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(optionsOf(client)).toMatchObject({
      bucket: "examplebucket",
      region: "oss-cn-hangzhou",
      cname: false,
      authorizationV4: true,
      sldEnable: true,
    });
    expect(oss.bucket.objects.has("users/alice/a.txt")).toBe(true);
  });

  it("passes on the App's options, and lets nobody take over the keys", async () => {
    const stolen = { accessKeyId: "mine", refreshSTSToken: () => Promise.reject(new Error("asked")) };
    const client = await ossClient(OSS, liveSessions(oss), { timeout: 1234, ...stolen });
    // Those that sign at once, without a request before, read the options as they are now.
    expect(optionsOf(client)).toMatchObject({ accessKeyId: expect.stringMatching(/^STS\./) });
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(optionsOf(client)).toMatchObject({ timeout: 1234 });
    expect(operations()).toEqual(["PutObject 200"]);
  });

  it("throws what the credentials throw when there are none", async () => {
    const error = new Error("signed out");
    const none = { ...liveSessions(oss), get: () => Promise.reject(error) };
    await expect(ossClient(OSS, none)).rejects.toBe(error);
  });

  it("does everything that ali-oss does, across the end of each key", async () => {
    const { client, credentials } = await aliceWithEndingKeys();
    const key = "users/alice/all.txt";
    const folder = mkdtempSync(join(tmpdir(), "ali-oss-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "all.txt");
    writeFileSync(path, "bonjour");

    for (const [name, call, wanted] of [
      ["put of a Buffer", () => client.put(key, Buffer.from("bonjour")), { name: key }],
      ["put of a path", () => client.put(key, path), { name: key }],
      ["putStream of a file", () => client.putStream(key, createReadStream(path)), { name: key }],
      ["append", () => client.append("users/alice/log.txt", path), { nextAppendPosition: "7" }],
      ["get", () => client.get(key), { content: Buffer.from("bonjour") }],
      ["get into a file", () => client.get(key, path), { res: { status: 200 } }],
      ["head", () => client.head(key), { status: 200 }],
      [
        "list",
        () => client.list({ prefix: "users/alice/all", "max-keys": 9 }, {}),
        { objects: [{ name: key }] },
      ],
      ["copy", () => client.copy("users/alice/copy.txt", key), { res: { status: 200 } }],
      [
        "putSymlink",
        () => client.putSymlink("users/alice/link", key, { storageClass: "Standard" }),
        { res: { status: 200 } },
      ],
      ["delete", () => client.delete("users/alice/copy.txt"), { res: { status: 204 } }],
      [
        "deleteMulti",
        () => client.deleteMulti(["users/alice/log.txt"]),
        { deleted: [{ Key: "users/alice/log.txt" }] },
      ],
    ] as const) {
      oss.clock.advance(900_000);
      oss.world.journal.splice(0);
      expect(await call(), name).toMatchObject(wanted);
      expect(
        operations().map((one) => one.replace(/^\w+ /, "")),
        name,
      ).toEqual(["403 SecurityTokenExpired", expect.stringMatching(/^20[04]$/)]);
    }
    expect(readFileSync(path, "utf8")).toBe("bonjour");
    oss.clock.advance(900_000);
    expect(await text((await client.getStream(key)).stream)).toBe("bonjour");
    expect(credentials.made()).toBe(14);
  });

  it("has OSS' code in the error of getStream, which ali-oss gives a status alone", async () => {
    const client = await ossClient(OSS, liveSessions(oss));
    await expect(client.getStream("users/bob/b.txt")).rejects.toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
  });
});

describe("a refusal for the keys", () => {
  it.each<[string, (credentials: LiveSessions) => Promise<unknown>]>([
    ["SecurityTokenExpired", async () => oss.clock.advance(900_000)],
    [
      "InvalidAccessKeyId",
      async (credentials) => oss.world.sessions.delete((await credentials.get()).accessKeyId),
    ],
    [
      "InvalidSecurityToken",
      async (credentials) => Object.assign(await credentials.get(), { securityToken: "CAIS.other" }),
    ],
  ])("%s is answered with new ones, once, and no caller sees it", async (code, end) => {
    const { client, credentials } = await aliceWithEndingKeys();
    const { accessKeyId } = await credentials.get();
    await end(credentials);
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(operations()).toEqual([`PutObject 403 ${code}`, "PutObject 200"]);
    expect(credentials.invalidated).toEqual([accessKeyId]);
  });

  it("is given to the caller when new ones do not help, after two requests and no more", async () => {
    const { client, credentials } = await aliceWithEndingKeys();
    const ended = await credentials.get();
    oss.clock.advance(900_000);
    credentials.get = async () => ended;
    await expect(client.put("users/alice/a.txt", Buffer.from("a"))).rejects.toMatchObject({
      code: "SecurityTokenExpired",
      status: 403,
    });
    expect(operations()).toEqual([
      "PutObject 403 SecurityTokenExpired",
      "PutObject 403 SecurityTokenExpired",
    ]);
  });

  it.each([
    ["AccessDenied", "users/bob/b.txt", (client: OSS) => client.put("users/bob/b.txt", Buffer.from("a"))],
    ["NoSuchKey", "users/alice/none.txt", (client: OSS) => client.get("users/alice/none.txt")],
  ])("%s is not one: one request, no new credentials", async (code, _key, call) => {
    const { client, credentials } = await aliceWithEndingKeys();
    await expect(call(client)).rejects.toMatchObject({ code });
    expect(operations()).toHaveLength(1);
    expect(credentials.made()).toBe(1);
    expect(credentials.invalidated).toEqual([]);
  });

  it.each<[string, (client: OSS) => Promise<unknown>]>([
    ["putStream", (client) => client.putStream("users/alice/a.txt", Readable.from([Buffer.from("a")]))],
    ["put", (client) => client.put("users/alice/a.txt", Readable.from([Buffer.from("a")]))],
  ])(
    "%s of a stream is not sent again: the error says so, and the next call has new keys",
    async (_, call) => {
      const { client, credentials } = await aliceWithEndingKeys();
      oss.clock.advance(900_000);
      await expect(call(client)).rejects.toMatchObject({
        code: "SecurityTokenExpired",
        message: expect.stringMatching(/cannot send a stream a second time: call again with a new stream\.$/),
      });
      expect(operations()).toEqual(["PutObject 403 SecurityTokenExpired"]);
      await client.put("users/alice/a.txt", Buffer.from("a"));
      expect(credentials.made()).toBe(2);
    },
  );

  it("get into the App's own stream is not sent again: OSS' error is in that stream already", async () => {
    const { client } = await aliceWithEndingKeys();
    await client.put("users/alice/a.txt", Buffer.from("a"));
    oss.clock.advance(900_000);
    const folder = mkdtempSync(join(tmpdir(), "ali-oss-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await expect(client.get("users/alice/a.txt", createWriteStream(join(folder, "a")))).rejects.toMatchObject(
      { code: "SecurityTokenExpired", message: expect.stringContaining("new stream") },
    );
  });
});

describe("an upload in parts", () => {
  const BYTES = Buffer.alloc(24 * 102_400, "0123456789");
  const options = { partSize: 102_400, parallel: 3 };

  it.each([
    ["a Buffer", () => BYTES],
    ["a path", inAFile],
  ])("of %s goes on when OSS refuses the keys of parts under way", async (_, file) => {
    const { client, credentials } = await aliceWithEndingKeys();
    await client.multipartUpload("users/alice/film.mp4", file(), {
      ...options,
      progress: async (share: number) => {
        if ([8, 16].includes(Math.round(share * 25))) oss.clock.advance(900_000);
      },
    });
    expect(await isUploaded(client)).toBe(true);
    expect(operations().filter((one) => one === "UploadPart 200")).toHaveLength(24);
    expect(operations().filter((one) => one.startsWith("UploadPart 403")).length).toBeGreaterThan(1);
    expect(credentials.made()).toBe(3);
  });

  it("stops where cancel() is called, and goes on from its checkpoint with other keys", async () => {
    const { client, credentials } = await aliceWithEndingKeys();
    let checkpoint: OSS.Checkpoint | undefined;
    const upload = client.multipartUpload("users/alice/film.mp4", BYTES, {
      ...options,
      progress: (share: number, at: OSS.Checkpoint) => {
        checkpoint = at;
        if (share > 0.4) client.cancel();
      },
    });
    await expect(upload).rejects.toMatchObject({ name: "cancel", status: 0 });
    const sent = operations().filter((one) => one === "UploadPart 200").length;
    expect(sent).toBeGreaterThanOrEqual(10);
    expect(sent).toBeLessThan(16);

    oss.clock.advance(900_000);
    const other = await ossClient(OSS, credentials);
    await other.multipartUpload("users/alice/film.mp4", BYTES, {
      ...options,
      checkpoint,
    });
    expect(await isUploaded(other)).toBe(true);
    expect(operations().filter((one) => one === "UploadPart 200").length).toBeLessThan(24 + 6);
  });

  it("cancel() ends parts that still wait for credentials: none is sent", async () => {
    const credentials = liveSessions(oss);
    const client = await ossClient(OSS, credentials);
    const { get } = credentials;
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = 0;
    const slowly: typeof get = async () => {
      waiting += 1;
      if (waiting === 3) {
        client.cancel();
        open();
      }
      await opened;
      return get();
    };
    const progress = () => {
      credentials.get = slowly;
    };
    await expect(
      client.multipartUpload("users/alice/film.mp4", BYTES, { ...options, progress }),
    ).rejects.toMatchObject({ name: "cancel" });
    expect(operations()).toEqual(["InitiateMultipartUpload 200"]);
  });

  it("abortMultipartUpload forgets the upload", async () => {
    const { client } = await aliceWithEndingKeys();
    const { uploadId } = await client.initMultipartUpload("users/alice/film.mp4");
    oss.clock.advance(900_000);
    await client.abortMultipartUpload("users/alice/film.mp4", uploadId);
    expect([...oss.bucket.uploads.keys()]).not.toContain(uploadId);
  });

  async function isUploaded(client: OSS): Promise<boolean> {
    return BYTES.equals((await client.get("users/alice/film.mp4")).content);
  }

  function inAFile(): string {
    const folder = mkdtempSync(join(tmpdir(), "ali-oss-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "film.mp4");
    writeFileSync(path, BYTES);
    return path;
  }
});

describe("a device whose clock is 20 minutes wrong", () => {
  it.each([
    ["fast", -20],
    ["slow", 20],
  ])("(%s) signs with server time from the first request on", async (_, minutes) => {
    onTestFinished(() => oss.clock.skew(0));
    oss.clock.skew(minutes * 60_000);
    const client = await ossClient(OSS, liveSessions(oss));
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(operations()).toEqual(["PutObject 200"]);
    const url = await client.signatureUrlV4("GET", 60, {}, "users/alice/a.txt");
    expect(await (await fetch(url)).text()).toBe("a");
  });

  it("that goes wrong later is set right by OSS' refusal, once, also for streams of files and HEAD", async () => {
    for (const call of [
      (client: OSS) => client.put("users/alice/a.txt", Buffer.from("a")),
      (client: OSS) => client.put("users/alice/a.txt", import.meta.filename),
      (client: OSS) => client.head("users/alice/a.txt"),
    ]) {
      const credentials = liveSessions(oss);
      const client = await ossClient(OSS, credentials);
      credentials.deviceIsAheadBy(20 * 60_000);
      oss.world.journal.splice(0);
      await call(client);
      expect(operations()).toEqual([
        expect.stringMatching(/^\w+ 403 RequestTimeTooSkewed$/),
        expect.stringMatching(/^\w+ 200$/),
      ]);
      expect(Math.abs(credentials.now() - oss.clock.nowMs())).toBeLessThan(2000);
    }
  });

  it("that stays wrong gets the error after two requests", async () => {
    const credentials = liveSessions(oss);
    const client = await ossClient(OSS, credentials);
    credentials.deviceIsAheadBy(20 * 60_000);
    credentials.correctClock = () => {};
    await expect(client.put("users/alice/a.txt", Buffer.from("a"))).rejects.toMatchObject({
      code: "RequestTimeTooSkewed",
    });
    expect(operations()).toHaveLength(2);
  });
});

describe("buckets", () => {
  const endpoint = () => `http://localhost:${oss.port}`;
  const grant = (bucket: string) => ({
    bucket,
    endpoint: endpoint(),
    cname: false,
    prefix: "users/alice/",
    permissions: ["read", "write"] as const,
  });

  it("the option bucket chooses the grant, with its own address", async () => {
    const docs = { ...grant("docs-bucket"), endpoint: "https://docs.example.com", cname: true };
    const grants = [grant("examplebucket"), docs];
    const client = await ossClient(OSS, liveSessions(oss, { change: { grants } }), { bucket: "docs-bucket" });
    expect(client.getObjectUrl("a.txt")).toBe("https://docs.example.com/a.txt");
    expect(optionsOf(client)).toMatchObject({ bucket: "docs-bucket", cname: true, sldEnable: false });
    client.useBucket("examplebucket");
    expect(optionsOf(client)).toMatchObject({ bucket: "examplebucket", cname: false, sldEnable: true });
  });

  it("calls under way stay in the bucket that they began in", async () => {
    const docs = { ...grant("docs-bucket"), endpoint: "https://docs.example.com", cname: true };
    const grants = [grant("examplebucket"), docs];
    const client = await ossClient(OSS, liveSessions(oss, { change: { grants } }));
    const first = client.put("users/alice/first.txt", Buffer.from("1"));
    client.useBucket("docs-bucket");
    const link = client.signatureUrlV4("GET", 60, {}, "users/alice/a.txt");
    client.useBucket("examplebucket");
    await first;
    expect(oss.bucket.objects.has("users/alice/first.txt")).toBe(true);
    expect(await link).toMatch(/^https:\/\/docs\.example\.com\/users\/alice\/a\.txt\?/);
    expect(optionsOf(client)).toMatchObject({ bucket: "examplebucket" });
  });

  it.each<[string, () => Promise<unknown>]>([
    ["the option bucket", () => ossClient(OSS, liveSessions(oss), { bucket: "bobs-bucket" })],
    ["useBucket", async () => (await ossClient(OSS, liveSessions(oss))).useBucket("bobs-bucket")],
  ])("%s refuses one that no grant has, and names those that there are", async (_, call) => {
    await expect(call()).rejects.toMatchObject({
      name: "ValetError",
      code: "InvalidArgument",
      message: 'the credentials open nothing in the bucket "bobs-bucket": write one of examplebucket',
    });
  });

  it("follows the address when it changes with a renewal, as when a domain is bound to the bucket", async () => {
    const change = { grants: [grant("examplebucket")] };
    const credentials = liveSessions(oss, { change });
    const client = await ossClient(OSS, credentials);
    change.grants = [{ ...grant("examplebucket"), endpoint: `http://localhost:${oss.port}` }];
    credentials.invalidate();
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(optionsOf(client)).toMatchObject({ endpoint: { hostname: "localhost" } });
  });

  it("a bucket's own domain has no bucket before it, in requests and in signed URLs", async () => {
    onTestFinished(() => void oss.bucket.hosts.splice(0));
    oss.bucket.hosts.push("files.example.com");
    const { asked } = await realNames(`http://localhost:${oss.port}`, {
      "files.example.com": "files.example.com",
    });
    const own = { ...grant("examplebucket"), endpoint: "https://files.example.com", cname: true };
    const client = await ossClient(OSS, liveSessions(oss, { change: { ...own, grants: [own] } }));
    await client.put("users/alice/own.txt", Buffer.from("a"));
    expect((await client.get("users/alice/own.txt")).content).toEqual(Buffer.from("a"));
    expect(await client.signatureUrlV4("GET", 60, {}, "users/alice/own.txt")).toMatch(
      /^https:\/\/files\.example\.com\/users\/alice\/own\.txt\?/,
    );
    expect(asked).toEqual([
      "PUT https://files.example.com/users/alice/own.txt",
      "GET https://files.example.com/users/alice/own.txt",
    ]);
  });

  it("an endpoint of the App stays", async () => {
    const client = await ossClient(OSS, liveSessions(oss), { endpoint: `http://localhost:${oss.port}` });
    await client.put("users/alice/a.txt", Buffer.from("a"));
    expect(optionsOf(client)).toMatchObject({ endpoint: { hostname: "localhost" } });
  });
});

/** Alice's keys end after 15 minutes, and her device does not notice. */
async function aliceWithEndingKeys() {
  const credentials = liveSessions(oss, { renews: "when told", actions: ["oss:*"] });
  return { credentials, client: await ossClient(OSS, credentials) };
}

function optionsOf(client: object): object {
  return (client as { readonly options: object }).options;
}

/** What OSS was asked, with status and code. */
function operations(): readonly string[] {
  return oss.world.journal.map(({ operation, status, code }) =>
    [operation, status, code].filter(Boolean).join(" "),
  );
}
