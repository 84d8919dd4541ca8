import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { bundled } from "../../cli/dev/page-bundle.ts";
import { asInstalled, commandsAsInstalled } from "../../cli/shared/as-installed.ts";
import { declarationsOf } from "../declarations.ts";
import { commonJsSandbox } from "./common-js.ts";
import { type ProjectManifest, packageManifest } from "./manifest.ts";
import { compiledModules } from "./modules.ts";

export type Content = string | Uint8Array;

/** What is copied as it is: files and folders. README.md is not the repository's: see PACKAGE_README. */
const COPIED = [
  "LICENSE",
  "CHANGELOG.md",
  "SECURITY.md",
  "SUPPORT.md",
  "access.yaml",
  "access.schema.json",
  "audit.schema.json",
  "s.yaml",
  "s-custom-runtime.yaml",
  "sandbox/fc/bootstrap.mjs",
  "sandbox/https/node-proxy.cjs",
  "sandbox/https/python/sitecustomize.py",
  "scripts/docker-stand-in.mjs",
  "cli/init/templates",
  "examples/access",
  "examples/web/index.html",
  "examples/web/icon.svg",
  "ops",
  "docs",
  // Not the folder: a developer's valet.env has secrets.
  "container/Dockerfile",
  "container/Dockerfile.dockerignore",
  "container/compose.yaml",
  "container/kubernetes.yaml",
  "container/valet.env.example",
];

/** Of `docs`: what is for those who change the code, and the site's own files. */
const NOT_COPIED = /^docs\/(adr|fidelity|\.vitepress|images)\/|^docs\/(architecture|testing|fuzzing)\.md$/;

const PACKAGE_README = "scripts/package/README.md";

/** The package oss-valet: path → content. `version`: instead of package.json's. */
export async function packageFiles(
  root: string,
  { version }: { readonly version?: string } = {},
): Promise<ReadonlyMap<string, Content>> {
  const project = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as ProjectManifest;
  const manifest = packageManifest({ ...project, version: version ?? project.version });
  const declarations = declarationsOf({
    root,
    entries: ["sandbox/index.ts"],
    project: ".",
    nameOf: (module) => module.replace(/\.ts$/, ""),
  });
  return new Map<string, Content>([
    ["package.json", `${JSON.stringify(manifest, null, 2)}\n`],
    ["README.md", readFileSync(join(root, PACKAGE_README), "utf8")],
    ...COPIED.flatMap((path) => filesAt(root, path)).map((path) => [path, contentOf(root, path)] as const),
    ...(await compiledModules(root)),
    ["sandbox/index.cjs", asInstalled(await commonJsSandbox(root))],
    ...[...declarations].map(([name, text]) => [`types/${name}`, text] as const),
    ["examples/web/app.js", await bundled("/app.js", { minify: true })],
    ["examples/web/style.css", await bundled("/style.css", { minify: true })],
  ]);
}

function filesAt(root: string, path: string): readonly string[] {
  const full = join(root, path);
  if (!existsSync(full)) throw new Error(`${path} does not exist; correct scripts/package/files.ts`);
  if (statSync(full).isFile()) return [path];
  const entries = readdirSync(full, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(path, parentPath.slice(full.length), name))
    .filter((file) => !NOT_COPIED.test(file));
}

function contentOf(root: string, path: string): Content {
  const bytes = readFileSync(join(root, path));
  return path.startsWith("docs/") ? commandsAsInstalled(bytes.toString("utf8")) : bytes;
}
