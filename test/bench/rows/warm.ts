import { BUNDLE, run, settings } from "../stage.ts";
import { differences, median, spreadOf } from "../statistics.ts";
import { atMost, figure, type Row, signedMs } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";
import { PEERS } from "./peers.ts";

/** What an answer costs above a bare signed call, while STS takes 20 ms: differences within each round. */
export async function warmRows(
  sts: MeasuredSts,
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<readonly Row[]> {
  const handlers = [BUNDLE, ...PEERS.map(({ handler }) => handler)];
  const [bare = [], ours = [], ...peers] = (await run(
    "warm-misses",
    settings(sts.port),
    ...[rounds.warmUp, rounds.measured].map(String),
    ...handlers,
  )) as readonly (readonly number[])[];
  const above = (metric: string, ms: readonly number[], base: readonly number[], limit?: number): Row => {
    const difference = spreadOf(differences(ms, base));
    return figure(metric, difference, signedMs, {
      beside: `p50 ${median(ms).toFixed(2)}`,
      ...(limit === undefined ? {} : { target: atMost(limit, difference.median, " ms") }),
    });
  };
  return [
    figure("bare signed call, STS at 20 ms", spreadOf(bare), (ms) => `${ms.toFixed(2)} ms`),
    above("warm miss, above it", ours, bare, 0.6),
    ...PEERS.map(({ client }, at) => above(`peer: ${client}, above it`, peers[at] ?? [], bare)),
    above("warm miss, above ali-oss' class", ours, peers[0] ?? [], 0.25),
  ];
}
