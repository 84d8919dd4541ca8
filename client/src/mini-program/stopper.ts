/** Ends an upload. Mini programs have no AbortController: this has the parts of a signal that the package uses. */
export interface Stopper {
  readonly signal: AbortSignal;
  abort(): void;
}

export function stopper(): Stopper {
  const listeners = new Set<() => void>();
  const reason = Object.assign(new Error("The upload was aborted."), { name: "AbortError" });
  const signal = {
    aborted: false,
    reason: undefined as unknown,
    addEventListener: (_type: string, listener: () => void) => void listeners.add(listener),
    removeEventListener: (_type: string, listener: () => void) => void listeners.delete(listener),
    throwIfAborted: () => {
      if (signal.aborted) throw reason;
    },
  };
  return {
    signal: signal as unknown as AbortSignal,
    abort: () => {
      if (signal.aborted) return;
      signal.aborted = true;
      signal.reason = reason;
      for (const listener of listeners) listener();
    },
  };
}
