import { type Refused, refused } from "../refusal.ts";
import type { AccessRules, Denial } from "../rules/rule.ts";
import type { Principal } from "./principal.ts";

/** The first entry of `deny` that fits; undefined: nobody denies this principal. */
export function denialOf(principal: Principal, rules: AccessRules): Denial | undefined {
  return rules.deny.find((entry) => denies(entry, principal));
}

/** A denied user may not (403); a denied token is no token any more (401), and a fresh one may be. */
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
  // A token that does not say when it was issued may be as old as any.
  return principal.issuedAtMs === undefined || principal.issuedAtMs < entry.issuedBeforeMs;
}
