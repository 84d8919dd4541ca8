import { BUNDLE_ALGORITHMS, run, settings } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { figure, type Row, times, us } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";

const ALGORITHMS = ["HS256", "RS256", "ES256"];

/** What a refused token costs, beside a good one whose credentials are in the cache: ratios of each round's processor time. */
export async function refusedRows(sts: MeasuredSts, rounds: number): Promise<readonly Row[]> {
  const measured = (await run(
    "refused-tokens",
    settings(sts.port, { CREDENTIAL_CACHE: "memory", BUNDLE: BUNDLE_ALGORITHMS }),
    String(rounds),
    "200",
  )) as Readonly<Record<string, readonly number[]>>;
  // One user of each issuer, and no refused token.
  const calls = await sts.calls();
  if (calls !== ALGORITHMS.length) throw new Error(`${calls} calls of STS: these were no hits`);
  const of = (name: string): readonly number[] => measured[name] ?? [];
  const beside = (metric: string, name: string, base: string): Row =>
    figure(metric, spreadOf(ratios(of(name), of(base))), times, { beside: us(median(of(name))) });
  return [
    ...ALGORITHMS.map((algorithm) =>
      beside(
        `refused token (${algorithm}, forged signature), beside a hit with a good one`,
        `refused${algorithm}`,
        `hit${algorithm}`,
      ),
    ),
    beside("refused token (no JWT), beside a hit (RS256)", "shape", "hitRS256"),
    beside("limited by address, beside a refused token (RS256)", "limited", "refusedRS256"),
    beside("limited by address, beside a refused token (ES256)", "limited", "refusedES256"),
  ];
}
