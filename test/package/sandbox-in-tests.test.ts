import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { done, emptyFolder, type Folder, NPM_INSTALL } from "./support/programs.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Somebody's project: examples/vitest-sandbox, with the tarball in place of the published version. */
let folder: Folder;
let project: string;
beforeAll(async () => {
  folder = emptyFolder();
  project = join(folder.path, "project");
  cpSync(join(ROOT, "examples/vitest-sandbox"), project, { recursive: true });
  const others = ["jest@30.5.2", "typescript@6.0.3", "@types/node@20.19.43", "@types/ali-oss@6.23.3"];
  await done("npm", [...NPM_INSTALL, "--save-dev", inject("tarball").path, ...others], { cwd: project });
});
afterAll(() => folder.remove());

/** The `js` blocks of a page, in their order. */
function blocksOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = ""]) => code);
}

const [VITEST = "", JEST = ""] = blocksOf("docs/sandbox-in-tests.md");

describe("oss-valet/sandbox in the tests of another project", () => {
  it("tests the ali-oss code of the example with vitest", async () => {
    const { out } = await done("npm", ["test"], { cwd: project, environment: { NO_COLOR: "1" } });
    expect(out).toMatch(/Tests {2}4 passed \(4\)/);
  });

  it("runs the test that docs/sandbox-in-tests.md shows", async () => {
    writeFileSync(join(project, "page.test.js"), VITEST);
    const called = { cwd: project, environment: { NO_COLOR: "1" } };
    const { out } = await done("npx", ["vitest", "run", "page.test.js"], called);
    expect(out).toMatch(/Tests {2}1 passed \(1\)/);
  });

  it("runs the same in jest, as CommonJS", async () => {
    const test = VITEST.replace(/^import .*;\n/gm, "");
    writeFileSync(join(project, "page.spec.cjs"), `const OSS = require("ali-oss");\n${JEST}${test}`);
    const args = ["jest", "--testMatch", "**/*.spec.cjs", "--silent"];
    const { error } = await done("npx", args, { cwd: project, environment: { NO_COLOR: "1" } });
    expect(error).toMatch(/Tests: {7}1 passed, 1 total/);
  });

  it("gives types to TypeScript, as an ES module and as CommonJS", async () => {
    const program = `import { startSandbox, type Sandbox } from "oss-valet/sandbox";
export async function urlOf(): Promise<string> {
  const cloud: Sandbox = await startSandbox({ seed: {}, port: 0 });
  cloud.clock.advance(3_600_000);
  cloud.faults.add({ service: "oss", fault: { kind: "throttle" }, times: 1 });
  // @ts-expect-error no such member
  cloud.nothing;
  return cloud.world.journal[0]?.operation ?? cloud.oss.url;
}
`;
    for (const name of ["types.mts", "types.cts"]) writeFileSync(join(project, name), program);
    const args = [
      "tsc",
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--types",
      "node",
    ];
    await done("npx", [...args, "types.mts", "types.cts"], { cwd: project });
  });
});
