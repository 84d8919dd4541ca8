import { describe, expect, it } from "vitest";
import { aliOss, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask, type OssAnswer, type OssAsked } from "../support/signed-request.ts";

const oss = await ossForTests();
const refusal = ({ status, element }: OssAnswer) => [status, element("Code"), element("EC")];

describe.each(SIGNATURE_VERSIONS)("parameters of listings, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const list = (what: string, query: NonNullable<OssAsked["query"]>, subres: OssAsked["subres"] = {}) =>
    ask(client, "GET", { bucket: what === "ListBuckets" ? "" : "examplebucket", subres, query });

  const LISTINGS: readonly (readonly [string, NonNullable<OssAsked["query"]>, OssAsked["subres"], string])[] =
    [
      ["ListBuckets", { prefix: "", marker: "" }, {}, "max-keys"],
      ["ListObjects", { prefix: "", marker: "", delimiter: "" }, {}, "max-keys"],
      ["ListObjectsV2", { "list-type": 2, prefix: "", "start-after": "", "fetch-owner": "" }, {}, "max-keys"],
      [
        "ListObjectVersions",
        { prefix: "", "key-marker": "", "version-id-marker": "" },
        { versions: "" },
        "max-keys",
      ],
      ["ListMultipartUploads", { "key-marker": "", "upload-id-marker": "" }, { uploads: "" }, "max-uploads"],
    ];

  it.each(LISTINGS)("%s takes empty ones as none", async (operation, query, subres, count) => {
    const bare = await list(operation, "list-type" in query ? { "list-type": 2 } : {}, subres);
    const empty = await list(operation, { ...query, "encoding-type": "", [count]: "" }, subres);
    expect([empty.status, empty.body]).toEqual([200, bare.body]);
  });

  it.each(LISTINGS)("%s takes a count from 1 to 1000", async (operation, query, subres, count) => {
    for (const one of [1, 999, 1000]) {
      expect([one, (await list(operation, { ...query, [count]: one }, subres)).status]).toEqual([one, 200]);
    }
    for (const one of ["0", "-1", "1001", "1.5", "ten", "+1", " 1", "9".repeat(40)]) {
      const [status, code] = refusal(await list(operation, { ...query, [count]: one }, subres));
      expect([one, status, code]).toEqual([one, 400, "InvalidArgument"]);
    }
  });

  it("ListParts takes empty ones as none, and a count from 1 to 1000", async () => {
    const { uploadId } = await client.initMultipartUpload("a");
    const parts = (query: NonNullable<OssAsked["query"]>) =>
      ask(client, "GET", { object: "a", subres: { uploadId }, query });
    const empty = await parts({ "max-parts": "", "part-number-marker": "", "encoding-type": "" });
    expect([empty.status, empty.body]).toEqual([200, (await parts({})).body]);
    expect((await parts({ "max-parts": 1000 })).status).toBe(200);
    for (const one of ["0", "1001"]) expect((await parts({ "max-parts": one })).status).toBe(400);
  });

  it("ListObjectVersions takes a version only behind a key: EC 0012-00000106", async () => {
    const subres = { versions: "" };
    const alone = await list("ListObjectVersions", { "version-id-marker": "null" }, subres);
    expect(refusal(alone)).toEqual([400, "InvalidArgument", "0012-00000106"]);
    const both = await list("ListObjectVersions", { "version-id-marker": "null", "key-marker": "a" }, subres);
    expect([both.status, both.element("VersionIdMarker")]).toEqual([200, "null"]);
  });

  it("encoding-type is url, or nothing", async () => {
    await client.put("a b", Buffer.from("x"));
    expect((await list("ListObjects", { "encoding-type": "url" })).element("Key")).toBe("a%20b");
    const [status, code] = refusal(await list("ListObjects", { "encoding-type": "URL" }));
    expect([status, code]).toEqual([400, "InvalidArgument"]);
  });
});

describe.each(SIGNATURE_VERSIONS)("empty headers and bodies, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it("an empty object, an empty part and an empty append are what they are", async () => {
    await ask(client, "PUT", { object: "put", content: Buffer.alloc(0) });
    await ask(client, "POST", { object: "appended", subres: { append: "", position: "0" } });
    for (const key of ["put", "appended"]) expect(oss.bucket.objects.get(key)?.content.size).toBe(0);
    const { uploadId } = await client.initMultipartUpload("a");
    expect((await ask(client, "PUT", { object: "a", subres: { partNumber: 1, uploadId } })).status).toBe(200);
  });

  it("an empty checksum, tag list, or directive is none", async () => {
    const headers = { "x-oss-hash-crc64ecma": "", "x-oss-tagging": "", "x-oss-forbid-overwrite": "" };
    expect((await ask(client, "PUT", { object: "a", content: Buffer.from("a"), headers })).status).toBe(200);
    const copied = await ask(client, "PUT", {
      object: "b",
      headers: {
        "x-oss-copy-source": "/examplebucket/a",
        "x-oss-metadata-directive": "",
        "x-oss-tagging-directive": "",
      },
    });
    expect(copied.status).toBe(200);
  });

  it.each(["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=3-1", "bytes=0-9", "bytes=-0"])(
    "the Range %j has no effect",
    async (range) => {
      await client.put("a", Buffer.from("0123"));
      const { status, body } = await ask(client, "GET", { object: "a", headers: { Range: range } });
      expect([status, body]).toEqual([200, "0123"]);
    },
  );

  it("an empty VersionId in DeleteMultipleObjects is none", async () => {
    await client.put("a", Buffer.from("a"));
    const content = Buffer.from("<Delete><Quiet></Quiet><Object><Key>a</Key><VersionId/></Object></Delete>");
    const { status, element } = await ask(client, "POST", { subres: { delete: "" }, content });
    expect([status, element("Key"), oss.bucket.objects.has("a")]).toEqual([200, "a", false]);
  });

  it("an empty body where a document belongs is MalformedXML", async () => {
    await client.put("a", Buffer.from("a"));
    const asked: readonly (readonly [string, OssAsked])[] = [
      ["PUT", { subres: { cors: "" } }],
      ["POST", { subres: { delete: "" } }],
      ["PUT", { object: "a", subres: { tagging: "" } }],
    ];
    for (const [method, one] of asked) {
      expect(refusal(await ask(client, method, one)).slice(0, 2)).toEqual([400, "MalformedXML"]);
    }
  });
});

describe.each(SIGNATURE_VERSIONS)("a plus sign in a key of a header, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it("is a space, as the SDK for Go writes it; a real one is %2B", async () => {
    await client.put("a b", Buffer.from("space"));
    await client.put("a+b", Buffer.from("plus"));
    for (const [source, text] of [
      ["a+b", "space"],
      ["a%20b", "space"],
      ["a%2Bb", "plus"],
    ] as const) {
      await ask(client, "PUT", {
        object: "copy",
        headers: { "x-oss-copy-source": `/examplebucket/${source}` },
      });
      await ask(client, "PUT", {
        object: "link",
        subres: { symlink: "" },
        headers: { "x-oss-symlink-target": source },
      });
      for (const object of ["copy", "link"]) {
        expect([object, (await ask(client, "GET", { object })).body]).toEqual([object, text]);
      }
    }
  });
});

it("an empty Content-MD5 is none", async () => {
  oss.bucket.acl = "public-read-write";
  const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/a`, {
    method: "PUT",
    body: "a",
    headers: { "content-md5": "" },
  });
  expect(response.status).toBe(200);
});
