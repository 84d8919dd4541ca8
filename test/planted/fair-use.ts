import type { Bug } from "./bug.ts";

/** Limits of requests: whom they count, and what cannot use them up. */
export const fairUseBugs: readonly Bug[] = [
  {
    name: "fair use: all users share one limit",
    threat: "H11",
    in: "principalLimit",
    find: `(await secondsToWait(memory, sessionName, limit))`,
    replace: `(await secondsToWait(memory, "user", limit))`,
    killedBy: ["unit/adapters/rate-limit", "flow/fair-use"],
  },
  {
    name: "fair use: without an answer of Redis, nobody is limited",
    threat: "H11",
    in: "principalLimit",
    find: `(common && (await secondsToWait(common, sessionName, limit))) ??`,
    replace: `(common && ((await secondsToWait(common, sessionName, limit)) ?? 0)) ??`,
    killedBy: ["unit/adapters/rate-limit"],
  },
  {
    name: "fair use: STS is asked by who is over the limit",
    threat: "H11",
    in: "limitedSts",
    find: `(await fairUse.count(call.sessionName)) ?? sts.assumeRole(call, refusedKeyId)`,
    replace: `(await fairUse.count(call.sessionName), sts.assumeRole(call, refusedKeyId))`,
    killedBy: ["unit/adapters/rate-limit", "flow/fair-use"],
  },
  {
    name: "fair use: forms and URLs are not limited",
    threat: "H11",
    in: "signedFor",
    find: `if (limited !== undefined) return { result: limited, learnt };`,
    replace: ``,
    killedBy: ["flow/fair-use"],
  },
  {
    name: "fair use: without a cache, STS is not limited",
    threat: "H11",
    in: "functions/credentials/compose.ts#stsFrom",
    find: `return limited(asked);`,
    replace: `return asked;`,
    killedBy: ["flow/fair-use"],
  },
  {
    name: "fair use: a name in Redis says whose it is",
    in: "sharedLimiter",
    find: `createHmac("sha256", names).update(JSON.stringify([scope, requests, seconds, sessionName])).digest("base64url")`,
    replace: `sessionName`,
    killedBy: ["unit/adapters/rate-limit", "flow/fair-use"],
  },
  {
    name: "fair use: a foreign hand in Redis keeps a user out for years",
    in: "wholeSeconds",
    find: `Math.min(seconds, Math.max(1, Math.ceil(ms / 1_000)))`,
    replace: `Math.max(1, Math.ceil(ms / 1_000))`,
    killedBy: ["unit/adapters/rate-limit"],
  },
  {
    name: "fair use: the memory keeps every name that was ever counted",
    in: "memoryLimiter",
    find: `onEviction: (name) => void limiter.delete(name)`,
    replace: `onEviction: () => undefined`,
    killedBy: ["unit/adapters/rate-limit"],
  },
  {
    name: "fair use: a count is lost while it is in use",
    in: "memoryLimiter",
    find: `if (names.get(name) === undefined) names.set(name, true);`,
    replace: `names.set(name, true);`,
    killedBy: ["unit/adapters/rate-limit"],
  },
];
