import { unused } from "./unused.ts";

/** For jws' data-stream.js: only its streams use it, and the function verifies tokens that it has whole. */
export const replacement = unused("jws DataStream");
