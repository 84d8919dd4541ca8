/** Levels that the strict reader allows. */
const MAX_DEPTH = 32;

class NoJson extends Error {}

/**
 * A second strict reader of JSON: a parser by hand, by the grammar of RFC 8259. undefined for invalid UTF-8, a byte order
 * mark, anything but an object, a name twice in one object, `__proto__` as a name, and more than 32 levels. It shares
 * nothing with the reader that it judges.
 */
export function referenceJson(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  // What is no UTF-8 became U+FFFD, and does not come back as it was.
  if (!Buffer.from(text, "utf8").equals(Buffer.from(bytes))) return undefined;
  let at = 0;
  try {
    blanks();
    if (text[at] !== "{") return undefined;
    const value = object(1);
    blanks();
    return at === text.length ? value : undefined;
  } catch (error) {
    if (error instanceof NoJson) return undefined;
    throw error;
  }

  function value(depth: number): unknown {
    blanks();
    const first = text[at];
    if (first === "{") return object(depth);
    if (first === "[") return array(depth);
    if (first === '"') return string();
    for (const [word, meaning] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    return number();
  }

  function object(depth: number): Record<string, unknown> {
    if (depth > MAX_DEPTH) throw new NoJson();
    at += 1;
    const found = new Map<string, unknown>();
    blanks();
    if (text[at] === "}") at += 1;
    else {
      for (;;) {
        blanks();
        if (text[at] !== '"') throw new NoJson();
        const name = string();
        if (found.has(name) || name === "__proto__") throw new NoJson();
        blanks();
        expect(":");
        found.set(name, value(depth + 1));
        blanks();
        if (text[at] === ",") at += 1;
        else {
          expect("}");
          break;
        }
      }
    }
    return Object.fromEntries(found);
  }

  function array(depth: number): unknown[] {
    if (depth > MAX_DEPTH) throw new NoJson();
    at += 1;
    const found: unknown[] = [];
    blanks();
    if (text[at] === "]") {
      at += 1;
      return found;
    }
    for (;;) {
      found.push(value(depth + 1));
      blanks();
      if (text[at] === ",") at += 1;
      else {
        expect("]");
        return found;
      }
    }
  }

  function string(): string {
    at += 1;
    let read = "";
    for (;;) {
      const character = text[at];
      if (character === undefined || character < " ") throw new NoJson();
      at += 1;
      if (character === '"') return read;
      if (character !== "\\") {
        read += character;
        continue;
      }
      const escaped = text[at] ?? "";
      at += 1;
      if (escaped === "u") {
        const digits = text.slice(at, at + 4);
        if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw new NoJson();
        at += 4;
        read += String.fromCharCode(Number.parseInt(digits, 16));
      } else {
        const meant = ESCAPES.get(escaped);
        if (meant === undefined) throw new NoJson();
        read += meant;
      }
    }
  }

  function number(): number {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = at;
    const [digits] = pattern.exec(text) ?? [];
    if (digits === undefined) throw new NoJson();
    at += digits.length;
    return Number(digits);
  }

  function blanks(): void {
    while (" \t\n\r".includes(text[at] ?? "x")) at += 1;
  }

  function expect(character: string): void {
    if (text[at] !== character) throw new NoJson();
    at += 1;
  }
}

const WORDS = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;

const ESCAPES = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
