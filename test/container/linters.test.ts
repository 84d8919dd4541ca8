import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../../container");
const HADOLINT = found(process.env["HADOLINT_PATH"] ?? "hadolint");
const KUBERNETES_VALIDATE = found(process.env["KUBERNETES_VALIDATE_PATH"] ?? "kubernetes-validate");
const folder = mkdtempSync(join(tmpdir(), "oss-valet-linters-"));

afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(HADOLINT !== undefined)("hadolint", () => {
  it("finds nothing in container/Dockerfile, which switches none of its rules off", () => {
    expect(run(HADOLINT, "--no-color", join(FOLDER, "Dockerfile"))).toEqual({ status: 0, out: "" });
    expect(readFileSync(join(FOLDER, "Dockerfile"), "utf8")).not.toContain("hadolint ignore");
  });

  it("finds what is planted: an image without a tag", () => {
    const planted = readFileSync(join(FOLDER, "Dockerfile"), "utf8").replace(/^FROM \S+ AS/m, "FROM node AS");
    const { status, out } = run(HADOLINT, "--no-color", put("Dockerfile", planted));
    expect(status).toBe(1);
    expect(out).toContain("DL3006");
  });
});

describe.runIf(KUBERNETES_VALIDATE !== undefined)(
  "kubernetes-validate, with the schemas of Kubernetes",
  () => {
    it("takes each object of container/kubernetes.yaml", () => {
      const { out } = run(KUBERNETES_VALIDATE, "--strict", join(FOLDER, "kubernetes.yaml"));
      expect(out).not.toMatch(/^(ERROR|WARN)/m);
      expect(out.match(/^INFO .* passed for resource/gm)).toHaveLength(8);
    });

    it("finds what is planted: a misspelt member of the security context", () => {
      const text = readFileSync(join(FOLDER, "kubernetes.yaml"), "utf8");
      const planted = text.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem");
      const { out } = run(KUBERNETES_VALIDATE, "--strict", put("kubernetes.yaml", planted));
      expect(out).toMatch(/^ERROR .*readOnlyRootFileSystem/m);
    });
  },
);

/** The program, or undefined, with a word about what is not tested then. */
function found(program: string): string | undefined {
  if (spawnSync(program, ["--version"]).status === 0) return program;
  const name = program.split("/").at(-1);
  process.stderr.write(`There is no ${name}: what it would find in container/ is not tested here.\n`);
  return undefined;
}

function run(
  program: string | undefined,
  ...args: readonly string[]
): { readonly status: number | null; readonly out: string } {
  const { status, stdout, stderr } = spawnSync(program ?? "", args, { encoding: "utf8" });
  return { status, out: `${stdout}${stderr}` };
}

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}
