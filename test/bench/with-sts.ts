import { start } from "./stage.ts";

export interface StsOptions {
  /** Of an answer. */
  readonly delayMs: number;
  /** So many first calls are answered without the delay. */
  readonly atOnce?: number;
  /** Refuses every call, and asks for a pause of 30 s. */
  readonly throttles?: boolean;
}

export interface MeasuredSts {
  readonly port: number;
  /** How many calls of AssumeRole it has had. */
  calls(): Promise<number>;
}

/** Runs a measurement beside an STS of its own. */
export async function withSts<T>(
  { delayMs, atOnce = 0, throttles = false }: StsOptions,
  measure: (sts: MeasuredSts) => Promise<T>,
): Promise<T> {
  const stub = start("sts-stub", {}, String(delayMs), String(atOnce), throttles ? "throttles" : "answers");
  try {
    const port = Number(await stub.reported);
    return await measure({
      port,
      calls: async () => Number(await (await fetch(`http://127.0.0.1:${port}/calls`)).json()),
    });
  } finally {
    await stub.stop();
  }
}
