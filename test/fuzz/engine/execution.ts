import type { FuzzTarget } from "./target.ts";
import { LawBroken } from "./target.ts";

/** Why an input is a finding. */
export interface Fault {
  /** The same for all inputs that find the same. */
  readonly key: string;
  readonly message: string;
}

/**
 * Milliseconds of CPU time that one execution may take, at best of three: far above what any input needs, and far below a
 * pattern that backtracks.
 */
const MAX_EXECUTION_MS = 500;

/** Runs one input. undefined: it broke no law, threw nothing, and was quick. */
export async function faultOf(
  target: FuzzTarget,
  input: Buffer,
  maxMs: number = MAX_EXECUTION_MS,
): Promise<Fault | undefined> {
  const first = await timed(target, input);
  if (first.fault !== undefined || first.ms <= maxMs) return first.fault;
  const again = [await timed(target, input), await timed(target, input)];
  const ms = Math.min(first.ms, ...again.map((one) => one.ms));
  return ms <= maxMs ? undefined : { key: "slow", message: `takes ${Math.round(ms)} ms` };
}

async function timed(
  target: FuzzTarget,
  input: Buffer,
): Promise<{ readonly ms: number; readonly fault: Fault | undefined }> {
  const started = process.cpuUsage();
  let fault: Fault | undefined;
  try {
    const running = target.run(input);
    if (running !== undefined) await running;
  } catch (error) {
    fault = faultFrom(error);
  }
  const { user, system } = process.cpuUsage(started);
  return { ms: (user + system) / 1000, fault };
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
