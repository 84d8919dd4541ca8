import type { SharedStore } from "../../shared/ports.ts";

/** A {@link SharedStore} in this process, with everything that lies in it. `use(false)`: it is gone, and says nothing. */
export interface MemoryStore extends SharedStore {
  readonly values: Map<string, { value: Buffer; freshUntilMs: number; endMs: number }>;
  readonly locks: Map<string, { token: string; endMs: number }>;
  use(usable: boolean): void;
}

export function memoryStore(nowMs: () => number): MemoryStore {
  const values: MemoryStore["values"] = new Map();
  const locks: MemoryStore["locks"] = new Map();
  let usable = true;
  let tokens = 0;
  const living = (name: string) => {
    const kept = values.get(name);
    return kept !== undefined && kept.endMs > nowMs() ? kept : undefined;
  };
  const free = (name: string, token: string | undefined): void => {
    if (token !== undefined && locks.get(name)?.token === token) locks.delete(name);
  };
  return {
    values,
    locks,
    use: (now) => {
      usable = now;
    },
    take: async (name, when) => {
      if (!usable) return undefined;
      const kept = living(name);
      if (kept !== undefined && kept.freshUntilMs > when.nowMs) return { value: kept.value, lock: undefined };
      const other = locks.get(name);
      if (other !== undefined && other.endMs > nowMs()) return { value: kept?.value, lock: "held" };
      tokens += 1;
      const token = `lock ${tokens}`;
      locks.set(name, { token, endMs: nowMs() + when.lockMs });
      return { value: kept?.value, lock: { token } };
    },
    peek: async (name) => (usable ? living(name)?.value : undefined),
    keep: async (name, { value, freshUntilMs, lifeMs }, lock) => {
      if (!usable) return;
      values.set(name, { value, freshUntilMs, endMs: nowMs() + lifeMs });
      free(name, lock);
    },
    release: async (name, lock) => {
      if (usable) free(name, lock);
    },
  };
}
