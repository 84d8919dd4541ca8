import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChangeEntry } from "../../../../cli/shared/changelog.ts";
import { type Concern, concernsOf, needsDecision } from "../../../../cli/upgrade/concerns.ts";
import { pinned, projectIn } from "../../../../cli/upgrade/project.ts";

const FILES = {
  "package.json": `{
  "scripts": { "doctor": "valet doctor --json --strict" },
  "devDependencies": { "oss-valet": "0.1.0" }
}`,
  "access.yaml": "rules:\n  - allow: [upload] # signed-in\n",
  "s.yaml": "x:\n  RATE_LIMIT: 60/min\n  # HOST: 0.0.0.0\n  MY_PORT: 1\n",
  ".env": 'OSS_BUCKET="examplebucket"\n#OSS_ROLE_ARN=x\nexport CREDENTIAL_CACHE = off\n',
  ".github/workflows/deploy.yml": "run: npx valet smoke --wait\nenv: { OSS_REGION: cn-hangzhou }\n",
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "valet-upgrade-"));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});

afterEach(() => rmSync(folder, { recursive: true }));

function concern(
  kind: ChangeEntry["kind"],
  area: ChangeEntry["area"],
  names: readonly string[],
): Concern | undefined {
  const entry = { kind, area, names, text: "x", line: 1 };
  return concernsOf([entry], projectIn(folder, "access.yaml"))[0];
}

describe("a project", () => {
  it("says where it uses a setting, a member of access.yaml or a command", () => {
    const used = (area: ChangeEntry["area"], name: string) => concern("Changed", area, [name])?.usedIn;
    expect(used("settings", "RATE_LIMIT")).toEqual(["s.yaml:2"]);
    expect(used("settings", "OSS_BUCKET")).toEqual([".env:1"]);
    expect(used("settings", "OSS_REGION")).toEqual([".github/workflows/deploy.yml:2"]);
    expect(used("access.yaml", "upload")).toEqual(["access.yaml:2"]);
    expect(used("commands", "doctor")).toEqual(["package.json:2"]);
    expect(used("commands", "doctor --strict")).toEqual(["package.json:2"]);
    expect(used("commands", "smoke")).toEqual([".github/workflows/deploy.yml:1"]);
  });

  it("does not use what stands in a comment, or is a part of another name", () => {
    const used = (area: ChangeEntry["area"], name: string) => concern("Changed", area, [name])?.usedIn;
    expect(used("settings", "HOST")).toEqual([]);
    expect(used("settings", "PORT")).toEqual([]);
    expect(used("settings", "OSS_ROLE_ARN")).toEqual([]);
    expect(used("access.yaml", "signed-in")).toEqual([]);
    expect(used("commands", "doctor --no-uploads")).toEqual([]);
  });

  it("has the values of .env", () => {
    const { fromDotEnv } = projectIn(folder, "access.yaml");
    expect(fromDotEnv("OSS_BUCKET")).toBe("examplebucket");
    expect(fromDotEnv("CREDENTIAL_CACHE")).toBe("off");
    expect(fromDotEnv("OSS_ROLE_ARN")).toBeUndefined();
  });

  it.each([
    ["Breaking", "settings", ["RATE_LIMIT"], "used", true],
    ["Breaking", "settings", ["HOST"], "other", false],
    ["Breaking", "settings", [], "general", true],
    ["Removed", "access.yaml", ["upload"], "used", true],
    ["Removed", "access.yaml", ["mode"], "other", false],
    ["Breaking", "commands", ["doctor --strict"], "used", true],
    ["Breaking", "http", ["TokenExpired"], "general", true],
    ["Breaking", "roles", [], "general", true],
    ["Breaking", "client", [], "general", true],
    ["Breaking", "sandbox", [], "general", true],
    ["Breaking", "project", [], "other", false],
    ["Deprecated", "settings", ["RATE_LIMIT"], "used", false],
    ["Added", "settings", ["HOST"], "new", false],
    ["Added", "client", [], "other", false],
    ["Fixed", "sandbox", [], "other", false],
    ["Fixed", "log", [], "general", false],
  ] as const)("%s %s %j is %s to it; a decision: %s", (kind, area, names, concerns, decision) => {
    const found = concern(kind, area, names);
    expect(found?.concerns).toBe(concerns);
    expect(found === undefined ? undefined : needsDecision(found)).toBe(decision);
  });
});

describe("package.json with another version", () => {
  it("is as it was, apart from the version", () => {
    const text = `{\r\n\t"name" : "oss-valet",\n  "overrides": { "oss-valet": "0.1.0" }, "dependencies":{"a":"1",\n"oss-valet" :  "^0.1.0" }\n}\n`;
    expect(pinned(text, "0.2.0")).toBe(text.replace('"^0.1.0"', '"0.2.0"'));
    expect(pinned(FILES["package.json"], "0.2.0")).toBe(FILES["package.json"].replace("0.1.0", "0.2.0"));
  });
});
