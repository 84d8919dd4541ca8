import { digestOf } from "../digest.ts";

declare const brand: unique symbol;

/** RoleSessionName: the user's name in ActionTrail and in OSS's access logs. */
export type SessionName = string & { readonly [brand]: "SessionName" };

/** Characters. Source: STS AssumeRole, RoleSessionName, "2 to 64 characters". */
const MAX_SESSION_NAME_LENGTH = 64;

/** Hex characters: 80 bits, so that nobody can meet or find two users with one name. */
const DIGEST_LENGTH = 20;

/**
 * A readable part for people, and a digest that differs for every user: two users never share a name, even when their
 * readable parts are equal or empty. RoleSessionName may have letters, digits, `.`, `_`, `@` and `-`.
 */
export function sessionNameFor(principal: {
  readonly issuerUrl: string;
  readonly user: string;
}): SessionName {
  const readable = principal.user
    .replace(/[^A-Za-z0-9._@-]/g, "")
    .slice(0, MAX_SESSION_NAME_LENGTH - DIGEST_LENGTH - 1);
  const digest = digestOf(principal.issuerUrl, principal.user).toString("hex").slice(0, DIGEST_LENGTH);
  return `${readable}-${digest}` as SessionName;
}
