import { run, settings } from "../stage.ts";
import { spreadOf } from "../statistics.ts";
import { atMost, figure, grouped, type Row } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";

/**
 * The memory of one instance of 128 MB while it answers requests of ever new users: the worst case for its cache, which
 * fills up to its bound.
 */
export async function memoryRows(sts: MeasuredSts, count: number): Promise<readonly Row[]> {
  const environment = settings(sts.port, { CREDENTIAL_CACHE: "memory", FC_FUNCTION_MEMORY_SIZE: "128" });
  const { residentMB, inUseMB } = (await run("many-requests", environment, String(count))) as {
    readonly residentMB: readonly number[];
    readonly inUseMB: readonly [half: number, end: number];
  };
  const resident = spreadOf(residentMB.slice(-25));
  const [half, end] = inUseMB;
  return [
    figure(
      `resident set after ${grouped(count)} misses, 50 at once`,
      resident,
      (mb) => `${mb.toFixed(0)} MB`,
      {
        beside: `at most ${Math.max(...residentMB).toFixed(0)}`,
        target: atMost(90, resident.median, " MB"),
      },
    ),
    {
      metric: "– in use after a collection: growth from the half to the end",
      measured: `${(end - half).toFixed(1)} MB (from ${half.toFixed(1)})`,
      target: atMost(1, end - half, " MB"),
    },
  ];
}
