import { type Refused, refused, type TokenCheck } from "../refusal.ts";
import { claimAt } from "./claim.ts";
import type { Issuer } from "./issuer.ts";

/** A check of claims: a {@link TokenCheck}, or that they have not expired. */
export type ClaimsCheck =
  | Extract<TokenCheck, "audience" | "expiry" | "not-before" | "issued-at" | "age" | "required-claim">
  | "expired";

/**
 * Why correctly signed claims are not valid at `nowMs`; undefined when they are. TOKEN_EXPIRED only when every other
 * check holds.
 */
export function refusalOfClaims(
  claims: Readonly<Record<string, unknown>>,
  issuer: Issuer,
  nowMs: number,
): Refused | undefined {
  const [check] = claimsChecks(claims, issuer, nowMs).find(([, holds]) => !holds) ?? [];
  if (check === undefined) return undefined;
  return refused(check === "expired" ? { code: "TOKEN_EXPIRED" } : { code: "TOKEN_INVALID", check });
}

/** The checks in their order, and whether each holds. Times may be off by the issuer's tolerance. Source: RFC 7519 section 4.1. */
export function claimsChecks(
  claims: Readonly<Record<string, unknown>>,
  issuer: Issuer,
  nowMs: number,
): readonly (readonly [check: ClaimsCheck, holds: boolean])[] {
  const { exp, nbf, iat } = claims;
  const { clockToleranceSeconds: tolerance, maxTokenAgeSeconds: maxAge } = issuer;
  const now = nowMs / 1_000;
  return [
    ["audience", isForAudience(claims, issuer)],
    // With no exp, or with 1e999, a token would never expire: jsonwebtoken accepts both.
    ["expiry", isNumericDate(exp)],
    ["not-before", nbf === undefined || (isNumericDate(nbf) && nbf <= now + tolerance)],
    [
      "issued-at",
      iat === undefined
        ? maxAge === undefined
        : isNumericDate(iat) && iat <= now + tolerance && !(isNumericDate(exp) && iat > exp),
    ],
    ["age", maxAge === undefined || !isNumericDate(iat) || now < iat + maxAge + tolerance],
    ["required-claim", issuer.requiredClaims.every((name) => claimAt(claims, name) !== undefined)],
    ["expired", !isNumericDate(exp) || now < exp + tolerance],
  ];
}

/** Only `aud` may be a list (RFC 7519 section 4.1.3): other claims that name an App are one text. */
function isForAudience(
  claims: Readonly<Record<string, unknown>>,
  { audience, audienceClaim }: Issuer,
): boolean {
  if (audience === null) return true;
  const value = claimAt(claims, audienceClaim);
  const stated: readonly unknown[] = audienceClaim === "aud" && Array.isArray(value) ? value : [value];
  if (stated.length > MAX_AUDIENCES || !stated.every((one) => typeof one === "string")) return false;
  return audience.some((ours) => stated.includes(ours));
}

/** Seconds since the epoch, fractions allowed (RFC 7519 section 2). A time in milliseconds would be after the year 9999. */
function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= END_OF_YEAR_9999;
}

/** Seconds since the epoch. */
const END_OF_YEAR_9999 = 253_402_300_799;

/** Entries. Ours: docs/threat-model.md, J16. */
export const MAX_AUDIENCES = 20;
