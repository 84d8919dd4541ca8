#!/usr/bin/env node
import { createInterface } from "node:readline/promises";
import { setTimeout } from "node:timers/promises";
import { valet } from "./valet.ts";

/** Somebody sits there: questions go to standard error, so that standard output has results alone. */
const isAnswered = process.stdin.isTTY && process.stderr.isTTY;

/** The process: `npm run valet --` in the repository, `npx valet` where the package is installed. */
process.exitCode = await valet(process.argv.slice(2), {
  environment: process.env,
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  ask: isAnswered ? async (text) => /^y(es)?$/i.test((await answerTo(`${text} [y/N] `)).trim()) : undefined,
  question: isAnswered ? (text) => answerTo(`${text}\n> `) : undefined,
  colour: process.stdout.isTTY && !process.env["NO_COLOR"],
  nowMs: Date.now,
  wait: setTimeout,
});

async function answerTo(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
