"use strict";
/*
 * For `node --require`: a server.js that lives in the sandbox's cloud, as a function's process does. Its wall clock is the
 * cloud's, as its parent tells it; what measures time (timers, performance, hrtime) is left alone. It also says how many
 * sockets and timers it holds. Plain JavaScript: nothing is compiled before the server starts.
 */
const { monitorEventLoopDelay } = require("node:perf_hooks");

const lag = monitorEventLoopDelay({ resolution: 20 });
lag.enable();

let aheadMs = Number(process.env.CHAOS_CLOCK_OFFSET_MS ?? 0);
const machineNow = Date.now;
const cloudNow = () => machineNow() + aheadMs;
Date.now = cloudNow;
globalThis.Date = new Proxy(Date, {
  apply: (machineDate) => new machineDate(cloudNow()).toString(),
  construct: (machineDate, args, newTarget) =>
    Reflect.construct(machineDate, args.length === 0 ? [cloudNow()] : args, newTarget),
});
Date.prototype.constructor = Date;

const tell = process.send.bind(process);
process.on("message", ({ id, offsetMs }) => {
  if (offsetMs !== undefined) aheadMs = offsetMs;
  const resources = process.getActiveResourcesInfo();
  const count = (name) => resources.filter((resource) => resource === name).length;
  tell({
    id,
    sockets: count("TCPSocketWrap"),
    timers: count("Timeout"),
    residentBytes: process.memoryUsage.rss(),
    longestHaltMs: lag.max / 1e6,
  });
});
// A server that was told to stop must not be kept by this line to its parent, and must end with the parent.
process.channel.unref();
process.on("disconnect", () => process.exit(0));
process.send = undefined;
