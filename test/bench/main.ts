import { availableParallelism } from "node:os";
import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import { coldRows } from "./rows/cold.ts";
import { memoryRows } from "./rows/memory.ts";
import { signingRows } from "./rows/signing.ts";
import { sizeRows } from "./rows/size.ts";
import { warmRows } from "./rows/warm.ts";
import { setStage } from "./stage.ts";
import { HEADING, lineOfRow, type Row } from "./table.ts";
import { withSts } from "./with-sts.ts";

const USAGE = `npm run bench [-- --quick] [--only TOPIC]

  --quick   fewer rounds: the figures vary more
  --only    one topic: size, signing, cold, warm or memory`;

const { quick, only } = optionsOrUsage(
  { quick: { type: "boolean", default: false }, only: { type: "string" } },
  USAGE,
);
/** Of each variant. STS answers these at once. */
const WARM_UP_ROUNDS = 1_000;

/** In the order of the table. */
const TOPICS: Readonly<Record<string, () => Promise<readonly Row[]> | readonly Row[]>> = {
  size: () => sizeRows(reports),
  signing: () => signingRows(quick ? 20 : 60),
  cold: () => withSts({ delayMs: 0 }, (port) => coldRows(port, quick ? 15 : 31)),
  warm: () =>
    withSts({ delayMs: 20, atOnce: 5 * WARM_UP_ROUNDS }, (port) =>
      warmRows(port, { warmUp: WARM_UP_ROUNDS, measured: quick ? 100 : 400 }),
    ),
  memory: () => withSts({ delayMs: 0 }, (port) => memoryRows(port, quick ? 20_000 : 100_000)),
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
