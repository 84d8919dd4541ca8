import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";

/** Which requests are traced, in the words of OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. */
export interface Sampling {
  readonly root: "always_on" | "always_off" | "traceidratio";
  /** Whether the caller decides where it sends a `traceparent`. */
  readonly parentBased: boolean;
  /** For `traceidratio`: 0 to 1. */
  readonly ratio: number;
}

export function samplerFor({ root, parentBased, ratio }: Sampling): Sampler {
  const own =
    root === "always_on"
      ? new AlwaysOnSampler()
      : root === "always_off"
        ? new AlwaysOffSampler()
        : new TraceIdRatioBasedSampler(ratio);
  return parentBased ? new ParentBasedSampler({ root: own }) : own;
}
