import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openTelemetry } from "../../shared/adapters/opentelemetry.ts";
import { prometheusText } from "../support/prometheus-text.ts";
import { refusedEntry, signedEntry, vendedEntry } from "../support/telemetry-entries.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string }[];
}

const ROOT = join(import.meta.dirname, "../..");
const DASHBOARD = JSON.parse(readFileSync(join(ROOT, "ops/grafana/oss-valet.json"), "utf8")) as {
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly query: string | { readonly query: string } }[];
  };
};

/** What Prometheus puts to every series when it reads them. */
const OF_PROMETHEUS = ["job", "instance"];

/** By name of a series: the labels that some sample of it has. */
const exported = new Map<string, Set<string>>();

beforeAll(async () => {
  const telemetry = openTelemetry({
    version: "1.2.3",
    resource: { "service.name": "oss-valet" },
    metrics: true,
    traces: undefined,
    clock: { nowMs: Date.now },
    onWarning: () => undefined,
  });
  const entries = [
    vendedEntry(),
    signedEntry(2),
    refusedEntry({
      status: 401,
      code: "InvalidToken",
      refusal: { code: "TOKEN_INVALID", check: "signature" },
    }),
    refusedEntry({
      status: 503,
      code: "StsThrottled",
      refusal: { code: "STS_THROTTLED", retryAfterSeconds: 1 },
      steps: { token: 1, grant: 1, policy: 1, sts: 1 },
    }),
  ];
  for (const entry of entries) telemetry.began(entry.method, []).ended(entry);
  const text = await telemetry.metricsText?.();
  for (const { samples } of prometheusText(text ?? "").values())
    for (const { name, labels } of samples)
      exported.set(name, new Set([...(exported.get(name) ?? []), ...Object.keys(labels)]));
  await telemetry.close();
});

/** Selectors of a query: a name, and the labels in its braces. */
function selectorsIn(
  query: string,
): readonly { readonly name: string; readonly labels: readonly string[] }[] {
  return [...query.matchAll(/([a-z_0-9]+)\{([^}]*)\}/g)].map(([, name = "", inside = ""]) => ({
    name,
    labels: [...inside.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label),
  }));
}

const QUERIES = [
  ...DASHBOARD.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...DASHBOARD.templating.list.flatMap(({ query }) =>
    typeof query === "string" ? [] : [["a variable", query.query] as const],
  ),
];

describe("ops/grafana/oss-valet.json", () => {
  it.each(QUERIES)("%s asks for series and labels that server.js has: %s", (_title, query) => {
    const selectors = selectorsIn(query);
    expect(selectors).not.toEqual([]);
    for (const { name, labels } of selectors) {
      expect([...exported.keys()]).toContain(name);
      const known = [...(exported.get(name) ?? []), ...OF_PROMETHEUS];
      expect(known).toEqual(expect.arrayContaining([...labels]));
    }
    const grouped = [...query.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
    const all = [...OF_PROMETHEUS, ...selectors.flatMap(({ name }) => [...(exported.get(name) ?? [])])];
    expect(all).toEqual(expect.arrayContaining(grouped));
  });

  it("has panels for rate, errors, waiting time, cache, STS, 429 and memory, each at a place of its own", () => {
    const titles = DASHBOARD.panels.map(({ title }) => title);
    for (const title of ["Requests", "Refusals", "Waiting time", "Cache share", "STS", "Memory"])
      expect(titles).toContain(title);
    expect(titles.join()).toContain("429");
    const places = DASHBOARD.panels.map(({ gridPos: { x, y } }) => `${x},${y}`);
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(DASHBOARD.panels.map(({ id }) => id)).size).toBe(titles.length);
  });
});

it("docs/telemetry.md names every metric that is exported, in both languages", () => {
  for (const page of ["docs/telemetry.md", "docs/zh/telemetry.md"]) {
    const text = readFileSync(join(ROOT, page), "utf8");
    const families = [...exported.keys()].map((name) => name.replace(/_(bucket|sum|count)$/, ""));
    const missing = [...new Set(families)].filter((name) => {
      const [, start = name, end = ""] = /^(nodejs_eventloop_delay)(_\w+)$/.exec(name) ?? [];
      return !text.includes(start) || !text.includes(end);
    });
    expect(missing).toEqual([]);
  }
});
