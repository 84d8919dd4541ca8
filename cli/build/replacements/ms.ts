import { unused } from "./unused.ts";

/** For ms, with which jsonwebtoken reads a `maxAge` such as "2 days"; shared/adapters checks a token's age itself. */
export const replacement = unused("ms");
