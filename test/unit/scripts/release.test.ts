import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { asInstalled } from "../../../cli/shared/as-installed.ts";
import { foreignLicences } from "../../../scripts/release/bill-of-materials.ts";
import { versionsIn, writeVersion } from "../../../scripts/release/versions.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("the version of a release", () => {
  it("is written into every file that names it, and nothing else changes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oss-valet-version-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const paths = Object.keys(await versionsIn(ROOT));
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      cpSync(join(ROOT, path), join(folder, path));
    }
    await writeVersion(folder, "9.8.7");
    expect(new Set(Object.values(await versionsIn(folder)))).toEqual(new Set(["9.8.7"]));
    for (const path of paths) {
      const [before, after] = [ROOT, folder].map((root) =>
        readFileSync(join(root, path), "utf8").split("\n"),
      );
      const changed = after?.filter((line, at) => line !== before?.[at]) ?? [];
      expect([path, changed.length]).toEqual([path, path === "package-lock.json" ? 3 : 1]);
      for (const line of changed) expect(line).toContain('9.8.7"');
    }
  });

  it("is the same everywhere today", async () => {
    expect(new Set(Object.values(await versionsIn(ROOT))).size).toBe(1);
  });

  it("must be found in each of them", async () => {
    const folder = mkdtempSync(join(tmpdir(), "oss-valet-version-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const path of Object.keys(await versionsIn(ROOT))) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), "{}");
    }
    await expect(versionsIn(folder)).rejects.toThrow("package.json has no version where");
  });
});

describe("the licences of what is installed", () => {
  const component = (name: string, licence?: string) => ({
    name,
    version: "1.0.0",
    ...(licence === undefined ? {} : { licenses: [{ expression: licence }] }),
  });
  const foreign = (...components: ReturnType<typeof component>[]) =>
    foreignLicences({ bomFormat: "CycloneDX", specVersion: "1.5", components });

  it("may be MIT, ISC and the like, or leave the choice", () => {
    expect(foreign(component("a", "MIT"), component("b", "(GPL-3.0 OR Apache-2.0)"))).toEqual([]);
  });

  it("are looked at by somebody otherwise", () => {
    const found = foreign(
      component("a", "GPL-3.0"),
      component("b"),
      component("c", "MIT AND GPL-2.0"),
      component("pause-stream"),
    );
    expect(found).toEqual(["a@1.0.0: GPL-3.0", "b@1.0.0: no licence", "c@1.0.0: MIT AND GPL-2.0"]);
  });
});

it.each([
  ["try npm run valet -- doctor --json", "try npx valet doctor --json"],
  ["`npm run -s valet -- provision --ros`", "`npx valet provision --ros`"],
  ["npm start -- --once", "npx valet dev --once"],
  ["npm start deploys one", "npx valet dev deploys one"],
  ["npm run sandbox --silent -- --json", "npx valet sandbox --json"],
  ["npm run build:client", "npm run build:client"],
  ["see docs/zh/deploy.md", "see node_modules/oss-valet/docs/zh/deploy.md"],
  ["see ../docs/deploy.md", "see ../docs/deploy.md"],
])("in the package, %j reads %j", (text, installed) => {
  expect(asInstalled(text)).toBe(installed);
});
