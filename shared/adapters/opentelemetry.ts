import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Clock, Telemetry } from "../ports.ts";
import { exposition, metricReader } from "./opentelemetry/exposition.ts";
import { processMetrics } from "./opentelemetry/process-metrics.ts";
import { requestMetrics } from "./opentelemetry/request-metrics.ts";
import { requestTraces } from "./opentelemetry/request-traces.ts";
import { type Sampling, samplerFor } from "./opentelemetry/sampler.ts";
import { spanExporter } from "./opentelemetry/span-exporter.ts";

export interface OpenTelemetryOptions {
  readonly version: string;
  /** Who sends all this: service.name and others, in the names of the semantic conventions. */
  readonly resource: Readonly<Record<string, string>>;
  readonly metrics: boolean;
  /** undefined: no traces. */
  readonly traces: TraceOptions | undefined;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

export interface TraceOptions {
  /** The collector's whole address. Its path may have a key in it. */
  readonly url: string;
  /** Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sampling: Sampling;
}

export interface OpenTelemetry extends Telemetry {
  /** Prometheus text of all metrics; undefined where there are none. */
  readonly metricsText: (() => Promise<string>) | undefined;
  /** Sends the spans that wait, and ends. Takes no longer than the collector's time, {@link EXPORT_TIMEOUT_MS}. Never rejects. */
  close(): Promise<void>;
}

/**
 * Spans that wait for the collector. Further ones are lost, so that a collector that is gone costs about 4 MB and no request.
 * OpenTelemetry's own defaults (OTEL_BSP_*).
 */
const MAX_SPANS = { maxQueueSize: 2048, maxExportBatchSize: 512 };

/** Milliseconds that spans wait for others, so that a batch is one request. OpenTelemetry waits 5,000; FC may freeze us before. */
const BATCH_DELAY_MS = 1_000;

/** Milliseconds for one batch, with new attempts. Ours: a collector beside the function answers in much less. */
const EXPORT_TIMEOUT_MS = 5_000;

/** Metrics and traces by OpenTelemetry. */
export function openTelemetry(options: OpenTelemetryOptions): OpenTelemetry {
  const { version, clock, traces, onWarning } = options;
  const resource = defaultResource().merge(resourceFromAttributes({ ...options.resource }));
  const reader = options.metrics ? metricReader() : undefined;
  const meters = reader && new MeterProvider({ resource, readers: [reader] });
  const meter = meters?.getMeter(SCOPE, version);
  const metrics = meter && requestMetrics(meter);
  const ofProcess = meter && processMetrics(meter);
  const tracers =
    traces &&
    new TracerProvider({
      resource,
      sampler: samplerFor(traces.sampling),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: spanExporter({ ...traces, timeoutMs: EXPORT_TIMEOUT_MS, clock, onWarning }),
          scheduledDelayMillis: BATCH_DELAY_MS,
          exportTimeoutMillis: EXPORT_TIMEOUT_MS,
          ...MAX_SPANS,
        }),
      ],
    });
  const traceOf = tracers && requestTraces(tracers.getTracer(SCOPE, version));
  return {
    began: (method, traceparents) => {
      // The wall clock says when, the monotonic one how long: neither a clock that is set nor a freeze makes a time negative.
      const startMs = clock.nowMs();
      const started = performance.now();
      metrics?.began(method);
      const trace = traceOf?.(method, traceparents, startMs);
      return {
        traceId: trace?.traceId,
        ended: (entry) => {
          const ms = performance.now() - started;
          metrics?.ended(entry, ms / 1000);
          trace?.ended(entry, startMs + ms);
        },
      };
    },
    metricsText: reader && (() => exposition(reader)),
    close: async () => {
      ofProcess?.close();
      await Promise.allSettled([tracers?.shutdown(), meters?.shutdown()]);
    },
  };
}

const SCOPE = "oss-valet";
