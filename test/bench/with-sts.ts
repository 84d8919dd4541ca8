import { start } from "./stage.ts";

/** Runs a measurement beside an STS that answers after this delay, the first `atOnce` calls without it. */
export async function withSts<T>(
  sts: { readonly delayMs: number; readonly atOnce?: number },
  measure: (port: number) => Promise<T>,
): Promise<T> {
  const stub = start("sts-stub", {}, String(sts.delayMs), String(sts.atOnce ?? 0));
  try {
    return await measure(Number(await stub.reported));
  } finally {
    await stub.stop();
  }
}
