import { availableParallelism } from "node:os";
import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import { callRows } from "./rows/calls.ts";
import { coldRows } from "./rows/cold.ts";
import { hitRows } from "./rows/hits.ts";
import { memoryRows } from "./rows/memory.ts";
import { refusedRows } from "./rows/refused.ts";
import { signingRows } from "./rows/signing.ts";
import { sizeRows } from "./rows/size.ts";
import { telemetryRows } from "./rows/telemetry.ts";
import { throughputRows } from "./rows/throughput.ts";
import { warmRows } from "./rows/warm.ts";
import { setStage } from "./stage.ts";
import { HEADING, lineOfRow, type Row } from "./table.ts";
import { withRedis } from "./with-redis.ts";
import { withSts } from "./with-sts.ts";

const USAGE = `npm run bench [-- --quick] [--only TOPIC]

  --quick   fewer rounds: the figures vary more
  --only    one topic: size, signing, cold, warm, hits, refused, telemetry, throughput, calls or memory`;

const { quick, only } = optionsOrUsage(
  { quick: { type: "boolean", default: false }, only: { type: "string" } },
  USAGE,
);

/** In the order of the table. */
const TOPICS: Readonly<Record<string, () => Promise<readonly Row[]> | readonly Row[]>> = {
  size: () => sizeRows(reports),
  signing: () => signingRows(quick ? 10 : 60),
  cold: () => withSts({ delayMs: 0 }, (sts) => coldRows(sts, quick ? 11 : 31)),
  warm: () => {
    const rounds = quick ? { warmUp: 500, measured: 100 } : { warmUp: 1_000, measured: 400 };
    // The bare call, the function and its peers: none waits while it warms up.
    return withSts({ delayMs: 20, atOnce: 5 * rounds.warmUp }, (sts) => warmRows(sts, rounds));
  },
  hits: () => withSts({ delayMs: 0 }, (sts) => hitRows(sts, quick ? 10 : 40)),
  refused: () => withSts({ delayMs: 0 }, (sts) => refusedRows(sts, quick ? 10 : 40)),
  telemetry: () => withSts({ delayMs: 0 }, (sts) => telemetryRows(sts, quick ? 10 : 40)),
  throughput: () => {
    const count = quick
      ? { rounds: 5, hits: 2_000, misses: 500 }
      : { rounds: 15, hits: 10_000, misses: 1_000 };
    return withSts({ delayMs: 0 }, (sts) => withRedis((redis) => throughputRows(sts, count, redis)));
  },
  calls: () => withSts({ delayMs: 20 }, (sts) => withRedis((redis) => callRows(sts, redis))),
  memory: () => withSts({ delayMs: 0 }, (sts) => memoryRows(sts, quick ? 20_000 : 100_000)),
};

if (only !== undefined && TOPICS[only] === undefined) calledWrongly(`unknown topic "${only}"`, USAGE);
console.log(
  `Node ${process.versions.node}, ${availableParallelism()} cores; STS is a stub in another process. x: median of the ratios of each round; a cold start's are to the floor\n`,
);
const reports = await setStage();
console.log(HEADING);
for (const [name, rows] of Object.entries(TOPICS)) {
  if (only !== undefined && name !== only) continue;
  for (const row of await rows()) console.log(lineOfRow(row));
}
