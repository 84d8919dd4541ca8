import { basename, join, relative } from "node:path";
import { AccessFileError } from "./access-file.ts";
import { type BuildOptions, build, FUNCTION_NAMES } from "./build.ts";
import { cacheFile } from "./code-cache/loader.ts";
import type { CodeCache } from "./code-cache.ts";

/**
 * Runs {@link build} with a code cache (unless CODE_CACHE is `off`), and prints the files made, or every mistake. Returns true
 * when the build succeeded.
 */
export function buildOrExplain(options: BuildOptions): Promise<boolean> {
  return builtOrExplained([options]);
}

/** The same for every function: each has a folder of its own in `dist`. `accessFile`: default as in BuildOptions. */
export function buildAllOrExplain(
  dist: string,
  options: Pick<BuildOptions, "accessFile"> = {},
): Promise<boolean> {
  return builtOrExplained(
    FUNCTION_NAMES.map((name) => ({ ...options, outDir: join(dist, name), function: name })),
  );
}

async function builtOrExplained(all: readonly BuildOptions[]): Promise<boolean> {
  try {
    const codeCache = process.env["CODE_CACHE"] === "off" ? {} : ({ codeCache: "make" } as const);
    const reports = await Promise.all(all.map((options) => build({ ...options, ...codeCache })));
    // They are about the rules, which are the same for all.
    for (const warning of reports[0]?.warnings ?? []) process.stderr.write(`warning: ${warning}\n`);
    for (const { outDir, files, codeCache } of reports) {
      const folder = relative(process.cwd(), outDir);
      for (const { name, bytes, gzipBytes } of files)
        process.stderr.write(`${join(folder, name)}  ${kB(bytes)} kB, ${kB(gzipBytes)} kB gzipped\n`);
      if (codeCache !== undefined) process.stderr.write(`${codeCacheLine(folder, codeCache)}\n`);
    }
    return true;
  } catch (error) {
    if (!(error instanceof AccessFileError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return false;
  }
}

function codeCacheLine(folder: string, codeCache: CodeCache): string {
  if (!codeCache.made) return `warning: ${folder} has no code cache, and starts slower: ${codeCache.because}`;
  const names = codeCache.files.map((name) => basename(cacheFile(name))).join(", ");
  const rest = codeCache.warm
    ? ""
    : "; refusals only, since no request of the build got more from these access rules";
  // V8 takes no cache of another version, and loads the code itself.
  const elsewhere = process.versions.node.startsWith("20.")
    ? ""
    : "; FC's nodejs20 starts faster with one that Node.js 20 has made";
  return `${folder}  code cache for V8 ${process.versions.v8}: ${names}${rest}${elsewhere}`;
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
