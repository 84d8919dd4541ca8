import type { verify } from "jsonwebtoken";

/**
 * For jsonwebtoken, of which `verify` alone is used, and only for a request whose token has a form worth verifying:
 * the others do not wait for it to load. Signing and its seven lodash modules are left out.
 */
export const replacement = {
  get verify(): typeof verify {
    return require("jsonwebtoken/verify.js") as typeof verify;
  },
};
