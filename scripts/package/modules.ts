import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build } from "esbuild";
import { asInstalled } from "../../cli/shared/as-installed.ts";

/** The rooms that are in the package. Of the client it has what the commands import. */
const ROOMS = ["functions", "shared", "cli", "sandbox"] as const;

/**
 * The modules that the commands, the functions and the sandbox consist of, compiled: path in the package → JavaScript. The
 * tree is that of the repository, each module for itself, so `valet build` bundles the same modules as `npm run build`.
 */
export async function compiledModules(root: string): Promise<ReadonlyMap<string, string>> {
  const sources = await modulesOf(root);
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [...sources],
    outbase: root,
    outdir: root,
    bundle: false,
    format: "esm",
    platform: "node",
    target: "node20",
    charset: "utf8",
    write: false,
    logLevel: "silent",
  });
  return new Map(
    outputFiles.map(({ path, text }) => {
      const name = relative(root, path).replaceAll(sep, "/");
      return [name, spoken(name, text.replace(IMPORT, '$1"$2.js"'))];
    }),
  );
}

/** `from "./x.ts"`, `import "./x.ts"` and `import("./x.ts")`, at the place where a statement can have them. */
const IMPORT = /(\bfrom |\bimport |\bimport\()"(\.{1,2}\/[^"\n]+)\.ts"/g;

/** What people read names commands as a project types them. The functions' bundles stay the same to the byte. */
function spoken(name: string, text: string): string {
  return /^(cli|sandbox)\//.test(name) ? asInstalled(text) : text;
}

/** Paths from the root. */
async function modulesOf(root: string): Promise<readonly string[]> {
  const ours = ROOMS.flatMap((room) =>
    readdirSync(join(root, room), { withFileTypes: true, recursive: true })
      .filter(({ name }) => name.endsWith(".ts"))
      .map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll(sep, "/")),
  );
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const ofClient = Object.keys(metafile.inputs).filter((module) => module.startsWith("client/"));
  return [...ours, ...ofClient].sort();
}
