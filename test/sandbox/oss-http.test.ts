import { describe, expect, it } from "vitest";
import { lastEntry } from "../support/oss-service.ts";
import { rawRequest } from "../support/raw-request.ts";
import { ossForTests } from "../support/services-for-tests.ts";
import { v1Lines } from "../support/v1-lines.ts";

const oss = await ossForTests();
const HOST = "Host: examplebucket.localhost";

/** The headers of a request that the administrator signs with V1. */
function signed(method: string, resource: string, ossHeaders = "", contentType = ""): readonly string[] {
  return [HOST, ...v1Lines(oss, oss.administrator, { method, resource, ossHeaders, contentType })];
}

describe("Transfer-Encoding and Content-Length together, as the SDK for C sends them", () => {
  it.each([
    ["the right length", "14"],
    ["a smaller one", "3"],
    ["a larger one", "99"],
  ])("are taken with %s: the chunks count", async (_case, length) => {
    const lines = [
      "PUT /c.txt HTTP/1.1",
      "Transfer-Encoding: chunked",
      `Content-Length: ${length}`,
      ...signed("PUT", "/examplebucket/c.txt"),
    ];
    const { status } = await rawRequest(oss.port, lines, "e\r\ntest oss c sdk\r\n0\r\n\r\n");
    expect(status).toBe(200);
    expect(oss.bucket.objects.get("c.txt")?.content.size).toBe(14);
    expect(lastEntry(oss)).toMatchObject({ operation: "PutObject", status: 200 });
  });
});

describe("what is not HTTP", () => {
  const { port } = oss;
  it.each<[string, readonly string[], string, number, string]>([
    ["a header line without a name", ["GET /a HTTP/1.1", HOST, ": x"], "", 400, "BadRequest"],
    ["a blank before a colon", ["GET /a HTTP/1.1", HOST, "X : x"], "", 400, "BadRequest"],
    ["a control character in a header", ["GET /a HTTP/1.1", HOST, "X: a\x01"], "", 400, "BadRequest"],
    ["no Host", ["GET /examplebucket/a HTTP/1.1"], "", 400, "BadRequest"],
    ["two Host headers", ["GET /a HTTP/1.1", HOST, "Host: b.localhost"], "", 400, "BadRequest"],
    ["another HTTP version", ["GET /a HTTP/3.7", HOST], "", 400, "BadRequest"],
    [
      "two lengths",
      ["PUT /a HTTP/1.1", HOST, "Content-Length: 1", "Content-Length: 2"],
      "ab",
      400,
      "BadRequest",
    ],
    ["a length that is no number", ["PUT /a HTTP/1.1", HOST, "Content-Length: x"], "", 400, "BadRequest"],
    ["a path that is not encoded", ["GET /\xff HTTP/1.1", HOST], "", 400, "InvalidURI"],
    ["a method that HTTP does not know", ["FETCH /a HTTP/1.1", HOST], "", 405, "MethodNotAllowed"],
    ["CONNECT", ["CONNECT a:443 HTTP/1.1", HOST], "", 405, "MethodNotAllowed"],
    ["headers of 64 KB", ["GET /a HTTP/1.1", HOST, `X: ${"x".repeat(65_536)}`], "", 400, "BadRequest"],
    [
      "an encoding that is not chunked",
      ["PUT /a HTTP/1.1", HOST, "Transfer-Encoding: gzip"],
      "",
      501,
      "NotImplemented",
    ],
    [
      "chunked and another encoding",
      ["PUT /a HTTP/1.1", HOST, "Transfer-Encoding: gzip, chunked"],
      "0\r\n\r\n",
      501,
      "NotImplemented",
    ],
    [
      "two signatures",
      ["GET /a HTTP/1.1", HOST, "Authorization: OSS a:b", "Authorization: OSS a:b"],
      "",
      400,
      "InvalidArgument",
    ],
  ])("%s gets an error of OSS, and a line in the journal", async (_case, lines, body, status, code) => {
    const entries = oss.world.journal.length;
    const answer = await rawRequest(port, lines, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`<Code>${code}</Code>`);
    const requestId = answer.headers.get("x-oss-request-id");
    expect(answer.body).toContain(`<RequestId>${requestId}</RequestId>`);
    expect(answer.headers.get("Server")).toBe("AliyunOSS");
    expect(oss.world.journal.length).toBe(entries + 1);
    expect(lastEntry(oss)).toMatchObject({ service: "oss", status, code, requestId });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("in the middle of a body ends the upload, which stores nothing", async () => {
    const lines = ["PUT /a HTTP/1.1", "Transfer-Encoding: chunked", ...signed("PUT", "/examplebucket/a")];
    const answer = await rawRequest(port, lines, "2\r\nab\r\nzz\r\n");
    expect(answer.status).toBe(400);
    expect(answer.body).toContain("<Code>IncompleteBody</Code>");
    expect(lastEntry(oss)).toMatchObject({
      operation: "PutObject",
      code: "IncompleteBody",
      requestId: answer.headers.get("x-oss-request-id"),
    });
    expect(oss.bucket.objects.size).toBe(0);
  });

  it("an expectation that nobody knows is ignored", async () => {
    const lines = ["GET / HTTP/1.1", "Expect: the-unexpected", ...signed("GET", "/examplebucket/")];
    expect((await rawRequest(port, lines)).status).toBe(200);
  });
});

describe("a header that is not UTF-8", () => {
  it("is signed as the bytes that came, and given back so", async () => {
    const put = signed("PUT", "/examplebucket/a", "x-oss-meta-k:\xd6\xd0\n");
    const lines = ["PUT /a HTTP/1.1", "Content-Length: 1", "x-oss-meta-k: \xd6\xd0", ...put];
    expect((await rawRequest(oss.port, lines, "a")).status).toBe(200);
    const got = await rawRequest(oss.port, ["GET /a HTTP/1.1", ...signed("GET", "/examplebucket/a")]);
    expect(got.headers.get("x-oss-meta-k")).toBe("\xd6\xd0");
  });

  it("is shown byte by byte where the signature is wrong", async () => {
    const lines = ["PUT /a HTTP/1.1", "Content-Length: 1", "x-oss-meta-k: \xd6\xd0", ...signed("PUT", "/")];
    const { status, body } = await rawRequest(oss.port, lines, "a");
    expect([status, body]).toEqual([403, expect.stringContaining("6B 3A D6 D0 0A")]);
  });
});

describe("a path or query", () => {
  it.each([
    ["/%D6%D0", "InvalidArgument", "The characters encoding must be utf-8."],
    ["/?prefix=%D6%D0", "InvalidArgument", "The characters encoding must be utf-8."],
    ["/%G1", "InvalidURI", "Couldn&apos;t parse the specified URI."],
    ["/?prefix=%G1", "InvalidURI", "Couldn&apos;t parse the specified URI."],
  ])("%s is refused with 400 %s", async (path, code, message) => {
    const { status, body } = await rawRequest(oss.port, [`GET ${path} HTTP/1.1`, HOST]);
    expect([status, body]).toEqual([400, expect.stringContaining(`<Code>${code}</Code><Message>${message}`)]);
  });
});

describe("names of response headers", () => {
  it("are in the service's case", async () => {
    const put = ["PUT /a HTTP/1.1", "Content-Length: 1", "Content-Type: text/plain", "x-oss-meta-by: a"];
    const stored = await rawRequest(
      oss.port,
      [...put, ...signed("PUT", "/examplebucket/a", "x-oss-meta-by:a\n", "text/plain")],
      "a",
    );
    expect(stored.headerNames).toEqual([
      "Server",
      "Date",
      "x-oss-request-id",
      "x-oss-server-time",
      "ETag",
      "Content-MD5",
      "x-oss-hash-crc64ecma",
      "Content-Length",
      "Connection",
    ]);
    const got = await rawRequest(oss.port, ["GET /a HTTP/1.1", ...signed("GET", "/examplebucket/a")]);
    expect(got.headerNames).toEqual(
      expect.arrayContaining([
        "Content-Type",
        "Content-Length",
        "Content-MD5",
        "ETag",
        "Last-Modified",
        "Accept-Ranges",
        "x-oss-meta-by",
        "x-oss-object-type",
        "x-oss-storage-class",
      ]),
    );
  });

  it("are so on errors and for CORS too", async () => {
    oss.bucket.corsVary = true;
    oss.bucket.cors = [
      {
        allowedOrigins: ["*"],
        allowedMethods: ["GET"],
        allowedHeaders: [],
        exposeHeaders: ["ETag"],
        maxAgeSeconds: 10,
      },
    ];
    const { headerNames } = await rawRequest(oss.port, ["GET /a HTTP/1.1", HOST, "Origin: http://a.test"]);
    expect(headerNames).toEqual([
      "Server",
      "Date",
      "x-oss-request-id",
      "x-oss-server-time",
      "Access-Control-Allow-Origin",
      "Access-Control-Allow-Methods",
      "Access-Control-Expose-Headers",
      "Access-Control-Max-Age",
      "Vary",
      "Content-Type",
      "x-oss-ec",
      "Content-Length",
      "Connection",
    ]);
  });
});
