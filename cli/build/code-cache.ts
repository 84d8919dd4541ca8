import { spawn } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildOptions as BundleOptions, build as bundle } from "esbuild";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { EXTENSION } from "../shared/own-files.ts";
import { cacheFile, codeFile } from "./code-cache/loader.ts";
import { type WarmUp, warmUpFor } from "./code-cache/requests.ts";

export interface CodeCacheOptions {
  /** The folder with the built files. */
  readonly outDir: string;
  /** Names in the folder, without `.js`. `server` listens, `index` has a handler. */
  readonly entries: readonly ("index" | "server")[];
  /** The rules that the files were built with. */
  readonly rules: AccessRules;
}

export type CodeCache =
  | {
      readonly made: true;
      /** Those that have a cache, without `.js`. */
      readonly files: readonly string[];
      /** Whether a request got what it asked for: otherwise the cache knows refusals only. */
      readonly warm: boolean;
    }
  | { readonly made: false; readonly because: string };

/** Milliseconds. Ours: the process needs less than one second, but the machine may be busy. */
const TIME_LIMIT_MS = 60_000;

/**
 * Makes V8's code cache of each entry and of what it loads: `index.js` becomes `index.code.js` with `index.cache`, and the
 * new `index.js` runs the one with the other (code-cache/loader.ts). When it cannot be made, the files stay as they are.
 */
export async function makeCodeCache({ outDir, entries, rules }: CodeCacheOptions): Promise<CodeCache> {
  const tools = await mkdtemp(join(tmpdir(), "oss-valet-code-cache-"));
  try {
    const program = join(tools, "warm-up.cjs");
    await bundle({
      ...TOOL,
      entryPoints: [join(import.meta.dirname, `code-cache/warm-up${EXTENSION}`)],
      outfile: program,
    });
    const plan = warmUpFor(rules);
    const files = new Set<string>();
    let warm = true;
    for (const entry of entries) {
      const request = entry === "server" ? "http" : "event";
      const done = await warmedUp(program, { ...plan, folder: outDir, entry, request });
      if (!done.statuses.includes(401)) throw new Error(`${entry}.js answered ${done.statuses.join(", ")}`);
      warm &&= done.statuses.includes(200);
      for (const file of done.files) files.add(file);
    }
    const loader = await loaderText();
    for (const base of [...files].map((name) => join(outDir, name))) {
      await rename(`${base}.js`, codeFile(base));
      await writeFile(`${base}.js`, loader);
    }
    return { made: true, files: [...files], warm };
  } catch (error) {
    return { made: false, because: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(tools, { recursive: true, force: true });
  }
}

const TOOL = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  logLevel: "silent",
} as const satisfies BundleOptions;

async function loaderText(): Promise<string> {
  const path = JSON.stringify(join(import.meta.dirname, `code-cache/loader${EXTENSION}`));
  const { outputFiles } = await bundle({
    ...TOOL,
    stdin: {
      contents: `import { runWithCache } from ${path}; runWithCache(module, require);`,
      resolveDir: import.meta.dirname,
    },
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

interface Done {
  readonly statuses: readonly number[];
  readonly files: readonly string[];
}

/** A process of its own, without a flag or variable of this one: V8 takes a cache only with the flags that it was made with. */
function warmedUp(program: string, plan: WarmUp): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(plan)], {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIME_LIMIT_MS,
    });
    let out = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    child.once("error", reject);
    child.once("close", (code) => {
      const line = /^\w*Error: .*$/m.exec(errors)?.[0] ?? `exit code ${code}`;
      if (code === 0) resolve(JSON.parse(out) as Done);
      else reject(new Error(`${plan.entry}.js could not be warmed up: ${line}`));
    });
  });
}

/** The files of an earlier build that had a code cache. */
export async function removeCodeCache(outDir: string, names: readonly string[]): Promise<void> {
  const bases = names.map((name) => join(outDir, name));
  await Promise.all(
    bases.flatMap((base) => [codeFile(base), cacheFile(base)]).map((path) => rm(path, { force: true })),
  );
}
