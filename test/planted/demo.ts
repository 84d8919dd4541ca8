import type { Bug } from "./bug.ts";

/** The demo App's window on the local cloud. */
export const demoBugs: readonly Bug[] = [
  {
    name: "demo: the window on the local cloud is open to any name (DNS rebinding)",
    in: "foreign",
    find: `if (!origins.includes(own)) return`,
    replace: `if (host === undefined) return`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: any page may move the clock",
    in: "foreign",
    find: `if (origin !== undefined && origin !== own)`,
    replace: `if (origin === "")`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: the page's two names count as one origin",
    in: "foreign",
    find: `if (origin !== undefined && origin !== own)`,
    replace: `if (origin !== undefined && !origins.includes(origin))`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: a page of another site reads the session policy without an Origin",
    in: "foreign",
    find: `if (site !== undefined && site !== "same-origin" && site !== "none")`,
    replace: `if (site === "")`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: a form of another page moves the clock",
    in: "localCloudRoutes",
    find: `if (request.headers["content-type"] !== "application/json")`,
    replace: `if (request.headers["content-type"] === undefined)`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: everybody's calls are shown to everybody",
    in: "exchangeFacts",
    find: `calls: journal.filter(isOfUser).slice(-CALLS)`,
    replace: `calls: journal.slice(-CALLS)`,
    killedBy: ["flow/demo-page"],
  },
  {
    name: "demo: scripts of the page may connect to any place",
    in: "webPage",
    find: "`connect-src 'self' ${[...services, ...oss].join(\" \")}`",
    replace: "`connect-src *`",
    killedBy: ["flow/demo-page"],
  },
];
