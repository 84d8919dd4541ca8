import { jsonText, mutatedJson } from "./json-mutator.ts";
import type { Random } from "./random.ts";
import { NUMBERS, TRAPS } from "./traps.ts";

/** How inputs are changed. Everything takes its choices from one seeded source. */
export interface Mutators {
  readonly random: Random;
  /** A few changes of bytes: flips, cuts, repeats, words, pieces of another input. */
  readonly bytes: (input: Buffer) => Buffer;
  /** The same for a text. */
  readonly text: (input: string) => string;
  /** A JSON text with one part changed by its structure, or written another way. A text that is none: its bytes. */
  readonly json: (input: Buffer) => Buffer;
  /** A JSON value with one part changed. */
  readonly value: (value: unknown) => unknown;
  /** A word of the dictionary, of the code, or one that the code compared with. */
  readonly word: () => string;
}

export interface MutatorSources {
  readonly random: Random;
  readonly words: readonly string[];
  /** Texts that the last runs compared: what was found, and what was wanted. */
  readonly compared: () => readonly (readonly [string, string])[];
  /** Another input of the corpus. */
  readonly other: () => Buffer;
  readonly maxLength: number;
}

export function mutatorsFrom({ random, words, compared, other, maxLength }: MutatorSources): Mutators {
  const word = (): string => {
    const pairs = compared();
    if (pairs.length > 0 && random.oneIn(3)) return random.of(random.of(pairs));
    return words.length > 0 && !random.oneIn(4) ? random.of(words) : random.of(TRAPS);
  };
  const bytes = (input: Buffer): Buffer => {
    let changed = input;
    for (let left = 1 + random.below(4); left > 0; left--) changed = oneChange(changed);
    return changed.length > maxLength ? changed.subarray(0, maxLength) : changed;
  };
  const text = (input: string): string => bytes(Buffer.from(input, "utf8")).toString("utf8");
  const values = { random, text, word };
  const value = (given: unknown): unknown => mutatedJson(given, values);
  const json = (input: Buffer): Buffer => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(input.toString("utf8"));
    } catch {
      return bytes(input);
    }
    let changed = parsed;
    for (let left = 1 + random.below(3); left > 0; left--) changed = value(changed);
    const written = Buffer.from(jsonText(changed, random), "utf8");
    return written.length > maxLength ? bytes(input) : written;
  };
  return { random, bytes, text, json, value, word };

  function oneChange(input: Buffer): Buffer {
    const at = random.below(input.length + 1);
    const length = Math.min(input.length - at, 1 + random.below(random.oneIn(4) ? input.length : 8));
    const before = input.subarray(0, at);
    const after = input.subarray(at);
    switch (random.below(10)) {
      case 0: {
        const flipped = Buffer.from(input);
        if (flipped.length > 0) {
          const place = at % flipped.length;
          flipped[place] = (flipped[place] ?? 0) ^ (1 << random.below(8));
        }
        return flipped;
      }
      case 1: {
        const put = Buffer.from(input);
        if (put.length > 0) put[at % put.length] = random.below(256);
        return put;
      }
      case 2:
        return Buffer.concat([before, after.subarray(length)]);
      case 3: {
        const piece = after.subarray(0, length);
        const times = random.oneIn(8) ? 1 + random.below(Math.ceil(maxLength / (piece.length + 1))) : 1;
        return Buffer.concat([before, ...Array<Buffer>(times).fill(piece), after]);
      }
      case 4: {
        const target = random.below(input.length + 1);
        return Buffer.concat([input.subarray(0, target), after.subarray(0, length), input.subarray(target)]);
      }
      case 5: {
        const from = other();
        const start = random.below(from.length + 1);
        const piece = from.subarray(start, start + 1 + random.below(from.length));
        return Buffer.concat([before, piece, random.oneIn(2) ? after : after.subarray(piece.length)]);
      }
      case 6:
        return replacedNumber(input);
      case 7: {
        const pairs = compared();
        if (pairs.length === 0) return input;
        const [one, two] = random.of(pairs);
        return replaced(input, random.oneIn(2) ? [one, two] : [two, one]);
      }
      default: {
        const piece = Buffer.from(word(), "utf8");
        return Buffer.concat([before, piece, random.oneIn(2) ? after : after.subarray(piece.length)]);
      }
    }
  }

  /** What the code compared with is put where the compared text stands. */
  function replaced(input: Buffer, [found, wanted]: readonly [string, string]): Buffer {
    const at = found === "" ? -1 : input.indexOf(found);
    if (at === -1) return input;
    const end = at + Buffer.byteLength(found);
    return Buffer.concat([input.subarray(0, at), Buffer.from(wanted, "utf8"), input.subarray(end)]);
  }

  function replacedNumber(input: Buffer): Buffer {
    const latin = input.toString("latin1");
    const numbers = [...latin.matchAll(/-?\d+/g)];
    if (numbers.length === 0) return input;
    const { 0: digits, index } = random.of(numbers);
    const near = String(Number(digits) + random.of([-1, 1, -1, 1, 256, 1e9]));
    const put = random.oneIn(2) ? near : random.of(NUMBERS);
    return Buffer.from(`${latin.slice(0, index)}${put}${latin.slice(index + digits.length)}`, "latin1");
  }
}
