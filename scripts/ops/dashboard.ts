import { LINE_FIELD } from "../../cli/shared/log-index.ts";

/** One chart of the dashboard. */
export interface Chart {
  readonly title: string;
  readonly type: "line" | "table" | "number" | "bar";
  readonly query: string;
  readonly xAxis: readonly string[];
  readonly yAxis: readonly string[];
}

const leaf = (name: string): string => `"${LINE_FIELD}.${name}"`;
const REQUESTS = `${LINE_FIELD}.code: *`;
const ON_OUR_PATHS = `WHERE ${leaf("path")} IN ('/credentials', '/uploads', '/downloads')`;
const EACH_MINUTE = "date_format(__time__ - __time__ % 60, '%m-%d %H:%i') AS minute";

/** What an operator looks at first, from the top: is it well, what is refused, who, how long, what STS and the caches do. */
export const CHARTS: readonly Chart[] = [
  {
    title: "Requests by status, each minute",
    type: "line",
    query: `${REQUESTS} | SELECT ${EACH_MINUTE}, count_if(${leaf("status")} < 400) AS granted, count_if(${leaf("status")} BETWEEN 400 AND 499) AS refused, count_if(${leaf("status")} >= 500) AS failed ${ON_OUR_PATHS} GROUP BY minute ORDER BY minute LIMIT 1440`,
    xAxis: ["minute"],
    yAxis: ["granted", "refused", "failed"],
  },
  {
    title: "Milliseconds: half of the requests, and 99 of 100",
    type: "line",
    query: `${REQUESTS} | SELECT ${EACH_MINUTE}, approx_percentile(${leaf("durationMs")}, 0.5) AS half, approx_percentile(${leaf("durationMs")}, 0.99) AS slowest ${ON_OUR_PATHS} GROUP BY minute ORDER BY minute LIMIT 1440`,
    xAxis: ["minute"],
    yAxis: ["half", "slowest"],
  },
  {
    title: "Refusals by reason",
    type: "table",
    query: `${LINE_FIELD}.refusal.code: * | SELECT ${leaf("refusal.code")} AS refusal, ${leaf("refusal.check")} AS "check", ${leaf("refusal.because")} AS because, ${leaf("refusal.stsCode")} AS stscode, count(*) AS n GROUP BY refusal, "check", because, stscode ORDER BY n DESC LIMIT 50`,
    xAxis: ["refusal"],
    yAxis: ["n"],
  },
  {
    title: "Users with most refusals",
    type: "table",
    query: `${LINE_FIELD}.refusal.code: * | SELECT ${leaf("sessionName")} AS who, ${leaf("issuer")} AS issuer, ${leaf("code")} AS code, count(*) AS n GROUP BY who, issuer, code ORDER BY n DESC LIMIT 20`,
    xAxis: ["who"],
    yAxis: ["n"],
  },
  {
    title: "Where credentials come from",
    type: "line",
    query: `${LINE_FIELD}.accessKeyId: * | SELECT ${EACH_MINUTE}, count_if(${leaf("cachedIn")} IS NULL OR ${leaf("cachedIn")} = '') AS sts, count_if(${leaf("cachedIn")} = 'memory') AS memory, count_if(${leaf("cachedIn")} = 'shared') AS shared, count_if(${leaf("cachedIn")} = 'bridge') AS bridge GROUP BY minute ORDER BY minute LIMIT 1440`,
    xAxis: ["minute"],
    yAxis: ["sts", "memory", "shared", "bridge"],
  },
  {
    title: "Milliseconds of each step, 99 of 100",
    type: "table",
    query: `${REQUESTS} | SELECT ${leaf("path")} AS path, count(*) AS n, approx_percentile(${leaf("steps.token")}, 0.99) AS token, approx_percentile(${leaf("steps.grant")}, 0.99) AS "grant", approx_percentile(${leaf("steps.policy")}, 0.99) AS policy, approx_percentile(${leaf("steps.sts")}, 0.99) AS sts, approx_percentile(${leaf("steps.sign")}, 0.99) AS sign ${ON_OUR_PATHS} GROUP BY path LIMIT 10`,
    xAxis: ["path"],
    yAxis: ["n"],
  },
  {
    title: "Rules that granted",
    type: "table",
    query: `${LINE_FIELD}.status: 200 | SELECT json_format(json_extract(${LINE_FIELD}, '$.rules')) AS rules, count(*) AS n GROUP BY rules ORDER BY n DESC LIMIT 20`,
    xAxis: ["rules"],
    yAxis: ["n"],
  },
  {
    title: "Warnings",
    type: "table",
    query: `${LINE_FIELD}.warning: * | SELECT ${leaf("warning")} AS warning, count(*) AS n, max(__time__) AS last GROUP BY warning ORDER BY n DESC LIMIT 20`,
    xAxis: ["warning"],
    yAxis: ["n"],
  },
  {
    title: "Cold starts, each minute",
    type: "line",
    query: `isColdStart: true | SELECT ${EACH_MINUTE}, count(*) AS n GROUP BY minute ORDER BY minute LIMIT 1440`,
    xAxis: ["minute"],
    yAxis: ["n"],
  },
];

export const DASHBOARD_NAME = "oss-valet";
export const DASHBOARD_TITLE = "oss-valet";

/** Units of the console's grid: two charts beside each other. Source: the example of alicloud_log_dashboard, width 10, height 12. */
const SIZE = { width: 10, height: 12 };

/** `logstore`: its name, or what stands for it. */
export function chartsFor(logstore: unknown): readonly object[] {
  return CHARTS.map(({ title, type, query, xAxis, yAxis }, index) => ({
    action: {},
    title,
    type,
    search: { logstore, topic: "", query, start: "-3600s", end: "now" },
    display: {
      xAxis,
      yAxis,
      xPos: (index % 2) * SIZE.width,
      yPos: Math.floor(index / 2) * SIZE.height,
      ...SIZE,
      displayName: title,
    },
  }));
}
