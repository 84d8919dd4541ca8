import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { packClient } from "../../scripts/package.ts";
import { done, emptyFolder, type Folder, NPM_INSTALL, type Running, started } from "./support/programs.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The part of the tutorial that needs no account. */
const PAGE = readFileSync(join(ROOT, "docs/tutorial.md"), "utf8").split("\n## 5. ")[0] ?? "";

/** The blocks of one language, in their order. */
function blocksOf(language: string): readonly string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    ([, text = ""]) => text,
  );
}

const [MAKE = "", RUN = "", TRY = "", CLIENT = "", UPLOAD = ""] = blocksOf("sh");

/** Somebody's folder, in which the tarball takes the place of the registry. */
let folder: Folder;
let project: string;
let dev: Running | undefined;
beforeAll(async () => {
  folder = emptyFolder();
  const tools = join(folder.path, "tools");
  mkdirSync(tools);
  await done("npm", [...NPM_INSTALL, inject("tarball").path], { cwd: tools });
  project = join(folder.path, "my-app");
});
afterAll(async () => {
  await dev?.stop();
  folder.remove();
});

/** Runs a block of the page as a shell does. */
function shell(block: string, cwd: string) {
  return done("sh", ["-e", "-c", block], { cwd });
}

describe("docs/tutorial.md, up to the deployment", () => {
  it("makes a project", async () => {
    expect(MAKE).toMatch(/^npx oss-valet init my-app --issuer \S+ --bucket \S+ --region \S+\ncd my-app\n$/);
    const block = MAKE.replace("npx oss-valet init my-app", "npx valet init ../my-app --offline").replace(
      "cd ",
      "cd ../",
    );
    const { out } = await shell(`${block}ls -A`, join(folder.path, "tools"));
    for (const [, name = ""] of PAGE.matchAll(/^\| (\S+\.(?:yaml|json|md|yml)) \|/gm))
      expect([name, readFileSync(join(project, name), "utf8").length > 0]).toEqual([name, true]);
    expect(out).toContain("access.yaml");
  });

  it("runs it, and the walk ends with the line of the page", async () => {
    const [install = "", start = ""] = RUN.split("\n");
    expect([install, start]).toEqual(["npm install", "npx valet dev"]);
    await done("npm", NPM_INSTALL, { cwd: project });
    const valet = join(project, "node_modules/.bin/valet");
    // The page's own ports may be taken on this machine.
    dev = await started(
      valet,
      ["dev", "--port", "0"],
      { cwd: project },
      /Ctrl-C[\s\S]*?The endpoint: (\S+)[\s\S]*?(http:\S+)\/token/,
    );
    expect(dev.said.input).toContain(/^> (The exchange works: .*)$/m.exec(PAGE)?.[1]);
  });

  it("changes a rule, and its promises are kept", async () => {
    const path = join(project, "access.yaml");
    const [rules = ""] = blocksOf("yaml");
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(/^rules:[\s\S]*/m, () => rules),
    );
    const { out } = await shell(TRY, project);
    const promises = /^The last line of `valet test` is `([^`]+)`/m.exec(PAGE)?.[1] ?? "no such line";
    expect(out).toContain(promises);
    expect(out).toMatch(/allowed/i);
  });

  it("uploads with the App of the page", async () => {
    expect(CLIENT).toBe("npm install oss-valet-client\n");
    const { path } = await packClient(folder.path);
    await done("npm", [...NPM_INSTALL, path], { cwd: project });
    const [program = ""] = blocksOf("js");
    writeFileSync(join(project, "upload.mjs"), program);
    const [, endpoint = "", login = ""] = dev?.said ?? [];
    const block = UPLOAD.replace(/VALET_URL=\S+/, `VALET_URL=${endpoint}`).replace(
      /LOGIN_URL=\S+/,
      `LOGIN_URL=${login}`,
    );
    const { out } = await shell(block, project);
    expect(out.split("\n")[0]).toBe(/^> (stored .*)$/m.exec(PAGE)?.[1]);
  });
});
