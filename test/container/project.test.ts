import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { packageManifest } from "../../scripts/package/manifest.ts";
import { compiledModules } from "../../scripts/package/modules.ts";
import { startBuiltServer } from "../support/built-server.ts";
import { containerImageFrom } from "../support/container-image.ts";
import { rootfsOf } from "../support/container-rootfs.ts";
import { ACCESS_WITH_SECRET } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(ROOT, "container", name), "utf8");
const folder = mkdtempSync(join(tmpdir(), "oss-valet-project-image-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the same Dockerfile makes an image of a project that has oss-valet as a dependency, with its access.yaml", {
  timeout: 240_000,
}, async () => {
  const project = join(folder, "my-app");
  put(project, {
    "package.json": JSON.stringify({
      name: "my-app",
      private: true,
      scripts: { build: "valet build" },
      dependencies: { "oss-valet": "0.1.0" },
    }),
    "package-lock.json": "{}",
    "access.yaml": JSON.stringify(ACCESS_WITH_SECRET),
    "s.yaml": "edition: 3.0.0",
    ".env": "JWT_SECRET=kept out",
    ".gitignore": "node_modules/",
    "container/valet.env": "REDIS_PASSWORD=kept out",
  });
  const modules = await compiledModules(ROOT);
  const { files, root, context } = rootfsOf({
    image: containerImageFrom(read("Dockerfile")),
    ignore: read("Dockerfile.dockerignore"),
    context: project,
    install: (at) => installed(at, modules),
    folder: join(folder, "image"),
  });
  expect(context).toEqual(["access.yaml", "package-lock.json", "package.json"]);
  expect(files).toContain("/oss-valet/server.cache");
  expect(
    files.filter(
      (path) => !/^\/(nodejs\/(node|LICENSE)|oss-valet\/[\w-]+\.(code\.js|js|cache|json))$/.test(path),
    ),
  ).toEqual([]);

  const server = await startBuiltServer(join(root, "oss-valet"), {
    OSS_ROLE_ARN: "acs:ram::1234567890123456:role/oss-client",
    OSS_BUCKET: "examplebucket",
    OSS_REGION: "cn-hangzhou",
    JWT_SECRET: "kY3vQ9xT7bN2mW5rL8pZ4cH6jD1fG0sA",
    ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret",
  });
  expect((await fetch(`${server.origin}/healthz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

/** As `npm ci` leaves it: the package's modules in node_modules, and beside them what it depends on. */
function installed(project: string, modules: ReadonlyMap<string, string>): void {
  const node_modules = join(project, "node_modules");
  mkdirSync(join(node_modules, ".bin"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(node_modules, name));
  const own = join(node_modules, "oss-valet");
  const manifest = packageManifest(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));
  put(own, { ...Object.fromEntries(modules), "package.json": JSON.stringify(manifest) });
  const shim = `#!/bin/sh\nexec node "$(dirname "$0")/../oss-valet/cli/main.js" "$@"\n`;
  writeFileSync(join(node_modules, ".bin/valet"), shim, { mode: 0o755 });
}

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}
