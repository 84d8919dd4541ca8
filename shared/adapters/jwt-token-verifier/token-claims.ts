import type { Issuer } from "../../domain/issuer.ts";
import { type Refused, refused, type TokenCheck } from "../../domain/refusal.ts";

/**
 * Why these claims, whose signature is good, do not count at `nowMs`; undefined: they do. TOKEN_EXPIRED only where
 * everything but `exp` is right. Times may be off by the issuer's tolerance. Source: RFC 7519 section 4.1.
 */
export function refusalOfClaims(
  claims: Readonly<Record<string, unknown>>,
  issuer: Issuer,
  nowMs: number,
): Refused | undefined {
  const check = failedCheck(claims, issuer, nowMs / 1_000);
  if (check === undefined) return undefined;
  return refused(check === "expired" ? { code: "TOKEN_EXPIRED" } : { code: "TOKEN_INVALID", check });
}

function failedCheck(
  claims: Readonly<Record<string, unknown>>,
  issuer: Issuer,
  now: number,
): TokenCheck | "expired" | undefined {
  const { exp, nbf, iat } = claims;
  const tolerance = issuer.clockToleranceSeconds;
  if (issuer.audience !== null && !isForAudience(claims["aud"], issuer.audience)) return "audience";
  // A missing exp, and 1e999, would be a token for ever: jsonwebtoken accepts both.
  if (!isNumericDate(exp)) return "expiry";
  if (nbf !== undefined && !(isNumericDate(nbf) && nbf <= now + tolerance)) return "not-before";
  if (iat !== undefined && !(isNumericDate(iat) && iat <= now + tolerance && iat <= exp)) return "issued-at";
  if (issuer.maxTokenAgeSeconds !== undefined) {
    if (!isNumericDate(iat)) return "issued-at";
    if (now >= iat + issuer.maxTokenAgeSeconds + tolerance) return "age";
  }
  if (issuer.requiredClaims.some((name) => !Object.hasOwn(claims, name))) return "required-claim";
  if (now >= exp + tolerance) return "expired";
  return undefined;
}

function isForAudience(aud: unknown, audience: string): boolean {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (audiences.length > MAX_AUDIENCES || !audiences.every((one) => typeof one === "string")) return false;
  return audiences.includes(audience);
}

/** Seconds since the epoch, fractions allowed (RFC 7519 section 2). Milliseconds would be after the year 9999. */
function isNumericDate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= END_OF_YEAR_9999;
}

/** Seconds since the epoch. */
const END_OF_YEAR_9999 = 253_402_300_799;

/** Entries. Ours: docs/threat-model.md, J16. */
const MAX_AUDIENCES = 20;
