import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aliOss, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask } from "../support/signed-request.ts";

const oss = await ossForTests();

describe.each(SIGNATURE_VERSIONS)("a copy onto itself, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const red = () =>
    client.put("a", Buffer.from("0123456789"), {
      mime: "text/plain",
      headers: { "x-oss-meta-colour": "red", "x-oss-meta-size": "big" },
    });
  const copy = (headers: Readonly<Record<string, string>>, source = "a", object = "a") =>
    ask(client, "PUT", { object, headers: { "x-oss-copy-source": `/examplebucket/${source}`, ...headers } });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["without a directive", {}],
    ["with COPY", { "x-oss-metadata-directive": "COPY" }],
    ["with REPLACE", { "x-oss-metadata-directive": "REPLACE" }],
  ])("takes the request's metadata, %s", async (_how, directive) => {
    await red();
    expect((await copy({ ...directive, "x-oss-meta-colour": "blue" })).status).toBe(200);
    const { headers } = await ask(client, "GET", { object: "a" });
    expect([headers["x-oss-meta-colour"], headers["x-oss-meta-size"]]).toEqual(["blue", undefined]);
    await red();
    await copy({ ...directive, "Content-Disposition": "attachment" });
    expect((await ask(client, "HEAD", { object: "a" })).headers["content-disposition"]).toBe("attachment");
  });

  it("keeps the metadata where the request has none", async () => {
    await red();
    await copy({ "x-oss-storage-class": "IA", "Content-Type": "application/octet-stream" });
    expect((await ask(client, "HEAD", { object: "a" })).headers).toMatchObject({
      "x-oss-meta-colour": "red",
      "content-type": "text/plain",
      "x-oss-storage-class": "IA",
    });
  });

  it("differs from a copy onto another key, which keeps the metadata of the source", async () => {
    await red();
    await copy({ "x-oss-meta-colour": "blue" }, "a", "b");
    expect((await ask(client, "HEAD", { object: "b" })).headers["x-oss-meta-colour"]).toBe("red");
  });

  it("a source of more than 1,023 bytes is refused, as a key would be", async () => {
    const refused = await copy({}, "A".repeat(1024));
    expect([refused.status, refused.element("Code")]).toEqual([400, "InvalidObjectName"]);
    expect((await copy({}, "A".repeat(1023))).element("Code")).toBe("NoSuchKey");
  });
});

describe.each(SIGNATURE_VERSIONS)("x-oss-copy-source-range, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it.each<[string, string, string | undefined]>([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=0-9", "0123456789", "bytes 0-9/10"],
    ["bytes=0-", "0123456789", "bytes 0-9/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-5", "56789", "bytes 5-9/10"],
    // What does not follow the form, or lies outside, copies the whole source, without Content-Range.
    ["bytes=5-10", "0123456789", undefined],
    ["bytes=10-", "0123456789", undefined],
    ["bytes=-11", "0123456789", undefined],
    ["bytes=-0", "0123456789", undefined],
    ["bytes=5-2", "0123456789", undefined],
    ["bytes=-", "0123456789", undefined],
    ["2-4", "0123456789", undefined],
    ["bytes=2-4,6-7", "0123456789", undefined],
  ])("%s copies %s", async (range, copied, told) => {
    await client.put("source", Buffer.from("0123456789"));
    const { uploadId } = await client.initMultipartUpload("parts");
    const { status, headers, element } = await ask(client, "PUT", {
      object: "parts",
      subres: { partNumber: 1, uploadId },
      headers: { "x-oss-copy-source": "/examplebucket/source", "x-oss-copy-source-range": range },
    });
    expect([status, headers["content-range"]]).toEqual([200, told]);
    const md5 = createHash("md5").update(copied).digest("hex").toUpperCase();
    expect(element("ETag")).toBe(`&quot;${md5}&quot;`);
  });

  it.each([
    ["examplebucket/source", "0042-00000301"],
    ["", "0042-00000302"],
  ])("the copy source %j has no slash before its bucket: EC %s", async (source, ec) => {
    await client.put("source", Buffer.from("x"));
    const { uploadId } = await client.initMultipartUpload("parts");
    const { status, element } = await ask(client, "PUT", {
      object: "parts",
      subres: { partNumber: 1, uploadId },
      headers: { "x-oss-copy-source": source },
    });
    expect([status, element("Code"), element("EC")]).toEqual([400, "InvalidArgument", ec]);
  });

  it("an empty object has no range: all of it is copied", async () => {
    await client.put("source", Buffer.alloc(0));
    const { uploadId } = await client.initMultipartUpload("parts");
    const { status, headers } = await ask(client, "PUT", {
      object: "parts",
      subres: { partNumber: 1, uploadId },
      headers: { "x-oss-copy-source": "/examplebucket/source", "x-oss-copy-source-range": "bytes=0-" },
    });
    expect([status, headers["content-range"]]).toEqual([200, undefined]);
  });
});
