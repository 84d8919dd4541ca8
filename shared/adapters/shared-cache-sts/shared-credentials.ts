import { isAlive, isReusable, reusableUntilMs } from "../../domain/ram/credential-life.ts";
import type { AssumeRole, Clock, SharedStore, TemporaryCredentials } from "../../ports.ts";
import { credentialsOf, entryOf } from "./entry.ts";
import { type Seal, sealWith } from "./sealed.ts";

/** What the store knows of a call. */
export interface Look {
  /** Credentials that may be handed out again. */
  readonly fresh: TemporaryCredentials | undefined;
  /** Those that are older, but still live. */
  readonly living: TemporaryCredentials | undefined;
  /** The right to ask STS. "held": another instance asks it right now. undefined: the store cannot say. */
  readonly lock: string | "held" | undefined;
  /** Milliseconds that STS wants to be left alone for, as some instance was told; 0 when nothing is known. */
  readonly restMs: number;
}

/** Sealed credentials and STS's pauses in a {@link SharedStore}. */
export interface SharedCredentials {
  /** Looks past credentials whose access key is refused. */
  look(call: AssumeRole, refusedKeyId: string | undefined): Promise<Look>;
  keep(call: AssumeRole, credentials: TemporaryCredentials, lock: string | undefined): Promise<void>;
  /** STS wants to be left alone for so long. */
  rest(lifeMs: number): Promise<void>;
  release(call: AssumeRole, lock: string | undefined): Promise<void>;
}

/** In each identity: entries of another form are other entries. */
const VERSION = 1;

/** Milliseconds. A call to STS takes 20 to 50 ms in the region: the holder of a lock that is older has failed or is gone. */
const LOCK_MS = 2_000;

/** Milliseconds. aliyunSts passes on no longer pause. */
const LONGEST_REST_MS = 600_000;

export function sharedCredentials({
  store,
  clock,
  scope,
  keys,
}: {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly scope: string;
  readonly keys: readonly [Buffer, ...Buffer[]];
}): SharedCredentials {
  const [seal, ...olderSeals] = [sealWith(keys[0]), ...keys.slice(1).map(sealWith)] as const;
  const restIdentity = JSON.stringify([VERSION, scope, "rest"]);
  /** Everything that shapes credentials: a structure, so that no two calls have the same. */
  const identityOf = ({ sessionName, durationSeconds, sessionPolicy }: AssumeRole): string =>
    JSON.stringify([VERSION, scope, "credentials", sessionName, durationSeconds, sessionPolicy]);

  const peeked = async (by: Seal, identity: string): Promise<string | undefined> => {
    const value = await store.peek(by.nameOf(identity));
    return value === undefined ? undefined : by.opened(identity, value);
  };

  return {
    look: async (call, refusedKeyId) => {
      const identity = identityOf(call);
      // In one tick, so that the store can send them together.
      const [taken, restUntil, ...olderEntries] = await Promise.all([
        store.take(seal.nameOf(identity), { nowMs: clock.nowMs(), lockMs: LOCK_MS }),
        peeked(seal, restIdentity),
        ...olderSeals.map((older) => peeked(older, identity)),
      ]);
      const nowMs = clock.nowMs();
      const own = taken?.value === undefined ? undefined : seal.opened(identity, taken.value);
      const known = [own, ...olderEntries]
        .flatMap((entry) => (entry === undefined ? [] : (credentialsOf(entry) ?? [])))
        .filter(({ accessKeyId }) => accessKeyId !== refusedKeyId);
      const restMs = Number(restUntil ?? 0) - nowMs;
      return {
        fresh: known.find(({ expiresAtMs }) => isReusable(expiresAtMs, call.durationSeconds, nowMs)),
        living: known.find(({ expiresAtMs }) => isAlive(expiresAtMs, call.durationSeconds, nowMs)),
        lock: taken?.lock === "held" ? "held" : taken?.lock?.token,
        restMs: restMs > 0 && restMs <= LONGEST_REST_MS ? restMs : 0,
      };
    },
    keep: (call, credentials, lock) => {
      const identity = identityOf(call);
      const { expiresAtMs } = credentials;
      return store.keep(
        seal.nameOf(identity),
        {
          value: seal.sealed(identity, entryOf(credentials)),
          freshUntilMs: reusableUntilMs(expiresAtMs, call.durationSeconds),
          lifeMs: expiresAtMs - clock.nowMs(),
        },
        lock,
      );
    },
    rest: (lifeMs) => {
      const untilMs = clock.nowMs() + lifeMs;
      const value = seal.sealed(restIdentity, String(untilMs));
      return store.keep(seal.nameOf(restIdentity), { value, freshUntilMs: untilMs, lifeMs });
    },
    release: async (call, lock) => {
      if (lock !== undefined) await store.release(seal.nameOf(identityOf(call)), lock);
    },
  };
}
