import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import type { MetricReader, ResourceMetrics } from "@opentelemetry/sdk-metrics";

/** Where the metrics are read from. Its own server does not start: it would answer on all addresses. */
export function metricReader(): MetricReader {
  return new PrometheusExporter({ preventServerStart: true });
}

/** All metrics as Prometheus text, version 0.0.4. */
export async function exposition(reader: MetricReader): Promise<string> {
  const { resourceMetrics } = await reader.collect();
  return new PrometheusSerializer("", false, undefined, false, true).serialize(withUnits(resourceMetrics));
}

/**
 * The unit becomes the end of the name, as OpenTelemetry's rules for Prometheus say. The exporter of version 0.223 leaves it out,
 * and every dashboard for http_server_request_duration_seconds would stay empty.
 */
function withUnits(all: ResourceMetrics): ResourceMetrics {
  return {
    ...all,
    scopeMetrics: all.scopeMetrics.map((scope) => ({
      ...scope,
      metrics: scope.metrics.map((metric) => {
        const { name, unit } = metric.descriptor;
        const suffix = SUFFIX[unit];
        const named = suffix === undefined ? name : `${name}_${suffix}`;
        return { ...metric, descriptor: { ...metric.descriptor, name: named, unit: "" } };
      }),
    })),
  };
}

/** What stands in braces, such as {request}, has none. Source: OpenTelemetry, "Prometheus and OpenMetrics Compatibility". */
const SUFFIX: Readonly<Record<string, string>> = { s: "seconds", By: "bytes", "1": "ratio" };
