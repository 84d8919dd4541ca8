import type { Random } from "./random.ts";
import { NUMBERS } from "./traps.ts";

export interface ValueSources {
  readonly random: Random;
  readonly text: (input: string) => string;
  readonly word: () => string;
}

/** The value with one part changed: replaced, left out, renamed, wrapped, moved. The given one stays as it is. */
export function mutatedJson(value: unknown, sources: ValueSources): unknown {
  const { random } = sources;
  const isList = Array.isArray(value);
  const isObject = typeof value === "object" && value !== null && !isList;
  const size = isList ? value.length : isObject ? Object.keys(value).length : 0;
  // Mostly a part further inside.
  if (size === 0 || random.oneIn(6)) return changedHere(value, sources);
  if (isList) {
    const at = random.below(size);
    if (random.oneIn(6)) return value.toSpliced(at, 1);
    if (random.oneIn(6)) return value.toSpliced(at, 0, value[random.below(size)]);
    return value.with(at, mutatedJson(value[at], sources));
  }
  const entries = Object.entries(value as Readonly<Record<string, unknown>>);
  const at = random.below(size);
  const [name = "", content] = entries[at] ?? [];
  switch (random.below(10)) {
    case 0:
      return objectFrom(entries.toSpliced(at, 1));
    case 1:
      return objectFrom(entries.with(at, [random.oneIn(2) ? sources.word() : sources.text(name), content]));
    case 2:
      return objectFrom([...entries, [sources.word(), scalar(sources)]]);
    case 3:
      return objectFrom(entries.with(at, [name, entries[random.below(size)]?.[1]]));
    default:
      return objectFrom(entries.with(at, [name, mutatedJson(content, sources)]));
  }
}

/** Its own property, also where the name is `__proto__`. */
function objectFrom(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries);
}

function changedHere(value: unknown, sources: ValueSources): unknown {
  const { random } = sources;
  switch (random.below(7)) {
    case 0:
      return [value];
    case 1:
      return { [sources.word()]: value };
    case 2:
      return scalar(sources);
    case 3:
      return typeof value === "number" ? value + random.of([-1, 1, 0.5, 1e9]) : scalar(sources);
    case 4:
      return nested(value, 1 + random.below(40));
    default:
      return typeof value === "string" ? sources.text(value) : scalar(sources);
  }
}

function nested(value: unknown, depth: number): unknown {
  let around = value;
  for (let level = 0; level < depth; level++) around = level % 2 === 0 ? [around] : { a: around };
  return around;
}

function scalar({ random, word }: ValueSources): unknown {
  switch (random.below(5)) {
    case 0:
      return random.of([null, true, false, [], {}, ""]);
    case 1:
      return Number(random.of(NUMBERS));
    default:
      return word();
  }
}

/** JSON as somebody may write it: with blanks, escapes, a name twice, or a number that no double holds. */
export function jsonText(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? "null";
  switch (random.below(12)) {
    case 0:
      return JSON.stringify(value, undefined, 1) ?? "null";
    case 1:
      return text.replace(/[A-Za-z](?=[^"]*")/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
    case 2: {
      // One member once more, at the end of its object.
      const members = [
        ...text.matchAll(/"(?:[^"\\]|\\.)*":(?:"(?:[^"\\]|\\.)*"|[\d.e+-]+|true|false|null)/g),
      ];
      if (members.length === 0) return text;
      return text.replace(/}(?=[^}]*$)/, () => `,${random.of(members)[0]}}`);
    }
    case 3: {
      const numbers = [...text.matchAll(/(?<=[:[,])-?\d[\d.e+-]*/g)];
      if (numbers.length === 0) return text;
      const { 0: digits, index } = random.of(numbers);
      return `${text.slice(0, index)}${random.of(NUMBERS)}${text.slice(index + digits.length)}`;
    }
    default:
      return text;
  }
}
