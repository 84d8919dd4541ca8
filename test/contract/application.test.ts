import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { audienceProblem, issuerProblem, QUESTIONS } from "../../cli/init/answers.ts";
import { keysOf } from "../../cli/init/discovery.ts";
import { projectFiles } from "../../cli/init/project.ts";
import { applicationFiles } from "../../scripts/application/files.ts";
import { PARAMETERS } from "../../scripts/application/publish.ts";

const ROOT = join(import.meta.dirname, "../..");
const APPLICATION = join(ROOT, "application");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly version: string;
};
const folder = mkdtempSync(join(tmpdir(), "s-init-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Published {
  readonly Edition: string;
  readonly Type: string;
  readonly Name: string;
  readonly Version: string;
  readonly Provider: readonly string[];
  readonly Description: string;
  readonly Parameters: {
    readonly required: readonly string[];
    readonly properties: Readonly<
      Record<string, { readonly title: string; readonly description: string; readonly pattern: string }>
    >;
  };
}

const publishFile = (name: string): Published =>
  parse(readFileSync(join(APPLICATION, name), "utf8")) as Published;

function filesIn(root: string): ReadonlyMap<string, string> {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [relative(root, path), readFileSync(path, "utf8")] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const sorted = (files: ReadonlyMap<string, string>): readonly (readonly [string, string])[] =>
  [...files].sort(([a], [b]) => (a < b ? -1 : 1));

/** Serverless Devs' own command, with a home of its own; the folder is named, so it asks no registry. `s` deletes that folder. */
function init(project: string, parameters: Readonly<Record<string, string>>) {
  const copy = join(folder, `application-for-${project}`);
  cpSync(APPLICATION, copy, { recursive: true });
  return spawnSync(
    join(ROOT, "node_modules/.bin/s"),
    ["init", "--uri", copy, "-d", project, "--parameters", JSON.stringify(parameters)],
    {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: folder, serverless_devs_config_home: folder, NODE_ENV: "test" },
    },
  );
}

describe("the application of Serverless Devs", () => {
  it("is what npm run generate makes, file by file", async () => {
    expect(sorted(filesIn(APPLICATION))).toEqual(sorted(await applicationFiles()));
  });

  it.each([
    ["with a slash", "https://login.example.com/", "examplebucket", "ap-southeast-1"],
    ["without one", "https://id.example.org/tenant-7", "photos-prod", "cn-shanghai"],
  ])(
    "`s init` makes the project of `valet init`, and nothing else: an issuer %s",
    async (name, issuer, bucket, region) => {
      const project = name.replaceAll(" ", "-");
      const { status, stdout, stderr } = init(project, {
        ...{ name: project, issuer, bucket, region },
        audience: "photo-app",
      });
      expect(`${stdout}${stderr}`).toContain("enjoy your serverless journey");
      expect(status).toBe(0);
      // What docs/deploy.md warns of.
      expect(existsSync(join(folder, `application-for-${project}`))).toBe(false);
      const { jwks, algorithms } = await keysOf(issuer, { offline: true, fetch });
      const answers = { name: project, issuer, audience: "photo-app", bucket, region, jwks, algorithms };
      expect(sorted(filesIn(join(folder, project)))).toEqual(
        sorted(projectFiles({ ...answers, ossValet: version })),
      );
    },
  );

  it("`s init` takes the defaults, and names a parameter that has none", () => {
    const { status, stdout, stderr } = init("lacking", { bucket: "photos-prod" });
    expect(status).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain("parameter issuer is required");
    init("defaults", { bucket: "photos-prod", issuer: "https://login.example.com/" });
    const files = filesIn(join(folder, "defaults"));
    expect(JSON.parse(files.get("package.json") ?? "")).toMatchObject({ name: "my-app" });
    expect(files.get("s.yaml")).toContain("env('OSS_REGION', 'cn-hangzhou')");
  });

  it.each(["publish.yaml", "publish_en.yaml"])("%s has the form of version 3, and this version", (name) => {
    expect(publishFile(name)).toMatchObject({
      Edition: "3.0.0",
      Type: "Project",
      Name: "oss-valet",
      Version: version,
    });
    const { properties, required } = publishFile(name).Parameters;
    expect(Object.keys(properties)).toEqual(PARAMETERS.map((one) => one.name));
    expect(required).toEqual(["issuer", "bucket"]);
  });

  it("asks in Chinese and English", () => {
    for (const { title, description } of Object.values(publishFile("publish.yaml").Parameters.properties)) {
      expect(description).toMatch(/\p{Script=Han}.* \/ .*[a-z]/u);
      expect(title).not.toBe("");
    }
    for (const { title, description } of Object.values(publishFile("publish_en.yaml").Parameters.properties))
      expect(`${title}${description}`).not.toMatch(/\p{Script=Han}/u);
  });

  it.each([
    ["issuer", "https://login.example.com/", issuerProblem],
    ["issuer", 'https://login.example.com/"', issuerProblem],
    ["issuer", "login.example.com", issuerProblem],
    ["audience", "photo-app", audienceProblem],
    ["audience", "photo\\app", audienceProblem],
    ["bucket", "photos-prod", problemOf("bucket")],
    ["bucket", "Photos", problemOf("bucket")],
    ["bucket", "-photos", problemOf("bucket")],
    ["region", "cn-hangzhou", problemOf("region")],
    ["region", "oss-cn-hangzhou", problemOf("region")],
  ])("its pattern of %s judges %j as `valet init` does", (name, answer, problem) => {
    const { pattern = "" } = publishFile("publish.yaml").Parameters.properties[name] ?? {};
    expect(new RegExp(pattern).test(answer)).toBe(problem(answer) === undefined);
  });
});

function problemOf(option: string): (answer: string) => string | undefined {
  const found = QUESTIONS.find((question) => question.option === option);
  if (found === undefined) throw new Error(`no question ${option}`);
  return found.problem;
}
