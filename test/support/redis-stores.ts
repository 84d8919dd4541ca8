import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { type RedisStoreOptions, redisStore } from "../../shared/adapters/redis-store.ts";
import type { Kept } from "../../shared/ports.ts";

export type Store = ReturnType<typeof redisStore>;

/** What a caller says: now, and how long the lock lasts. Redis counts a lock's life with its own clock. */
export const NOW_MS = Date.parse("2026-11-27T08:00:00Z");
export const WHEN = { nowMs: NOW_MS, lockMs: 60_000 };
export const VALUE = Buffer.from("a sealed value");
export const FRESH: Kept = { value: VALUE, freshUntilMs: NOW_MS + 1, lifeMs: 60_000 };
export const STALE: Kept = { ...FRESH, freshUntilMs: NOW_MS };

/** The line for the operator. */
export function notUsed(why: string): string {
  return `Redis is not used for now (${why}): instances share no credentials. See docs/credential-cache.md`;
}

/** Stores for the tests of a file. Each test begins with no warning, and its stores are closed after it. */
export interface RedisStores {
  readonly warnings: string[];
  at(port: number, change?: Partial<RedisStoreOptions>): Store;
  /** One that is connected. */
  usedAt(port: number, change?: Partial<RedisStoreOptions>): Promise<Store>;
  close(): Promise<void>;
}

/** Time stands still in these tests, so no answer of Redis is ever late, however busy the machine is. */
export function redisStores(): RedisStores {
  const warnings: string[] = [];
  const open: Store[] = [];
  const at: RedisStores["at"] = (port, change) => {
    const store = redisStore({
      url: `redis://127.0.0.1:${port}`,
      onWarning: (message) => warnings.push(message),
      ...change,
    });
    open.push(store);
    return store;
  };
  const close = async () => void (await Promise.all(open.splice(0).map((store) => store.close())));
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"], now: NOW_MS });
    warnings.length = 0;
  });
  afterEach(async () => {
    await close();
    vi.useRealTimers();
  });
  return {
    warnings,
    at,
    usedAt: async (port, change) => {
      const store = at(port, change);
      expect(await store.take("first", WHEN)).toBeDefined();
      return store;
    },
    close,
  };
}

/** Calls every method. None may wait, throw or give anything. */
export async function nothingFrom(store: Store): Promise<void> {
  expect([
    await store.take("a", WHEN),
    await store.peek("a"),
    await store.keep("a", FRESH, "token"),
    await store.release("a", "token"),
  ]).toEqual([undefined, undefined, undefined, undefined]);
}

const { setTimeout: realSetTimeout } = globalThis;

/** As expect.poll, which would move the clock that stands still here. */
export async function eventually(assertion: () => unknown): Promise<void> {
  for (const endNs = process.hrtime.bigint() + 10_000_000_000n; ; ) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (process.hrtime.bigint() > endNs) throw error;
      await new Promise((resolve) => realSetTimeout(resolve, 10));
    }
  }
}

/** What is in the sockets of this process has been read. */
export async function socketsAreRead(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await nextTurn();
}

/** The lock that {@link Store.take} gave. */
export function tokenIn(taken: { readonly lock: unknown } | undefined): string {
  const lock = taken?.lock;
  if (typeof lock !== "object" || lock === null || !("token" in lock)) throw new Error("no lock was given");
  return String(lock.token);
}
