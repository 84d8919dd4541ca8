import {
  type Attributes,
  type HrTime,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { ATTR_ERROR_TYPE, ATTR_URL_PATH } from "@opentelemetry/semantic-conventions";
import type { AuditEntry, Step } from "../../ports.ts";
import { httpFacts, knownMethod, OURS, refusalFacts, routeOf, sourceOf, stepFacts } from "./request-facts.ts";
import { callersSpan } from "./trace-parent.ts";

/** The span of one request, until it ends. */
export interface RequestTrace {
  readonly traceId: string;
  ended(entry: AuditEntry, endMs: number): void;
}

/** A span for each request that is sampled, and one in it for each step. Times in milliseconds since the epoch. */
export function requestTraces(
  tracer: Tracer,
): (method: string, traceparents: readonly string[], startMs: number) => RequestTrace | undefined {
  return (method, traceparents, startMs) => {
    const parent = callersSpan(traceparents);
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const options = { kind: SpanKind.SERVER, startTime: timeOf(startMs) };
    const span = tracer.startSpan(knownMethod(method), options, context);
    if (!span.isRecording()) return undefined;
    return {
      traceId: span.spanContext().traceId,
      ended: (entry, endMs) => {
        const attributes = factsOf(entry);
        span.updateName([knownMethod(entry.method), routeOf(entry)].filter(Boolean).join(" "));
        span.setAttributes(attributes);
        if (attributes[ATTR_ERROR_TYPE] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
        const within = trace.setSpan(context, span);
        // A step begins when the one before it ends. What comes before the first one takes no time worth naming.
        let atMs = startMs;
        for (const [step, ms] of Object.entries(entry.steps ?? {}) as [Step, number][]) {
          const facts = stepFacts(step, entry);
          const child = tracer.startSpan(step, { startTime: timeOf(atMs), attributes: facts }, within);
          if (facts[ATTR_ERROR_TYPE] !== undefined) child.setStatus({ code: SpanStatusCode.ERROR });
          atMs = Math.min(atMs + ms, endMs);
          child.end(timeOf(atMs));
        }
        span.end(timeOf(endMs));
      },
    };
  };
}

function factsOf(entry: AuditEntry): Attributes {
  const route = routeOf(entry);
  const source = sourceOf(entry);
  return {
    ...httpFacts(entry),
    ...(route === undefined ? {} : { [ATTR_URL_PATH]: route }),
    ...(source === undefined ? {} : { [OURS.credentialsSource]: source }),
    ...refusalFacts(entry),
    [OURS.answerCode]: entry.code,
    [OURS.requestId]: entry.requestId,
  };
}

/** OpenTelemetry takes a small number for one of performance.now(). A pair of seconds and nanoseconds is never taken for one. */
function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
