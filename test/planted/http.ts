import type { Bug } from "./bug.ts";

/** What every function speaks: HTTP and the events of Function Compute. */
export const httpBugs: readonly Bug[] = [
  {
    name: "any origin is echoed",
    in: "allowedOrigin",
    find: `allowed.includes(origin) ? origin : NOBODY`,
    replace: `origin !== "" ? origin : NOBODY`,
    killedBy: ["attack/request-edge"],
  },
  {
    name: "credentials without a line in the log",
    in: "recorded",
    find: `} catch { return false;`,
    replace: `} catch { return true;`,
    killedBy: ["unit/functions/http/shell"],
  },
  {
    name: "the error's message is logged",
    in: "unexpected",
    find: `error: [name, ...frames.map((line) => line.trim())].join(" ")`,
    replace: `error: String(error)`,
    killedBy: ["unit/functions/http/shell"],
  },
  {
    name: "the whole path is logged",
    in: "loggedPath",
    find: `.replace(/[^/]{24,}/g, "…")`,
    replace: ``,
    killedBy: ["unit/functions/http/shell"],
  },
  {
    name: "a header spelt twice keeps one",
    in: "fc-event.ts#headersOf",
    find: `[...known, text]`,
    replace: `[text]`,
    killedBy: ["unit/functions/http/fc-event"],
  },
  {
    name: "the caller's address is a header's",
    in: "httpRequestFromFcEvent",
    find: `sourceIp: typeof sourceIp === "string" && sourceIp !== "" ? sourceIp : undefined,`,
    replace: `sourceIp: textsOf(parsed["headers"]).find(([name]) => name === "X-Forwarded-For")?.[1] ?? (typeof sourceIp === "string" && sourceIp !== "" ? sourceIp : undefined),`,
    killedBy: ["unit/functions/http/fc-event"],
  },
  {
    name: "FC: parameters that are no texts are dropped",
    in: "queryOf",
    find: `texts.length < Object.keys(record).length`,
    replace: `false`,
    killedBy: ["unit/functions/http/fc-event"],
  },
  {
    name: "FC: a body that is no text is dropped",
    in: "fc-event.ts#bodyOf",
    find: `if (typeof body !== "string") return undefined;`,
    replace: `if (typeof body !== "string") return Buffer.alloc(0);`,
    killedBy: ["unit/functions/http/fc-event"],
  },
  {
    name: "FC: what is no base64 is skipped",
    in: "fc-event.ts#bodyOf",
    find: `/^[A-Za-z0-9+/]*={0,2}$/.test(body)`,
    replace: `true`,
    killedBy: ["unit/functions/http/fc-event"],
  },
  {
    name: "what could not be read is answered as if it had not been said",
    in: "loggedAnswer",
    find: `if (request.unreadable !== undefined && request.method !== "OPTIONS")`,
    replace: `if (request.unreadable !== undefined && request.method === "")`,
    killedBy: ["unit/functions/http/shell"],
  },
  {
    name: "server: a broken percent-encoding is a folder's name",
    in: "node-http.ts#problemOf",
    find: `decodeURIComponent(query);`,
    replace: ``,
    killedBy: ["unit/functions/http/node-http"],
  },
  {
    name: "the log may name a rule, and not the report's",
    in: "factsOf",
    find: `reported.length === 0`,
    replace: `true`,
    killedBy: ["unit/functions/http/shell"],
  },
];
