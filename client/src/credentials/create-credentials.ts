import type { Permission } from "../../../shared/wire.ts";
import { failure } from "../failure.ts";
import type { Credentials, LiveCredentials } from "../live-credentials.ts";
import { ValetError } from "../valet-error.ts";
import { credentialsOf } from "./answer.ts";
import { type AppToken, refuseNoFunction, tokenFrom } from "./app-token.ts";
import { askValet, type Fetch } from "./ask-valet.ts";
import { safeEndpoint } from "./endpoint.ts";
import { steadyClock } from "./steady-clock.ts";
import { type CredentialsStorage, storedRecord } from "./storage.ts";
import { otherTabs } from "./tabs.ts";
import { userOf } from "./token-user.ts";
import type { Vended } from "./vended.ts";

export interface CredentialsOptions {
  /** The address of `/credentials`: https, http on this machine, or a path of the page's own origin. */
  readonly endpoint: string;
  /**
   * The App token (JWT) of the signed-in user, from your login library. Called before each call of the function; called
   * once more with `refused: true` after a 401, so that it can refresh the token.
   */
  readonly appToken: AppToken;
  /** Less than the rules grant. Default: everything that they grant. */
  readonly request?: {
    /** Only below this prefix, which ends in a slash. */
    readonly prefix?: string;
    readonly permissions?: readonly Permission[];
    /** Seconds, 900 or more. */
    readonly durationSeconds?: number;
  };
  /** Runs after each renewal, also when another tab made it. */
  readonly onRenew?: (credentials: Credentials) => void | Promise<void>;
  /** Runs after each call that failed, also when the present credentials go on and `get()` does not throw. */
  readonly onError?: (error: ValetError) => void | Promise<void>;
  /**
   * Where credentials outlive a reload, such as `sessionStorage`. Every script of the page can read them there. Default:
   * memory alone.
   */
  readonly storage?: CredentialsStorage;
  /** Whether the tabs of this origin share one set of credentials for each user. Default: true on a page. */
  readonly tabs?: boolean;
  /** Milliseconds for one call of the function. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Default: the global `fetch`. */
  readonly fetch?: Fetch;
  /**
   * The device's time, in milliseconds since 1970. It may be wrong, because the function's time counts; but it must not stand
   * still or go back. Default: `Date.now`, and `performance.now` while somebody sets the clock back.
   */
  readonly clock?: () => number;
  /** From 0 to 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number;
}

export interface AppCredentials extends LiveCredentials {
  /** The user signs out: forgets the credentials in memory, in the storage and in other tabs. A later `get()` starts anew. */
  forget(): Promise<void>;
}

/** Share of a life after which credentials are renewed: a half, plus or minus a twentieth, so that devices spread out. */
const RENEW_FROM = 0.45;
const RENEW_JITTER = 0.1;
/** Milliseconds before the end (at most a tenth of the life) from which `get()` waits for the renewal. */
const LAST_MS = 60_000;
/** Attempts of one `get()` that has no living credentials. */
const ATTEMPTS = 3;
/** Milliseconds: the pause after the first failure. It doubles with each one. */
const FIRST_PAUSE_MS = 1000;
/** Milliseconds: no pause of our own is longer, and no `get()` without credentials waits longer. */
const LONGEST_PAUSE_MS = 60_000;
/** So many times a minute `invalidate` is believed. A bucket that refuses every key must not use up the quota of STS. */
const INVALIDATIONS_A_MINUTE = 5;

/** What this device has now. Times are server times in milliseconds. */
interface Held {
  readonly credentials: Credentials;
  readonly vended: Vended;
  readonly renewMs: number;
  readonly lastMs: number;
}

/**
 * Credentials of the signed-in user that never expire in your hand. They are renewed at half of their life; all callers
 * share one call; while a renewal fails, the present ones go on until they end. Use one for each signed-in user.
 *
 * @throws {ValetError} InvalidArgument when an option is wrong
 */
export function createCredentials({
  endpoint,
  appToken,
  request = {},
  onRenew,
  onError,
  storage,
  tabs = "document" in globalThis,
  timeoutMs = 10_000,
  fetch = (url, init) => globalThis.fetch(url, init),
  clock = steadyClock(),
  random = Math.random,
}: CredentialsOptions): AppCredentials {
  const url = urlOf(endpoint, request);
  refuseNoFunction(appToken);

  let held: Held | undefined;
  let offsetMs = 0;
  let underWay: Promise<Held> | undefined;
  let failures = 0;
  /** In the device's time. */
  let pauseUntilMs = 0;
  let lastError: ValetError | undefined;
  /** Grows with each sign-out: what was asked for before it is not kept. */
  let era = 0;
  let rejectedKey: string | undefined;
  let invalidations: readonly number[] = [];

  const record = storedRecord(storage, `oss-valet:${url}`);
  const others = tabs
    ? otherTabs(
        `oss-valet:${url}`,
        () => live()?.vended,
        () => void forgotten(),
      )
    : undefined;
  const now = () => clock() + offsetMs;

  return {
    get: async ({ signal, fresh } = {}) => {
      if (signal?.aborted) throw signal.reason;
      const present = live();
      if (present && now() < present.lastMs) {
        const due = now() >= present.renewMs && clock() >= pauseUntilMs;
        if (due && !fresh) renewed().catch(() => {});
        if (!due || !fresh) return present.credentials;
      }
      return (await unlessAborted(renewed(), signal)).credentials;
    },
    invalidate: (stale) => {
      if (!held || (stale && stale.accessKeyId !== held.credentials.accessKeyId)) return;
      invalidations = invalidations.filter((ms) => clock() - ms < 60_000);
      if (invalidations.length === INVALIDATIONS_A_MINUTE) return;
      invalidations = [...invalidations, clock()];
      rejectedKey = held.credentials.accessKeyId;
      held = undefined;
    },
    now,
    correctClock: (serverMs) => {
      offsetMs = serverMs - clock();
    },
    forget: () => {
      others?.forget();
      return forgotten();
    },
  };

  function forgotten(): Promise<void> {
    era += 1;
    held = underWay = lastError = undefined;
    failures = pauseUntilMs = 0;
    return record.write(undefined);
  }

  function live(): Held | undefined {
    return held && now() < +held.credentials.expiresAt ? held : undefined;
  }

  function renewed(): Promise<Held> {
    if (underWay) return underWay;
    const mine = renew().finally(() => {
      if (underWay === mine) underWay = undefined;
    });
    underWay = mine;
    return mine;
  }

  /** Present credentials that live are the answer to every failure. Without any, it tries again as long as that can help. */
  async function renew(): Promise<Held> {
    const mine = era;
    for (let attempt = 1; ; attempt += 1) {
      const pauseMs = pauseUntilMs - clock();
      if (pauseMs > 0) {
        const present = live();
        if (present) return present;
        if (lastError && pauseMs > LONGEST_PAUSE_MS) throw lastError;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      try {
        const next = await obtained();
        if (mine !== era) return renewed();
        held = next;
        failures = 0;
        lastError = undefined;
        void tell(onRenew, next.credentials);
        return next;
      } catch (error) {
        if (!(error instanceof ValetError) || mine !== era) throw error;
        lastError = error;
        const present = live();
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS) * (0.5 + random() / 2);
        failures += 1;
        if (present || error.retryable) pauseUntilMs = clock() + Math.max(pause, error.retryAfterMs ?? 0);
        void tell(onError, error);
        if (present) return present;
        if (!error.retryable || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** From another tab, from the storage, or from the function. */
  async function obtained(): Promise<Held> {
    const mine = era;
    const token = await tokenFrom(appToken, false);
    const user = userOf(token);
    // Somebody else has signed in: the credentials of the one before are not for them, whatever happens next.
    if (held && held.vended.user !== user) held = undefined;
    const fits = (vended: Vended | undefined) =>
      user !== undefined && vended?.user === user && isBetter(heldFrom(vended));
    const renewHere = async (mayWaitMs: number) => {
      const stored = await record.read();
      let vended = fits(stored) ? stored : user && (await others?.ask(fits, mayWaitMs));
      if (!vended) {
        vended = await vend(token);
        if (vended.user && mine === era) await record.write(vended);
      }
      offsetMs = vended.offsetMs;
      return heldFrom(vended) as Held;
    };
    return others ? others.exclusively(renewHere) : renewHere(0);
  }

  async function vend(token: string): Promise<Vended> {
    let appTokenNow = token;
    const ask = () => askValet({ url, appToken: appTokenNow, refusedKey: rejectedKey, fetch, timeoutMs });
    const { body, dateMs } = await ask().catch(async (error: ValetError) => {
      if (error.status !== 401) throw error;
      appTokenNow = await tokenFrom(appToken, true);
      return ask();
    });
    // Both times are the server's: a wrong clock of the device does not matter. LastUpdated has no milliseconds.
    const serverMs = Date.parse(body.LastUpdated ?? "") || dateMs || now();
    const vended = { body, user: userOf(appTokenNow), offsetMs: serverMs - clock() };
    if (heldFrom(vended)) return vended;
    throw failure("network", "InvalidAnswer", `${url} answered 200 without credentials.`, { status: 200 });
  }

  /** undefined when they are no credentials, or end before they begin. */
  function heldFrom(vended: Vended): Held | undefined {
    const credentials = credentialsOf(vended.body);
    if (!credentials) return undefined;
    const endMs = +credentials.expiresAt;
    const lifeMs = endMs - (Date.parse(vended.body.LastUpdated ?? "") || clock() + vended.offsetMs);
    if (lifeMs < 0) return undefined;
    return {
      credentials,
      vended,
      renewMs: endMs - lifeMs * (1 - RENEW_FROM - RENEW_JITTER * random()),
      lastMs: endMs - Math.min(LAST_MS, lifeMs / 10),
    };
  }

  /** Whether they are worth keeping in place of what this device has. */
  function isBetter(other: Held | undefined): boolean {
    return (
      other !== undefined &&
      other.credentials.accessKeyId !== rejectedKey &&
      clock() + other.vended.offsetMs < other.renewMs &&
      other.credentials.expiresAt > (held?.credentials.expiresAt ?? 0)
    );
  }
}

/** A bug in the App's callback is reported as one, and stops no renewal. */
async function tell<T>(callback: ((about: T) => unknown) | undefined, about: T): Promise<void> {
  try {
    await callback?.(about);
  } catch (error) {
    console.error(error);
  }
}

function urlOf(endpoint: string, request: NonNullable<CredentialsOptions["request"]>): string {
  const text = safeEndpoint(endpoint, "/credentials");
  const parameters = Object.entries(request).filter(([, value]) => value !== undefined);
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&");
  return query ? `${text}${text.includes("?") ? "&" : "?"}${query}` : text;
}

/** `work` goes on for the others. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
