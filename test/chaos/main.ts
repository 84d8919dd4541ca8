import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import type { Row } from "./cell.ts";
import { ROOT, startStage } from "./stage.ts";
import { HEADING, lineOf, writeDocs } from "./table.ts";
import { type Runnable, rowsOf } from "./topics.ts";

const USAGE = `npm run chaos [-- --quick] [--only TEXT] [--seed N] [--code FOLDER] [--bound MS] [--json FILE] [--docs]

  --quick   fewer requests in each row
  --only    only rows whose topic, trouble or share has this text
  --seed    which requests a fault strikes; default: 1
  --code    another checkout of this project, with its packages: its functions are built and tested
  --bound   milliseconds in which every request must have its answer; default: 5000
  --json    where the figures are written; default: dist/chaos.json
  --docs    writes the rows into the table of docs/reliability.md and docs/zh/reliability.md

Prints a row for each trouble. Exits with 1 when a law was broken: see docs/reliability.md.`;

const options = optionsOrUsage(
  {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    seed: { type: "string", default: "1" },
    code: { type: "string", default: ROOT },
    bound: { type: "string", default: "5000" },
    docs: { type: "boolean", default: false },
    json: { type: "string", default: join(ROOT, "dist/chaos.json") },
  },
  USAGE,
);
const seed = wholeNumber("seed");
const boundMs = wholeNumber("bound");
const cells = (await rowsOf({ quick: options.quick })).filter(isChosen);
if (cells.length === 0) calledWrongly(`no row has the text "${options.only}"`, USAGE);

function wholeNumber(name: "seed" | "bound"): number {
  const value = Number(options[name]);
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : calledWrongly(`--${name} ${options[name]}: write a whole number`, USAGE);
}

function isChosen({ topic, trouble, share }: Runnable): boolean {
  return options.only === undefined || `${topic}: ${trouble}, ${share}`.includes(options.only);
}

const stage = await startStage(resolve(options.code));
const rows: Row[] = [];
try {
  let topic = "";
  console.log(HEADING);
  for (const cell of cells) {
    if (cell.topic !== topic) console.log(`\n${cell.topic}`);
    topic = cell.topic;
    const row = await cell.run(stage, { seed, boundMs });
    rows.push(row);
    console.log(lineOf(row));
  }
} finally {
  await stage.stop();
}
const broken = rows.filter((row) => row.broken.length > 0);
console.log(`\n${rows.length} rows, ${broken.length} with a broken law`);
mkdirSync(dirname(resolve(options.json)), { recursive: true });
writeFileSync(options.json, `${JSON.stringify({ seed, boundMs, rows }, undefined, 2)}\n`);
if (options.docs) writeDocs(ROOT, rows);
process.exitCode = broken.length === 0 ? 0 : 1;
