#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { valet } from "./valet.ts";

/** The process: `npm run valet --` in the repository, `npx valet` where the package is installed. */
process.exitCode = await valet(process.argv.slice(2), {
  environment: process.env,
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : undefined,
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  nowMs: Date.now,
  wait: setTimeout,
});

async function askOnTerminal(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
