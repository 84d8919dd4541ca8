import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { type BuildResult, build as bundle, type Metafile, type Plugin } from "esbuild";
import { pathText, sentenceOf } from "../shared/domain/problem.ts";
import { accessRulesFrom } from "../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../shared/domain/rules/rule.ts";
import { AccessFileError, accessFileOrThrow, accessFilePath } from "./build/access-file.ts";
import { cacheFile, codeFile } from "./build/code-cache/loader.ts";
import { type CodeCache, makeCodeCache, removeCodeCache } from "./build/code-cache.ts";
import { ownFile } from "./build/own-file.ts";
import { sourceOf } from "./build/source-of.ts";
import { trim } from "./build/trim.ts";
import { optionsOrUsage } from "./command-line.ts";

const ROOT = join(import.meta.dirname, "..");

/** Replaced by the parsed rules. If this path is wrong, `assertNothingForeign` fails the build. */
const RULES_PARSER = join(ROOT, "shared/domain/rules/access-rules.ts");

/** OpenTelemetry: server.js loads it where METRICS_PORT or a collector is set. */
const TELEMETRY = "functions/http/telemetry/compose.ts";
/** What every function loads only for settings that need it. */
const LIMITS = {
  // Loaded by the plain server, outside Function Compute.
  "token-guard": "functions/http/token-guard/compose.ts",
  // Loaded where RATE_LIMIT is set.
  "rate-limit": "functions/http/rate-limit/compose.ts",
  // The Redis client: loaded where CREDENTIAL_CACHE names a Redis.
  "redis-store": "shared/adapters/redis-store.ts",
} as const;

/**
 * What is deployed, by function: a handler of FC's Node.js runtime, a plain HTTP server, and what they load only for
 * requests that need it.
 */
const FUNCTIONS = {
  credentials: {
    index: "functions/credentials/index.ts",
    // Outside Function Compute this server has the routes of all functions.
    server: "functions/server/server.ts",
    // The SDK: the first call of STS loads it.
    sts: "shared/adapters/aliyun-sts/calls.ts",
    // What decides on further attempts: the first failure of STS loads it.
    retries: "shared/adapters/aliyun-sts/attempts.ts",
    // The queue of a throttled STS: the first throttling loads it.
    queue: "shared/adapters/queueing-sts/queue.ts",
    // Loaded where CREDENTIAL_CACHE names a Redis.
    "shared-cache": "functions/credentials/shared-cache/compose.ts",
    telemetry: TELEMETRY,
    ...LIMITS,
  },
  uploads: {
    index: "functions/uploads/index.ts",
    server: "functions/uploads/server.ts",
    telemetry: TELEMETRY,
    ...LIMITS,
  },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export interface BuildOptions {
  readonly outDir: string;
  /** Default: credentials. */
  readonly function?: FunctionName;
  /** The access rules' file. Default: ACCESS_FILE, else access.yaml. */
  readonly accessFile?: string;
  /** Access rules to use instead of a file. */
  readonly content?: unknown;
  /** Default: none. A build for a deployment makes one. */
  readonly codeCache?: "make";
}

export interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Paths, from the project's root, of every module in it. */
  readonly inputs: readonly string[];
}

export interface BuildReport {
  readonly outDir: string;
  /** About the access rules. */
  readonly warnings: readonly string[];
  readonly files: readonly BuiltFile[];
  /** undefined when none was asked for. */
  readonly codeCache: CodeCache | undefined;
}

/**
 * Makes the deployable folder: `index.js` (the handler of FC's Node.js runtime) and `server.js` (a plain HTTP
 * server), each one CommonJS file with the access rules compiled in, what they load later, and a package.json. With a code
 * cache, each file is three: build/code-cache.ts. Throws AccessFileError with every mistake of the rules.
 */
export async function build(options: BuildOptions): Promise<BuildReport> {
  const { rules, warnings } = checkedRules(options);
  const name = options.function ?? "credentials";
  const usesSdk = name === "credentials";
  const { metafile, outputFiles } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: FUNCTIONS[name],
    outdir: options.outDir,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    metafile: true,
    write: false,
    logLevel: "silent",
    // `debug`, a part of the Redis client, takes it where it is installed.
    external: ["supports-color"],
    supported: { "dynamic-import": false },
    plugins: [ownFile(ROOT, FUNCTIONS[name]), compiledIn(rules), trim({ sdk: usesSdk })],
  } as const);
  assertNothingForeign(metafile, usesSdk ? FOREIGN : FOREIGN_TO_SIGNING);
  await mkdir(options.outDir, { recursive: true });
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(path, contents)));
  await writeFile(join(options.outDir, "package.json"), '{"type":"commonjs"}\n');
  await removeCodeCache(options.outDir, Object.keys(FUNCTIONS[name]));
  const codeCache =
    options.codeCache === "make"
      ? await makeCodeCache({ outDir: options.outDir, entries: ["index", "server"], rules })
      : undefined;
  const { files, ...report } = reportOf(options.outDir, metafile, outputFiles);
  const cached = codeCache?.made === true ? codeCache.files : [];
  const named = files.map((file) => {
    const base = basename(file.name, ".js");
    return cached.includes(base) ? { ...file, name: codeFile(base) } : file;
  });
  return { warnings, codeCache, files: named, ...report };
}

/**
 * Runs {@link build} with a code cache (unless CODE_CACHE is `off`), and prints the files made, or every mistake. Returns true
 * when the build succeeded.
 */
export function buildOrExplain(options: BuildOptions): Promise<boolean> {
  return builtOrExplained([options]);
}

/** The same for every function: each has a folder of its own in `dist`. */
export function buildAllOrExplain(dist: string): Promise<boolean> {
  const names = Object.keys(FUNCTIONS) as FunctionName[];
  return builtOrExplained(names.map((name) => ({ outDir: join(dist, name), function: name })));
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
  return `${folder}  code cache for V8 ${process.versions.v8}: ${names}${rest}`;
}

function checkedRules({ accessFile, content }: BuildOptions): {
  readonly rules: AccessRules;
  readonly warnings: readonly string[];
} {
  if (content === undefined) return accessFileOrThrow(accessFile ?? accessFilePath());
  const result = accessRulesFrom(content);
  if (result.ok) return { rules: result.value, warnings: [] };
  const lines = result.problems.map(({ path, is, fix }) => sentenceOf({ where: pathText(path), is, fix }));
  throw new AccessFileError(lines);
}

/**
 * Puts the parsed rules into the bundle. They are parsed now and not at every cold start, so the parser is not deployed,
 * and neither are the operator's tests.
 */
function compiledIn(rules: AccessRules): Plugin {
  const contents = `
    export const accessFile = {};
    export function accessRulesFrom(content) {
      if (content !== accessFile) throw new Error("the bundle can only use the access rules compiled into it");
      return { ok: true, warnings: [], value: ${sourceOf({ ...rules, tests: [] })} };
    }`;
  return {
    name: "access-rules",
    setup(build) {
      build.onResolve({ filter: /access-rules(\.ts)?$/ }, ({ path, resolveDir }) =>
        path === "#access-rules" || join(resolveDir, path) === RULES_PARSER
          ? { path: "compiled", namespace: "access-rules" }
          : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "access-rules" }, () => ({ contents }));
    },
  };
}

/** Never deployed: the local cloud, tools, tests, the parser of the rules, a YAML parser; and what trim() removes. */
const FOREIGN =
  /^(sandbox|cli|test|client|shared\/domain\/rules\/|scripts\/(?!build\/replacements\/))|node_modules\/(yaml|lodash|moment|ws|xml2js|semver|httpx|@alicloud\/credentials)\//;

/** The same, and every SDK: a function that calls nobody starts as fast as Node itself. */
const FOREIGN_TO_SIGNING = new RegExp(`${FOREIGN.source}|node_modules/(@alicloud|@darabonba|httpx)/`);

function assertNothingForeign(metafile: Metafile, foreignTo: RegExp): void {
  const foreign = Object.keys(metafile.inputs).filter((input) => foreignTo.test(input));
  if (foreign.length > 0) throw new Error(`the bundle must not contain ${foreign.join(", ")}`);
}

function reportOf(
  outDir: string,
  metafile: Metafile,
  outputFiles: NonNullable<BuildResult["outputFiles"]>,
): Omit<BuildReport, "warnings" | "codeCache"> {
  return {
    outDir,
    files: outputFiles.map(({ path, contents }) => ({
      name: relative(outDir, path),
      bytes: contents.length,
      gzipBytes: gzipSync(contents, { level: 9 }).length,
      inputs: Object.keys(metafile.outputs[relative(ROOT, path)]?.inputs ?? {}),
    })),
  };
}

function kB(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

const USAGE = `npm run build

  It takes no arguments. Without V8's code cache: CODE_CACHE=off npm run build. To use another file than access.yaml: ACCESS_FILE=examples/access/editor-role.yaml npm run build`;

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  optionsOrUsage({}, USAGE);
  process.exitCode = (await buildAllOrExplain(join(ROOT, "dist"))) ? 0 : 1;
}
