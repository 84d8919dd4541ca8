// Loaded into server.js before it starts. Its wall clock is ahead by the milliseconds in the file CLOCK_AHEAD, which is read
// each time: so time can pass while the process is stopped. On request it tells what the process holds.
const { openSync, readSync, readdirSync } = require("node:fs");
const { monitorEventLoopDelay } = require("node:perf_hooks");

const ahead = openSync(process.env.CLOCK_AHEAD, "r");
const bytes = Buffer.alloc(24);
const machineNow = Date.now;
const now = () =>
  machineNow() + Number(bytes.toString("latin1", 0, readSync(ahead, bytes, 0, bytes.length, 0)));
Date.now = now;
globalThis.Date = new Proxy(Date, {
  construct: (machineDate, args, newTarget) =>
    Reflect.construct(machineDate, args.length === 0 ? [now()] : args, newTarget),
});

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

process.on("message", () => void report());

async function report() {
  global.gc();
  await new Promise(setImmediate);
  global.gc();
  const { rss, heapUsed } = process.memoryUsage();
  process.send({
    rssBytes: rss,
    heapBytes: heapUsed,
    descriptors: readdirSync("/proc/self/fd").length,
    sockets: process.getActiveResourcesInfo().filter((name) => name.includes("TCPSocketWrap")).length,
    timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
    delayMs: { median: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  });
  delay.reset();
}
process.channel.unref();
