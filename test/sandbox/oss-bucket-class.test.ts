import { afterEach, describe, expect, it } from "vitest";
import { type AliOss, aliOss, lastEntry, SIGNATURE_VERSIONS, userKey } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask } from "../support/signed-request.ts";

const oss = await ossForTests();
const NAME = "bucket-of-a-class";

afterEach(() => {
  oss.world.buckets.delete(NAME);
});

function put(client: AliOss, xml: string, headers: Readonly<Record<string, string>> = {}) {
  return ask(client, "PUT", { bucket: NAME, content: Buffer.from(xml), headers });
}

function configuration(inside: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><CreateBucketConfiguration>${inside}</CreateBucketConfiguration>`;
}

const IA_IN_ZONES = configuration(
  "<StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>",
);

describe.each(SIGNATURE_VERSIONS)("PutBucket's body, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const inBucket = aliOss(oss, oss.administrator, version, { bucket: NAME });

  it("chooses storage class and redundancy, which GetBucketInfo and ListBuckets tell", async () => {
    expect((await put(client, IA_IN_ZONES)).status).toBe(200);
    const { bucket } = await client.getBucketInfo(NAME);
    expect(bucket).toMatchObject({ StorageClass: "IA", DataRedundancyType: "ZRS" });
    const listed = await ask(client, "GET", { bucket: "", query: { prefix: NAME } });
    expect(listed.element("StorageClass")).toBe("IA");
  });

  it.each([
    ["an empty body", ""],
    ["an element without any of them", configuration("")],
    ["elements without a text", configuration("<StorageClass></StorageClass>")],
  ])("is Standard and LRS for %s", async (_what, xml) => {
    expect((await put(client, xml)).status).toBe(200);
    const { bucket } = await client.getBucketInfo(NAME);
    expect(bucket).toMatchObject({ StorageClass: "Standard", DataRedundancyType: "LRS" });
  });

  it("sets the ACL beside the class", async () => {
    expect((await put(client, IA_IN_ZONES, { "x-oss-acl": "public-read" })).status).toBe(200);
    expect(oss.world.buckets.get(NAME)).toMatchObject({ acl: "public-read", storageClass: "IA" });
  });

  it.each([
    ["another class", configuration("<StorageClass>Archive</StorageClass>"), "storage class"],
    ["another redundancy", configuration("<DataRedundancyType>LRS</DataRedundancyType>"), "redundancy"],
    ["another region", configuration("<LocationConstraint>oss-cn-beijing</LocationConstraint>"), "location"],
  ])("does not change a bucket to %s: 409 BucketAlreadyExists", async (_what, xml, word) => {
    await put(client, IA_IN_ZONES);
    const refused = await put(client, xml, { "x-oss-acl": "public-read" });
    expect([refused.status, refused.element("Code")]).toEqual([409, "BucketAlreadyExists"]);
    expect(refused.element("Message")).toContain(word);
    expect(oss.world.buckets.get(NAME)).toMatchObject({
      acl: "private",
      storageClass: "IA",
      redundancy: "ZRS",
    });
  });

  it("may repeat what a bucket is, or say nothing about it", async () => {
    await put(client, IA_IN_ZONES);
    expect((await put(client, IA_IN_ZONES)).status).toBe(200);
    expect((await put(client, "")).status).toBe(200);
    expect(oss.world.buckets.get(NAME)).toMatchObject({ storageClass: "IA" });
  });

  it.each([
    ["no XML", "StorageClass=IA"],
    ["another root", "<Bucket><StorageClass>IA</StorageClass></Bucket>"],
    ["an element that does not end", "<CreateBucketConfiguration>"],
    ["a class that does not exist", configuration("<StorageClass>Cheap</StorageClass>")],
    ["a redundancy that does not exist", configuration("<DataRedundancyType>GRS</DataRedundancyType>")],
    ["two classes", configuration("<StorageClass>IA</StorageClass><StorageClass>IA</StorageClass>")],
  ])("is refused with %s: 400 MalformedXML, and no bucket", async (_what, xml) => {
    const refused = await put(client, xml);
    expect([refused.status, refused.element("Code")]).toEqual([400, "MalformedXML"]);
    expect(lastEntry(oss)).toMatchObject({ operation: "PutBucket", code: "MalformedXML" });
    expect(oss.world.buckets.has(NAME)).toBe(false);
  });

  it("names the region where the host names none", async () => {
    const xml = configuration("<LocationConstraint>oss-cn-beijing</LocationConstraint>");
    expect((await put(client, xml)).status).toBe(200);
    expect(oss.world.buckets.get(NAME)?.region).toBe("cn-beijing");
    oss.world.buckets.delete(NAME);
    const wrong = configuration("<LocationConstraint>here</LocationConstraint>");
    expect((await put(client, wrong)).element("Code")).toBe("InvalidLocationConstraint");
  });

  it("is not read for somebody who may not make buckets", async () => {
    const stranger = aliOss(oss, userKey(oss, [], `stranger-${version}`), version);
    const refused = await put(stranger, "no XML");
    expect([refused.status, refused.element("Code")]).toEqual([403, "AccessDenied"]);
  });

  it("is inherited by objects whose upload names no class", async () => {
    await put(client, IA_IN_ZONES);
    const classOf = async (key: string) =>
      (await inBucket.head(key)).res.headers as { "x-oss-storage-class"?: string };
    await inBucket.put("put", Buffer.from("x"));
    await inBucket.append("appended", Buffer.from("x"));
    await client.put("source", Buffer.from("x"));
    await inBucket.copy("copied", "source", "examplebucket");
    const { uploadId } = await inBucket.initMultipartUpload("parts");
    const { etag } = await inBucket.uploadPart("parts", uploadId, 1, Buffer.from("x"), 0, 1);
    await inBucket.completeMultipartUpload("parts", uploadId, [{ number: 1, etag }]);
    for (const key of ["put", "appended", "copied", "parts"]) {
      expect([key, (await classOf(key))["x-oss-storage-class"]]).toEqual([key, "IA"]);
    }
    await inBucket.put("own", Buffer.from("x"), { headers: { "x-oss-storage-class": "Archive" } });
    expect((await classOf("own"))["x-oss-storage-class"]).toBe("Archive");
    const listed = await ask(client, "GET", { bucket: NAME, query: { prefix: "own" } });
    expect(listed.element("StorageClass")).toBe("Archive");
  });

  it.each([
    ["a class that does not exist", "Cheap", "0013-00000101"],
    ["no class", "", "0017-00000131"],
  ])("x-oss-storage-class with %s is refused", async (_what, storageClass, ec) => {
    const refused = await ask(client, "PUT", {
      object: "a",
      content: Buffer.from("x"),
      headers: { "x-oss-storage-class": storageClass },
    });
    expect([refused.status, refused.element("Code"), refused.element("EC")]).toEqual([
      400,
      "InvalidArgument",
      ec,
    ]);
  });
});
