import { granted, type Refused, refused } from "../domain/refusal.ts";
import type { Issuer } from "../domain/token/issuer.ts";
import type { Clock, SigningKeys } from "../ports.ts";
import { type FetchJson, fetchJsonWith } from "./jwks-keys/fetch-json.ts";
import { type KeySet, keyIn } from "./jwks-keys/jwk-import.ts";
import { jwksSource, KEY_SET_DEADLINE_MS } from "./jwks-keys/jwks-source.ts";

/**
 * The signing keys of an issuer that publishes them: at a JWKS address, or at the one that its OpenID Connect
 * discovery document names. The set is kept whole and replaced whole, so that a key that the issuer has removed is
 * gone after `maxAgeSeconds`. No library serves: docs/threat-model.md, K1 to K5, says why.
 *
 * | the set in hand | a kid that it knows | a kid that it does not know |
 * |---|---|---|
 * | younger than maxAge | at once | a fetch, unless one ended within the cooldown; then `key-id` |
 * | older, up to maxStale | a fetch, unless one failed within the cooldown; where it fails, the old set serves | the same |
 * | none, or older than maxStale | a fetch, unless one failed within the cooldown; where it fails, KEYS_UNAVAILABLE | the same |
 *
 * A fetch takes at most 3 s, and whoever needs it meanwhile joins it. A set without one usable key counts as a
 * failure until it has been there for maxAge: it is an outage more often than a revocation. Ages are the wall
 * clock's, and no timer outlives a fetch, so that a frozen instance thaws with the right idea of the time. Throws,
 * when built, for an address that is not safe.
 */
export function jwksKeys(options: {
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly fetchJson?: FetchJson;
  /** Hears why keys could not be fetched, or are left out. Holds no secret; must not throw. */
  readonly onWarning?: (message: string) => void;
}): SigningKeys {
  const { issuer, clock, fetchJson = fetchJsonWith(clock), onWarning = () => undefined } = options;
  const { maxAgeSeconds, cooldownSeconds, maxStaleSeconds } = issuer.jwksCache;
  const warn = (message: string) => onWarning(`issuer ${issuer.name}: ${message}`);
  const fetchKeySet = jwksSource({ issuer, clock, fetchJson, onWarning: warn });

  let kept: { readonly set: KeySet; readonly fetchedAtMs: number } | undefined;
  let last: { readonly endedAtMs: number; readonly outcome: "fetched" | "failed" } | undefined;
  let inFlight: { readonly startedAtMs: number; readonly settled: Promise<void> } | undefined;
  let emptySinceMs: number | undefined;
  let attempts = 0;

  return {
    keyFor: async (header) => {
      if (!isWithin(maxAgeSeconds, kept?.fetchedAtMs)) await refresh("too old");
      if (kept === undefined || !isWithin(Math.max(maxAgeSeconds, maxStaleSeconds), kept.fetchedAtMs)) {
        return unavailable();
      }
      let key = keyIn(kept.set, header);
      if (key === "key-id") {
        await refresh("kid unknown");
        key = keyIn(kept.set, header);
      }
      return typeof key === "string" ? refused({ code: "TOKEN_INVALID", check: key }) : granted(key);
    },
  };

  /** Joins the fetch that is under way, or starts one where the cooldown allows it. Never rejects. */
  async function refresh(because: "too old" | "kid unknown"): Promise<void> {
    // A fetch past its deadline was frozen together with its timer: to join it could mean to wait for ever.
    if (isWithin(KEY_SET_DEADLINE_MS / MS, inFlight?.startedAtMs)) return inFlight?.settled;
    // Random kids must not become a storm of fetches, nor every request during an outage a wait of 3 s.
    const isRestrained = because === "kid unknown" || last?.outcome === "failed";
    if (isRestrained && isWithin(cooldownSeconds, last?.endedAtMs)) return;

    attempts += 1;
    const attempt = attempts;
    const startedAtMs = clock.nowMs();
    const settled = fetchKeySet().then(
      (set) => settle(attempt, startedAtMs, set),
      (error: unknown) => settle(attempt, startedAtMs, error instanceof Error ? error : new Error("failed")),
    );
    inFlight = { startedAtMs, settled };
    await settled;
  }

  function settle(attempt: number, startedAtMs: number, result: KeySet | Error): void {
    // Overtaken: an answer that comes out of a freeze must not replace a newer one.
    if (attempt !== attempts) return;
    inFlight = undefined;
    const outcome = result instanceof Error ? result : (failureOfEmptiness(result) ?? result);
    if (outcome instanceof Error) {
      warn(`no keys fetched: ${outcome.message}`);
      // A freeze in the middle of the fetch is not counted as its duration.
      last = { outcome: "failed", endedAtMs: Math.min(clock.nowMs(), startedAtMs + KEY_SET_DEADLINE_MS) };
    } else {
      kept = { set: outcome, fetchedAtMs: startedAtMs };
      last = { outcome: "fetched", endedAtMs: clock.nowMs() };
    }
  }

  /** undefined for a set with keys, and for one that has been without for long: then the issuer means it. */
  function failureOfEmptiness(set: KeySet): Error | undefined {
    emptySinceMs = set.keys.length > 0 ? undefined : (emptySinceMs ?? clock.nowMs());
    return isWithin(maxAgeSeconds, emptySinceMs) ? new Error("the set holds no usable key") : undefined;
  }

  function unavailable(): Refused {
    const leftMs = (last?.endedAtMs ?? 0) + cooldownSeconds * MS - clock.nowMs();
    const retryAfterSeconds = Math.min(Math.max(Math.ceil(leftMs / MS), 1), Math.max(cooldownSeconds, 1));
    return refused({ code: "KEYS_UNAVAILABLE", issuer: issuer.name, retryAfterSeconds });
  }

  function isWithin(seconds: number, sinceMs: number | undefined): boolean {
    // Without Math.abs, a clock that is set back would make a set fresh for as long as the step was.
    return sinceMs !== undefined && Math.abs(clock.nowMs() - sinceMs) < seconds * MS;
  }
}

/** Milliseconds in a second. */
const MS = 1_000;
