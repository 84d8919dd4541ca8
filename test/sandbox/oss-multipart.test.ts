import { createHash, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { crc64 } from "../../sandbox/oss/crc64.ts";
import {
  type AliOss,
  aliOss,
  failureOf,
  folderStatements,
  lastEntry,
  SIGNATURE_VERSIONS,
  sessionKey,
} from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

/** Bytes: the least that a part may have. */
const PART = 102_400;

const oss = await ossForTests();

describe.each(SIGNATURE_VERSIONS)("ali-oss, %s, multipart", (version) => {
  let client: AliOss;
  beforeEach(() => {
    client = aliOss(oss, oss.administrator, version);
  });

  it("uploads a file in parts, which come out as one object", async () => {
    const bytes = randomBytes(4 * PART + 17);
    await client.multipartUpload("é/big.bin", bytes, {
      partSize: PART,
      parallel: 3,
      mime: "application/x-test",
      headers: { "x-oss-meta-by": "alice", "x-oss-tagging": "team=red" },
    });
    const { content, res } = await client.get("é/big.bin");
    expect((content as Buffer).equals(bytes)).toBe(true);
    const checksum = crc64();
    checksum.update(bytes);
    expect(res.headers).toMatchObject({
      "x-oss-object-type": "Multipart",
      "x-oss-hash-crc64ecma": checksum.digest(),
      "content-type": "application/x-test",
      "x-oss-meta-by": "alice",
      "x-oss-tagging-count": "1",
      etag: expect.stringMatching(/^"[0-9A-F]{32}-5"$/),
    });
    expect(oss.bucket.uploads.size).toBe(0);
    expect(lastEntry(oss)?.operation).toBe("GetObject");
  });

  it("lists parts and uploads, page by page, and aborts", async () => {
    const { uploadId } = await client.initMultipartUpload("a/1");
    const other = await client.initMultipartUpload("b/2");
    await client.uploadPart("a/1", uploadId, 2, Buffer.from("two"), 0, 3);
    await client.uploadPart("a/1", uploadId, 1, Buffer.from("one!"), 0, 4);

    const first = await client.listParts("a/1", uploadId, { "max-parts": 1 } as never, {});
    expect(first).toMatchObject({
      isTruncated: "true",
      nextPartNumberMarker: "1",
      parts: { PartNumber: "1", Size: "4", ETag: etagOf("one!") },
    });
    const second = await client.listParts(
      "a/1",
      uploadId,
      { "part-number-marker": 1, "max-parts": 5 } as never,
      {},
    );
    expect(second).toMatchObject({ isTruncated: "false", parts: { PartNumber: "2", Size: "3" } });
    for (const marker of ["abc", "-1", "1.5"]) {
      const listed = client.listParts("a/1", uploadId, { "part-number-marker": marker } as never, {});
      expect(await failureOf(listed)).toMatchObject({ status: 400, code: "InvalidArgument" });
    }

    const uploads = await client.listUploads({ "max-uploads": 1 }, {});
    expect(uploads).toMatchObject({
      isTruncated: true,
      nextKeyMarker: "a/1",
      nextUploadIdMarker: uploadId,
      uploads: [{ name: "a/1", uploadId }],
    });
    const next = await client.listUploads({ "key-marker": "a/1", "upload-id-marker": uploadId }, {});
    expect(next.uploads).toMatchObject([{ name: "b/2", uploadId: other.uploadId }]);
    expect((await client.listUploads({ prefix: "b/" }, {})).uploads).toHaveLength(1);

    await client.abortMultipartUpload("a/1", uploadId);
    await client.abortMultipartUpload("b/2", other.uploadId);
    expect((await client.listUploads({}, {})).uploads).toEqual([]);
  });

  it("copies another object part by part", async () => {
    const bytes = randomBytes(2 * PART + 5);
    await client.put("source", bytes);
    await client.multipartUploadCopy(
      "copy",
      { sourceKey: "source", sourceBucketName: "examplebucket", startOffset: 0, endOffset: bytes.length },
      { partSize: PART },
    );
    expect(((await client.get("copy")).content as Buffer).equals(bytes)).toBe(true);
    const { uploadId } = await client.initMultipartUpload("copy2");
    const partCopy = (range: string) =>
      client.uploadPartCopy(
        "copy2",
        uploadId,
        1,
        range,
        { sourceKey: "source", sourceBucketName: "examplebucket" },
        {},
      );
    expect((await partCopy("0-2")).etag).toBe(etagOf(bytes.subarray(0, 3)));
  });

  it("replaces a part of the same number", async () => {
    const { uploadId } = await client.initMultipartUpload("a");
    await client.uploadPart("a", uploadId, 1, Buffer.from("old"), 0, 3);
    const { etag } = await client.uploadPart("a", uploadId, 1, Buffer.from("new"), 0, 3);
    await client.completeMultipartUpload("a", uploadId, [{ number: 1, etag }]);
    expect((await client.get("a")).content).toEqual(Buffer.from("new"));
  });

  it("refuses parts that are missing, changed, too small, and numbers that are none", async () => {
    const { uploadId } = await client.initMultipartUpload("a");
    const upload = (number: number, bytes: Buffer) =>
      client.uploadPart("a", uploadId, number, bytes, 0, bytes.length);
    const one = await upload(1, Buffer.from("small"));
    const two = await upload(2, Buffer.from("small too"));
    const complete = (...parts: { number: number; etag: string }[]) =>
      failureOf(client.completeMultipartUpload("a", uploadId, parts));

    expect(await complete({ number: 1, etag: one.etag }, { number: 3, etag: one.etag })).toMatchObject({
      status: 400,
      code: "InvalidPart",
    });
    expect(await complete({ number: 1, etag: two.etag })).toMatchObject({ status: 400, code: "InvalidPart" });
    expect(await complete({ number: 1, etag: one.etag }, { number: 2, etag: two.etag })).toMatchObject({
      status: 400,
      code: "EntityTooSmall",
    });
    for (const number of [0, 10_001]) {
      expect(await failureOf(upload(number, Buffer.from("x")))).toMatchObject({
        status: 400,
        code: "InvalidArgument",
      });
    }
    expect(oss.bucket.uploads.get(uploadId)?.parts.size).toBe(2);
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("knows an upload by its id and its own key alone", async () => {
    const { uploadId } = await client.initMultipartUpload("alice/a");
    const noSuchUpload = { status: 404, code: "NoSuchUpload", ec: "0017-00000244" };
    const calls: (() => Promise<unknown>)[] = [
      () => client.uploadPart("bob/a", uploadId, 1, Buffer.from("x"), 0, 1),
      () => client.completeMultipartUpload("bob/a", uploadId, [{ number: 1, etag: "x" }]),
      () => client.listParts("bob/a", uploadId, {} as never, {}),
      () => client.abortMultipartUpload("bob/a", uploadId),
      () => client.uploadPart("alice/a", "0".repeat(32), 1, Buffer.from("x"), 0, 1),
    ];
    for (const call of calls) expect(await failureOf(call())).toMatchObject(noSuchUpload);
    expect(oss.bucket.uploads.size).toBe(1);
  });

  it("tells a completed or aborted upload as no upload", async () => {
    const { uploadId } = await client.initMultipartUpload("a");
    const { etag } = await client.uploadPart("a", uploadId, 1, Buffer.from("x"), 0, 1);
    await client.completeMultipartUpload("a", uploadId, [{ number: 1, etag }]);
    expect(
      await failureOf(client.completeMultipartUpload("a", uploadId, [{ number: 1, etag }])),
    ).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });

  it("takes PutObject for uploading, and actions of their own for aborting and listing parts", async () => {
    const writer = aliOss(oss, sessionKey(oss, folderStatements("users/alice/", "oss:PutObject")), version);
    await writer.multipartUpload("users/alice/big", randomBytes(2 * PART), { partSize: PART });
    const { uploadId } = await writer.initMultipartUpload("users/alice/other");
    const denied = { status: 403, code: "AccessDenied", ec: "0003-00000301" };
    for (const call of [
      () => writer.listParts("users/alice/other", uploadId, {} as never, {}),
      () => writer.abortMultipartUpload("users/alice/other", uploadId),
      () => writer.listUploads({ prefix: "users/alice/" }, {}),
      () => writer.initMultipartUpload("users/bob/other"),
    ]) {
      expect(await failureOf(call())).toMatchObject(denied);
    }
    const resuming = aliOss(
      oss,
      sessionKey(
        oss,
        folderStatements("users/alice/", "oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"),
      ),
      version,
    );
    expect((await resuming.listParts("users/alice/other", uploadId, {} as never, {})).res.status).toBe(200);
    await resuming.abortMultipartUpload("users/alice/other", uploadId);
    expect(lastEntry(oss)).toMatchObject({ operation: "AbortMultipartUpload", status: 204 });
  });
});

function etagOf(content: string | Buffer): string {
  return `"${createHash("md5").update(content).digest("hex").toUpperCase()}"`;
}
