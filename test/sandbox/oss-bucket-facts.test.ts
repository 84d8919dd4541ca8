import { describe, expect, it } from "vitest";
import { aliOss, lastEntry, SIGNATURE_VERSIONS, sessionKey, userKey } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask, type OssAnswer } from "../support/signed-request.ts";

const oss = await ossForTests();
const refusal = ({ status, element }: OssAnswer) => [status, element("Code")];

describe.each(SIGNATURE_VERSIONS)("HEAD of a bucket, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const codeIn = ({ headers }: OssAnswer) =>
    /<Code>([^<]*)</.exec(Buffer.from(headers["x-oss-err"] ?? "", "base64").toString())?.[1];

  it("says that it is there, and in which region", async () => {
    const { status, headers, body } = await ask(client, "HEAD");
    expect([status, headers["x-oss-bucket-region"], body]).toEqual([200, "oss-cn-hangzhou", ""]);
    expect(lastEntry(oss)).toMatchObject({ operation: "HeadBucket", status: 200 });
  });

  it("says that there is none: 404", async () => {
    const answer = await ask(client, "HEAD", { bucket: "nobodys-bucket" });
    expect([answer.status, codeIn(answer)]).toEqual([404, "NoSuchBucket"]);
  });

  it("takes oss:GetBucketInfo, and no other right: 403", async () => {
    const asks = (key: Parameters<typeof aliOss>[1]) => ask(aliOss(oss, key, version), "HEAD");
    const refused = await asks(sessionKey(oss));
    expect([refused.status, codeIn(refused)]).toEqual([403, "AccessDenied"]);
    const may = (...actions: readonly string[]) => [{ Effect: "Allow", Action: actions, Resource: "*" }];
    const lister = userKey(oss, may("oss:ListObjects", "oss:HeadBucket"), `lister-${version}`);
    expect((await asks(lister)).status).toBe(403);
    const reader = userKey(oss, may("oss:GetBucketInfo"), `reader-${version}`);
    expect((await asks(reader)).status).toBe(200);
    oss.bucket.acl = "public-read";
    expect((await fetch(`http://127.0.0.1:${oss.port}/examplebucket`, { method: "HEAD" })).status).toBe(403);
  });
});

describe.each(SIGNATURE_VERSIONS)("settings of buckets, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const put = (xml: string) => ask(client, "PUT", { subres: { cors: "" }, content: Buffer.from(xml) });
  const cors = (rest = "") =>
    `<CORSConfiguration><CORSRule><AllowedOrigin>https://A.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedHeader>X-Oss-Test</AllowedHeader><ExposeHeader>ETag</ExposeHeader></CORSRule>${rest}</CORSConfiguration>`;

  it("GetBucketCors returns ResponseVary, and allowed headers in small letters", async () => {
    expect((await put(cors("<ResponseVary>true</ResponseVary>"))).status).toBe(200);
    expect(oss.bucket.corsVary).toBe(true);
    const { element } = await ask(client, "GET", { subres: { cors: "" } });
    expect([
      element("ResponseVary"),
      element("AllowedHeader"),
      element("AllowedOrigin"),
      element("ExposeHeader"),
    ]).toEqual(["true", "x-oss-test", "https://A.example.com", "ETag"]);
    await put(cors("<ResponseVary>false</ResponseVary>"));
    expect((await ask(client, "GET", { subres: { cors: "" } })).element("ResponseVary")).toBe("false");
    await put(cors("<ResponseVary>true</ResponseVary>"));
    await put(cors());
    expect((await ask(client, "GET", { subres: { cors: "" } })).element("ResponseVary")).toBe("false");
  });

  it("DeleteBucketCors also deletes ResponseVary", async () => {
    await put(cors("<ResponseVary>true</ResponseVary>"));
    await ask(client, "DELETE", { subres: { cors: "" } });
    expect(oss.bucket).toMatchObject({ cors: [], corsVary: false });
  });

  it("a ResponseVary that is neither true nor false is refused: EC 0034-00000004", async () => {
    const answer = await put(cors("<ResponseVary>0</ResponseVary>"));
    expect([...refusal(answer), answer.element("EC")]).toEqual([400, "MalformedXML", "0034-00000004"]);
    expect(oss.bucket.cors).toEqual([]);
  });

  it("an ACL without its header is a missing argument", async () => {
    await client.put("a", Buffer.from("a"));
    const acl = { subres: { acl: "" } };
    const ofObject = await ask(client, "PUT", { object: "a", ...acl });
    expect([...refusal(ofObject), ofObject.element("ArgumentName")]).toEqual([
      400,
      "MissingArgument",
      "x-oss-object-acl",
    ]);
    const ofBucket = await ask(client, "PUT", acl);
    expect([...refusal(ofBucket), ofBucket.element("ArgumentName")]).toEqual([
      400,
      "MissingArgument",
      "x-oss-acl",
    ]);
    const unknown = await ask(client, "PUT", { object: "a", ...acl, headers: { "x-oss-object-acl": "all" } });
    expect(refusal(unknown)).toEqual([400, "InvalidArgument"]);
  });

  it.each(["impossibleMatch", "a_b", "a/b", "é"])(
    "ListBuckets with the prefix %s, which no bucket has, is refused",
    async (prefix) => {
      const answer = await ask(client, "GET", { bucket: "", query: { prefix } });
      expect([...refusal(answer), answer.element("ArgumentName")]).toEqual([
        400,
        "InvalidArgument",
        "prefix",
      ]);
    },
  );
});

describe.each(SIGNATURE_VERSIONS)("the last page, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it("of ListMultipartUploads names the last upload or folder", async () => {
    const nothing = await ask(client, "GET", { subres: { uploads: "" } });
    expect([nothing.element("NextKeyMarker"), nothing.element("NextUploadIdMarker")]).toEqual(["", ""]);
    await client.initMultipartUpload("a/1");
    const { uploadId } = await client.initMultipartUpload("b");
    const all = await ask(client, "GET", { subres: { uploads: "" } });
    expect([
      all.element("IsTruncated"),
      all.element("NextKeyMarker"),
      all.element("NextUploadIdMarker"),
    ]).toEqual(["false", "b", uploadId]);
    const folders = await ask(client, "GET", {
      subres: { uploads: "" },
      query: { delimiter: "/", prefix: "a" },
    });
    expect([folders.element("NextKeyMarker"), folders.element("NextUploadIdMarker")]).toEqual(["a/", ""]);
  });

  it("of ListParts has an empty marker behind no part", async () => {
    const { uploadId } = await client.initMultipartUpload("a");
    const list = (query: Readonly<Record<string, number>> = {}) =>
      ask(client, "GET", { object: "a", subres: { uploadId }, query });
    expect((await list()).element("NextPartNumberMarker")).toBe("");
    await client.uploadPart("a", uploadId, 7, Buffer.from("x"), 0, 1);
    expect((await list()).element("NextPartNumberMarker")).toBe("7");
    expect((await list({ "part-number-marker": 7 })).element("NextPartNumberMarker")).toBe("");
  });
});
