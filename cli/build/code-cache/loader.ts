import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { Script } from "node:vm";

/** The module object of a loader's file, as Node.js passes it to CommonJS. */
export interface LoaderModule {
  /** Ends in `.js`. */
  readonly filename: string;
  exports: unknown;
}

/**
 * What `index.js` and its neighbours are when the build made a code cache. The code is in `index.code.js`, and
 * `index.cache` has it as V8 compiled it. V8 recognises the code of a cache by its length alone, and the access rules are
 * part of the code: so the first line of the file names V8's version and a digest of code and cache. When the line does not
 * fit, the code is compiled from its source, as without a cache, and a line in the log says why.
 */
export function runWithCache(target: LoaderModule, requireBeside: (path: string) => unknown): void {
  const base = target.filename.slice(0, -".js".length);
  const code = codeFile(base);
  const source = readFileSync(code);
  const cached = cachedDataFor(source, cacheFile(base));
  if (typeof cached === "string") {
    warn(base, cached);
    target.exports = requireBeside(code);
    return;
  }
  const script = compiled(source, code, cached);
  if (script.cachedDataRejected === true) warn(base, "V8 rejects it, as it does when Node.js has a V8 flag");
  script.runInThisContext()(target.exports, requireBeside, target, code, dirname(code));
}

export function codeFile(base: string): string {
  return `${base}.code.js`;
}

export function cacheFile(base: string): string {
  return `${base}.cache`;
}

/** The code as a function of CommonJS. It has ASCII characters only: esbuild escapes all others. */
export function compiled(source: Buffer, path: string, cachedData?: Buffer): Script {
  const text = `(function (exports, require, module, __filename, __dirname) {${source.toString("latin1")}\n})`;
  return new Script(text, { filename: path, ...(cachedData === undefined ? {} : { cachedData }) });
}

/** The content of the file with a cache: its first line, and V8's data. */
export function cacheContent(source: Buffer, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${firstLine(source, data)}\n`), data]);
}

/** V8's data when they were made from this code by this V8; else why they are not used. */
function cachedDataFor(source: Buffer, path: string): Buffer | string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    return "there is none";
  }
  const end = content.indexOf("\n");
  const line = content.toString("latin1", 0, end);
  const data = content.subarray(end + 1);
  if (line === firstLine(source, data)) return data;
  return line.startsWith(`${engine()} `)
    ? "it does not belong to this code, or is damaged"
    : `it was not made by this engine, ${engine()}`;
}

function firstLine(source: Buffer, data: Buffer): string {
  const digest = createHash("sha256").update(`${source.length}\n`).update(source).update(data);
  return `${engine()} ${digest.digest("hex")}`;
}

function engine(): string {
  return `V8 ${process.versions.v8} ${process.platform} ${process.arch}`;
}

/** One line in the form of the log. */
function warn(base: string, because: string): void {
  const warning = `the code cache of ${base.replace(/^.*[\\/]/, "")}.js is not used: ${because}. This costs time at the start, and nothing else`;
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), warning })}\n`);
}
