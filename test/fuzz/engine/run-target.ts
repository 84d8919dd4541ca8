import { Worker } from "node:worker_threads";
import { bundleOf } from "./bundle.ts";
import type { Fault } from "./execution.ts";
import type { FuzzResult } from "./fuzzer.ts";
import type { WorkOrder } from "./worker.ts";

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly executions: number;
  readonly keep: boolean;
}

/** Milliseconds without a new execution after which an input hangs. */
const HANG_MS = 20_000;

/** MB of the worker's heap: an input that needs more is a finding. */
const MAX_HEAP_MB = 1_024;

/** Bytes of the longest input of any target. */
const MAX_INPUT = 1_048_576;

type Ended = { readonly result: FuzzResult } | { readonly replayed: Fault | undefined };

/** Fuzzes one target in a thread of its own. An input that hangs, or ends the thread, is a finding too. */
export async function runTarget(
  target: string,
  covers: readonly string[],
  options: RunOptions,
): Promise<FuzzResult> {
  const ended = await inWorker(target, covers, options, undefined);
  if ("result" in ended) return ended.result;
  throw new Error("the worker has not fuzzed");
}

/** Runs one input, and says what it finds. */
export async function replay(
  target: string,
  covers: readonly string[],
  input: Uint8Array,
): Promise<Fault | undefined> {
  const ended = await inWorker(target, covers, { seed: 0, seconds: 0, executions: 0, keep: false }, input);
  if ("replayed" in ended) return ended.replayed;
  return ended.result.findings[0];
}

async function inWorker(
  target: string,
  covers: readonly string[],
  options: RunOptions,
  input: Uint8Array | undefined,
): Promise<Ended> {
  const bundle = await bundleOf(target, covers);
  const running = new SharedArrayBuffer(4 + MAX_INPUT);
  const beats = new SharedArrayBuffer(4);
  const order: WorkOrder = { ...options, words: bundle.words, replay: input, running, beats };
  const startedMs = performance.now();
  const worker = new Worker(bundle.file, {
    workerData: { ...order, blocks: bundle.blocks },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
  const last = { beat: 0, ms: performance.now() };
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Ended>((resolve, reject) => {
      const endedBy = (fault: Fault): void => {
        const length = new Uint32Array(running, 0, 1)[0] ?? 0;
        const culprit = Buffer.from(new Uint8Array(running).slice(4, 4 + length));
        const executions = new Uint32Array(beats)[0] ?? 0;
        const seconds = (performance.now() - startedMs) / 1000;
        const finding = { ...fault, input: culprit };
        const nothing = { covered: 0, blocks: bundle.blocks, corpus: 0, minimal: [] };
        // Before the first input, it is the target that cannot be loaded.
        if (executions === 0) reject(new Error(fault.message));
        else resolve({ result: { executions, seconds, findings: [finding], ...nothing } });
      };
      worker.once("message", (ended: Ended) => resolve(ended));
      worker.once("error", (error) =>
        endedBy({ key: "ends the thread", message: error.stack ?? String(error) }),
      );
      worker.once("exit", (code) => endedBy({ key: "exit", message: `ends the thread with code ${code}` }));
      watch = setInterval(() => {
        const beat = Atomics.load(new Uint32Array(beats), 0);
        if (beat !== last.beat) Object.assign(last, { beat, ms: performance.now() });
        else if (beat > 0 && performance.now() - last.ms > HANG_MS)
          endedBy({ key: "hangs", message: `has not ended after ${HANG_MS / 1000} s` });
      }, 1_000);
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
