import type { FuzzTarget } from "./target.ts";
import { LawBroken } from "./target.ts";

/** Why an input is a finding. */
export interface Fault {
  /** The same for all inputs that find the same. */
  readonly key: string;
  readonly message: string;
}

/**
 * Milliseconds that one execution may take, at best of three: far above what any input needs on a busy machine, and far
 * below a pattern that backtracks.
 */
const MAX_EXECUTION_MS = 500;

/** Runs one input. undefined: it broke no law, threw nothing, and was quick. */
export async function faultOf(target: FuzzTarget, input: Buffer): Promise<Fault | undefined> {
  const first = await timed(target, input);
  if (first.fault !== undefined || first.ms <= MAX_EXECUTION_MS) return first.fault;
  const again = [await timed(target, input), await timed(target, input)];
  const ms = Math.min(first.ms, ...again.map((one) => one.ms));
  return ms <= MAX_EXECUTION_MS ? undefined : { key: "slow", message: `takes ${Math.round(ms)} ms` };
}

async function timed(
  target: FuzzTarget,
  input: Buffer,
): Promise<{ readonly ms: number; readonly fault: Fault | undefined }> {
  const startedMs = performance.now();
  let fault: Fault | undefined;
  try {
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    fault = faultFrom(error);
  }
  return { ms: performance.now() - startedMs, fault };
}

function faultFrom(error: unknown): Fault {
  if (error instanceof LawBroken) return { key: `law: ${error.law}`, message: error.message };
  if (!(error instanceof Error)) return { key: `thrown ${typeof error}`, message: String(error) };
  const [frame = ""] = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return {
    key: `${error.name}${frame.replace(/\(.*\/|:\d+\)?$/g, "")}`,
    message: error.stack ?? String(error),
  };
}
