import { beforeEach, describe, expect, it, vi } from "vitest";
import type { CorsRule } from "../../sandbox/world.ts";
import { aliOss, errorOf, lastEntry } from "../support/oss-service.ts";
import { ossForTests } from "../support/services-for-tests.ts";

const oss = await ossForTests();

beforeEach(async () => {
  await aliOss(oss, oss.administrator, "V4").put("a", Buffer.from("a"));
  oss.bucket.cors = [APP, PUBLIC];
});

const APP: CorsRule = {
  allowedOrigins: ["https://app.example.com", "https://*.preview.example.com"],
  allowedMethods: ["GET", "PUT", "POST"],
  allowedHeaders: ["authorization", "x-oss-*"],
  exposeHeaders: ["ETag", "x-oss-request-id"],
  maxAgeSeconds: 300,
};

const PUBLIC: CorsRule = {
  allowedOrigins: ["*"],
  allowedMethods: ["GET"],
  allowedHeaders: [],
  exposeHeaders: [],
  maxAgeSeconds: undefined,
};

function preflight(headers: Readonly<Record<string, string>>, bucket = "examplebucket"): Promise<Response> {
  return fetch(`http://127.0.0.1:${oss.port}/${bucket}/a`, { method: "OPTIONS", headers });
}

const asking = (origin: string, method: string, headers?: string) => ({
  origin,
  "access-control-request-method": method,
  ...(headers === undefined ? {} : { "access-control-request-headers": headers }),
});

/** What an answer says about CORS. */
function corsOf(response: Response): Record<string, string> {
  return Object.fromEntries(
    [...response.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"),
  );
}

describe("a preflight", () => {
  it("is answered by the first rule that fits, without a signature", async () => {
    const response = await preflight(
      asking("https://app.example.com", "PUT", "Authorization, x-oss-date,x-oss-security-token"),
    );
    expect([response.status, response.headers.get("content-length")]).toEqual([200, "0"]);
    expect(corsOf(response)).toEqual({
      "access-control-allow-origin": "https://app.example.com",
      "access-control-allow-methods": "GET, PUT, POST",
      "access-control-allow-headers": "Authorization, x-oss-date,x-oss-security-token",
      "access-control-expose-headers": "ETag, x-oss-request-id",
      "access-control-max-age": "300",
    });
    expect(lastEntry(oss)).toMatchObject({ operation: "OptionObject", status: 200 });
    expect(corsOf(await preflight(asking("https://other.example.com", "GET")))).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET",
    });
    const preview = await preflight(asking("https://x.preview.example.com", "PUT"));
    expect(corsOf(preview)["access-control-allow-origin"]).toBe("https://x.preview.example.com");
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["another origin", asking("https://evil.example.com", "PUT")],
    ["an origin that only begins alike", asking("https://app.example.com.evil.com", "PUT")],
    ["another scheme", asking("http://app.example.com", "PUT")],
    ["another method", asking("https://app.example.com", "DELETE")],
    ["a header that is not allowed", asking("https://app.example.com", "PUT", "x-oss-date, x-other")],
    ["a header, where none is allowed", asking("https://other.example.com", "GET", "x-oss-date")],
  ])("is refused with %s", async (_case, headers) => {
    const { body, ...error } = await errorOf(await preflight(headers));
    expect(error).toEqual({ status: 403, code: "AccessForbidden", ec: "0003-00000602" });
    expect(body).toContain("CORSResponse: This CORS request is not allowed.");
  });

  it("is refused where the bucket has no rules", async () => {
    oss.bucket.cors = [];
    const { status, code, body } = await errorOf(await preflight(asking("https://app.example.com", "PUT")));
    expect([status, code]).toEqual([403, "AccessForbidden"]);
    expect(body).toContain("<Message>CORSResponse: CORS is not enabled for this bucket.</Message>");
  });

  it("is refused without origin, without method, and for no bucket", async () => {
    expect(await errorOf(await preflight({ "access-control-request-method": "PUT" }))).toMatchObject({
      status: 400,
      code: "BadRequest",
    });
    expect(await errorOf(await preflight({ origin: "https://app.example.com" }))).toMatchObject({
      status: 400,
      code: "BadRequest",
    });
    const nowhere = await preflight(asking("https://app.example.com", "PUT"), "nobodys-bucket");
    expect(await errorOf(nowhere)).toMatchObject({ status: 404, code: "NoSuchBucket" });
  });
});

describe("an actual request", () => {
  const get = (headers: Readonly<Record<string, string>> = {}) =>
    fetch(`http://127.0.0.1:${oss.port}/examplebucket/a`, { headers });

  it("carries the headers where a rule fits, refusals included, so that a page can read them", async () => {
    oss.bucket.acl = "public-read";
    const served = await get({ origin: "https://app.example.com" });
    expect([served.status, corsOf(served)["access-control-allow-origin"]]).toEqual([
      200,
      "https://app.example.com",
    ]);
    oss.bucket.acl = "private";
    const refused = await get({ origin: "https://app.example.com" });
    expect([refused.status, corsOf(refused)["access-control-expose-headers"]]).toEqual([
      403,
      "ETag, x-oss-request-id",
    ]);
  });

  it("is answered with 500 where a rule, set in process, cannot be sent", async () => {
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    oss.bucket.cors = [{ ...APP, exposeHeaders: ["a\nb"] }];
    const response = await get({ origin: "https://app.example.com" });
    expect(await errorOf(response)).toMatchObject({ status: 500, code: "InternalError" });
    expect(lastEntry(oss)).toMatchObject({ status: 500, code: "InternalError" });
    expect(told).toHaveBeenCalledWith(expect.stringMatching(/^sandbox: TypeError/));
  });

  it("has Vary: Origin with ResponseVary, on every answer of the bucket; without it, on none", async () => {
    oss.bucket.acl = "public-read";
    const vary = async (headers?: Readonly<Record<string, string>>) =>
      (await get(headers)).headers.get("vary");
    const askers = [undefined, { origin: "https://app.example.com" }, { origin: "https://evil.example.com" }];
    for (const asker of askers) expect(await vary(asker)).toBeNull();
    oss.bucket.corsVary = true;
    oss.bucket.cors = [APP];
    for (const asker of askers) expect(await vary(asker)).toBe("Origin");
    const asked = await preflight(asking("https://app.example.com", "PUT"));
    expect(asked.headers.get("vary")).toBe("Origin");
    oss.bucket.acl = "private";
    for (const asker of askers) expect(await vary(asker)).toBe("Origin");
  });

  it("carries none where no rule fits, or nobody asks", async () => {
    oss.bucket.cors = [APP];
    expect(corsOf(await get({ origin: "https://evil.example.com" }))).toEqual({});
    expect(corsOf(await get())).toEqual({});
  });
});
