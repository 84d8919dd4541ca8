import { request as httpRequest } from "node:http";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { addBucket } from "../../sandbox/world.ts";
import { type AliOss, aliOss, aliOssAt, failureOf, lastEntry } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
const FORBIDDEN = {
  status: 400,
  code: "PublicEndpointForbidden",
  ec: "0048-00000401",
  message: "Not allowed using the OSS public endpoint, please use CNAME instead.",
};
const at = (endpoint: string, more: object = {}): AliOss => aliOssAt(oss, oss.administrator, endpoint, more);
const atPublicEndpoint = at("http://oss-cn-hangzhou.aliyuncs.com");
const atOwnDomain = at("http://files.example.com", { cname: true });

beforeAll(() => {
  oss.bucket.hosts.push("files.example.com");
});

beforeEach(async () => {
  oss.scene.account.newToOss = true;
  await aliOss(oss, oss.administrator, "V4").put("a.txt", Buffer.from("a"));
});

describe("an account that uses OSS since 2025-03-20", () => {
  it.each<[string, (client: AliOss) => Promise<unknown>]>([
    ["an upload", (client) => client.put("b.txt", Buffer.from("b"))],
    ["a download", (client) => client.get("a.txt")],
    ["a look at an object", (client) => client.head("a.txt")],
    ["a copy", (client) => client.copy("c.txt", "a.txt")],
    ["an upload in parts", (client) => client.initMultipartUpload("d.bin")],
    ["a list of objects", (client) => client.list({ "max-keys": 1 }, {})],
    ["a list of objects, version 2", (client) => client.listV2({ "max-keys": 1 })],
    ["a list of uploads", (client) => client.listUploads({ "max-uploads": 1 })],
    ["the deletion of an object", (client) => client.delete("a.txt")],
    ["the deletion of several objects", (client) => client.deleteMulti(["a.txt"])],
    ["an object's ACL", (client) => client.getACL("a.txt")],
  ])("is refused %s at the public endpoint, and served at the bucket's own domain", async (_, run) => {
    expect(await failureOf(run(atPublicEndpoint))).toMatchObject({ status: 400, code: FORBIDDEN.code });
    await run(atOwnDomain);
  });

  it("gets the documented error, and nothing is stored", async () => {
    expect(await failureOf(atPublicEndpoint.put("e.txt", Buffer.from("e")))).toEqual(FORBIDDEN);
    expect(lastEntry(oss)).toMatchObject({ operation: "PutObject", status: 400, code: FORBIDDEN.code });
    expect(oss.bucket.objects.has("e.txt")).toBe(false);
  });

  it("is refused a form at the public endpoint", async () => {
    const form = new FormData();
    form.set("key", "f.txt");
    form.set("file", new Blob(["f"]));
    const headers = { host: "examplebucket.oss-cn-hangzhou.aliyuncs.com" };
    const request = new Request(`http://127.0.0.1:${oss.port}/`, { method: "POST", body: form });
    const body = Buffer.from(await request.arrayBuffer());
    const type = request.headers.get("content-type") ?? "";
    expect(await posted(body, { ...headers, "content-type": type })).toContain(
      "<Code>PublicEndpointForbidden</Code>",
    );
  });

  it("may manage buckets at the public endpoint", async () => {
    const { bucket } = await atPublicEndpoint.getBucketInfo("examplebucket");
    expect(bucket).toMatchObject({ Name: "examplebucket", Location: "oss-cn-hangzhou" });
    await atPublicEndpoint.getBucketLocation("examplebucket");
    await atPublicEndpoint.getBucketACL("examplebucket");
    await atPublicEndpoint.listBuckets({ "max-keys": 1 });
    await atPublicEndpoint.putBucket("new-bucket");
    await atPublicEndpoint.deleteBucket("new-bucket");
  });

  it.each(["oss-accelerate.aliyuncs.com", "cn-hangzhou.oss.aliyuncs.com"])(
    "is refused at the other public endpoints: %s",
    async (host) => {
      expect(await failureOf(at(`http://${host}`).get("a.txt"))).toMatchObject({ code: FORBIDDEN.code });
    },
  );

  it.each<[string, AliOss]>([
    ["an internal endpoint", at("http://oss-cn-hangzhou-internal.aliyuncs.com")],
    ["an address of a laptop", aliOss(oss, oss.administrator, "V4")],
  ])("reaches its objects at %s", async (_, client) => {
    expect((await client.get("a.txt")).content).toEqual(Buffer.from("a"));
  });

  it.each([
    ["cn-beijing", FORBIDDEN.code],
    ["cn-wulanchabu", FORBIDDEN.code],
    ["cn-hongkong", undefined],
    ["ap-southeast-1", undefined],
    ["eu-central-1", undefined],
  ])("in %s: %s", async (region, code) => {
    const name = `bucket-in-${region}`;
    addBucket(oss.world, { name, ownerId: oss.scene.account.id, region });
    const client = at(`http://oss-${region}.aliyuncs.com`, { region: `oss-${region}`, bucket: name });
    const put = client.put("a.txt", Buffer.from("a"));
    if (code === undefined) await put;
    else expect(await failureOf(put)).toMatchObject({ code });
  });
});

it("an older account may do everything at the public endpoint", async () => {
  oss.scene.account.newToOss = false;
  await atPublicEndpoint.put("g.txt", Buffer.from("g"));
  expect((await atPublicEndpoint.get("g.txt")).content).toEqual(Buffer.from("g"));
});

/** fetch does not send another `Host`. */
function posted(body: Buffer, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const to = { port: oss.port, host: "127.0.0.1", method: "POST", headers };
    const call = httpRequest(to, (answer) => {
      answer.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject);
    });
    call.on("error", reject);
    call.end(body);
  });
}
