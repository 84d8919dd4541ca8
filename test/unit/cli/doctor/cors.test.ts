import { expect, it } from "vitest";
import { type BucketCorsRule, corsProblem } from "../../../../cli/doctor/cors.ts";

const APP = "https://app.example.com";
const COMPLETE: BucketCorsRule = {
  allowedOrigin: APP,
  allowedMethod: ["GET", "HEAD", "PUT", "POST", "DELETE"],
  allowedHeader: "*",
  exposeHeader: ["ETag", "x-oss-request-id"],
};
const SECRETIVE: BucketCorsRule = { ...COMPLETE, allowedMethod: "GET", exposeHeader: [] };

it.each<[string, readonly BucketCorsRule[]]>([
  ["one rule that has it all", [COMPLETE]],
  ["such a rule before another for the same", [COMPLETE, SECRETIVE]],
  [
    "such a rule behind one for another origin",
    [{ ...SECRETIVE, allowedOrigin: "https://other.example.com" }, COMPLETE],
  ],
])("fits: %s", (_case, rules) => {
  expect(corsProblem(rules, APP, new Set(["read", "write"]))).toBeUndefined();
});

it("a form is a POST, and who only posts forms needs no header of the answer", () => {
  const posting: BucketCorsRule = { ...SECRETIVE, allowedMethod: "POST" };
  expect(corsProblem([posting], APP, new Set(["upload"]))).toBeUndefined();
  expect(corsProblem([SECRETIVE], APP, new Set(["upload"]))).toEqual({
    cause: `POST with all headers (*) is not allowed from ${APP}`,
    fix: `add a rule to the bucket's CORS, before all others: origin ${APP}, methods POST, headers *`,
  });
  expect(corsProblem([posting], APP, new Set(["upload", "write"]))?.cause).toBe(
    `PUT, DELETE with all headers (*) is not allowed from ${APP}`,
  );
});

it.each<[string, BucketCorsRule]>([
  ["for all headers", SECRETIVE],
  [
    "for some headers, which are all that some requests have",
    { ...SECRETIVE, allowedHeader: ["authorization", "x-oss-date"] },
  ],
])("the first rule that fits decides, and is the one to mend: %s", (_case, first) => {
  expect(corsProblem([first, COMPLETE], APP, new Set(["read"]))).toEqual({
    cause: `rule 1, which decides for GET from ${APP}, does not expose ETag, x-oss-request-id: multipart uploads fail`,
    fix: expect.stringMatching(
      /^add ETag x-oss-request-id to what rule 1 exposes .*; or add a rule to the bucket's CORS, before all others: origin https:/,
    ),
  });
});
