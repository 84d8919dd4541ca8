import { ProblemError, sentenceOf } from "../domain/problem.ts";
import { granted, type Refused, refused } from "../domain/refusal.ts";
import type { Issuer } from "../domain/token/issuer.ts";
import type { Clock, SigningKeys } from "../ports.ts";
import { type FetchJson, fetchJsonWith } from "./jwks-keys/fetch-json.ts";
import { type KeySet, keyIn } from "./jwks-keys/jwk-import.ts";
import { jwksSource, KEY_SET_DEADLINE_MS } from "./jwks-keys/jwks-source.ts";

/**
 * The signing keys of an issuer that publishes them: at a JWKS address, or at the address in its OpenID Connect discovery
 * document. The cache always replaces the whole set, so that a key that the issuer has removed is gone after
 * `maxAgeSeconds`. Why not a library: docs/threat-model.md, K1 to K5.
 *
 * | the cached set | a known kid | an unknown kid |
 * |---|---|---|
 * | younger than maxAge | no fetch | a fetch, unless one ended within the cooldown; then `key-id`, or KEYS_UNAVAILABLE if it failed: the key may be new |
 * | older, up to maxStale | a fetch, unless one failed within the cooldown; if it fails, the old set | the same |
 * | none, or older than maxStale | a fetch, unless one failed within the cooldown; if it fails, KEYS_UNAVAILABLE | the same |
 *
 * A fetch takes at most 3 s, and requests that need keys meanwhile wait for the same fetch. A set without a usable key
 * counts as a failed fetch for maxAge: it is an outage more often than a revocation. Ages follow the wall clock, and no
 * timer outlives a fetch, so that an instance knows the right time after a freeze. Throws, when built, for an address that
 * is not safe.
 */
export function jwksKeys(options: {
  readonly issuer: Issuer;
  readonly clock: Clock;
  readonly fetchJson?: FetchJson;
  /** Gets the reason when keys cannot be fetched or used. The message has no secret. Must not throw. */
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
      if (key === "key-id" && last?.outcome === "failed") return unavailable();
      return typeof key === "string" ? refused({ code: "TOKEN_INVALID", check: key }) : granted(key);
    },
  };

  /** Waits for the current fetch, or starts one if the cooldown allows it. Never rejects. */
  async function refresh(because: "too old" | "kid unknown"): Promise<void> {
    // A fetch past its deadline was frozen together with its timer. Waiting for it could take for ever.
    if (isWithin(KEY_SET_DEADLINE_MS / MS, inFlight?.startedAtMs)) return inFlight?.settled;
    // Random kids must not cause a storm of fetches. And during an outage, not every request may wait 3 s.
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
    // A late answer, from before a freeze, must not replace a newer one.
    if (attempt !== attempts) return;
    inFlight = undefined;
    const outcome = result instanceof Error ? result : (failureOfEmptiness(result) ?? result);
    if (outcome instanceof Error) {
      const problem = outcome instanceof ProblemError ? outcome.problem : undefined;
      warn(`no keys fetched: ${problem === undefined ? outcome.message : sentenceOf(problem)}`);
      // A freeze during the fetch does not count as part of the fetch.
      last = { outcome: "failed", endedAtMs: Math.min(clock.nowMs(), startedAtMs + KEY_SET_DEADLINE_MS) };
    } else {
      kept = { set: outcome, fetchedAtMs: startedAtMs };
      last = { outcome: "fetched", endedAtMs: clock.nowMs() };
    }
  }

  /** undefined for a set with keys, and for one that has been empty for long: then the issuer has revoked its keys. */
  function failureOfEmptiness(set: KeySet): Error | undefined {
    emptySinceMs = set.keys.length > 0 ? undefined : (emptySinceMs ?? clock.nowMs());
    return isWithin(maxAgeSeconds, emptySinceMs) ? new Error("the set has no usable key") : undefined;
  }

  function unavailable(): Refused {
    const leftMs = (last?.endedAtMs ?? 0) + cooldownSeconds * MS - clock.nowMs();
    const retryAfterSeconds = Math.min(Math.max(Math.ceil(leftMs / MS), 1), Math.max(cooldownSeconds, 1));
    return refused({ code: "KEYS_UNAVAILABLE", issuer: issuer.name, retryAfterSeconds });
  }

  function isWithin(seconds: number, sinceMs: number | undefined): boolean {
    // Without Math.abs, a clock that is set back by an hour would keep a set fresh for an hour more.
    return sinceMs !== undefined && Math.abs(clock.nowMs() - sinceMs) < seconds * MS;
  }
}

/** Milliseconds in a second. */
const MS = 1_000;
