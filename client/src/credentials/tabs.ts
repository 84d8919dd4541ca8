import type { Vended } from "./vended.ts";

/** Milliseconds that a tab waits for the others' credentials when nobody seems to be renewing. A tab answers in a few. */
const ALONE_MS = 50;
/** Milliseconds after another tab has just renewed: it is there, and only busy. */
const AFTER_ANOTHER_MS = 500;
/** Milliseconds to wait for another tab's renewal. It may be a tab that the browser has stopped. */
const LOCK_MS = 15_000;

/** The other tabs of this origin, as far as the browser has Web Locks and BroadcastChannel. */
export interface Tabs {
  /** Runs `renew` in one tab at a time. `mayWaitMs` is how long it pays to wait for an answer of the others. */
  exclusively<T>(renew: (mayWaitMs: number) => Promise<T>): Promise<T>;
  /** The first credentials that another tab has and that `fits` accepts. */
  ask(fits: (vended: Vended) => boolean, waitMs: number): Promise<Vended | undefined>;
  /** Tells the others to forget what they have. */
  forget(): void;
}

/** What a tab asks of the others, or answers. */
type Message = { readonly ask: true } | { readonly have: Vended } | { readonly forget: true };

/** A BroadcastChannel: only browsers' types have it as a type. */
interface Channel {
  postMessage(message: Message): void;
  onmessage: ((event: { readonly data: Message }) => void) | null;
}

interface Locks {
  request<T>(
    name: string,
    options: { readonly ifAvailable: true } | { readonly signal: AbortSignal },
    run: (lock: unknown) => Promise<T>,
  ): Promise<T>;
}

/** `present` gives what this tab has now, `onForget` runs when another tab signs out. undefined where the browser lacks a part. */
export function otherTabs(
  name: string,
  present: () => Vended | undefined,
  onForget: () => void,
): Tabs | undefined {
  const { navigator, BroadcastChannel } = globalThis as unknown as {
    readonly navigator?: { readonly locks?: Locks };
    readonly BroadcastChannel?: new (name: string) => Channel;
  };
  const locks = navigator?.locks;
  if (!locks || !BroadcastChannel) return undefined;
  const channel = new BroadcastChannel(name);
  const tell = (message: Message) => channel.postMessage(message);
  const listeners = new Set<(vended: Vended) => void>();
  channel.onmessage = ({ data }) => {
    const have = present();
    if ("forget" in data) onForget();
    else if ("have" in data) for (const listener of listeners) listener(data.have);
    else if (have) tell({ have });
  };

  return {
    exclusively: async (renew) => {
      // Without the wait: most of the time nobody else renews.
      const outcome = await locks.request(name, { ifAvailable: true }, async (lock) =>
        lock ? { value: await renew(ALONE_MS) } : undefined,
      );
      if (outcome) return outcome.value;
      const aborter = new AbortController();
      const timer = setTimeout(() => aborter.abort(), LOCK_MS);
      let begun = false;
      const run = (waitMs: number) => {
        begun = true;
        clearTimeout(timer);
        return renew(waitMs);
      };
      return locks
        .request(name, { signal: aborter.signal }, () => run(AFTER_ANOTHER_MS))
        .catch((error: unknown) => {
          if (begun) throw error;
          return run(ALONE_MS);
        });
    },
    ask: (fits, waitMs) =>
      new Promise((resolve) => {
        const done = (vended?: Vended) => {
          clearTimeout(timer);
          listeners.delete(listener);
          resolve(vended);
        };
        const listener = (vended: Vended) => {
          if (fits(vended)) done(vended);
        };
        const timer = setTimeout(done, waitMs);
        listeners.add(listener);
        tell({ ask: true });
      }),
    forget: () => tell({ forget: true }),
  };
}
