import type { Bug } from "./bug.ts";

/** The client of ali-oss: keys that belong together, the right address, nothing that outlives them. */
export const aliOssBugs: readonly Bug[] = [
  {
    name: "ali-oss: a signed URL says a later end than its keys have",
    in: "liveSignedUrls",
    find: `Math.min(expires, Math.floor((+used.expiresAt - nowMs) / 1000))`,
    replace: `expires`,
    killedBy: ["client/ali-oss-signed-urls"],
  },
  {
    name: "ali-oss: signatureUrl writes the security token into the App's options",
    in: "liveSignedUrls",
    find: `{ ...options, expires: seconds || -1 }`,
    replace: `Object.assign(options, { expires: seconds || -1 })`,
    killedBy: ["client/ali-oss-signed-urls"],
  },
  {
    name: "ali-oss: a request for one bucket goes to the address of another",
    in: "liveOptions",
    find: `if (bucket === undefined || bucket === options.bucket) return work();`,
    replace: `return work();`,
    killedBy: ["client/ali-oss"],
  },
  {
    name: "ali-oss: the App's options take over the keys",
    in: "client/src/ali-oss.ts#ossClient",
    find: `
      ...more,
      ...keysOf(first),`,
    replace: `
      ...keysOf(first),
      ...more,`,
    killedBy: ["client/ali-oss"],
  },
  {
    name: "ali-oss: a bucket that no grant has is used",
    in: "ali-oss/options.ts#addressOf",
    find: `grants.find((one) => one.bucket === bucket)`,
    replace: `(grants.find((one) => one.bucket === bucket) ?? grants[0])`,
    killedBy: ["client/ali-oss"],
  },
  {
    name: "ali-oss: refused keys are used again",
    in: "liveRequests",
    find: `credentials.invalidate(used)`,
    replace: `void used`,
    killedBy: ["client/ali-oss"],
  },
];
