import { describe, expect, it } from "vitest";
import { type AliOss, aliOss, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask, type OssAnswer } from "../support/signed-request.ts";

const oss = await ossForTests();

const refusal = ({ status, element }: OssAnswer) => [status, element("Code"), element("Message")];
const ELEVEN = Array.from({ length: 11 }, (_, number) => `key${number}=v`).join("&");

const TOO_MANY = [400, "BadRequest", "Object tags cannot be greater than 10."];
const TWICE = [400, "InvalidArgument", "query parameters without tag name duplicates"];
const BAD_KEY = [400, "InvalidTag", "The TagKey you have provided is invalid."];
const BAD_VALUE = [400, "InvalidTag", "The TagValue you have provided is invalid."];

/** Each operation that takes an x-oss-tagging header. */
const TAGGED: readonly (readonly [string, (client: AliOss, tagging: string) => Promise<OssAnswer>])[] = [
  [
    "PutObject",
    (client, tagging) =>
      ask(client, "PUT", { object: "t", content: Buffer.from("x"), headers: { "x-oss-tagging": tagging } }),
  ],
  [
    "AppendObject",
    (client, tagging) =>
      ask(client, "POST", {
        object: "t",
        subres: { append: "", position: "0" },
        content: Buffer.from("x"),
        headers: { "x-oss-tagging": tagging },
      }),
  ],
  [
    "CopyObject",
    (client, tagging) =>
      ask(client, "PUT", {
        object: "t",
        headers: { "x-oss-copy-source": "/examplebucket/source", "x-oss-tagging": tagging },
      }),
  ],
  [
    "PutSymlink",
    (client, tagging) =>
      ask(client, "PUT", {
        object: "t",
        subres: { symlink: "" },
        headers: { "x-oss-symlink-target": "source", "x-oss-tagging": tagging },
      }),
  ],
  [
    "InitiateMultipartUpload",
    (client, tagging) =>
      ask(client, "POST", { object: "t", subres: { uploads: "" }, headers: { "x-oss-tagging": tagging } }),
  ],
];

describe.each(SIGNATURE_VERSIONS)("x-oss-tagging, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  it.each(TAGGED)("of %s: each mistake has its own code", async (_operation, send) => {
    await client.put("source", Buffer.from("s"));
    expect(refusal(await send(client, ELEVEN))).toEqual(TOO_MANY);
    expect(refusal(await send(client, "key1=a&key1=b"))).toEqual(TWICE);
    expect(refusal(await send(client, "key1%26=a&key2=b"))).toEqual(BAD_KEY);
    expect(refusal(await send(client, "=a"))).toEqual(BAD_KEY);
    expect(refusal(await send(client, "a=%26"))).toEqual(BAD_VALUE);
    expect((await send(client, "a=1&b=&c")).status).toBe(200);
  });
});

describe.each(SIGNATURE_VERSIONS)("PutObjectTagging, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const put = async (...keys: readonly string[]) => {
    await client.put("t", Buffer.from("x"));
    const tags = keys.map((key) => `<Tag><Key>${key}</Key><Value>v</Value></Tag>`).join("");
    const content = Buffer.from(`<Tagging><TagSet>${tags}</TagSet></Tagging>`);
    return refusal(await ask(client, "PUT", { object: "t", subres: { tagging: "" }, content }));
  };

  it("refuses what is no tag with InvalidTag", async () => {
    expect(await put("key1", "key1")).toEqual([
      400,
      "InvalidTag",
      "Cannot provide multiple Tags with the same key",
    ]);
    expect(await put("")).toEqual(BAD_KEY);
    expect(await put("key1&amp;")).toEqual(BAD_KEY);
    // As the SDK for C++ writes it.
    expect(await put("key1&")).toEqual(BAD_KEY);
    expect(await put(...Array.from({ length: 11 }, (_, number) => `k${number}`))).toEqual([
      400,
      "InvalidTag",
      "Object tags cannot be greater than 10.",
    ]);
    expect(await put()).toEqual([200, undefined, undefined]);
  });
});
