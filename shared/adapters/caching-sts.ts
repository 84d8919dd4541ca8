import QuickLru from "quick-lru";
import { isAlive, isReusable } from "../domain/ram/credential-life.ts";
import { pauseUntil } from "../domain/ram/pause-until.ts";
import { granted, type Result } from "../domain/refusal.ts";
import type { AssumeRole, Clock, Sts, TemporaryCredentials } from "../ports.ts";

export interface CachingStsOptions {
  readonly sts: Sts;
  readonly clock: Clock;
  /** Credentials to keep, at most. At least half as many are kept before the one that was unused for longest goes. */
  readonly maxEntries: number;
}

/**
 * Milliseconds. After an outage, requests with credentials that still live do not wait for STS for so long. Ours: STS may
 * take half of the 10 s that an App waits, and it should not do so at every request.
 */
const OUTAGE_MS = 5_000;

/** Milliseconds. A call to STS ends after 5 s. One that seems to be under way for longer belongs to a frozen instance. */
const LONGEST_CALL_MS = 10_000;

/**
 * An {@link Sts} around an `Sts`, which keeps credentials in the memory of this instance, by everything that shaped them.
 * Equal calls at the same time are one call. While STS is throttled or gone, credentials that still live are handed out,
 * although new ones would be due. A refusal is never kept; after a denial nothing is. A key that OSS refuses, as an App says,
 * is not handed out again. When credentials may be handed out again: domain/ram/credential-life.ts.
 */
export function cachingSts({ sts, clock, maxEntries }: CachingStsOptions): Sts {
  const kept = new QuickLru<string, TemporaryCredentials>({
    maxSize: Math.max(1, Math.ceil(maxEntries / 2)),
  });
  const underWay = new Map<string, Call>();
  const gone = pauseUntil();

  /** Those that OSS still takes, as far as we know, and that live until the App has used them. */
  const bridge = (key: string, call: AssumeRole, refusedKeyId: string | undefined) => {
    const credentials = kept.get(key);
    return credentials !== undefined &&
      credentials.accessKeyId !== refusedKeyId &&
      isAlive(credentials.expiresAtMs, call.durationSeconds, clock.nowMs())
      ? granted<TemporaryCredentials>({ ...credentials, cachedIn: "bridge" })
      : undefined;
  };

  const ask = async (
    key: string,
    ...[call, refusedKeyId]: Parameters<Sts["assumeRole"]>
  ): Promise<Result<TemporaryCredentials>> => {
    const bridged = gone.leftMs(clock.nowMs()) > 0 ? bridge(key, call, refusedKeyId) : undefined;
    if (bridged !== undefined) return bridged;

    const result = await sts.assumeRole(call, refusedKeyId);
    if (result.ok) {
      gone.end();
      kept.set(key, result.value);
      return result;
    }
    const { refusal } = result;
    if (refusal.code === "STS_UNAVAILABLE")
      gone.begin(clock.nowMs(), Math.max(OUTAGE_MS, (refusal.retryAfterSeconds ?? 0) * 1_000));
    else if (refusal.code !== "STS_THROTTLED" && refusal.code !== "RATE_LIMITED") {
      kept.delete(key);
      return result;
    }
    return bridge(key, call, refusedKeyId) ?? result;
  };

  /** The call that another request makes for the same credentials. */
  const callUnderWay = (key: string): Call | undefined => {
    const call = underWay.get(key);
    return call !== undefined && Math.abs(clock.nowMs() - call.sinceMs) <= LONGEST_CALL_MS ? call : undefined;
  };

  return {
    assumeRole: async (call, refusedKeyId) => {
      const key = callText(call);
      const credentials = kept.get(key);
      if (
        credentials !== undefined &&
        credentials.accessKeyId !== refusedKeyId &&
        isReusable(credentials.expiresAtMs, call.durationSeconds, clock.nowMs())
      ) {
        return granted({ ...credentials, cachedIn: "memory" });
      }
      for (let other = callUnderWay(key); other !== undefined; other = callUnderWay(key)) {
        const result = await other.result;
        if (!result.ok) return result;
        if (result.value.accessKeyId !== refusedKeyId)
          return granted({ cachedIn: "memory", ...result.value });
      }
      const own: Call = { sinceMs: clock.nowMs(), result: ask(key, call, refusedKeyId) };
      underWay.set(key, own);
      try {
        return await own.result;
      } finally {
        if (underWay.get(key) === own) underWay.delete(key);
      }
    },
  };
}

interface Call {
  readonly sinceMs: number;
  readonly result: Promise<Result<TemporaryCredentials>>;
}

/** Everything that shapes credentials, as one text: a structure, so that no two calls have the same. */
function callText({ sessionName, sessionPolicy, durationSeconds }: AssumeRole): string {
  return JSON.stringify([sessionName, durationSeconds, sessionPolicy]);
}
