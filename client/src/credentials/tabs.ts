import type { Vended } from "./vended.ts";

/** Milliseconds that a tab waits for the others' credentials when nobody was renewing. A tab answers in a few. */
const ALONE_MS = 50;
/** Milliseconds when the tab had to wait for its turn: another tab has just renewed, and is only busy. */
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

interface Channel {
  onmessage: ((event: { readonly data: Message }) => void) | null;
  postMessage(message: Message): void;
}

interface Locks {
  request<T>(name: string, options: { readonly signal: AbortSignal }, run: () => Promise<T>): Promise<T>;
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
    exclusively: (renew) => {
      const askedMs = Date.now();
      let begun = false;
      const run = (): ReturnType<typeof renew> => {
        begun = true;
        return renew(Date.now() - askedMs < ALONE_MS ? ALONE_MS : AFTER_ANOTHER_MS);
      };
      return locks.request(name, { signal: AbortSignal.timeout(LOCK_MS) }, run).catch((error: unknown) => {
        if (begun) throw error;
        return run();
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
