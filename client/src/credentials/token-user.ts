/** Claims that differ between two tokens of one sign-in. */
const OF_ONE_TOKEN = new Set(["exp", "iat", "nbf", "jti", "auth_time", "nonce", "at_hash", "c_hash"]);

/**
 * A text that is equal for two App tokens only if their claims give the same rights: all claims but those that each token
 * has of its own. undefined when the token cannot be read. Nothing is verified: the text only keeps the credentials of two
 * users of one browser apart.
 */
export function userOf(appToken: string): string | undefined {
  try {
    const payload = appToken.split(".")[1] ?? "";
    const claims: object = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name));
    return lasting.length > 0 ? JSON.stringify(lasting.sort()) : undefined;
  } catch {
    return undefined;
  }
}
