import { extname, join } from "node:path";

/** The folder with functions/, shared/ and the rest: the repository, or the package oss-valet, which has the same tree. */
export const ROOT = join(import.meta.dirname, "../..");

/** Of our modules: `.ts` in the repository, `.js` in the package. */
export const EXTENSION = extname(import.meta.filename);
