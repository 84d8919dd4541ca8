import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { done, type Ended, emptyFolder, ended, type Folder, NPM_INSTALL } from "./support/programs.ts";

/** The package as it is, as 0.1.0: what the project has. */
const tarball = inject("tarball");

const ACCESS = `issuers:
  - { name: login, issuer: "https://login.example.com/", audience: photo-app, jwks: "https://login.example.com/keys" }
rules:
  - { name: own folder, allow: [read, write, list], prefix: "users/{sub}/" }
  - { name: photos, allow: [upload], prefix: "photos/{sub}/", upload: { maxBytes: 2000000, contentTypes: [image/jpeg] } }
tests:
  - { name: alice, claims: { sub: alice }, can: [write users/alice/a.jpg], cannot: [read users/bob/a.jpg] }
`;

const S_YAML = `resources:
  credentials:
    props:
      environmentVariables:
        # ADDRESS_LIMIT: off
        OSS_BUCKET: examplebucket
        RATE_LIMIT: 60/min
`;

const MANIFEST = `{
   "name": "my-app", "private": true,
   "scripts": { "doctor": "valet doctor" },
   "dependencies": {
      "oss-valet" : "0.1.0"
   }
}
`;

const MINOR = `## [Unreleased]

## [0.2.0] - 2026-12-01

### Breaking
- **settings** \`RATE_LIMIT\`: a number alone is refused.
- **settings** \`ADDRESS_LIMIT\`: only a comment has it here.

### Added
- **settings** \`METRICS_PORT\`: metrics.

### Deprecated
- **access.yaml** \`maxBytes\`: write \`most\` instead.

### Fixed
- **commands** \`doctor\`: finds more.
- **commands** \`smoke\`: is not in this project.
- **http**: an error is a better one.

## [0.1.0] - 2026-11-28

### Breaking
- **settings** \`RATE_LIMIT\`: an old story.
`;

const PATCH = MINOR.slice(MINOR.indexOf("## [0.1.0]")).replace(
  /^/,
  "## [0.1.1] - 2026-12-01\n\n### Fixed\n- **http**: an error is a better one.\n\n",
);

let project: Folder;
let packages: Folder;
/** As `npx oss-valet@VERSION` would start them. */
let minor: string;
let patch: string;
let older: string;

beforeAll(async () => {
  [project, packages] = [emptyFolder(), emptyFolder()];
  for (const [name, text] of Object.entries({
    "access.yaml": ACCESS,
    "s.yaml": S_YAML,
    "package.json": MANIFEST.replace("0.1.0", `file:${tarball.path}`),
  }))
    writeFileSync(join(project.path, name), text);
  await done("npm", NPM_INSTALL, { cwd: project.path });
  writeFileSync(join(project.path, "package.json"), MANIFEST);
  minor = runnable("0.2.0", { "CHANGELOG.md": MINOR });
  patch = runnable("0.1.1", { "CHANGELOG.md": PATCH });
  // In this older version, `write` was something else.
  const policy = "shared/domain/ram/ram-policy.js";
  const write = '["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"]';
  const text = readFileSync(join(dirname(tarball.path), "oss-valet", policy), "utf8");
  expect(text).toContain(write);
  const change = { [policy]: text.replace(write, '["oss:PutObject", "oss:PutObjectAcl"]') };
  older = await packed(changed("0.0.9", change));
});

afterAll(() => {
  project.remove();
  packages.remove();
});

/** The package with another version and other files, in a folder of its own. */
function changed(version: string, change: Readonly<Record<string, string>>): string {
  const folder = join(packages.path, version, "oss-valet");
  cpSync(join(dirname(tarball.path), "oss-valet"), folder, { recursive: true });
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const files = {
    "package.json": manifest.replace('"version": "0.1.0"', `"version": "${version}"`),
    ...change,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}

/** Its main module, outside the project, beside the packages that it depends on. */
function runnable(version: string, change: Readonly<Record<string, string>>): string {
  const folder = changed(version, change);
  cpSync(join(project.path, "node_modules"), join(folder, "../node_modules"), { recursive: true });
  return join(folder, "cli/main.js");
}

async function packed(folder: string): Promise<string> {
  const { out } = await done("npm", ["pack", "--silent"], { cwd: folder });
  return join(folder, out.trim());
}

function upgrade(main: string, ...args: readonly string[]): Promise<Ended> {
  return ended(process.execPath, [main, "upgrade", ...args], { cwd: project.path });
}

function jsonOf({ out }: Ended): Record<string, unknown> {
  return JSON.parse(out) as Record<string, unknown>;
}

describe("valet upgrade, in a project with 0.1.0", () => {
  it("says what concerns the project, breaking changes first, and that rules and plan are kept", async () => {
    const { code, out, error } = await upgrade(minor);
    expect({ code, error }).toEqual({ code: 1, error: "" });
    expect(out.split("\n\n")).toEqual([
      "oss-valet 0.1.0 → 0.2.0, for this project",
      "Breaking changes\n  Breaking settings RATE_LIMIT (s.yaml:7): a number alone is refused.",
      [
        "Changes that concern this project",
        "  Deprecated access.yaml maxBytes (access.yaml:5): write most instead.",
        "  Fixed commands doctor (package.json:3): finds more.",
        "  Fixed http: an error is a better one.",
      ].join("\n"),
      "New, and not used in this project yet\n  Added settings METRICS_PORT: metrics.",
      "2 more changes are in CHANGELOG.md of 0.2.0.",
      [
        "Rules",
        "  access.yaml is read by 0.2.0. 2 promises of its tests, all kept.",
        "  Rules kept: 1 user of the tests gets the same as in 0.1.0.",
      ].join("\n"),
      "Plan\n  RAM needs no change: 0.1.0 and this version want the same roles and policies.",
      "note: OSS_ROLE_ARN and OSS_BUCKET not set, so the plan has example names: set them to see your own.",
      "Look at these first\n  - 1 breaking change concerns this project",
      "To upgrade:\nnpm install --save-exact oss-valet@0.2.0\n",
    ]);
  });

  it("has nothing to decide for a patch, and writes nothing", async () => {
    const before = filesOf(project.path);
    const { code, out } = await upgrade(patch);
    expect(code).toBe(0);
    expect(out).toMatch(/\nTo upgrade:\nnpm install --save-exact oss-valet@0\.1\.1\n$/);
    expect(filesOf(project.path)).toEqual(before);
  });

  it("--write pins the version in package.json, and changes nothing else there", async () => {
    const path = join(project.path, "package.json");
    try {
      const { code, out } = await upgrade(patch, "--write");
      expect(code).toBe(0);
      expect(out).toMatch(/\npackage\.json has oss-valet 0\.1\.1 now\. To install it:\nnpm install\n$/);
      expect(readFileSync(path, "utf8")).toBe(MANIFEST.replace('"0.1.0"', '"0.1.1"'));
    } finally {
      writeFileSync(path, MANIFEST);
    }
  });

  it("shows what users get and what RAM needs, where an older version made other policies", async () => {
    const { code, out } = await upgrade(minor, "--from", older);
    expect(code).toBe(1);
    expect(out).toContain(
      [
        "  1 of 1 user of the tests get other access than in 0.0.9:",
        "    alice",
        "      - Allow oss:PutObjectAcl on acs:oss:*:*:examplebucket/users/alice/*",
        "      + Allow oss:AbortMultipartUpload, oss:ListParts on acs:oss:*:*:examplebucket/users/alice/*",
      ].join("\n"),
    );
    expect(out).toContain(
      [
        "    policy oss-valet-client-access",
        "      - Allow oss:PutObjectAcl on acs:oss:*:*:examplebucket/users/*/*",
        "      + Allow oss:AbortMultipartUpload, oss:ListParts on acs:oss:*:*:examplebucket/users/*/*",
      ].join("\n"),
    );
    expect(out).toContain("RATE_LIMIT (s.yaml:7): an old story.");
    expect(out).toContain("Look at these first\n  - 2 breaking changes");
    // What was unpacked for it is gone.
    expect(cacheOf(project.path)).toEqual([]);
  });

  it("--json has the same, for a program", async () => {
    const report = jsonOf(await upgrade(minor, "--json", "--from", older));
    expect(report).toMatchObject({
      from: { version: "0.0.9", compared: "everything" },
      to: "0.2.0",
      accessProblems: [],
      promises: { all: 2, broken: [] },
      users: { all: 1, differences: [{ what: "alice" }] },
      command: "npm install --save-exact oss-valet@0.2.0",
      written: false,
    });
    const plan = report["plan"] as readonly { readonly what: string }[];
    expect(plan.map(({ what }) => what)).toEqual(["policy oss-valet-client-access"]);
    const { environment: _none, ...first } =
      (report["changes"] as readonly Record<string, unknown>[])[0] ?? {};
    expect(first).toMatchObject({
      kind: "Breaking",
      area: "settings",
      names: ["RATE_LIMIT"],
      usedIn: ["s.yaml:7"],
      concerns: "used",
    });
  });

  it("compares only the changelog with a version that is not here, and says so", async () => {
    const { code, out } = await upgrade(patch, "--from", "0.1.0");
    expect(code).toBe(0);
    expect(out).toContain("note: Only the changelog was compared: the package of 0.1.0 is not here.");
    expect(out).not.toContain("Plan");
  });

  it("shows problems that the new version has with access.yaml, and promises that it breaks", async () => {
    const path = join(project.path, "access.yaml");
    try {
      writeFileSync(
        path,
        ACCESS.replace("cannot: [read users/bob/a.jpg]", "cannot: [read users/alice/a.jpg]"),
      );
      const broken = await upgrade(patch);
      expect(broken.code).toBe(1);
      expect(broken.out).toContain(
        'BROKEN alice: cannot read users/alice/a.jpg: it is "can", and was "can" in 0.1.0',
      );
      writeFileSync(path, ACCESS.replace("allow: [upload]", "alow: [upload]"));
      const unread = await upgrade(patch);
      expect(unread.code).toBe(1);
      expect(unread.out).toContain("  access.yaml is not read by 0.1.1:\n    access.yaml:5:");
    } finally {
      writeFileSync(path, ACCESS);
    }
  });

  it("says so when the old version does not answer", async () => {
    const path = join(project.path, "node_modules/oss-valet/cli/valet.js");
    const text = readFileSync(path, "utf8");
    try {
      writeFileSync(path, 'throw new Error("cannot start");\nexport const valet = 1;\n');
      const { code, out } = await upgrade(patch);
      expect(code).toBe(1);
      expect(out).toContain(
        "note: The rules and the plan were not compared, as 0.1.0 does not answer: valet test ended with exit code 1: Error: cannot start.",
      );
      expect(out).toContain("- the old version could not be compared");
    } finally {
      writeFileSync(path, text);
    }
  });

  it.each([
    ["--from", "nothing.tgz", /^valet upgrade: --from nothing\.tgz: there is no such file or folder/],
    ["--from", "s.yaml", /^valet upgrade: --from .*s\.yaml cannot be unpacked .*npm pack/],
    [
      "--from",
      "node_modules",
      /^valet upgrade: .*node_modules is not the package oss-valet: name the folder/,
    ],
    ["--from", "0.9.0", /^valet upgrade: the project has oss-valet 0\.9\.0, and this is the older 0\.1\.1/],
  ])("is called wrongly: %s %s", async (option, value, message) => {
    const { code, out, error } = await upgrade(patch, option, value);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(error).toMatch(message);
    expect(cacheOf(project.path)).toEqual([]);
  });
});

it("runs by npx from a tarball, as the docs say", async () => {
  const path = await packed(join(packages.path, "0.1.1/oss-valet"));
  const args = ["--yes", "--prefer-offline", `file:${path}`, "upgrade"];
  const { code, out, error } = await ended("npx", args, { cwd: project.path });
  expect({ code, error: code === 0 ? "" : error }).toEqual({ code: 0, error: "" });
  expect(out).toMatch(/^oss-valet 0\.1\.0 → 0\.1\.1, for this project\n/);
});

it("says in a folder that is no such project where to run it", async () => {
  const folder = emptyFolder();
  try {
    const run = () => ended(process.execPath, [patch, "upgrade"], { cwd: folder.path });
    expect(await run()).toMatchObject({
      code: 2,
      error: "valet upgrade: there is no package.json here: run this in the folder of the project\n",
    });
    writeFileSync(join(folder.path, "package.json"), "{}");
    expect((await run()).error).toMatch(/^valet upgrade: package\.json does not depend on oss-valet: run/);
  } finally {
    folder.remove();
  }
});

function cacheOf(folder: string): readonly string[] {
  const cache = join(folder, "node_modules/.cache");
  return existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith("oss-valet-upgrade-")) : [];
}

/** Every file outside node_modules, with what is in it. */
function filesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder).filter((name) => name !== "node_modules");
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
