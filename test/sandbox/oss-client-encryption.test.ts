import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aliOss, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask, type OssAnswer } from "../support/signed-request.ts";

const oss = await ossForTests();

/** Bytes: the least that a part may have. */
const PART = 102_400;
const PREFIX = "x-oss-meta-client-side-encryption-";

type Headers = Readonly<Record<string, string>>;

function encrypted(values: Readonly<Record<string, string>>): Headers {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [PREFIX + name, value]));
}

const MATERIAL = encrypted({ key: "k", start: "s", "cek-alg": "AES/CTR/NoPadding", "wrap-alg": "rsa" });
const SIZES = encrypted({ "data-size": String(2 * PART), "part-size": String(PART) });

const refusal = ({ status, element }: OssAnswer) => [status, element("Code"), element("EC")];

function without(headers: Headers, name: string): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== PREFIX + name));
}

describe.each(SIGNATURE_VERSIONS)("metadata of client-side encryption, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const put = (headers: Headers) => ask(client, "PUT", { object: "e", content: Buffer.from("x"), headers });
  const begin = (headers: Headers) => ask(client, "POST", { object: "e", subres: { uploads: "" }, headers });
  const upload = (uploadId: string, partNumber: number, headers: Headers = {}) =>
    ask(client, "PUT", {
      object: "e",
      subres: { partNumber, uploadId },
      content: Buffer.alloc(PART),
      headers,
    });
  const etag = createHash("md5").update(Buffer.alloc(PART)).digest("hex").toUpperCase();
  const complete = (uploadId: string, count: number) => {
    const parts = Array.from(
      { length: count },
      (_, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
    );
    const content = Buffer.from(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    return ask(client, "POST", { object: "e", subres: { uploadId }, content });
  };

  it.each([
    ["key", "0005-00000401"],
    ["start", "0005-00000402"],
    ["cek-alg", "0005-00000403"],
    ["wrap-alg", "0005-00000404"],
  ])("is refused without %s: EC %s", async (name, ec) => {
    const wanted = [400, "InvalidEncryptionRequest", ec];
    expect(refusal(await put(without(MATERIAL, name)))).toEqual(wanted);
    expect(refusal(await begin(without({ ...MATERIAL, ...SIZES }, name)))).toEqual(wanted);
    expect(oss.bucket.objects.size + oss.bucket.uploads.size).toBe(0);
  });

  it.each([
    ["data-size", "0005-00000406", "0005-00000408"],
    ["part-size", "0005-00000407", "0005-00000409"],
  ])("of an upload in parts has %s, a whole number: ECs %s and %s", async (name, missing, malformed) => {
    const all = { ...MATERIAL, ...SIZES };
    const code = "InvalidEncryptionRequest";
    expect(refusal(await begin(without(all, name)))).toEqual([400, code, missing]);
    expect(refusal(await begin({ ...all, [PREFIX + name]: "9x5.2" }))).toEqual([400, code, malformed]);
  });

  it("is accepted when it is complete and the parts match its sizes, and is returned", async () => {
    expect((await put(MATERIAL)).status).toBe(200);
    expect((await ask(client, "HEAD", { object: "e" })).headers).toMatchObject(MATERIAL);
    const uploadId = (await begin({ ...MATERIAL, ...SIZES })).element("UploadId") ?? "";
    expect((await upload(uploadId, 1)).status).toBe(200);
    expect((await upload(uploadId, 2, { ...MATERIAL, ...SIZES })).status).toBe(200);
    expect((await complete(uploadId, 2)).status).toBe(200);
    expect((await ask(client, "HEAD", { object: "e" })).headers).toMatchObject(MATERIAL);
  });

  it("is refused with more or fewer parts than its sizes require", async () => {
    const uploadId = (await begin({ ...MATERIAL, ...SIZES })).element("UploadId") ?? "";
    for (const number of [1, 2, 3]) await upload(uploadId, number);
    const code = "InvalidEncryptionRequest";
    const fewer = await complete(uploadId, 1);
    expect(refusal(fewer)).toEqual([400, code, undefined]);
    expect(fewer.element("Message")).toBe(
      "The client encryption part list is unexpected with init_multipart setted.",
    );
    expect(refusal(await complete(uploadId, 3))).toEqual([400, code, "0005-00000411"]);
    expect((await complete(uploadId, 2)).status).toBe(200);
  });

  it("has one start for an upload and its parts: EC 0005-00000413", async () => {
    const uploadId = (await begin({ ...MATERIAL, ...SIZES })).element("UploadId") ?? "";
    const other = { ...MATERIAL, ...SIZES, ...encrypted({ start: "other" }) };
    expect(refusal(await upload(uploadId, 1, other))).toEqual([
      400,
      "InvalidEncryptionRequest",
      "0005-00000413",
    ]);
  });

  it("is not checked when there is none", async () => {
    expect((await put({ "x-oss-meta-by": randomBytes(2).toString("hex") })).status).toBe(200);
  });
});
