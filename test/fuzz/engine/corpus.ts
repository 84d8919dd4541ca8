import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Random } from "./random.ts";

/** Inputs that each reached something that none before it had. */
export interface Corpus {
  readonly add: (input: Buffer, features: readonly number[]) => void;
  /** One to be changed: mostly one that is the smallest for something. */
  readonly pick: (random: Random) => Buffer;
  /** Few inputs that reach every block that was reached, greedily: the next one is what adds most for its length. */
  readonly minimal: (blocks: number) => readonly Kept[];
  readonly size: () => number;
}

export interface Kept {
  readonly input: Buffer;
  /** Blocks that it alone reaches among those that are kept before it. */
  readonly needed: readonly number[];
}

interface Entry {
  readonly input: Buffer;
  readonly features: readonly number[];
}

export function corpus(): Corpus {
  const entries: Entry[] = [];
  /** The smallest input of each feature. */
  const best = new Map<number, Entry>();
  let favoured: readonly Entry[] = [];
  return {
    add: (input, features) => {
      const entry = { input, features };
      entries.push(entry);
      for (const feature of features) {
        const known = best.get(feature);
        if (known === undefined || known.input.length > input.length) best.set(feature, entry);
      }
      favoured = [];
    },
    pick: (random) => {
      if (favoured.length === 0) favoured = [...new Set(best.values())];
      const from = favoured.length > 0 && !random.oneIn(5) ? favoured : entries;
      return from.length === 0 ? Buffer.alloc(0) : random.of(from).input;
    },
    minimal: (blocks) => {
      const left = entries.map(({ input, features }) => ({
        input,
        reached: new Set(
          features.map((feature) => Math.floor(feature / 8)).filter((block) => block < blocks),
        ),
      }));
      const kept: Kept[] = [];
      for (;;) {
        // Reading an input costs something, however short it is.
        const worth = ({ input, reached }: (typeof left)[number]): number =>
          reached.size / (input.length + 100);
        const [best] = left.toSorted((a, b) => worth(b) - worth(a));
        if (best === undefined || best.reached.size === 0) return kept;
        const taken = [...best.reached];
        kept.push({ input: best.input, needed: taken });
        for (const { reached } of left) for (const block of taken) reached.delete(block);
      }
    },
    size: () => entries.length,
  };
}

const root = join(import.meta.dirname, "..");

/** The committed inputs of a target; `regressions` are inputs that were findings once. */
export function inputsOf(target: string, folder: "corpus" | "regressions"): readonly Buffer[] {
  const path = pathOf(target, folder);
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => inputFrom(JSON.parse(line)));
}

/** Writes the corpus of a target: one input a line, as a JSON text, or as `{"base64": …}` where it is no UTF-8. */
export function writeCorpus(target: string, inputs: readonly Buffer[]): string {
  const path = pathOf(target, "corpus");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, inputs.map((input) => `${lineOf(input)}\n`).join(""));
  return path;
}

function pathOf(target: string, folder: string): string {
  return join(root, folder, `${target}.jsonl`);
}

function lineOf(input: Buffer): string {
  const text = input.toString("utf8");
  return JSON.stringify(
    Buffer.from(text, "utf8").equals(input) ? text : { base64: input.toString("base64") },
  );
}

function inputFrom(line: unknown): Buffer {
  return typeof line === "string"
    ? Buffer.from(line, "utf8")
    : Buffer.from((line as { readonly base64: string }).base64, "base64");
}
