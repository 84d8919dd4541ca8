import type { Bug } from "./bug.ts";

/** Metrics and traces. */
export const telemetryBugs: readonly Bug[] = [
  {
    name: "a metric has a series for each path that a stranger makes up",
    in: "opentelemetry/request-facts.ts#routeOf",
    find: `refusal?.code !== "NOT_FOUND" && ROUTES.includes(path) ? path : undefined`,
    replace: `path`,
    killedBy: ["unit/adapters/opentelemetry/request-facts"],
  },
  {
    name: "a metric has a series for each method that a stranger makes up",
    in: "knownMethod",
    find: `METHODS.includes(method) ? method : OTHER`,
    replace: `method`,
    killedBy: ["unit/adapters/opentelemetry/request-facts"],
  },
  {
    name: "a metric has the text of a refusal, which names a caller's parameter",
    in: "refusalFacts",
    find: `("check" in refusal ? { [OURS.refusalCheck]: refusal.check } : {})`,
    replace: `("field" in refusal ? { [OURS.refusalCheck]: refusal.field } : {})`,
    killedBy: ["unit/adapters/opentelemetry/request-facts"],
  },
  {
    name: "a metric has the session's name",
    in: "httpFacts",
    find: `[ATTR_URL_SCHEME]: "http",`,
    replace: `[ATTR_URL_SCHEME]: "http", session: String(entry.sessionName),`,
    killedBy: ["unit/adapters/opentelemetry/request-facts"],
  },
  {
    name: "two traceparents are one",
    in: "callersSpan",
    find: `header === undefined || others.length > 0`,
    replace: `header === undefined`,
    killedBy: ["unit/adapters/opentelemetry/trace-parent"],
  },
  {
    name: "a collector's key is sent unencrypted",
    in: "collectorFrom",
    find: `withHeaders && !isSecure(url)`,
    replace: `withHeaders && url.host === ""`,
    killedBy: ["unit/functions/http/telemetry/settings"],
  },
  {
    name: "a header may have a line break",
    in: "tracesFrom",
    find: `|| !/^[ -~]*$/.test(text)`,
    replace: ``,
    killedBy: ["unit/functions/http/telemetry/settings"],
  },
  {
    name: "the port of the metrics is the server's own",
    in: "metricsPortFrom",
    find: `port !== 0 && port === ofServer`,
    replace: `port < 0 && port === ofServer`,
    killedBy: ["unit/functions/http/telemetry/settings"],
  },
  {
    name: "the metrics are on all addresses",
    in: "serveMetrics",
    find: `server.listen(port, HOST,`,
    replace: `server.listen(port, "0.0.0.0",`,
    killedBy: ["unit/functions/http/telemetry/metrics-server"],
  },
  {
    name: "an answer without a line in the log counts as vended",
    in: "watchedBy",
    find: `const traceId = one?.telemetry.traceId;`,
    replace: `const traceId = one?.telemetry.traceId; if (one !== undefined) one.entry = entry;`,
    killedBy: ["unit/functions/http/telemetry/watched"],
  },
];
