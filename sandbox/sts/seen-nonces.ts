/** How many nonces are held before those that have become useless are dropped. */
const SWEEP_EVERY = 1000;

/** Nonces that were used, by access key. One is forgotten when the timestamp of its request has become stale. */
export interface SeenNonces {
  has(accessKeyId: string, nonce: string): boolean;
  add(accessKeyId: string, nonce: string, timestampMs: number): void;
}

export function seenNonces(isStale: (timestampMs: number) => boolean): SeenNonces {
  const used = new Map<string, number>();
  let sweepAt = SWEEP_EVERY;
  // An access key id holds no space, so that two pairs never make one name.
  const name = (accessKeyId: string, nonce: string) => `${accessKeyId} ${nonce}`;
  return {
    has: (accessKeyId, nonce) => used.has(name(accessKeyId, nonce)),
    add: (accessKeyId, nonce, timestampMs) => {
      used.set(name(accessKeyId, nonce), timestampMs);
      if (used.size < sweepAt) return;
      for (const [key, usedMs] of used) if (isStale(usedMs)) used.delete(key);
      sweepAt = used.size + SWEEP_EVERY;
    },
  };
}
