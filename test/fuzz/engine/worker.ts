import { parentPort, workerData } from "node:worker_threads";
import { faultOf } from "./execution.ts";
import { fuzz } from "./fuzzer.ts";
import type { Recording } from "./probes.ts";
import type { FuzzTarget } from "./target.ts";

/** What the main thread gives the worker. */
export interface WorkOrder {
  readonly words: readonly string[];
  readonly seed: number;
  readonly seconds: number;
  readonly executions: number;
  readonly keep: boolean;
  /** Only this input is run. */
  readonly replay: Uint8Array | undefined;
  /** The length of the running input in the first four bytes, then the input: what is left when the worker hangs. */
  readonly running: SharedArrayBuffer;
  /** Counts the executions. */
  readonly beats: SharedArrayBuffer;
}

/** Runs in a worker thread, in the bundle of bundle.ts. The probes are installed before the bundle is loaded. */
export async function work(target: FuzzTarget): Promise<void> {
  const order = workerData as WorkOrder;
  const running = new Uint8Array(order.running);
  const length = new Uint32Array(order.running, 0, 1);
  const beats = new Uint32Array(order.beats);
  const before = (input: Buffer): void => {
    length[0] = input.length;
    running.set(input.subarray(0, running.length - 4), 4);
    Atomics.add(beats, 0, 1);
  };
  const { fuzzProbes } = globalThis as { fuzzProbes?: Recording };
  try {
    if (order.replay === undefined) {
      parentPort?.postMessage({ result: await fuzz(target, { ...order, recording: fuzzProbes, before }) });
      return;
    }
    const input = Buffer.from(order.replay);
    before(input);
    parentPort?.postMessage({ replayed: await faultOf(target, input) });
  } finally {
    await target.close?.();
  }
}
