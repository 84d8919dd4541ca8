import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type BuildReport, build } from "../../cli/build/build.ts";
import type { FcResponse } from "../../functions/http/fc-event.ts";
import type { UploadsBody } from "../../shared/wire.ts";
import { fcEventBytes } from "../support/fc-events.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const SECRET = "a secret of the tests, of 32 bytes or more";
const CONTENT = {
  ...ACCESS_WITH_SECRET,
  rules: [
    {
      name: "photos",
      allow: ["read", "upload"],
      prefix: "photos/{sub}/",
      upload: { maxBytes: 1000, contentTypes: ["image/jpeg"] },
    },
  ],
};

type Handler = (event: Buffer, context: object) => Promise<FcResponse>;

const folder = mkdtempSync(join(tmpdir(), "oss-valet-bundle-uploads-"));
let report: BuildReport;
let handler: Handler;

beforeAll(async () => {
  report = await build({ outDir: folder, function: "uploads", content: CONTENT });
  for (const [name, value] of Object.entries({
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
    JWT_SECRET: SECRET,
    ALIBABA_CLOUD_ACCESS_KEY_ID: "",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "",
  }))
    vi.stubEnv(name, value);
  ({ handler } = createRequire(import.meta.url)(join(folder, "index.js")) as { handler: Handler });
  vi.unstubAllEnvs();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function ask(credentials: object | undefined): Promise<{ status: number; body: Partial<UploadsBody> }> {
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const token = jwt.sign({ sub: "alice" }, SECRET, {
    issuer: "https://login.example.com/",
    audience: "photo-app",
    expiresIn: 600,
  });
  const event = fcEventBytes({
    rawPath: "/uploads",
    http: { method: "POST", path: "/uploads" },
    isBase64Encoded: false,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ files: [{ name: "a.jpg", contentType: "image/jpeg" }] }),
  });
  const { statusCode, body } = await handler(event, { requestId: "request-1", credentials });
  return { status: statusCode, body: JSON.parse(body) };
}

const keysOf = (id: string) => ({
  accessKeyId: id,
  accessKeySecret: `secret of ${id}`,
  securityToken: `token of ${id}`,
});

describe("the function uploads, as it is deployed", () => {
  it("is two small files without any SDK, and what RATE_LIMIT needs: it can call nobody", () => {
    const small = report.files.filter(({ name }) => /^(index|server)\.js$/.test(name));
    const others = report.files.filter((file) => !small.includes(file));
    expect(small.map(({ name }) => name).sort()).toEqual(["index.js", "server.js"]);
    expect(others.map(({ name }) => name).sort()).toEqual([
      "rate-limit.js",
      "redis-store.js",
      "telemetry.js",
      "token-guard.js",
    ]);
    for (const { name, bytes, gzipBytes } of small) {
      // server.js is in no cold start of nodejs20.
      expect(bytes).toBeLessThanOrEqual(name === "index.js" ? 80_000 : 90_000);
      expect(gzipBytes).toBeLessThanOrEqual(name === "index.js" ? 30_000 : 33_000);
    }
    const inputs = small.flatMap((file) => file.inputs);
    const packages = inputs.flatMap((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []);
    expect([...new Set(packages)].sort()).toEqual([
      "buffer-equal-constant-time",
      "ecdsa-sig-formatter",
      "jsonwebtoken",
      "jwa",
      "jws",
    ]);
    expect(
      inputs.filter((input) =>
        /aliyun-sts|vend-credentials|^(sandbox|test|cli\/(?!build\/replacements\/)|client)\//.test(input),
      ),
    ).toEqual([]);
  });

  it("signs with the keys that came with the request, and never with older ones", async () => {
    const first = await ask(keysOf("STS.first"));
    const second = await ask(keysOf("STS.second"));
    const signers = [first, second].map(({ body }) => body.Uploads?.[0]?.Fields);
    expect(signers.map((fields) => fields?.["x-oss-credential"]?.split("/")[0])).toEqual([
      "STS.first",
      "STS.second",
    ]);
    expect(signers.map((fields) => fields?.["x-oss-security-token"])).toEqual([
      "token of STS.first",
      "token of STS.second",
    ]);
  });
});
