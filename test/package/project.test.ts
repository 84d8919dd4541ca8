import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { CHROMIUM_PATH, startChromium } from "../support/chromium.ts";
import {
  done,
  emptyFolder,
  ended,
  type Folder,
  JSON_LINE,
  lineOf,
  NPM_INSTALL,
  nodeProgram,
  OTHER_NODES,
  pathWith,
  type Running,
  started,
} from "./support/programs.ts";

/** An empty folder with the tarball installed, in which somebody makes a project. */
let folder: Folder;
let project: string;
/** `npx valet sandbox`: the project's issuer is its login. */
let sandbox: Running;
let cloud: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = emptyFolder();
  const called = { cwd: folder.path };
  await done("npm", [...NPM_INSTALL, inject("tarball").path], called);
  sandbox = await started(valetIn(folder.path), ["sandbox", "--json"], called, JSON_LINE);
  cloud = lineOf(sandbox);
  const { issuer = "", bucket = "", region = "" } = cloud;
  const answers = ["--issuer", issuer, "--audience", "photo-app", "--bucket", bucket, "--region", region];
  await done("npx", ["valet", "init", "my-app", ...answers], called);
  project = join(folder.path, "my-app");
  await done("npm", NPM_INSTALL, { cwd: project });
});
afterAll(async () => {
  await sandbox?.stop();
  folder.remove();
});

describe("a project of valet init, from the tarball alone", () => {
  it("depends on this version, and on nothing of the repository", () => {
    const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    expect(manifest.dependencies["oss-valet"]).toMatch(/^(file:.*\.tgz|\d+\.\d+\.\d+)$/);
    expect(existsSync(join(project, "node_modules/oss-valet/cli/main.js"))).toBe(true);
    expect(existsSync(join(project, "node_modules/tsx"))).toBe(false);
    expect(existsSync(join(project, "node_modules/typescript"))).toBe(false);
  });

  it("keeps the promises of its access.yaml", async () => {
    const { out } = await done("npx", ["valet", "test"], { cwd: project });
    expect(out).toMatch(/\d+ promises, all kept/);
  });

  it("runs everything on this machine, and walks through the exchange", async () => {
    const { out } = await done("npx", ["valet", "dev", "--once", "--port", "0"], { cwd: project });
    expect(out).toContain("The exchange works: Alice reached her folder and nothing else.");
  });

  it.skipIf(CHROMIUM_PATH === undefined)("takes an upload through the page of valet dev", async () => {
    const dev = await started(
      valetIn(project),
      ["dev", "--json", "--port", "0"],
      { cwd: project },
      JSON_LINE,
    );
    const { page: address, control } = lineOf(dev);
    const browser = await startChromium();
    onTestFinished(async () => {
      await browser.close();
      await dev.stop();
    });
    const page = await browser.newPage();
    await page.goto(`${address}/`);
    await page.fill("#name", "alice");
    await page.press("#name", "Enter");
    await page.locator(".empty").waitFor();
    const file = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("from a page") };
    await page.setInputFiles("#file", file);
    await expect
      .poll(async () => {
        const journal = await fetch(`${control}/journal?service=oss`);
        return await journal.text();
      })
      .toMatch(/"operation": ?"PutObject"/);
    await page.getByText("note.txt").first().waitFor();
  });

  it("builds, serves and passes the smoke test against the local cloud", async () => {
    await expectServed(process.execPath);
  });

  it.each(Object.entries(OTHER_NODES))("does the same on Node.js %s (%s)", async (_major, version) => {
    const node = await nodeProgram(version);
    if (node === undefined) return; // npm has no such program for this machine
    const called = { cwd: project, environment: pathWith(node) };
    expect((await done("node", ["--version"], called)).out.trim()).toBe(`v${version}`);
    await done("npx", ["valet", "test"], called);
    const { out } = await done("npx", ["valet", "dev", "--once", "--port", "0"], called);
    expect(out).toContain("The exchange works");
    await expectServed(node);
  });
});

/** `valet build`, then the server with the settings of the local cloud, then `valet smoke`. */
async function expectServed(node: string): Promise<void> {
  const environment = pathWith(node);
  const { error: built } = await done("npx", ["valet", "build"], { cwd: project, environment });
  expect(built).toContain("dist/uploads/index");
  // esbuild says so by itself for TypeScript alone, and the package has JavaScript.
  for (const name of ["credentials/index", "credentials/sts", "uploads/index"])
    expect(readFileSync(join(project, `dist/${name}.code.js`), "utf8")).toMatch(/^[^\n]*"use strict";/);
  const settings = {
    OSS_BUCKET: cloud["bucket"] ?? "",
    OSS_REGION: cloud["region"] ?? "",
    OSS_ENDPOINT: cloud["oss"] ?? "",
    OSS_ROLE_ARN: cloud["roleArn"] ?? "",
    STS_ENDPOINT: cloud["sts"] ?? "",
    ALIBABA_CLOUD_ACCESS_KEY_ID: cloud["accessKeyId"] ?? "",
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: cloud["accessKeySecret"] ?? "",
    PORT: "0",
  };
  const called = { cwd: project, environment: { ...environment, ...settings } };
  const server = await started(valetIn(project), ["serve"], called, /oss-valet listens on (http:\S+)/);
  try {
    const signIn = await fetch(`${cloud["issuer"]}/token`, {
      method: "POST",
      body: new URLSearchParams({ sub: "alice" }),
    });
    const { access_token: token } = (await signIn.json()) as { readonly access_token: string };
    const args = ["valet", "smoke", server.said[1] ?? "", "--oss-endpoint", cloud["oss"] ?? ""];
    const { code, out } = await ended("npx", args, {
      cwd: project,
      environment: { ...environment, SMOKE_TOKEN: token },
    });
    expect([code, out]).toEqual([0, expect.not.stringContaining("FAIL")]);
  } finally {
    expect(await server.stop()).toBe(0);
  }
}

/** The command that npm installed. A signal reaches it directly, without npx. */
function valetIn(path: string): string {
  return join(path, "node_modules/.bin/valet");
}
