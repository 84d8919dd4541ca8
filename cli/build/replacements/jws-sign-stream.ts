import { unused } from "./unused.ts";

/** For jws' sign-stream.js: jws loads it beside its verifying half, and the function signs no token. */
export const replacement = Object.assign(unused("jws SignStream"), { sign: unused("jws sign") });
