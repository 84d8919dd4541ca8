import { openTelemetry } from "../../../shared/adapters/opentelemetry.ts";
import { stdoutAuditLog } from "../../../shared/adapters/stdout-audit-log.ts";
import type { ProblemIn } from "../../../shared/domain/problem.ts";
import type { AuditLog, Clock } from "../../../shared/ports.ts";
import type { Service } from "../http.ts";
import { type Environment, settingsOf } from "../settings.ts";
import { VERSION } from "../version.ts";
import { serveMetrics } from "./metrics-server.ts";
import { telemetrySettingsFrom } from "./settings.ts";
import { watchedBy } from "./watched.ts";

/** Metrics and traces of a server. */
export interface ServerTelemetry {
  /** Mistakes in the settings. A server that has one does not start. */
  readonly problems: readonly ProblemIn[];
  readonly auditLog: (log: AuditLog) => AuditLog;
  /** The service with its requests watched. It was composed with {@link auditLog}. */
  readonly watched: (service: Service) => Service;
  /** Opens the port of the metrics, where one is set. */
  readonly listen: () => Promise<void>;
}

/** A file of its own when deployed: where neither metrics nor traces are asked for, nothing of it is loaded. */
export function telemetryFrom(environment: Environment): ServerTelemetry {
  const settings = settingsOf(environment);
  const { metricsPort, traces, resource } = telemetrySettingsFrom(settings);
  const clock: Clock = { nowMs: Date.now };
  const usable = settings.problems.length === 0;
  const telemetry = openTelemetry({
    version: VERSION,
    resource: { "service.version": VERSION, ...resource },
    metrics: usable && metricsPort !== undefined,
    traces: usable ? traces : undefined,
    clock,
    onWarning: stdoutAuditLog(clock).warn,
  });
  const { metricsText } = telemetry;
  const watch = watchedBy(telemetry);
  return {
    problems: settings.problems,
    auditLog: watch.auditLog,
    watched: (service) => ({
      ...service,
      handle: watch.handle(service.handle),
      close: () => Promise.allSettled([service.close?.(), telemetry.close()]),
    }),
    listen: async () => {
      if (metricsPort !== undefined && metricsText !== undefined)
        await serveMetrics(metricsPort, metricsText);
    },
  };
}
