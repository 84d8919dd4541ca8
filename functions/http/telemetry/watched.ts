import type { AuditEntry, AuditLog, RequestTelemetry, Telemetry } from "../../../shared/ports.ts";
import type { Service } from "../http.ts";

/** What stands around a function that is watched: before its requests, and before its log. */
export interface Watch {
  readonly handle: (handle: Service["handle"]) => Service["handle"];
  readonly auditLog: (log: AuditLog) => AuditLog;
}

/** Tells the telemetry of each request: when it begins, and, once its answer is made, what its line in the log says. */
export function watchedBy(telemetry: Telemetry): Watch {
  const open = new Map<string, OpenRequest>();
  return {
    handle: (handle) => async (request) => {
      const { requestId, method, headers } = request;
      const one: OpenRequest = {
        telemetry: telemetry.began(method, headers.get("traceparent") ?? []),
        entry: unanswered(requestId, method),
      };
      open.set(requestId, one);
      try {
        return await handle(request);
      } finally {
        open.delete(requestId);
        one.telemetry.ended(one.entry);
      }
    },
    auditLog: (log) => ({
      record: (entry) => {
        const one = open.get(entry.requestId);
        const traceId = one?.telemetry.traceId;
        log.record(traceId === undefined ? entry : { ...entry, traceId });
        // Only now: an answer whose line cannot be written becomes a 500, and hands out nothing.
        if (one !== undefined) one.entry = entry;
      },
    }),
  };
}

interface OpenRequest {
  readonly telemetry: RequestTelemetry;
  entry: AuditEntry;
}

/** What a request is that has no line in the log. */
function unanswered(requestId: string, method: string): AuditEntry {
  return { requestId, method, path: "", status: 500, durationMs: 0, code: "ServerError" };
}
