import { run, settings } from "../stage.ts";
import { differences, median, spreadOf } from "../statistics.ts";
import { atMost, figure, type Row, signedMs } from "../table.ts";
import { PEERS } from "./peers.ts";

/** What each answer costs above a bare signed call, while STS takes 20 ms: differences within each round. */
export async function warmRows(
  stsPort: number,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<readonly Row[]> {
  const measured = (await run(
    "warm-misses",
    settings(stsPort),
    String(rounds.warmUp),
    String(rounds.measured),
  )) as Readonly<Record<string, readonly number[]>>;
  const of = (name: string): readonly number[] => measured[name] ?? [];
  const above = (metric: string, name: string, base: string, limit?: number): Row => {
    const difference = spreadOf(differences(of(name), of(base)));
    return figure(metric, difference, signedMs, {
      beside: `p50 ${median(of(name)).toFixed(2)}`,
      ...(limit === undefined ? {} : { target: atMost(limit, difference.median, " ms") }),
    });
  };
  return [
    figure("bare signed call, STS at 20 ms", spreadOf(of("bare")), (ms) => `${ms.toFixed(2)} ms`),
    above("warm miss above it", "ours", "bare", 0.6),
    ...PEERS.map(({ name, handler }) => above(`peer: ${name}, handler alone, above it`, handler, "bare")),
    above("warm miss above ali-oss' class", "ours", "aliOss", 0.25),
  ];
}
