import { readFileSync } from "node:fs";
import { extname, join } from "node:path";

/** The folder with functions/, shared/ and the rest: the repository, or the package oss-valet, which has the same tree. */
export const ROOT = join(import.meta.dirname, "../..");

/** Of our modules: `.ts` in the repository, `.js` in the package. */
export const EXTENSION = extname(import.meta.filename);

/** Of our package.json, what commands ask for. */
interface Manifest {
  readonly version: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function ownManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}
