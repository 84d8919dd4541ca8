import type { TargetName } from "../targets.ts";
import type { Mutators } from "./mutators.ts";

/** One thing that is fuzzed: how an input is run, and what must hold. */
export interface FuzzTarget {
  /** Its name in targets.ts, and of its file, its corpus, and `--only`. */
  readonly name: TargetName;
  /** Inputs to begin with: valid ones, and near misses. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** Words to put in, besides the texts of the code itself. */
  readonly dictionary?: readonly string[];
  /** Bytes. An input is not longer; 4,096 when left out. */
  readonly maxLength?: number;
  /** Changes an input by its structure. Without it, or now and then, bytes are changed. */
  readonly mutate?: (input: Buffer, mutators: Mutators) => Buffer;
  /** Runs one input. Throws LawBroken; every other error is a finding too. */
  readonly run: (input: Buffer) => void | Promise<void>;
  /** Changed inputs that run in `npm test`, after the corpus; 300 when left out. Fewer for a slow target. */
  readonly testExecutions?: number;
  /** Lets go of servers. */
  readonly close?: () => Promise<void>;
}

/** Something that must hold for every input does not. */
export class LawBroken extends Error {
  /** The same text for every input that breaks it. */
  readonly law: string;

  constructor(law: string, detail: string) {
    super(detail === "" ? law : `${law}: ${detail}`);
    this.name = "LawBroken";
    this.law = law;
  }
}

/** Throws LawBroken unless it holds. `detail` is only made when it does not. */
export function law(text: string, holds: boolean, detail: () => unknown = () => ""): asserts holds {
  if (holds) return;
  const given = detail();
  throw new LawBroken(text, typeof given === "string" ? given : (JSON.stringify(given) ?? String(given)));
}
