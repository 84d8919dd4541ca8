import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { aliOss, lastEntry, SIGNATURE_VERSIONS, sessionKey } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask } from "../support/signed-request.ts";

const oss = await ossForTests();

const statement = {
  Action: ["oss:GetObject"],
  Effect: "Allow",
  Principal: ["*"],
  Resource: ["acs:oss:*:*:examplebucket/*"],
};
const policyOf = (...statements: readonly object[]) =>
  JSON.stringify({ Version: "1", Statement: statements });
const without = ({ Principal: _, ...rest }: typeof statement) => rest;

/** Nobody signs; the object is there. */
async function readByAnybody(): Promise<number> {
  await aliOss(oss, oss.administrator, "V4").put("a", Buffer.from("a"));
  return (await fetch(`http://127.0.0.1:${oss.port}/examplebucket/a`)).status;
}

describe.each(SIGNATURE_VERSIONS)("PutBucketPolicy, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);
  const put = (text: string) => ask(client, "PUT", { subres: { policy: "" }, content: Buffer.from(text) });
  const get = () => ask(client, "GET", { subres: { policy: "" } });

  it("takes a statement without Principal, and gives the text back as it was", async () => {
    const text = ` ${policyOf(without(statement))}\n`;
    expect((await put(text)).status).toBe(200);
    expect(await get()).toMatchObject({ status: 200, body: text });
  });

  it.each<[string, object]>([
    ["without Principal", without(statement)],
    ["with an empty list as Principal", { ...statement, Principal: [] }],
  ])("a statement %s lets nobody in, and keeps nobody out", async (_how, nobody) => {
    await put(policyOf(nobody));
    expect(await readByAnybody()).toBe(403);
    const alice = aliOss(oss, sessionKey(oss), version);
    expect((await alice.get("a")).res.status).toBe(200);
    await put(policyOf({ ...nobody, Effect: "Deny" }));
    expect((await alice.get("a")).res.status).toBe(200);
    expect((await client.get("a")).res.status).toBe(200);
    await put(policyOf(statement, nobody));
    expect(await readByAnybody()).toBe(200);
  });

  it("names the first character that is not JSON", async () => {
    const refused = await put("policy");
    expect([refused.status, refused.element("Code"), refused.element("Message")]).toEqual([
      400,
      "InvalidPolicyDocument",
      "unknown char p",
    ]);
  });

  it.each([
    ["nothing", ""],
    ["half of a document", '{"Version":"1"'],
    ["no statement", policyOf()],
    ["a Principal that is no list of names", policyOf({ ...statement, Principal: { RAM: ["*"] } })],
    ["an element that no statement has", policyOf({ ...statement, Sid: "1" })],
  ])("refuses %s: 400 InvalidPolicyDocument", async (_what, text) => {
    const refused = await put(text);
    expect([refused.status, refused.element("Code")]).toEqual([400, "InvalidPolicyDocument"]);
    expect(oss.bucket.policy).toBeUndefined();
  });

  const FROM_AN_OFFICE = { IpAddress: { "acs:SourceIp": ["127.0.0.0/8"] } };
  const FROM_NO_VPC = { StringNotLike: { "acs:SourceVpc": "vpc-*" } };

  it.each<[string, object]>([
    ["a condition", { ...statement, Condition: FROM_AN_OFFICE }],
    ["a denial", { ...statement, Effect: "Deny", Condition: FROM_AN_OFFICE }],
    ["other names of somebody", { ...statement, Principal: ["2000000000000001"], Condition: FROM_AN_OFFICE }],
    [
      "another condition beside it",
      { ...statement, Condition: { ...FROM_AN_OFFICE, Bool: { "acs:SecureTransport": "false" } } },
    ],
  ])("refuses acs:SourceIp without acs:SourceVpc, in %s: EC 0030-00000008", async (_what, one) => {
    const refused = await put(policyOf(statement, one));
    expect([refused.status, refused.element("Code"), refused.element("EC")]).toEqual([
      400,
      "InvalidPolicyDocument",
      "0030-00000008",
    ]);
    expect(lastEntry(oss)).toMatchObject({ operation: "PutBucketPolicy", status: 400 });
    expect(oss.bucket.policy).toBeUndefined();
  });

  it("takes acs:SourceIp with acs:SourceVpc: no request here comes from a VPC", async () => {
    const both = { ...statement, Condition: { ...FROM_AN_OFFICE, ...FROM_NO_VPC } };
    expect((await put(policyOf(both))).status).toBe(200);
    expect(await readByAnybody()).toBe(200);
    const elsewhere = { IpAddress: { "acs:SourceIp": ["198.51.100.0/24"] }, ...FROM_NO_VPC };
    await put(policyOf({ ...statement, Condition: elsewhere }));
    expect(await readByAnybody()).toBe(403);
    const fromVpc = { ...FROM_AN_OFFICE, StringEquals: { "acs:SourceVpc": "vpc-1" } };
    await put(policyOf({ ...statement, Condition: fromVpc }));
    expect(await readByAnybody()).toBe(403);
  });
});

describe("Content-MD5 of DeleteMultipleObjects", () => {
  const client = aliOss(oss, oss.administrator, "V4");
  const body = Buffer.from("<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>");
  const md5 = createHash("md5").update(body).digest();
  const remove = async (digest: Buffer) => {
    await client.put("a", Buffer.from("a"));
    const { status, element } = await ask(client, "POST", {
      subres: { delete: "" },
      content: body,
      headers: { "Content-MD5": digest.toString("base64") },
    });
    return [status, element("Code"), oss.bucket.objects.has("a")];
  };

  it("may have four bytes of the memory of the SDK for C behind it", async () => {
    expect(await remove(md5)).toEqual([200, undefined, false]);
    expect(await remove(Buffer.concat([md5, Buffer.from([0, 0, 0, 0])]))).toEqual([200, undefined, false]);
    expect(await remove(Buffer.concat([md5, Buffer.from([1, 2, 3, 4])]))).toEqual([200, undefined, false]);
  });

  it.each<[string, Buffer]>([
    ["is another body's", createHash("md5").update("other").digest()],
    [
      "is another body's, with four bytes behind it",
      Buffer.concat([createHash("md5").update("x").digest(), Buffer.alloc(4)]),
    ],
    ["has another length", Buffer.concat([md5, Buffer.alloc(3)])],
  ])("is refused where it %s", async (_how, digest) => {
    expect(await remove(digest)).toEqual([400, "InvalidDigest", true]);
  });

  it("is read so by no other operation", async () => {
    const content = Buffer.from("x");
    const longer = Buffer.concat([createHash("md5").update(content).digest(), Buffer.alloc(4)]);
    const { status, element } = await ask(client, "PUT", {
      object: "b",
      content,
      headers: { "Content-MD5": longer.toString("base64") },
    });
    expect([status, element("Code")]).toEqual([400, "InvalidDigest"]);
  });
});
