import { unused } from "./unused.ts";

/**
 * For @alicloud/credentials. The SDK makes its Client and Config when it is given an access key; shared/adapters
 * gives it an object with getCredential instead, so only the names are looked at (as the type of an option). The
 * rest, providers for eight kinds of credentials with their HTTP clients, never runs.
 */
export const replacement = {
  __esModule: true,
  default: unused("@alicloud/credentials Client"),
  Config: unused("@alicloud/credentials Config"),
};
