import type { InvocationResult } from "./running-function.ts";

/** The headers that InvokeFunction, and FC's images, report an invocation with. */
export function invocationHeaders(
  result: InvocationResult,
  log: "with log" | "without log",
): Readonly<Record<string, string>> {
  return {
    "X-Fc-Invocation-Duration": String(Math.ceil(result.durationMs)),
    "X-Fc-Max-Memory-Usage": String(result.maxMemoryMb),
    ...(result.errorType === undefined ? {} : { "X-Fc-Error-Type": result.errorType }),
    ...(log === "with log" ? { "X-Fc-Log-Result": Buffer.from(result.logTail).toString("base64") } : {}),
  };
}
