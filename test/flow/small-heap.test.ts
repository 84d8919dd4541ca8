import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../cli/build/build.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const folder = mkdtempSync(join(tmpdir(), "oss-valet-small-heap-"));
beforeAll(() => build({ outDir: folder, content: ACCESS_WITH_SECRET }));
afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Requests without a token, with objects between them that live through collections of the young generation, as when many
 * requests are on their way. Prints its size in MB. The first argument: so many requests; 2,000 rounds of objects in any case.
 */
const PROGRAM = `
  const { getHeapSpaceStatistics } = require("node:v8");
  const { handler } = require("./index.js");
  const event = Buffer.from(JSON.stringify({
    rawPath: "/credentials", headers: {}, requestContext: { http: { method: "GET" } },
  }));
  (async () => {
    process.stdout.write = () => true;
    const latest = [];
    const requests = Number(process.argv[1]);
    for (let request = 0; request < Math.min(requests, 49); request += 1) await handler(event, {});
    for (let round = 0; round < 2_000; round += 1) {
      if (49 + round < requests) await handler(event, {});
      await new Promise(setImmediate);
      const objects = [];
      for (let object = 0; object < 2_000; object += 1) objects.push({ object });
      latest[round % 80] = objects;
    }
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    process.stderr.write(String(young.space_size / 1e6));
  })();`;

function youngGenerationAfter(requests: number): number {
  const { stderr } = spawnSync(process.execPath, ["-e", PROGRAM, String(requests)], {
    cwd: folder,
    encoding: "utf8",
    env: {
      OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss",
      OSS_BUCKET: "examplebucket",
      OSS_REGION: "cn-hangzhou",
      JWT_SECRET: "a secret of the tests, of 32 bytes or more",
      ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIcaller",
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
    },
  });
  return Number(stderr);
}

describe("the heap of the deployed function", { timeout: 60_000 }, () => {
  it("has a young generation that grows while code may still be loaded, as a flag would drop V8's code caches", () => {
    expect(youngGenerationAfter(49)).toBeGreaterThan(16);
  });

  it("has one that stops growing when there are many requests", () => {
    expect(youngGenerationAfter(2_000)).toBeLessThan(10);
  });
});
