import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildResult, build as bundle, type Metafile, type Plugin } from "esbuild";
import { pathText, sentenceOf } from "../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { EXTENSION, ROOT } from "../shared/own-files.ts";
import { AccessFileError, accessFileOrThrow, accessFilePath } from "./access-file.ts";
import { codeFile } from "./code-cache/loader.ts";
import { type CodeCache, makeCodeCache, removeCodeCache } from "./code-cache.ts";
import { ownFile } from "./own-file.ts";
import { sourceOf } from "./source-of.ts";
import { trim } from "./trim.ts";

/** Replaced by the parsed rules. If this path is wrong, `assertNothingForeign` fails the build. */
const RULES_PARSER = join(ROOT, `shared/domain/rules/access-rules${EXTENSION}`);

/** OpenTelemetry: server.js loads it where METRICS_PORT or a collector is set. */
const TELEMETRY = "functions/http/telemetry/compose";
/** What every function loads only for settings that need it. */
const LIMITS = {
  // Loaded by the plain server, outside Function Compute.
  "token-guard": "functions/http/token-guard/compose",
  // Loaded where RATE_LIMIT is set.
  "rate-limit": "functions/http/rate-limit/compose",
  // The Redis client: loaded where CREDENTIAL_CACHE names a Redis.
  "redis-store": "shared/adapters/redis-store",
} as const;

/**
 * What is deployed, by function: a handler of FC's Node.js runtime, a plain HTTP server, and what they load only for
 * requests that need it. Modules of this project, without their {@link EXTENSION}.
 */
const FUNCTIONS = {
  credentials: {
    index: "functions/credentials/index",
    // Outside Function Compute this server has the routes of all functions.
    server: "functions/server/server",
    // The SDK: the first call of STS loads it.
    sts: "shared/adapters/aliyun-sts/calls",
    // What decides on further attempts: the first failure of STS loads it.
    retries: "shared/adapters/aliyun-sts/attempts",
    // The queue of a throttled STS: the first throttling loads it.
    queue: "shared/adapters/queueing-sts/queue",
    // Loaded where CREDENTIAL_CACHE names a Redis.
    "shared-cache": "functions/credentials/shared-cache/compose",
    telemetry: TELEMETRY,
    ...LIMITS,
  },
  uploads: {
    index: "functions/uploads/index",
    server: "functions/uploads/server",
    telemetry: TELEMETRY,
    ...LIMITS,
  },
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as readonly FunctionName[];

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
  const entryPoints = entryPointsOf(name);
  const { metafile, outputFiles } = await bundle({
    absWorkingDir: ROOT,
    entryPoints,
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
    // Modules are strict. esbuild says so in CommonJS for TypeScript alone, and the package has JavaScript.
    banner: { js: '"use strict";' },
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } },
    plugins: [ownFile(ROOT, entryPoints), compiledIn(rules), trim({ sdk: usesSdk })],
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

function entryPointsOf(name: FunctionName): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(FUNCTIONS[name]).map(([file, module]) => [file, `${module}${EXTENSION}`]),
  );
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
      build.onResolve({ filter: /access-rules(\.[jt]s)?$/ }, ({ path, resolveDir }) =>
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
  /^(sandbox|scripts|test|client|shared\/domain\/rules\/|cli\/(?!build\/replacements\/))|node_modules\/(yaml|esbuild|ali-oss|pkijs|lodash|moment|ws|xml2js|semver|httpx|@alicloud\/credentials)\//;

/** The same, and every SDK: a function that calls nobody starts as fast as Node itself. */
const FOREIGN_TO_SIGNING = new RegExp(`${FOREIGN.source}|node_modules/(@alicloud|@darabonba|httpx)/`);

function assertNothingForeign(metafile: Metafile, foreignTo: RegExp): void {
  const foreign = Object.keys(metafile.inputs)
    .map(moduleName)
    .filter((input) => foreignTo.test(input));
  if (foreign.length > 0) throw new Error(`the bundle must not contain ${foreign.join(", ")}`);
}

/**
 * `shared/ports.ts` of this project, `node_modules/yaml/index.js` of a package. esbuild names files from ROOT, and a package
 * that is installed beside oss-valet is not below it.
 */
function moduleName(input: string): string {
  const path = resolve(ROOT, input).replaceAll("\\", "/");
  const inside = relative(ROOT, path).replaceAll("\\", "/");
  const [, inPackages] =
    /^.*\/node_modules\/(.*)$/s.exec(inside.startsWith("..") ? path : `/${inside}`) ?? [];
  return inPackages === undefined ? inside : `node_modules/${inPackages}`;
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
      inputs: Object.keys(metafile.outputs[relative(ROOT, path)]?.inputs ?? {}).map(moduleName),
    })),
  };
}
