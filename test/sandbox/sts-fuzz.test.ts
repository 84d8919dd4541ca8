import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acs3Request, rpcRequest, send } from "../support/rpc-requests.ts";
import { sandboxForTests } from "../support/services-for-tests.ts";

const sandbox = await sandboxForTests();

const names = fc.constantFrom(
  ...["Action", "Version", "Format", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy"],
  ...["ExternalId", "SourceIdentity", "Timestamp", "SecurityToken", "constructor", "__proto__"],
);
const values = fc.oneof(
  fc.constantFrom(
    "",
    "AssumeRole",
    "2015-04-01",
    "900",
    "1e3",
    "NaN",
    "null",
    "{}",
    '{"Version":"1","Statement":[]}',
  ),
  fc.constantFrom(
    "acs:ram::1234567890123456:role/ramosstest",
    "acs:ram::1:role/a/../b",
    "alice",
    "<x>&",
    "\u0000",
  ),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);
const parameters = fc.dictionary(names, values, { noNullPrototype: true, maxKeys: 5 });

describe("STS, whatever it is asked by whoever holds a key", () => {
  it.each([
    ["ACS3", (extra: Record<string, string>) => acs3Request(sandbox.sts.url, sandbox, extra)],
    ["HMAC-SHA1", (extra: Record<string, string>) => rpcRequest("POST", sandbox, extra)],
  ] as const)(
    "answers with credentials for a well-formed session name, or with a code: %s",
    async (_case, request) => {
      await fc.assert(
        fc.asyncProperty(parameters, async (changes) => {
          const extra = { RoleArn: sandbox.roleArn, RoleSessionName: "alice", ...changes };
          const { status, text } = await send(sandbox.sts.url, request(extra));
          if (status === 200) {
            expect(extra.RoleSessionName).toMatch(/^[A-Za-z0-9.@_-]{2,64}$/);
            expect(extra.RoleArn.toLowerCase()).toBe(sandbox.roleArn);
          } else {
            expect(status).toBeGreaterThanOrEqual(400);
            expect(status).toBeLessThan(500);
            expect(text).toMatch(
              /(<Code>|"Code":")(Missing|Invalid|NoPermission|EntityNotExist|SignatureDoesNotMatch)/,
            );
          }
        }),
        { numRuns: 100 },
      );
    },
  );

  it("answers what is no signed request at all with a code, too", async () => {
    const header = fc.stringMatching(/^[ -~]{0,40}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[\w.%-]{0,10}$/),
        fc.stringMatching(/^[\w=&%+.-]{0,30}$/),
        fc.oneof(
          header,
          header.map((text) => `ACS3-HMAC-SHA256 ${text}`),
        ),
        fc.string({ maxLength: 40 }),
        async (path, query, authorization, body) => {
          const headers = { authorization, "content-type": "application/x-www-form-urlencoded" };
          const { status } = await send(sandbox.sts.url, {
            method: "POST",
            target: `/${path}?${query}`,
            headers,
            body,
          });
          expect(status).toBeGreaterThanOrEqual(400);
          expect(status).toBeLessThan(500);
        },
      ),
      { numRuns: 100 },
    );
  });
});
