import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const FOLDER = join(import.meta.dirname, "../../examples/web");

const ENTRIES = { "/app.js": "src/app.ts", "/style.css": "style/style.css" } as const;

/** The files of the page that are bundled when a browser asks for them. */
export type Bundled = keyof typeof ENTRIES;

export function isBundled(path: string): path is Bundled {
  return Object.hasOwn(ENTRIES, path);
}

/** A file of the page. The package oss-valet has it made already; in the repository it is {@link bundled}. */
export async function pageFile(path: Bundled): Promise<Uint8Array> {
  const made = join(FOLDER, path);
  return existsSync(made) ? readFileSync(made) : bundled(path, { sourcemap: "inline" });
}

/**
 * Bundles a file of examples/web, with the client package as its tsconfig.json names it. Reads the sources anew each time,
 * so that a reload shows changes. Rejects with esbuild's message, which names file and line.
 */
export async function bundled(
  path: Bundled,
  how: { readonly sourcemap: "inline" } | { readonly minify: true },
): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: FOLDER,
    entryPoints: [ENTRIES[path]],
    bundle: true,
    format: "esm",
    target: "es2022",
    // light-dark() and nesting stay as they are written: every browser of 2024 and newer knows them.
    supported: { nesting: true },
    ...how,
    write: false,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${path}`);
  return file.contents;
}
