import { run, settings } from "../stage.ts";
import { atMost, type Row } from "../table.ts";

export async function memoryRows(stsPort: number, count: number): Promise<readonly Row[]> {
  const result = (await run("many-requests", settings(stsPort), String(count))) as {
    readonly residentMB: readonly number[];
    readonly cpuMicrosecondsPerRequest: number;
  };
  const [early = 0, half = 0, end = 0] = result.residentMB;
  return [
    {
      metric: `resident set after ${count.toLocaleString("en")} misses, 50 at once`,
      measured: `${end.toFixed(0)} MB (a tenth ${early.toFixed(0)}, half ${half.toFixed(0)})`,
      target: atMost(90, end, " MB"),
    },
    { metric: "processor time of a miss", measured: `${result.cpuMicrosecondsPerRequest.toFixed(0)} us` },
  ];
}
