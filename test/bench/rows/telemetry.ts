import { run, settings } from "../stage.ts";
import { differences, median, spreadOf } from "../statistics.ts";
import { figure, type Row, us } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";

const USERS = 100;

/** What metrics and traces add to an answer from the cache: differences of each round's processor time. */
export async function telemetryRows(sts: MeasuredSts, rounds: number): Promise<readonly Row[]> {
  const measured = (await run(
    "watched-hits",
    settings(sts.port, { CREDENTIAL_CACHE: "memory" }),
    ...[rounds, 500, USERS].map(String),
    // Any answer of JSON with 200 means that the spans have arrived.
    `http://127.0.0.1:${sts.port}`,
  )) as Readonly<Record<string, readonly number[]>>;
  const of = (name: string): readonly number[] => measured[name] ?? [];
  const added = (what: string, name: string): Row =>
    figure(`${what}, added to a warm hit`, spreadOf(differences(of(name), of("off"))), us, {
      beside: `of ${us(median(of("off")))}`,
    });
  return [added("metrics", "metrics"), added("traces, every request", "traces"), added("both", "both")];
}
