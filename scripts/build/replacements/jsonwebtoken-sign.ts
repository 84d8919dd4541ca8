import { unused } from "./unused.ts";

/** For jsonwebtoken's sign.js and seven lodash modules below it: the function verifies tokens, and makes none. */
export const replacement = unused("jsonwebtoken sign");
