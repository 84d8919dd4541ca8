import { describe, expect, it } from "vitest";
import { aliOss, failureOf, SIGNATURE_VERSIONS } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { ask } from "../support/signed-request.ts";

const oss = await ossForTests();

describe.each(SIGNATURE_VERSIONS)("reading a symbolic link, signed with %s", (version) => {
  const client = aliOss(oss, oss.administrator, version);

  async function linked(): Promise<void> {
    await client.put("target", Buffer.from("of the target"), {
      mime: "text/plain",
      headers: { "x-oss-meta-colour": "red", "x-oss-tagging": "a=1&b=2", "Cache-Control": "no-cache" },
    });
    await ask(client, "PUT", {
      object: "link",
      subres: { symlink: "" },
      headers: {
        "x-oss-symlink-target": "target",
        "x-oss-meta-author": "chanju",
        "x-oss-storage-class": "IA",
        "Content-Type": "text/html",
      },
    });
  }

  it.each(["GET", "HEAD"])(
    "with %s, gives length, ETag, MD5 and checksum of the target, all others of the link",
    async (method) => {
      await linked();
      const target = await ask(client, "HEAD", { object: "target" });
      const link = await ask(client, method, { object: "link" });
      for (const name of ["content-length", "etag", "content-md5", "x-oss-hash-crc64ecma"]) {
        expect([name, link.headers[name]]).toEqual([name, target.headers[name]]);
      }
      expect(link.headers).toMatchObject({
        "x-oss-object-type": "Symlink",
        "x-oss-meta-author": "chanju",
        "x-oss-storage-class": "IA",
        "content-type": "text/html",
      });
      for (const name of ["x-oss-meta-colour", "cache-control", "x-oss-tagging-count"]) {
        expect([name, link.headers[name]]).toEqual([name, undefined]);
      }
      expect(link.body).toBe(method === "GET" ? "of the target" : "");
    },
  );

  it.each([
    ["the link", "link"],
    ["the target", "target"],
  ])(
    "shows the later Last-Modified, where %s is the later one, and asks conditions of it",
    async (_who, key) => {
      await linked();
      const object = oss.bucket.objects.get(key);
      if (object === undefined) throw new Error("no object");
      const later = new Date(object.modifiedMs + 60_000);
      oss.bucket.objects.set(key, { ...object, modifiedMs: later.getTime() });
      const { headers } = await ask(client, "HEAD", { object: "link" });
      expect(headers["last-modified"]).toBe(later.toUTCString());
      const at = { "If-Modified-Since": later.toUTCString() };
      expect((await ask(client, "GET", { object: "link", headers: at })).status).toBe(304);
      const before = { "If-Modified-Since": new Date(later.getTime() - 1000).toUTCString() };
      expect((await ask(client, "GET", { object: "link", headers: before })).status).toBe(200);
    },
  );

  it("gives ranges of the target", async () => {
    await linked();
    const { status, body, headers } = await ask(client, "GET", {
      object: "link",
      headers: { Range: "bytes=3-5" },
    });
    expect([status, body, headers["content-range"]]).toEqual([206, "the", "bytes 3-5/13"]);
  });

  it("to a missing object is refused with the service's text", async () => {
    await linked();
    await client.delete("target");
    const { element } = await ask(client, "GET", { object: "link" });
    expect([element("Code"), element("Message")]).toEqual([
      "SymlinkTargetNotExist",
      "The symlink target object does not exist",
    ]);
  });

  it("to another link is refused", async () => {
    await linked();
    await client.putSymlink("second", "link", { storageClass: "Standard" });
    expect(await failureOf(client.get("second"))).toMatchObject({ status: 400, code: "InvalidTargetType" });
  });
});
