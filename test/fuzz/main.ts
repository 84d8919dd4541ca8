import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { calledWrongly, optionsOrUsage } from "../../scripts/command-line.ts";
import { writeCorpus } from "./engine/corpus.ts";
import type { FuzzResult } from "./engine/fuzzer.ts";
import { replay, runTarget } from "./engine/run-target.ts";
import { TARGETS, type TargetName } from "./targets.ts";

/** Coverage-guided fuzzing: docs/fuzzing.md. */

const USAGE = `npm run fuzz                       every target, 30 seconds of CPU time each; exit code 1 with findings
npm run fuzz -- --only TARGET       one target; --list prints the names
npm run fuzz -- --seconds N         seconds of CPU time for each target
npm run fuzz -- --executions N      ends a target after N executions: the same run on every machine
npm run fuzz -- --seed N            other choices; the default is 1
npm run fuzz -- --keep              writes the smallest corpus into test/fuzz/corpus
npm run fuzz -- --replay FILE       runs the one input of a finding`;

const FINDINGS = join(process.cwd(), "reports/fuzz");

const options = optionsOrUsage(
  {
    only: { type: "string" },
    list: { type: "boolean" },
    seconds: { type: "string" },
    executions: { type: "string" },
    seed: { type: "string" },
    keep: { type: "boolean" },
    replay: { type: "string" },
  },
  USAGE,
);

const names = Object.keys(TARGETS) as readonly TargetName[];

if (options.list === true) console.log(names.join("\n"));
else if (options.replay !== undefined) await replayed(options.replay);
else await fuzzed();

async function fuzzed(): Promise<void> {
  const only = names.find((name) => name === options.only);
  if (options.only !== undefined && only === undefined)
    calledWrongly(`--only is "${options.only}"; write one of ${names.join(", ")}`, USAGE);
  const executions = numberOf("executions", Number.MAX_SAFE_INTEGER);
  const limits = {
    seed: numberOf("seed", 1),
    // A number of executions alone ends the run at the same place everywhere.
    seconds: numberOf("seconds", options.executions === undefined ? 30 : 86_400),
    executions,
    keep: options.keep === true,
  };
  let found = 0;
  for (const name of only === undefined ? names : [only]) {
    const result = await runTarget(name, TARGETS[name], limits);
    console.log(rowOf(name, result));
    for (const finding of result.findings) {
      found += 1;
      const file = written(name, finding.input);
      console.log(`  found: ${finding.message.split("\n").slice(0, 4).join("\n  ")}`);
      console.log(`  replay: npm run fuzz -- --replay ${relative(process.cwd(), file)}`);
    }
    if (options.keep === true) writeCorpus(name, result.minimal);
  }
  process.exitCode = found === 0 ? 0 : 1;
}

async function replayed(file: string): Promise<void> {
  const name = names.find((one) => basename(file).startsWith(`${one}.`));
  if (name === undefined)
    calledWrongly(
      `--replay is "${file}"; write the file of a finding, such as ${names[0]}.0123456789.bin`,
      USAGE,
    );
  const fault = await replay(name, TARGETS[name], readFileSync(file));
  console.log(fault === undefined ? `${name}: nothing found` : `${name}: ${fault.message}`);
  process.exitCode = fault === undefined ? 0 : 1;
}

function written(name: string, input: Buffer): string {
  mkdirSync(FINDINGS, { recursive: true });
  const file = join(FINDINGS, `${name}.${createHash("sha256").update(input).digest("hex").slice(0, 10)}.bin`);
  writeFileSync(file, input);
  return file;
}

function rowOf(name: string, result: FuzzResult): string {
  const { executions, seconds, covered, blocks, corpus, findings } = result;
  return [
    name.padEnd(16),
    `${executions} executions`,
    `${Math.round(executions / Math.max(seconds, 0.001))} a CPU second`,
    `${covered} of ${blocks} blocks`,
    `corpus ${corpus}`,
    `findings ${findings.length}`,
  ].join(" · ");
}

function numberOf(name: "seconds" | "executions" | "seed", fallback: number): number {
  const text = options[name];
  if (text === undefined) return fallback;
  if (!/^\d{1,12}$/.test(text)) calledWrongly(`--${name} is "${text}"; write a whole number`, USAGE);
  return Number(text);
}
