import { type Refused, refused } from "../refusal.ts";
import type { AccessRules, Denial } from "../rules/rule.ts";
import type { Principal } from "./principal.ts";

/** The first entry of `deny` that matches the principal; undefined when none does. */
export function denialOf(principal: Principal, rules: AccessRules): Denial | undefined {
  return rules.deny.find((entry) => denies(entry, principal));
}

/** A denied user gets 403. A denied token gets 401: after a new sign-in, a new token may work. */
export function refusalOfDenied(entry: Denial): Refused {
  return refused(
    entry.tokenId === undefined && entry.issuedBeforeMs === undefined
      ? { code: "ACCESS_NOT_GRANTED", because: "denied in access.yaml" }
      : { code: "TOKEN_INVALID", check: "denied" },
  );
}

function denies(entry: Denial, principal: Principal): boolean {
  if (entry.issuer !== undefined && entry.issuer !== principal.issuer) return false;
  if (entry.user !== undefined && entry.user !== principal.user) return false;
  if (entry.tokenId !== undefined && entry.tokenId !== principal.tokenId) return false;
  if (entry.issuedBeforeMs === undefined) return true;
  // A token without iat may be of any age.
  return principal.issuedAtMs === undefined || principal.issuedAtMs < entry.issuedBeforeMs;
}
