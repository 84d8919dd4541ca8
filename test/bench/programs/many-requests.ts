import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// Requests of ever new users from 50 callers at once: the resident set at a tenth, at half and at the end, in MB.
const handler = loadHandler();
const count = Number(process.argv[2]);
const residentMB: number[] = [];
let next = 0;

async function caller(): Promise<void> {
  while (next < count) {
    next += 1;
    if ([count / 10, count / 2].includes(next)) residentMB.push(process.memoryUsage.rss() / 1e6);
    const token = tokenOf(`user${next}`);
    const { statusCode, body } = await handler(eventWith(token), {});
    if (statusCode !== 200) throw new Error(body);
  }
}

async function measure(): Promise<void> {
  const startMs = performance.now();
  const start = process.cpuUsage();
  await Promise.all(Array.from({ length: 50 }, caller));
  const { user, system } = process.cpuUsage(start);
  residentMB.push(process.memoryUsage.rss() / 1e6);
  report({
    residentMB,
    cpuMicrosecondsPerRequest: (user + system) / count,
    seconds: (performance.now() - startMs) / 1000,
  });
}

void measure();
