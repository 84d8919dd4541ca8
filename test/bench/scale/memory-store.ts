import type { SharedStore } from "../../../shared/ports.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** Milliseconds of one exchange with a store in the same zone. Assumption. */
const EXCHANGE_MS = 1;

/** A {@link SharedStore} that is a `Map`, under the virtual clock. */
export function memoryStore(clock: VirtualClock): SharedStore {
  const values = new Map<
    string,
    { readonly value: Buffer; readonly freshUntilMs: number; readonly endMs: number }
  >();
  const locks = new Map<string, { readonly token: string; readonly endMs: number }>();
  let given = 0;
  const living = <T extends { readonly endMs: number }>(map: Map<string, T>, name: string): T | undefined => {
    const entry = map.get(name);
    if (entry && entry.endMs > clock.nowMs()) return entry;
    map.delete(name);
    return undefined;
  };
  const release = (name: string, token: string | undefined): void => {
    if (locks.get(name)?.token === token) locks.delete(name);
  };
  return {
    take: async (name, { lockMs }) => {
      await clock.pause(EXCHANGE_MS);
      const { value, freshUntilMs = 0 } = living(values, name) ?? {};
      if (freshUntilMs > clock.nowMs()) return { value, lock: undefined };
      if (living(locks, name)) return { value, lock: "held" };
      given += 1;
      const token = `lock-${given}`;
      locks.set(name, { token, endMs: clock.nowMs() + lockMs });
      return { value, lock: { token } };
    },
    peek: async (name) => {
      await clock.pause(EXCHANGE_MS);
      return living(values, name)?.value;
    },
    keep: async (name, { value, freshUntilMs, lifeMs }, lock) => {
      await clock.pause(EXCHANGE_MS);
      values.set(name, { value, freshUntilMs, endMs: clock.nowMs() + lifeMs });
      release(name, lock);
    },
    release: async (name, lock) => {
      await clock.pause(EXCHANGE_MS);
      release(name, lock);
    },
  };
}
