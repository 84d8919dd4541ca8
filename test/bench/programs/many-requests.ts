import { eventWith, loadHandler } from "./fc-handler.ts";
import { report } from "./report.ts";
import { tokenOf } from "./token-of.ts";

// Requests of ever new users from 50 callers at once: the resident set in MB, after each hundredth of them.
const handler = loadHandler();
const count = Number(process.argv[2]);
const residentMB: number[] = [];
let next = 0;

async function caller(): Promise<void> {
  while (next < count) {
    next += 1;
    if (next % (count / 100) === 0) residentMB.push(process.memoryUsage.rss() / 1e6);
    const token = tokenOf(`user${next}`);
    const { statusCode, body } = await handler(eventWith(token), {});
    if (statusCode !== 200) throw new Error(body);
  }
}

void Promise.all(Array.from({ length: 50 }, caller)).then(() => report(residentMB));
