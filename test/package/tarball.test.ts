import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { describe, expect, inject, it } from "vitest";

/** Bytes: the most that the tarball, and what it unpacks to, may have. */
const MOST = { bytes: 950_000, unpackedBytes: 3_300_000 };

const tarball = inject("tarball");

function textOf(path: string): string {
  return readFileSync(join(dirname(tarball.path), "oss-valet", path), "utf8");
}

describe("the tarball of oss-valet", () => {
  it("has JavaScript and declarations, and no TypeScript, test or secret", () => {
    expect(tarball.files.filter((path) => /(?<!\.d)\.c?ts$|^test\/|(^|\/)\.env$|\.tgz$/.test(path))).toEqual(
      [],
    );
    expect(tarball.files).toEqual(
      expect.arrayContaining([
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "access.schema.json",
        "access.yaml",
        "cli/main.js",
        "docs/access-rules.md",
        "docs/zh/deploy.md",
        "examples/web/app.js",
        "functions/credentials/index.js",
        "ops/grafana/oss-valet.json",
        "s.yaml",
        "sandbox/fc/bootstrap.mjs",
        "sandbox/index.cjs",
        "sandbox/index.js",
        "types/sandbox/index.d.cts",
        "types/sandbox/index.d.ts",
      ]),
    );
  });

  it("is not larger than it was", () => {
    expect(tarball.bytes).toBeLessThan(MOST.bytes);
    expect(tarball.unpackedBytes).toBeLessThan(MOST.unpackedBytes);
  });

  it("names no file of this machine, and commands as a project types them", () => {
    const root = join(import.meta.dirname, "../..");
    for (const path of tarball.files) {
      const text = textOf(path);
      expect([path, text.includes(root)]).toEqual([path, false]);
      if (/^(cli|sandbox)\/.*\.c?js$/.test(path))
        expect([path, /npm (start|run (valet|build|serve|sandbox)\b)/.exec(text)]).toEqual([path, null]);
    }
  });

  it("imports only what is in it, or what its package.json depends on", () => {
    const { dependencies } = JSON.parse(textOf("package.json")) as {
      readonly dependencies: Readonly<Record<string, string>>;
    };
    const files = new Set(tarball.files);
    const missing: string[] = [];
    for (const path of tarball.files.filter(
      (each) => each.endsWith(".js") && !each.startsWith("examples/"),
    )) {
      for (const [, specifier = ""] of textOf(path).matchAll(/(?:\bfrom |\bimport |\bimport\()"([^"]+)"/g)) {
        if (specifier.startsWith("node:") || specifier === "#access-rules") continue;
        const name = /^(@[^/]+\/[^/]+|[^./][^/]*)/.exec(specifier)?.[1];
        const known =
          name === undefined ? files.has(join(path, "..", specifier)) : Object.hasOwn(dependencies, name);
        if (!known) missing.push(`${path}: ${specifier}`);
      }
    }
    expect(missing).toEqual([]);
  });

  it("has entries that import and require find, with their types", async () => {
    const data = new Uint8Array(readFileSync(tarball.path));
    const { messages } = await publint({ pack: { tarball: data.buffer }, level: "warning", strict: true });
    expect(messages).toEqual([]);
    const analysis = await checkPackage(createPackageFromTarballData(data));
    expect(analysis.types).not.toBe(false);
    expect("problems" in analysis ? analysis.problems : undefined).toEqual([]);
  });
});
