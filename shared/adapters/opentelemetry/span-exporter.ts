import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { Clock } from "../../ports.ts";

export interface CollectorOptions {
  /** The whole address. Its path may have a key in it. */
  readonly url: string;
  /** Secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one batch, with all its attempts. Milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly onWarning: (message: string) => void;
}

/** Milliseconds between two lines about the same trouble. Ours. */
const WARN_EVERY_MS = 600_000;

/** Sends spans to a collector, as JSON over HTTP. A batch that it does not take is lost, and a line in the log says so. */
export function spanExporter({ url, headers, timeoutMs, clock, onWarning }: CollectorOptions): SpanExporter {
  const otlp = new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: timeoutMs });
  const { host } = new URL(url);
  let lost = 0;
  let nextWarningMs = 0;
  return {
    export: (spans, done) =>
      otlp.export(spans, (result) => {
        if (result.error !== undefined || result.code !== SUCCESS) {
          lost += spans.length;
          const nowMs = clock.nowMs();
          if (nowMs >= nextWarningMs) {
            nextWarningMs = nowMs + WARN_EVERY_MS;
            onWarning(
              `OTEL_EXPORTER_OTLP_ENDPOINT: the collector at ${host} does not take traces (${whyLost(result.error)}); ${lost} spans are lost so far. Requests are answered all the same`,
            );
          }
        }
        done(result);
      }),
    shutdown: () => otlp.shutdown(),
    forceFlush: () => otlp.forceFlush(),
  };
}

/** ExportResultCode.SUCCESS of @opentelemetry/core. */
const SUCCESS = 0;

/** A status or Node's word. Never a message: it may quote the address, and the answer of a stranger. */
function whyLost(error: (Error & { readonly code?: unknown }) | undefined): string {
  const code = error?.code;
  if (typeof code === "number") return `it answers ${code}`;
  return typeof code === "string" && /^[A-Z_]{1,40}$/.test(code) ? code : "no usable answer in time";
}
