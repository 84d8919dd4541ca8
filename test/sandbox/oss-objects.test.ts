import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import type Oss from "ali-oss";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { crc64 } from "../../sandbox/oss/crc64.ts";
import {
  type AliOss,
  aliOss,
  failureOf,
  folderStatements,
  type ListV2,
  lastEntry,
  SIGNATURE_VERSIONS,
  sessionKey,
  tamperingOss,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();

describe.each(SIGNATURE_VERSIONS)("ali-oss, %s", (version) => {
  let client: AliOss;
  beforeAll(() => {
    client = aliOss(oss, sessionKey(oss), version);
  });

  it("puts an object and gets it back, byte for byte, with its checksums", async () => {
    const bytes = randomBytes(70_000);
    const put = await client.put("users/alice/photo.jpg", bytes);
    expect(put.res.status).toBe(200);
    const headers = put.res.headers as Record<string, string>;
    const checksum = crc64();
    checksum.update(bytes);
    expect(headers["x-oss-hash-crc64ecma"]).toBe(checksum.digest());
    expect(headers["x-oss-request-id"]).toMatch(/^[0-9A-F]{24}$/);
    expect(headers["x-oss-server-time"]).toMatch(/^\d+$/);

    const got = await client.get("users/alice/photo.jpg");
    expect((got.content as Buffer).equals(bytes)).toBe(true);
    expect(got.res.headers).toMatchObject({
      "content-type": "image/jpeg",
      "content-length": "70000",
      etag: headers["etag"],
      "x-oss-object-type": "Normal",
      "x-oss-hash-crc64ecma": checksum.digest(),
    });
  });

  it.each(["users/u 1/é+a*.txt", "a'b(c)!~&=?#%25.txt", "\u{1F600}/ﬀ", "a//b/", 'q"<x>'])(
    "stores the key %j as it is",
    async (key) => {
      await client.put(key, Buffer.from(key));
      expect([...oss.bucket.objects.keys()]).toEqual([key]);
      expect((await client.get(key)).content).toEqual(Buffer.from(key));
      expect((await client.head(key)).status).toBe(200);
    },
  );

  it("refuses a key with `..`, which ali-oss signs, and then resolves in the URL", async () => {
    expect(await failureOf(client.put("users/alice/../bob/x", Buffer.from("x")))).toMatchObject({
      status: 403,
      code: "SignatureDoesNotMatch",
    });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("streams an upload without a length, and one of more than memory is meant for", async () => {
    const bytes = randomBytes(1_500_000);
    await client.putStream("big.bin", Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]));
    expect(oss.bucket.objects.get("big.bin")?.content.kind).toBe("file");
    const { stream } = await client.getStream("big.bin");
    const got: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) got.push(chunk);
    expect(Buffer.concat(got).equals(bytes)).toBe(true);
  });

  it("keeps nothing of an upload that breaks off", async () => {
    const url = await client.asyncSignatureUrl("half", { method: "PUT" });
    const upload = httpRequest(url, { method: "PUT", headers: { "content-length": 1_000_000 } });
    const ended = once(upload, "error");
    upload.write(randomBytes(400_000), () => upload.destroy());
    await ended;
    await expect.poll(() => lastEntry(oss)).toMatchObject({ status: 400, code: "IncompleteBody" });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("gives back metadata and the headers that an object was stored with", async () => {
    await client.put("a.txt", Buffer.from("a"), {
      mime: "text/plain; charset=utf-8",
      meta: { uid: 1, pid: 2, slus: "x" } as unknown as Oss.UserMeta,
      headers: { "Cache-Control": "no-cache", "Content-Disposition": 'attachment; filename="a"' },
    });
    const { meta, res } = await client.head("a.txt");
    expect(meta).toEqual({ uid: "1", pid: "2", slus: "x" });
    expect(res.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-cache",
      "content-disposition": 'attachment; filename="a"',
    });
  });

  it("deletes an object, and answers the same where there is none", async () => {
    await client.put("a.txt", Buffer.from("a"));
    expect((await client.delete("a.txt")).res.status).toBe(204);
    expect((await client.delete("a.txt")).res.status).toBe(204);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("tells NoSuchKey", async () => {
    expect(await failureOf(client.get("nothing"))).toEqual({
      status: 404,
      code: "NoSuchKey",
      ec: "0026-00000001",
      message: "The specified key does not exist.",
    });
    expect(await failureOf(client.head("nothing"))).toMatchObject({ status: 404, code: "NoSuchKey" });
  });

  it("tells who did what in the journal, and no secret", async () => {
    const key = sessionKey(oss, folderStatements("users/alice/", "oss:PutObject"));
    const alice = aliOss(oss, key, version);
    await alice.put("users/alice/a.txt", Buffer.from("a"));
    expect(lastEntry(oss)).toMatchObject({
      service: "oss",
      operation: "PutObject",
      principal: "acs:ram::1234567890123456:role/ramosstest/alice",
      resource: "acs:oss:*:1234567890123456:examplebucket/users/alice/a.txt",
      status: 200,
      code: undefined,
    });
    await failureOf(alice.get("users/alice/a.txt"));
    expect(lastEntry(oss)).toMatchObject({
      operation: "GetObject",
      status: 403,
      code: "AccessDenied",
      because:
        "session policy: no statement allows oss:GetObject on acs:oss:*:1234567890123456:examplebucket/users/alice/a.txt",
    });
    const journal = JSON.stringify(oss.world.journal);
    expect(journal).not.toContain(key.accessKeySecret);
    expect(journal).not.toContain(key.stsToken);
  });
});

describe.each(SIGNATURE_VERSIONS)("ali-oss, %s, lists", (version) => {
  let client: AliOss;
  beforeEach(async () => {
    client = aliOss(oss, sessionKey(oss), version);
    for (const key of ["a.txt", "b/1", "b/2", "b/c/3", "d/", "é/4"]) {
      await client.put(key, Buffer.from(key));
    }
  });

  it("everything, in the order of UTF-8 bytes, with owner, size and ETag", async () => {
    const { objects, isTruncated, prefixes } = await client.list({ "max-keys": 100 }, {});
    expect(objects.map(({ name }) => name)).toEqual(["a.txt", "b/1", "b/2", "b/c/3", "d/", "é/4"]);
    expect(objects[0]).toMatchObject({
      size: 5,
      etag: `"${createHash("md5").update("a.txt").digest("hex").toUpperCase()}"`,
      type: "Normal",
      storageClass: "Standard",
      owner: { id: "1234567890123456", displayName: "1234567890123456" },
    });
    expect(isTruncated).toBe(false);
    expect(prefixes).toBeNull();
  });

  it("a folder, with the folders in it", async () => {
    const { objects, prefixes } = await client.list({ prefix: "b/", delimiter: "/", "max-keys": 10 }, {});
    expect(objects.map(({ name }) => name)).toEqual(["b/1", "b/2"]);
    expect(prefixes).toEqual(["b/c/"]);
  });

  it("an empty prefix, which V4 signs as `prefix=`", async () => {
    const { prefixes } = await client.list({ prefix: "", delimiter: "/", "max-keys": 10 }, {});
    expect(prefixes).toEqual(["b/", "d/", "é/"]);
  });

  it("a prefix with a blank, which oss2 sends as a plus sign and signs as %20", async () => {
    await client.put("my photos/1+1", Buffer.from("x"));
    const asForm = tamperingOss(oss, sessionKey(oss), version, ({ url }) => ({
      url: url.replaceAll("%20", "+"),
    }));
    const listed = async (prefix: string) =>
      (await asForm.list({ prefix, "max-keys": 10 }, {})).objects?.map(({ name }) => name);
    expect(await listed("my photos/1+")).toEqual(["my photos/1+1"]);
    expect(await listed("my photos/1 ")).toEqual([]);
  });

  it("the first page, where the marker or the continuation token is empty", async () => {
    const administrator = aliOss(oss, oss.administrator, version);
    const all = ["a.txt", "b/1", "b/2", "b/c/3", "d/", "é/4"];
    const names = (objects: readonly { readonly name: string }[]) => objects.map(({ name }) => name);
    const first = await administrator.listV2({ "continuation-token": "", "start-after": "" });
    expect(names(first.objects)).toEqual(all);
    const after = await administrator.listV2({ "continuation-token": "", "start-after": "b/c/3" });
    expect(names(after.objects)).toEqual(["d/", "é/4"]);
    expect(names((await administrator.list({ marker: "", "max-keys": 10 }, {})).objects)).toEqual(all);
    const versions = await administrator.getBucketVersions({ keyMarker: "", versionIdMarker: "" });
    expect(versions.objects).toHaveLength(6);
    const none = { marker: "", prefix: "", "max-keys": "" };
    expect(await administrator.listBuckets(none)).toMatchObject({ buckets: [{ name: "examplebucket" }] });
  });

  it("times in the one form that OSS writes: seconds, and three zeros", async () => {
    const administrator = aliOss(oss, oss.administrator, version);
    const { uploadId } = await administrator.initMultipartUpload("parts");
    await administrator.uploadPart("parts", uploadId, 1, Buffer.from("one"), 0, 3);
    const [parts, uploads, copied, info, buckets] = [
      await administrator.listParts("parts", uploadId, {} as never, {}),
      await administrator.listUploads({}, {}),
      await administrator.copy("a copy", "a.txt"),
      await administrator.getBucketInfo("examplebucket"),
      await administrator.listBuckets({}),
    ];
    const lists = [
      await administrator.list({ "max-keys": 1 }, {}),
      await administrator.listV2({ "max-keys": 1 }),
      await administrator.getBucketVersions({}),
    ];
    const texts = [parts, uploads, copied, info, buckets, ...lists].map((answer) => JSON.stringify(answer));
    for (const text of texts) {
      const times = text.match(/\d{4}-\d\d-\d\dT[^"<]*/g) ?? [];
      expect(times).not.toEqual([]);
      for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    }
  });

  it("page by page with markers, each key and each folder once", async () => {
    const seen: string[] = [];
    let marker: string | undefined;
    do {
      const page = await client.list(
        { delimiter: "/", "max-keys": 1, ...(marker === undefined ? {} : { marker }) },
        {},
      );
      seen.push(...page.objects.map(({ name }) => name), ...(page.prefixes ?? []));
      marker = page.nextMarker ?? undefined;
    } while (marker !== undefined);
    expect(seen).toEqual(["a.txt", "b/", "d/", "é/"]);
  });

  it("page by page with continuation tokens", async () => {
    const seen: string[] = [];
    let token: string | undefined;
    let pages = 0;
    do {
      const page: ListV2 = await client.listV2({
        "max-keys": 2,
        ...(token === undefined ? {} : { "continuation-token": token }),
      });
      expect(page.keyCount).toBe(2);
      seen.push(...page.objects.map(({ name }) => name));
      token = page.nextContinuationToken ?? undefined;
      pages += 1;
    } while (token !== undefined);
    expect(seen).toEqual(["a.txt", "b/1", "b/2", "b/c/3", "d/", "é/4"]);
    expect(pages).toBe(3);
  });

  it("from a key on, with or without owners", async () => {
    const without = await client.listV2({ "start-after": "b/2", prefix: "b/" });
    expect(without.objects.map(({ name, owner }) => [name, owner])).toEqual([["b/c/3", null]]);
    const withOwner = await client.listV2({ "start-after": "b/2", "fetch-owner": "true" });
    expect(withOwner.objects[0]?.owner).toEqual({ id: "1234567890123456", displayName: "1234567890123456" });
  });

  it("percent-encoded, where asked for", async () => {
    const { objects } = await client.list({ prefix: "é", "encoding-type": "url", "max-keys": 5 }, {});
    expect(objects.map(({ name }) => name)).toEqual(["%C3%A9%2F4"]);
  });

  it.each([
    ["no number", { "max-keys": "x" }],
    ["zero", { "max-keys": "0" }],
    ["too many", { "max-keys": "1001" }],
    ["another encoding", { "encoding-type": "base64" }],
    ["a prefix of 1,024 bytes", { prefix: "p".repeat(1024) }],
  ])("but not %s", async (_case, query) => {
    expect(await failureOf(client.list(query as unknown as Oss.ListObjectsQuery, {}))).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
  });

  it("but not with a continuation token that it never gave", async () => {
    expect(await failureOf(client.listV2({ "continuation-token": "x" }))).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
  });
});
