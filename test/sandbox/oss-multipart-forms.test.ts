import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type AliOss, aliOss, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask, type OssAnswer } from "../support/signed-request.ts";

const oss = await ossForTests();

/** Bytes: the least that a part may have. */
const PART = 102_400;

const md5Of = (bytes: Buffer) => createHash("md5").update(bytes).digest();
const etagOf = (bytes: Buffer) => `"${md5Of(bytes).toString("hex").toUpperCase()}"`;

/** One upload of the key `s`. */
async function begin(client: AliOss, subres: Readonly<Record<string, string>>) {
  const begun = await ask(client, "POST", { object: "s", subres: { uploads: "", ...subres } });
  const uploadId = begun.element("UploadId") ?? "";
  const upload = (partNumber: number, content: Buffer) =>
    ask(client, "PUT", { object: "s", subres: { partNumber, uploadId }, content });
  const complete = (...listed: readonly (readonly [number, Buffer])[]) => {
    const parts = listed.map(
      ([number, bytes]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etagOf(bytes)}</ETag></Part>`,
    );
    return ask(client, "POST", {
      object: "s",
      subres: { uploadId },
      content: Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`),
    });
  };
  return { uploadId, upload, complete };
}

const errorOf = ({ status, element }: OssAnswer) => [status, element("Code"), element("EC")];

describe.each(SIGNATURE_VERSIONS)("a sequential upload, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const one = randomBytes(PART);
  const two = Buffer.from("the end");

  it("takes its parts in order, and its object has a Content-MD5", async () => {
    const { upload, complete } = await begin(client, { sequential: "" });
    expect((await upload(1, one)).status).toBe(200);
    expect((await upload(2, two)).status).toBe(200);
    expect((await complete([1, one], [2, two])).status).toBe(200);
    const { headers } = await ask(client, "HEAD", { object: "s" });
    expect(headers).toMatchObject({
      "x-oss-object-type": "Multipart",
      "content-md5": md5Of(Buffer.concat([one, two])).toString("base64"),
    });
  });

  it("refuses a part before its turn: 400 PartNotSequential", async () => {
    const { upload } = await begin(client, { sequential: "" });
    expect(errorOf(await upload(2, two))).toEqual([400, "PartNotSequential", undefined]);
    expect((await upload(1, one)).status).toBe(200);
    expect(errorOf(await upload(3, two))).toEqual([400, "PartNotSequential", undefined]);
  });

  it("refuses a part that is there: 409 PartAlreadyExist, with its ETag and number", async () => {
    const { upload } = await begin(client, { sequential: "" });
    await upload(1, one);
    const refused = await upload(1, two);
    expect(errorOf(refused)).toEqual([409, "PartAlreadyExist", "0042-00000108"]);
    expect(refused.element("Message")).toBe(
      "For sequential multipart upload, you can&apos;t overwrite uploaded parts.",
    );
    expect(refused.element("PartEtag")).toBe(etagOf(one).replaceAll('"', "&quot;"));
    expect(refused.element("PartNumber")).toBe("1");
  });

  it("holds for copied parts, too", async () => {
    await client.put("source", two);
    const { uploadId } = await begin(client, { sequential: "" });
    const copied = (partNumber: number) =>
      ask(client, "PUT", {
        object: "s",
        subres: { partNumber, uploadId },
        headers: { "x-oss-copy-source": "/examplebucket/source" },
      });
    expect(errorOf(await copied(2))).toEqual([400, "PartNotSequential", undefined]);
    expect((await copied(1)).status).toBe(200);
    expect(errorOf(await copied(1))).toEqual([409, "PartAlreadyExist", "0042-00000108"]);
  });

  it("is completed with its parts from the first one on", async () => {
    const { upload, complete } = await begin(client, { sequential: "" });
    await upload(1, one);
    await upload(2, two);
    expect(errorOf(await complete([2, two]))).toEqual([400, "PartNotSequential", undefined]);
    expect((await complete([1, one])).status).toBe(200);
  });

  it("takes one of two equal parts that come at once", async () => {
    const { upload } = await begin(client, { sequential: "" });
    const answers = await Promise.all([upload(1, one), upload(1, one)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it("is asked for: other uploads take parts in any order, and have no Content-MD5", async () => {
    const { upload, complete } = await begin(client, {});
    expect((await upload(2, two)).status).toBe(200);
    expect((await upload(2, two)).status).toBe(200);
    expect((await complete([2, two])).status).toBe(200);
    expect((await ask(client, "HEAD", { object: "s" })).headers["content-md5"]).toBeUndefined();
  });
});

describe.each(SIGNATURE_VERSIONS)("an upload in parts, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it("completed without a part makes an empty object", async () => {
    const { complete } = await begin(client, {});
    expect((await complete()).status).toBe(200);
    const { headers } = await ask(client, "HEAD", { object: "s" });
    expect(headers).toMatchObject({ "content-length": "0", "x-oss-object-type": "Multipart" });
  });
});
