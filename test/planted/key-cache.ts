import type { Bug } from "./bug.ts";

/** How long a key set is believed, and how often it is fetched. */
export const keyCacheBugs: readonly Bug[] = [
  {
    name: "cache: a removed key stays",
    in: "jwksKeys",
    find: `kept = { set: outcome, fetchedAtMs: startedAtMs };`,
    replace: `kept = { set: { keys: [...outcome.keys, ...(kept?.set.keys ?? [])] }, fetchedAtMs: startedAtMs };`,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: the set never gets old",
    in: "jwksKeys",
    find: `if (!isWithin(maxAgeSeconds, kept?.fetchedAtMs)) await refresh("too old");`,
    replace: `if (kept === undefined) await refresh("too old");`,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: an old set serves for ever",
    in: "jwksKeys",
    find: `kept === undefined || !isWithin(Math.max(maxAgeSeconds, maxStaleSeconds), kept.fetchedAtMs)`,
    replace: `kept === undefined`,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: no cooldown for unknown kids",
    in: "jwksKeys",
    find: `const isRestrained = because === "kid unknown" || last?.outcome === "failed";`,
    replace: `const isRestrained = last?.outcome === "failed";`,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: no cooldown after a failure",
    in: "jwksKeys",
    find: `const isRestrained = because === "kid unknown" || last?.outcome === "failed";`,
    replace: `const isRestrained = because === "kid unknown" && last?.outcome !== "failed";`,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: everybody fetches",
    in: "jwksKeys",
    find: `if (isWithin(KEY_SET_DEADLINE_MS / MS, inFlight?.startedAtMs)) return inFlight?.settled;`,
    replace: ``,
    killedBy: ["attack/jwks-attacks"],
  },
  {
    name: "cache: a frozen fetch is waited for",
    in: "jwksKeys",
    find: `if (isWithin(KEY_SET_DEADLINE_MS / MS, inFlight?.startedAtMs)) return`,
    replace: `if (inFlight !== undefined) return`,
    killedBy: ["unit/adapters/jwks-keys"],
  },
  {
    name: "cache: a late answer replaces a newer set",
    in: "jwksKeys",
    find: `if (attempt !== attempts) return;`,
    replace: ``,
    killedBy: ["unit/adapters/jwks-keys"],
  },
  {
    name: "cache: an empty set takes effect at once",
    in: "jwksKeys",
    find: `isWithin(maxAgeSeconds, emptySinceMs) ? new Error`,
    replace: `isWithin(-1, emptySinceMs) ? new Error`,
    killedBy: ["unit/adapters/jwks-keys"],
  },
  {
    name: "cache: an empty set never takes effect",
    in: "jwksKeys",
    find: `return isWithin(maxAgeSeconds, emptySinceMs) ?`,
    replace: `return emptySinceMs !== undefined ?`,
    killedBy: ["unit/adapters/jwks-keys"],
  },
  {
    name: "cache: the clock may run backwards",
    in: "jwksKeys",
    find: `Math.abs(clock.nowMs() - sinceMs)`,
    replace: `(clock.nowMs() - sinceMs)`,
    killedBy: ["unit/adapters/jwks-keys"],
  },
  {
    name: "cache: without keys, tokens are called invalid",
    in: "jwksKeys",
    find: `return unavailable();`,
    replace: `return refused({ code: "TOKEN_INVALID", check: "key" });`,
    killedBy: ["unit/adapters/jwks-keys"],
  },
];
