import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// Requests of ever new users from 50 callers at once: the resident set after each hundredth of them; and what is in use
// after a collection at the half and at the end, when no request is under way. In MB.
const handler = loadHandler();
const count = Number(process.argv[2]);
const residentMB: number[] = [];
let next = 0;

async function callerUntil(end: number): Promise<void> {
  while (next < end) {
    next += 1;
    if (next % (count / 100) === 0) residentMB.push(process.memoryUsage.rss() / 1e6);
    const token = tokenOf(`user${next}`);
    const { statusCode, body } = await handler(eventWith(token), {});
    if (statusCode !== 200) throw new Error(body);
  }
}

async function inUseAfter(end: number): Promise<number> {
  await Promise.all(Array.from({ length: 50 }, () => callerUntil(end)));
  // Not on the command line: the bundle must start without flags, as in Function Compute.
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

async function measure(): Promise<void> {
  report({ inUseMB: [await inUseAfter(count / 2), await inUseAfter(count)], residentMB });
}

void measure();
