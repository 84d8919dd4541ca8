import { gunzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { aliOss } from "../support/oss-service.ts";
import { rawRequest } from "../support/raw-request.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();
const TEXT = "0123456789abcdef".repeat(64);

beforeEach(() => {
  oss.bucket.acl = "public-read";
  oss.bucket.corsVary = false;
});

async function put(content: string, mime: string, headers: object = {}) {
  await aliOss(oss, oss.administrator, "V4").put("a", Buffer.from(content), { mime, headers });
}

function read(method: string, headers: readonly string[], version = "1.1") {
  return rawRequest(oss.port, [`${method} /examplebucket/a HTTP/${version}`, "Host: localhost", ...headers]);
}

describe("an object of at least 1 KB, read by a client that accepts gzip", () => {
  it.each([
    "text/cache-manifest",
    "text/xml",
    "text/css",
    "text/html",
    "text/plain",
    "text/plain; charset=utf-8",
    "application/javascript",
    "application/x-javascript",
    "application/rss+xml",
    "application/json",
    "text/json",
  ])("%s is compressed, without ETag, Content-Length and Accept-Ranges", async (mime) => {
    await put(TEXT, mime);
    const response = await fetch(`http://127.0.0.1:${oss.port}/examplebucket/a`);
    expect(await response.text()).toBe(TEXT);
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await read(method, ["Accept-Encoding: deflate, gzip"]);
      expect(headers.get("Content-Encoding")).toBe("gzip");
      expect(headers.get("Vary")).toBe("Accept-Encoding");
      for (const name of ["ETag", "Content-Length", "Accept-Ranges"]) expect(headers.has(name)).toBe(false);
      expect(headers.get("x-oss-hash-crc64ecma")).toBe(oss.bucket.objects.get("a")?.crc64);
      expect(headers.has("Content-MD5")).toBe(true);
    }
  });

  it("goes out as gzip's bytes, in chunks", async () => {
    await put(TEXT, "text/plain");
    const { headers, body } = await read("GET", ["Accept-Encoding: gzip"]);
    expect(headers.get("Transfer-Encoding")).toBe("chunked");
    expect(gunzipSync(Buffer.from(joined(body), "latin1")).toString()).toBe(TEXT);
  });
});

describe("stays as it is", () => {
  const GZIP = ["Accept-Encoding: gzip"];
  it.each<[string, { content?: string; mime?: string; own?: object; headers?: readonly string[] }]>([
    ["what is shorter than 1 KB", { content: TEXT.slice(1) }],
    ["an image", { mime: "image/jpeg" }],
    ["what has an encoding of its own", { own: { "Content-Encoding": "br" } }],
    ["a range", { headers: [...GZIP, "Range: bytes=0-1023"] }],
    ["what is read without Accept-Encoding", { headers: [] }],
    ["what is read with another encoding", { headers: ["Accept-Encoding: deflate, br"] }],
    ["what is read with gzip of no weight", { headers: ["Accept-Encoding: gzip;q=0"] }],
  ])("%s", async (_case, { content = TEXT, mime = "text/plain", own = {}, headers = GZIP }) => {
    await put(content, mime, own);
    const answer = await read("GET", headers);
    expect(answer.body.length).toBe(Buffer.byteLength(content));
    expect(answer.headers.get("ETag")).toBe(`"${oss.bucket.objects.get("a")?.etag}"`);
    expect(answer.headers.get("Content-Length")).toBe(String(Buffer.byteLength(content)));
    expect(answer.headers.get("Content-Encoding")).not.toBe("gzip");
  });

  it("what HTTP 1.0 reads, which has no chunks", async () => {
    await put(TEXT, "text/plain");
    expect((await read("GET", GZIP, "1.0")).body).toBe(TEXT);
  });

  it("an error and a listing", async () => {
    const { headers } = await rawRequest(oss.port, [
      "GET /examplebucket/b HTTP/1.1",
      "Host: localhost",
      ...GZIP,
    ]);
    expect(headers.has("Content-Encoding")).toBe(false);
  });
});

it("Vary names both, if the bucket's CORS rules ask for Origin too", async () => {
  await put(TEXT, "text/plain");
  oss.bucket.corsVary = true;
  const { headers } = await read("GET", []);
  expect(headers.get("Vary")).toBe("Origin, Accept-Encoding");
});

/** The chunks of a body, put together. */
function joined(body: string): string {
  const size = Number.parseInt(body, 16);
  if (!(size > 0)) return "";
  const start = body.indexOf("\r\n") + 2;
  return body.slice(start, start + size) + joined(body.slice(start + size + 2));
}
