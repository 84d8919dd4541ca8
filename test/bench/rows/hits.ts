import { BUNDLE, BUNDLE_RS256, run, settings } from "../stage.ts";
import { median, ratios, spreadOf } from "../statistics.ts";
import { atMost, figure, type Row, times, us } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";

const USERS = 100;

/** What an answer from the cache costs, beside the verification of its token: ratios of each round's processor time. */
export async function hitRows(sts: MeasuredSts, rounds: number): Promise<readonly Row[]> {
  const measured = (await run(
    "warm-hits",
    settings(sts.port, { CREDENTIAL_CACHE: "memory" }),
    ...[rounds, 500, USERS].map(String),
    BUNDLE,
    BUNDLE_RS256,
  )) as Readonly<Record<string, readonly number[]>>;
  // Each bundle has a cache of its own.
  const calls = await sts.calls();
  if (calls !== 2 * USERS) throw new Error(`${calls} calls of STS: these were no hits`);
  const of = (name: string): readonly number[] => measured[name] ?? [];
  const beside = (algorithm: string, limit?: number): readonly Row[] => {
    const [hit, verify] = [of(`hit${algorithm}`), of(`verify${algorithm}`)];
    const ratio = spreadOf(ratios(hit, verify));
    return [
      figure(`warm hit (${algorithm}), whole handler`, spreadOf(hit), us),
      figure(`– beside one jsonwebtoken.verify (${algorithm})`, ratio, times, {
        beside: us(median(verify)),
        ...(limit === undefined ? {} : { target: atMost(limit, ratio.median, " x") }),
      }),
    ];
  };
  return [...beside("RS256", 1.5), ...beside("HS256")];
}
