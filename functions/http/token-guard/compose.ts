import { addressCounts } from "../../../shared/adapters/rate-limit/address-counts.ts";
import { stdoutAuditLog } from "../../../shared/adapters/stdout-audit-log.ts";
import type { AddressLimit } from "../address-limit-settings.ts";
import { type TokenGuard, tokenGuard } from "../token-guard.ts";

/**
 * Ours. 300 in a minute are five verifications a second: about a thousandth of a processor (`npm run bench -- --only refused`). And
 * an office of hundreds behind one address can start with old tokens after the issuer has changed its keys, without being closed.
 */
export const REFUSED_TOKENS = { requests: 300, seconds: 60 };

/** Ours: 4 MB. Whoever has more addresses than that cannot be limited by address. */
const MAX_ADDRESSES = 10_000;

/** The limit by address of the plain server. A file of its own when deployed: in Function Compute the gateway decides. */
export function tokenGuardOf({
  by,
  allowedOrigins,
}: {
  readonly by: Exclude<AddressLimit, "off">;
  readonly allowedOrigins: readonly string[];
}): TokenGuard {
  const { warn } = stdoutAuditLog({ nowMs: Date.now });
  const refused = addressCounts(REFUSED_TOKENS, MAX_ADDRESSES);
  return tokenGuard({ by, refused, limit: REFUSED_TOKENS.requests, allowedOrigins, warn });
}
