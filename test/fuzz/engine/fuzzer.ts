import { corpus, inputsOf } from "./corpus.ts";
import { coverageOf } from "./coverage.ts";
import { type Fault, faultOf } from "./execution.ts";
import { mutatorsFrom } from "./mutators.ts";
import type { Recording } from "./probes.ts";
import { randomFrom } from "./random.ts";
import type { FuzzTarget } from "./target.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** Of CPU time: on a busy machine, a run takes longer, and does as much. */
  readonly seconds: number;
  /** Of changed inputs. Ends the run, whichever comes first. */
  readonly executions: number;
  /** Whether a small corpus is made at the end. */
  readonly keep?: boolean;
  /** The counters; without them the run is not guided. */
  readonly recording: Recording | undefined;
  /** Texts of the code. */
  readonly words: readonly string[];
  /** Is told of each input before it runs. */
  readonly before?: (input: Buffer) => void;
}

export interface Finding extends Fault {
  /** As short as it could be made. */
  readonly input: Buffer;
}

export interface FuzzResult {
  readonly executions: number;
  /** Of CPU time. */
  readonly seconds: number;
  readonly covered: number;
  readonly blocks: number;
  readonly corpus: number;
  readonly findings: readonly Finding[];
  /** Few short inputs that reach every block that was reached; empty without `keep`. */
  readonly minimal: readonly Buffer[];
}

/** Executions that are spent on making one input shorter. */
const SHORTENING = 400;

/** Bytes. The committed corpus stays small: what needs a longer input is a seed, written by code. */
const MAX_KEPT = 800;

/** Different findings after which a run ends: the target is broken as a whole. */
const MAX_FINDINGS = 20;

/** Replays what is known of a target, then changes inputs and keeps those that reach something new. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const { seed, seconds, recording, before = () => {} } = options;
  const random = randomFrom(seed);
  const blocks = recording?.blocks ?? 0;
  const coverage = coverageOf(recording?.hits ?? new Uint8Array(0), blocks);
  const known = corpus();
  const findings = new Map<string, Finding>();
  let changed = 0;
  const maxLength = target.maxLength ?? 4_096;
  const mutators = mutatorsFrom({
    random,
    words: [...(target.dictionary ?? []), ...options.words],
    compared: () => recording?.pairs ?? [],
    other: () => known.pick(random),
    maxLength,
  });
  const cpuAtStart = process.cpuUsage();
  let executions = 0;

  // What ran while the modules were loaded counts for no input.
  coverage.take();
  const given = [
    ...target.seeds.map((one) => Buffer.from(one as string)),
    ...inputsOf(target.name, "regressions"),
    ...inputsOf(target.name, "corpus"),
  ];
  for (const input of given) await execute(input, recording === undefined);
  while (changed < options.executions && cpuSeconds() < seconds && findings.size < MAX_FINDINGS) {
    changed += 1;
    const input = known.pick(random);
    await execute(
      target.mutate === undefined || random.oneIn(4) ? mutators.bytes(input) : target.mutate(input, mutators),
      false,
    );
  }
  const run = { executions, seconds: cpuSeconds() };
  const minimal: Buffer[] = [];
  if (options.keep === true)
    for (const { input, needed } of known.minimal(blocks)) {
      const short = await trimmed(input, needed);
      if (short.length <= MAX_KEPT) minimal.push(short);
    }
  return {
    ...run,
    covered: coverage.covered(),
    blocks,
    corpus: known.size(),
    findings: [...findings.values()],
    minimal,
  };

  function cpuSeconds(): number {
    const { user, system } = process.cpuUsage(cpuAtStart);
    return (user + system) / 1e6;
  }

  async function execute(input: Buffer, always: boolean): Promise<void> {
    before(input);
    executions += 1;
    const fault = await faultOf(target, input);
    const fresh = coverage.take();
    if (fresh.length > 0 || always) known.add(input, coverage.features());
    if (fault === undefined || findings.has(fault.key)) return;
    findings.set(fault.key, { ...fault, input });
    findings.set(fault.key, { ...fault, input: await shortened(input, fault.key) });
    coverage.take();
  }

  function shortened(input: Buffer, key: string): Promise<Buffer> {
    return withoutPieces(input, async (shorter) => (await faultOf(target, shorter))?.key === key);
  }

  function trimmed(input: Buffer, needed: readonly number[]): Promise<Buffer> {
    return withoutPieces(input, async (shorter) => {
      const fault = await faultOf(target, shorter);
      coverage.take();
      const reached = new Set(coverage.features().map((feature) => Math.floor(feature / 8)));
      return fault === undefined && needed.every((block) => reached.has(block));
    });
  }

  /** Leaves out pieces as long as the rest is still good for the same. */
  async function withoutPieces(
    input: Buffer,
    isGood: (shorter: Buffer) => Promise<boolean>,
  ): Promise<Buffer> {
    let shortest = input;
    let left = SHORTENING;
    for (
      let size = Math.ceil(input.length / 2);
      size >= 1 && left > 0;
      size = size === 1 ? 0 : Math.ceil(size / 2)
    ) {
      for (let at = 0; at < shortest.length && left > 0; ) {
        const shorter = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)]);
        left -= 1;
        before(shorter);
        if (await isGood(shorter)) shortest = shorter;
        else at += size;
      }
    }
    return shortest;
  }
}
