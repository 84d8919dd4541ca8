import { run, settings } from "../stage.ts";
import { type Spread, spreadOf } from "../statistics.ts";
import { atMost, figure, grouped, type Row } from "../table.ts";
import type { MeasuredSts } from "../with-sts.ts";

/**
 * The memory of one instance of 128 MB while it answers requests of ever new users: the worst case for its cache, which
 * fills up to its bound.
 */
export async function memoryRows(sts: MeasuredSts, count: number): Promise<readonly Row[]> {
  const environment = settings(sts.port, { CREDENTIAL_CACHE: "memory", FC_FUNCTION_MEMORY_SIZE: "128" });
  const residentMB = (await run("many-requests", environment, String(count))) as readonly number[];
  const tenthBefore = (percent: number): Spread => spreadOf(residentMB.slice(percent - 10, percent));
  const [tenth, half, end] = [tenthBefore(10), tenthBefore(50), tenthBefore(100)];
  const growth = end.median - half.median;
  return [
    figure(`resident set after ${grouped(count)} misses, 50 at once`, end, (mb) => `${mb.toFixed(0)} MB`, {
      beside: `after a tenth ${tenth.median.toFixed(0)}`,
      target: atMost(90, end.median, " MB"),
    }),
    {
      metric: "– its growth from the half to the end",
      measured: `${growth.toFixed(1)} MB`,
      target: atMost(2, growth, " MB"),
    },
  ];
}
