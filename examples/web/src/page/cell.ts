/** A value that views follow. */
export interface Cell<T> {
  readonly value: T;
  set(next: T): void;
  /** Runs `view` now and after each change, until the signal aborts. */
  follow(view: (value: T) => void, signal: AbortSignal): void;
}

export function cell<T>(first: T): Cell<T> {
  let value = first;
  const views = new Set<(value: T) => void>();
  return {
    get value() {
      return value;
    },
    set: (next) => {
      value = next;
      for (const view of [...views]) view(value);
    },
    follow: (view, signal) => {
      views.add(view);
      signal.addEventListener("abort", () => views.delete(view));
      view(value);
    },
  };
}

/** Runs `work` again and again, until the signal aborts. Milliseconds between two runs. */
export function every(ms: number, work: () => void, signal: AbortSignal): void {
  const timer = setInterval(work, ms);
  signal.addEventListener("abort", () => clearInterval(timer));
}
