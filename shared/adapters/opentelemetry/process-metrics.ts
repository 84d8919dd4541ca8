import { readdirSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Meter } from "@opentelemetry/api";

/** Milliseconds from one look at the event loop to the next. Node's own default. */
const LOOK_EVERY_MS = 10;

/** What the process uses, read when somebody asks. Names: semantic conventions for processes, Node.js and V8. */
export function processMetrics(meter: Meter): { close(): void } {
  const delay = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  delay.enable();
  let utilization = performance.eventLoopUtilization();
  const seconds = { unit: "s" };

  const memory = meter.createObservableUpDownCounter("process.memory.usage", {
    description: "Resident set of the process",
    unit: "By",
  });
  const heap = meter.createObservableUpDownCounter("v8js.memory.heap.used", {
    description: "Bytes in use, by space of V8's heap",
    unit: "By",
  });
  const cpu = meter.createObservableCounter("process.cpu.time", {
    description: "Processor time of all threads",
    ...seconds,
  });
  const uptime = meter.createObservableGauge("process.uptime", {
    description: "Since the start of the process",
    ...seconds,
  });
  const files = meter.createObservableUpDownCounter("process.unix.file_descriptor.count", {
    description: "Open files and sockets. Linux only",
    unit: "{file_descriptor}",
  });
  const delays = (["p50", "p99", "max"] as const).map((which) => ({
    which,
    gauge: meter.createObservableGauge(`nodejs.eventloop.delay.${which}`, {
      description: "How late the event loop is, since the last time that the metrics were read",
      ...seconds,
    }),
  }));
  const busy = meter.createObservableGauge("nodejs.eventloop.utilization", {
    description:
      "Share of the time in which the event loop works, since the last time that the metrics were read",
    unit: "1",
  });

  meter.addBatchObservableCallback(
    (result) => {
      result.observe(memory, process.memoryUsage.rss());
      for (const { space_name, space_used_size } of getHeapSpaceStatistics())
        result.observe(heap, space_used_size, { "v8js.heap.space.name": space_name });
      const { user, system } = process.cpuUsage();
      result.observe(cpu, user / 1e6, { "cpu.mode": "user" });
      result.observe(cpu, system / 1e6, { "cpu.mode": "system" });
      result.observe(uptime, process.uptime());
      const open = openFiles();
      if (open !== undefined) result.observe(files, open);
      for (const { which, gauge } of delays) {
        const nanoseconds = which === "max" ? delay.max : delay.percentile(which === "p50" ? 50 : 99);
        // Node counts from one look to the next, so that an idle loop has LOOK_EVERY_MS.
        result.observe(gauge, Math.max(0, nanoseconds / 1e9 - LOOK_EVERY_MS / 1000));
      }
      delay.reset();
      const now = performance.eventLoopUtilization();
      result.observe(busy, performance.eventLoopUtilization(now, utilization).utilization);
      utilization = now;
    },
    [memory, heap, cpu, uptime, files, busy, ...delays.map(({ gauge }) => gauge)],
  );
  return { close: () => void delay.disable() };
}

function openFiles(): number | undefined {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return undefined;
  }
}
