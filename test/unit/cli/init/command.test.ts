import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dependencyOn } from "../../../../cli/init/installed-from.ts";
import { projectSYaml } from "../../../../cli/init/s-yaml.ts";
import { checkedAccessFile } from "../../../../cli/shared/checked-access-file.ts";
import { valet } from "../../../../cli/valet.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "valet-init-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const PROJECT = [
  ".github/workflows/deploy.yml",
  ".gitignore",
  "README.md",
  "access.yaml",
  "package.json",
  "s.yaml",
];
const FLAGS = ["--issuer", "https://login.example.com/", "--bucket", "my-bucket", "--offline"];

/** `answers`: what somebody types, in this order; undefined: nobody sits there. */
async function init(name: string, args: readonly string[], answers?: readonly string[]) {
  const [out, error, asked]: [string[], string[], string[]] = [[], [], []];
  const left = [...(answers ?? [])];
  const code = await valet(["init", join(folder, name), ...args], {
    environment: {},
    out: (text) => void out.push(text),
    error: (text) => void error.push(text),
    ask: undefined,
    question:
      answers === undefined
        ? undefined
        : async (text) => {
            asked.push(text);
            const answer = left.shift();
            if (answer === undefined) throw new Error(`no answer to: ${text}`);
            return answer;
          },
    colour: false,
    nowMs: Date.now,
    wait: async () => undefined,
  });
  return { code, out: out.join("\n"), error: error.join("\n"), asked };
}

/** `${…}`, as s.yaml has its settings. */
function setting(text: string): string {
  return `\${${text}}`;
}

function textOf(path: string): string {
  return readFileSync(join(folder, path), "utf8");
}

describe("valet init", () => {
  it("makes a project whose rules keep their promises", async () => {
    const { code, out } = await init("My App", FLAGS);
    expect(code).toBe(0);
    expect(out).toContain("npx valet dev");
    expect(readdirSync(join(folder, "My App")).sort()).toEqual(
      [".github", ".gitignore", "README.md", "access.yaml", "package.json", "s.yaml"].sort(),
    );
    const file = checkedAccessFile(join(folder, "My App/access.yaml"), {
      bucket: "my-bucket",
      nowMs: Date.now(),
    });
    expect(file).toMatchObject({ ok: true, warnings: [] });
    expect(parse(textOf("My App/access.yaml"))).toMatchObject({
      issuers: [
        {
          issuer: "https://login.example.com/",
          audience: "my-app",
          jwks: "https://login.example.com/.well-known/jwks.json",
          algorithms: ["RS256"],
        },
      ],
    });
  });

  it("pins this version, and what deploys it", async () => {
    await init("app", FLAGS);
    const ours = JSON.parse(readFileSync("package.json", "utf8")) as {
      readonly version: string;
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    expect(JSON.parse(textOf("app/package.json"))).toMatchObject({
      name: "app",
      private: true,
      dependencies: { "oss-valet": ours.version },
      devDependencies: { "@serverless-devs/s": ours.devDependencies["@serverless-devs/s"] },
    });
  });

  it("leaves no placeholder, and no command or path of the repository", async () => {
    await init("app", FLAGS);
    for (const path of PROJECT) {
      expect([path, /\{\{\w+\}\}/.exec(textOf(`app/${path}`))]).toEqual([path, null]);
      expect([path, /npm run|(?<![\w/.])docs\//.exec(textOf(`app/${path}`))]).toEqual([path, null]);
    }
    expect(textOf("app/s.yaml")).toContain(`OSS_BUCKET: ${setting("env('OSS_BUCKET', 'my-bucket')")}\n`);
    expect(textOf("app/s.yaml")).toContain(`region: ${setting("env('OSS_REGION', 'cn-hangzhou')")} #`);
  });

  it("asks what no option says, until the answer fits, with a default for the region", async () => {
    const answers = ["login.example.com", "https://login.example.com/", "No_Bucket", "my-bucket", ""];
    const { code, asked, error } = await init("app", ["--offline"], answers);
    expect(code).toBe(0);
    expect(asked.map((text) => text.slice(0, 12))).toEqual([
      "Who signs yo",
      "Who signs yo",
      "In which buc",
      "In which buc",
      "In which reg",
    ]);
    expect(error).toContain('That is "login.example.com"; write an address');
    expect(error).toContain('That is "No_Bucket"; write a bucket\'s name');
    expect(textOf("app/s.yaml")).toContain("'my-bucket'");
  });

  it("says all that is missing where nobody sits there", async () => {
    expect(await init("app", [])).toMatchObject({
      code: 2,
      error: "valet init: nobody is here to answer: add --issuer and --bucket",
    });
    expect(existsSync(join(folder, "app"))).toBe(false);
  });

  it.each([
    [["--issuer", "http://login.example.com/"], "--issuer is"],
    [["--issuer", "https://login.example.com/?a=b"], "--issuer is"],
    [["--issuer", "https://user@login.example.com/"], "--issuer is"],
    [["--issuer", 'https://login.example.com/"\n- x'], "--issuer is"],
    [["--bucket", "a'}"], "--bucket is"],
    [["--bucket", setting("env('HOME')")], "--bucket is"],
    [["--region", "oss-cn-shanghai"], "its ID alone: cn-shanghai"],
    [["--region", "cn'hangzhou"], "--region is"],
    [["--audience="], "--audience is empty"],
    [["--audience", 'a"b'], "--audience is"],
    [["--audience", "a\u202eb"], "--audience is"],
    [["--jwks", "http://keys.example.com"], "--jwks is"],
    [["--jkws", "https://keys.example.com"], "Did you mean --jwks?"],
  ])("refuses %j, and writes nothing", async (args, said) => {
    const others = FLAGS.flatMap((flag, at) =>
      args.includes(flag) || args.includes(FLAGS[at - 1] ?? "") ? [] : [flag],
    );
    const { code, error } = await init("app", [...others, ...args]);
    expect([code, error]).toEqual([2, expect.stringContaining(said)]);
    expect(existsSync(join(folder, "app"))).toBe(false);
  });

  it("takes a template's signs in an audience as they are", async () => {
    expect((await init("app", [...FLAGS, "--audience", `{{bucket}}:${setting("x")}#y`])).code).toBe(0);
    expect(parse(textOf("app/access.yaml"))).toMatchObject({
      issuers: [{ audience: `{{bucket}}:${setting("x")}#y` }],
    });
  });

  it("writes into no folder that has files, but into a new repository", async () => {
    mkdirSync(join(folder, "app/.git"), { recursive: true });
    expect((await init("app", FLAGS)).code).toBe(0);
    expect(await init("app", FLAGS)).toMatchObject({
      code: 2,
      error: expect.stringMatching(/is not empty \(.*…\); name a new folder$/),
    });
    writeFileSync(join(folder, "file"), "");
    expect(await init("file", FLAGS)).toMatchObject({
      code: 2,
      error: expect.stringContaining("is not a folder"),
    });
  });

  it("writes all files or none", async () => {
    mkdirSync(join(folder, "closed"));
    writeFileSync(join(folder, "closed/file"), "");
    const { code, error } = await init("closed/file/app", FLAGS);
    expect([code, error]).toEqual([1, expect.stringContaining("cannot be written")]);
    expect(readdirSync(folder)).toEqual(["closed"]);
  });
});

describe("how a project depends on oss-valet", () => {
  /** The package as npm installs it. `resolved` as in npm's lock file of node_modules. */
  function installed(resolved: string | undefined): string {
    const root = join(folder, "tools/node_modules/oss-valet");
    mkdirSync(root, { recursive: true });
    const packages = {
      "node_modules/oss-valet": { version: "1.2.3", ...(resolved === undefined ? {} : { resolved }) },
    };
    writeFileSync(join(folder, "tools/node_modules/.package-lock.json"), JSON.stringify({ packages }));
    return root;
  }

  it("is by the version, where a registry has it", () => {
    const project = join(folder, "app");
    expect(dependencyOn(installed(undefined), "1.2.3", project)).toBe("1.2.3");
    expect(dependencyOn(installed("https://registry.example/oss-valet.tgz"), "1.2.3", project)).toBe("1.2.3");
    expect(dependencyOn(join(folder, "repository"), "1.2.3", project)).toBe("1.2.3");
  });

  it("is by the same file, as a path from the project, where it was installed from one", () => {
    const root = installed("file:../files/oss-valet-1.2.3.tgz");
    expect(dependencyOn(root, "1.2.3", join(folder, "tools/app"))).toBe(
      "file:../../files/oss-valet-1.2.3.tgz",
    );
  });
});

it("s.yaml of a project is not made from one that has lost a place", () => {
  const answers = { bucket: "my-bucket", region: "cn-shanghai" };
  const text = readFileSync("s.yaml", "utf8");
  expect(() => projectSYaml(text.replace(setting("env('OSS_BUCKET')"), "other"), answers)).toThrow(
    "OSS_BUCKET",
  );
  expect(() => projectSYaml(text.replace("'cn-hangzhou'", "'cn-beijing'"), answers)).toThrow("OSS_REGION");
});
