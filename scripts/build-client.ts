import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { importsIn, type PublishedFile, publishedFiles } from "./build-client/published-files.ts";
import { optionsOrUsage } from "./command-line.ts";
import { declarationsOf } from "./declarations.ts";

const ROOT = join(import.meta.dirname, "..");

/**
 * Makes what the package oss-valet-client has in its folder dist: of each entry an ES module (`.js`) and CommonJS (`.cjs`),
 * minified, with source maps; and below `types` the declarations for both. The entries are those of `exports` in
 * client/package.json. Returns path → text, by the path below dist.
 */
export async function clientFiles(): Promise<ReadonlyMap<string, string>> {
  const entries = await entriesOf("client/package.json");
  const { metafile } = await build({ ...COMMON, entryPoints: sourcesOf(entries), metafile: true });
  const files = publishedFiles(entries, importsIn(metafile));
  const [modules, commonJs] = await Promise.all([
    build({ ...COMMON, ...formatOf(files, ".js"), format: "esm", platform: "neutral" }),
    // For Node.js esbuild lists the names that CommonJS exports, so that an ES module can import them.
    build({ ...COMMON, ...formatOf(files, ".cjs"), format: "cjs", platform: "node" }),
  ]);
  const texts = [modules, commonJs].flatMap(({ outputFiles }) =>
    outputFiles.map(({ path, text }) => [relative(DIST, path).replaceAll(sep, "/"), text] as const),
  );
  const types = [
    ...declarationsOf({
      root: ROOT,
      entries: sourcesOf(entries),
      project: "client",
      nameOf: declarationName,
    }),
  ];
  return new Map([...texts, ...types.map(([name, text]) => [`types/${name}`, text] as const)]);
}

/** Writes {@link clientFiles} into client/dist, and nothing else stays there. */
export async function buildClient(): Promise<ReadonlyMap<string, string>> {
  const files = await clientFiles();
  await rm(DIST, { recursive: true, force: true });
  for (const [path, text] of files) {
    await mkdir(dirname(join(DIST, path)), { recursive: true });
    await writeFile(join(DIST, path), text);
  }
  return files;
}

const DIST = join(ROOT, "client/dist");

/**
 * All platforms of docs/client.md run it: browsers of 2022, Node.js 20, Hermes of React Native. So does JavaScriptCore from
 * iOS 14 on, which runs mini programs.
 */
const TARGET = "es2021";

const COMMON = {
  absWorkingDir: ROOT,
  outdir: DIST,
  bundle: true,
  packages: "external",
  target: TARGET,
  minify: true,
  sourcemap: "linked",
  write: false,
  logLevel: "silent",
  // Fields by assignment: definitions of ES2022 would need a helper in each file.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
} as const satisfies BuildOptions;

function formatOf(files: readonly PublishedFile[], extension: ".js" | ".cjs") {
  return {
    entryPoints: files.map(({ name, source }) => ({ in: source, out: name })),
    outExtension: { ".js": extension },
    plugins: [filesImportEachOther(files, extension)],
  };
}

/** An import of another file's module stays an import. */
function filesImportEachOther(files: readonly PublishedFile[], extension: string): Plugin {
  const names = new Map(files.map(({ name, source }) => [join(ROOT, source), name]));
  return {
    name: "files-import-each-other",
    setup({ onResolve }) {
      onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) => {
        const name = kind === "entry-point" ? undefined : names.get(join(resolveDir, path));
        return name === undefined ? undefined : { path: `./${name}${extension}`, external: true };
      });
    },
  };
}

/** `./upload` of `exports` is made from client/src/upload.ts. Throws when `exports` has another form. */
async function entriesOf(path: string): Promise<readonly PublishedFile[]> {
  const manifest = JSON.parse(await readFile(join(ROOT, path), "utf8")) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  return Object.keys(manifest.exports)
    .filter((entry) => entry !== "./package.json")
    .map((entry) => {
      const name = entry === "." ? "index" : /^\.\/([a-z-]+)$/.exec(entry)?.[1];
      if (name === undefined) throw new Error(`${path}: exports has "${entry}"; write "./name"`);
      return { name, source: `client/src/${name}.ts` };
    });
}

/** `client/src/a/b.ts` → `a/b`, `shared/wire.ts` → `wire`. */
function declarationName(source: string): string {
  return source.replace(/^client\/src\/|^shared\//, "").replace(/\.ts$/, "");
}

function sourcesOf(files: readonly PublishedFile[]): string[] {
  return files.map(({ source }) => source);
}

const USAGE = `npm run build:client

  Makes client/dist, what the package oss-valet-client consists of. It takes no arguments.`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  optionsOrUsage({}, USAGE);
  for (const [path, text] of await buildClient()) {
    if (!/\.c?js$/.test(path)) continue;
    const [kB, gzipped] = [text, gzipSync(text, { level: 9 })].map(({ length }) =>
      (length / 1000).toFixed(1),
    );
    process.stderr.write(`client/dist/${path}  ${kB} kB, ${gzipped} kB gzipped\n`);
  }
}
