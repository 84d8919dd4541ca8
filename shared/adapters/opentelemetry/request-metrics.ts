import type { Meter } from "@opentelemetry/api";
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_ROUTE,
  ATTR_URL_SCHEME,
  METRIC_HTTP_SERVER_REQUEST_DURATION,
} from "@opentelemetry/semantic-conventions";
import type { AuditEntry, Step } from "../../ports.ts";
import {
  httpFacts,
  knownMethod,
  OURS,
  refusalFacts,
  routeOf,
  SOURCES,
  sourceOf,
  stepFacts,
} from "./request-facts.ts";

/** The metrics of requests, as they begin and end. */
export interface RequestMetrics {
  began(method: string): void;
  /** `seconds`: from the request, read whole, to its answer. */
  ended(entry: AuditEntry, seconds: number): void;
}

/**
 * Seconds. The conventions' own boundaries for http.server.request.duration begin at 0.005. Ours begin lower: an answer from
 * the memory takes less than a millisecond, and would be in one bucket with everything else.
 */
const SECONDS = [
  0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5,
  10,
];

export function requestMetrics(meter: Meter): RequestMetrics {
  const advice = { explicitBucketBoundaries: SECONDS };
  const duration = meter.createHistogram(METRIC_HTTP_SERVER_REQUEST_DURATION, {
    description: "Duration of HTTP server requests",
    unit: "s",
    advice,
  });
  const steps = meter.createHistogram("oss_valet.step.duration", {
    description: "Duration of one step of a request: token, grant, policy, sts, sign",
    unit: "s",
    advice,
  });
  const vended = meter.createCounter("oss_valet.credentials.vended", {
    description: "Answers with credentials, by where the credentials came from",
    unit: "{credential}",
  });
  const signed = meter.createCounter("oss_valet.objects.signed", {
    description: "Forms and URLs that were signed",
    unit: "{object}",
  });
  const refusals = meter.createCounter("oss_valet.refusals", {
    description: "Requests that were refused, by the full reason, which the caller does not get to see",
    unit: "{refusal}",
  });
  // A counter that is there from the start: the first increase counts, too.
  for (const source of SOURCES) vended.add(0, { [OURS.credentialsSource]: source });

  const active = new Map<string, number>();
  meter
    .createObservableUpDownCounter("http.server.active_requests", {
      description: "Requests that have no answer yet",
      unit: "{request}",
    })
    .addCallback((result) => {
      for (const [method, count] of active)
        result.observe(count, { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: "http" });
    });
  const moved = (method: string, by: 1 | -1): void => {
    const known = knownMethod(method);
    active.set(known, (active.get(known) ?? 0) + by);
  };

  return {
    began: (method) => moved(method, 1),
    ended: (entry, seconds) => {
      moved(entry.method, -1);
      duration.record(seconds, httpFacts(entry));
      for (const [step, ms] of Object.entries(entry.steps ?? {}))
        steps.record(ms / 1000, stepFacts(step as Step, entry));
      const refusal = refusalFacts(entry);
      if (refusal !== undefined) refusals.add(1, refusal);
      const source = sourceOf(entry);
      if (source !== undefined) vended.add(1, { [OURS.credentialsSource]: source });
      if (entry.code === "Success" && entry.count !== undefined)
        signed.add(entry.count, { [ATTR_HTTP_ROUTE]: routeOf(entry) });
    },
  };
}
