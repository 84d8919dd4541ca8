import { isSpanContextValid, type SpanContext, TraceFlags } from "@opentelemetry/api";

/**
 * The caller's span, from W3C's header `traceparent`; undefined when there is none, more than one, or one that is not valid.
 * `tracestate` and `baggage` are not read: they are texts of the caller's choosing, and would end in the operator's traces.
 * Source: W3C Trace Context, 3.2.
 */
export function callersSpan(traceparents: readonly string[]): SpanContext | undefined {
  const [header, ...others] = traceparents;
  if (header === undefined || others.length > 0) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", more = ""] = TRACEPARENT.exec(header) ?? [];
  // A later version may have more fields. ff is no version.
  if (version === undefined || version === "ff" || (version === "00" && more !== "")) return undefined;
  const sampled = (Number.parseInt(flags, 16) & TraceFlags.SAMPLED) === TraceFlags.SAMPLED;
  const span = {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: true,
  };
  // Nothing but zeros is no ID.
  return isSpanContextValid(span) ? span : undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.{0,400})?$/;
