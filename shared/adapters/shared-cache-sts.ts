import { setTimeout as passing } from "node:timers/promises";
import { granted, type Result, refused } from "../domain/refusal.ts";
import type { Clock, SharedStore, Sts, TemporaryCredentials } from "../ports.ts";
import { type Look, sharedCredentials } from "./shared-cache-sts/shared-credentials.ts";

export interface SharedCacheStsOptions {
  readonly sts: Sts;
  readonly store: SharedStore;
  readonly clock: Clock;
  /** Role and STS, as one text: several deployments may share a store and a key. */
  readonly scope: string;
  /** 32 bytes each. The first seals; all of them open, so that a key can be replaced without losing what it sealed. */
  readonly keys: readonly [Buffer, ...Buffer[]];
  /** Resolves after so many milliseconds. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Milliseconds. How long a request waits for what another instance gets from STS. Then it asks STS itself. */
const LONGEST_WAIT_MS = 2_500;

/** Milliseconds between two looks at what another instance gets. */
const LOOK_EVERY_MS = 15;

/**
 * An {@link Sts} around an `Sts`, which keeps credentials where all instances find them, sealed. For equal calls of all
 * instances one of them asks STS, and the others wait for what it gets. The pause of a throttled STS counts for all of
 * them. Credentials that still live bridge an outage. A store that is slow or gone is as good as none: then STS is asked.
 */
export function sharedCacheSts(options: SharedCacheStsOptions): Sts {
  const { sts, clock } = options;
  const pause = options.pause ?? passing;
  const credentials = sharedCredentials(options);

  const ask = async (
    { lock, living }: Look,
    ...[call, refusedKeyId]: Parameters<Sts["assumeRole"]>
  ): Promise<Result<TemporaryCredentials>> => {
    const held = lock === "held" ? undefined : lock;
    const result = await sts.assumeRole(call, refusedKeyId).catch(async (error: unknown) => {
      await credentials.release(call, held);
      throw error;
    });
    if (result.ok) {
      await credentials.keep(call, result.value, held);
      return result;
    }
    const { refusal } = result;
    // Without a pause that STS has named, each instance's own queue knows best when to ask again.
    if (refusal.code === "STS_THROTTLED" && refusal.stsPauseMs !== undefined)
      await credentials.rest(refusal.stsPauseMs);
    await credentials.release(call, held);
    return refusal.code === "STS_DENIED" ? result : (bridged(living) ?? result);
  };

  return {
    assumeRole: async (call, refusedKeyId) => {
      const endMs = clock.nowMs() + LONGEST_WAIT_MS;
      for (;;) {
        const look = await credentials.look(call, refusedKeyId);
        const { fresh, living, lock, restMs } = look;
        const free = () => (lock === "held" ? undefined : credentials.release(call, lock));
        if (fresh !== undefined) {
          await free();
          return granted({ ...fresh, cachedIn: "shared" });
        }
        if (restMs > 0) {
          await free();
          return (
            bridged(living) ??
            refused({ code: "STS_THROTTLED", retryAfterSeconds: Math.ceil(restMs / 1_000) })
          );
        }
        const leftMs = endMs - clock.nowMs();
        // A wait beyond the longest one: the clock has gone back.
        if (lock !== "held" || leftMs <= 0 || leftMs > LONGEST_WAIT_MS) return ask(look, call, refusedKeyId);
        await pause(LOOK_EVERY_MS);
      }
    },
  };
}

function bridged(credentials: TemporaryCredentials | undefined): Result<TemporaryCredentials> | undefined {
  return credentials === undefined ? undefined : granted({ ...credentials, cachedIn: "bridge" });
}
