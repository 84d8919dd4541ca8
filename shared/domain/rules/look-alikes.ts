import type { Problem } from "../problem.ts";

/**
 * Characters that look like ASCII punctuation, or like nothing, and are something else to a parser: what a Chinese
 * keyboard, a word processor or a chat puts in their place.
 */
export interface LookAlike {
  readonly character: string;
  /** What belongs there; empty for a character that nobody sees. */
  readonly ascii: string;
  /** e.g. `full-width, U+FF1A` */
  readonly name: string;
}

/** undefined for every other character, ASCII included. */
export function lookAlikeOf(character: string): LookAlike | undefined {
  const code = character.codePointAt(0) ?? 0;
  const point = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const made = (ascii: string, kind: string): LookAlike => ({ character, ascii, name: `${kind}, ${point}` });
  if (code >= FIRST_FULL_WIDTH && code <= LAST_FULL_WIDTH)
    return made(String.fromCodePoint(code - FULL_WIDTH_DISTANCE), "full-width");
  const [ascii, , kind] = OTHERS.find(([, characters]) => characters.includes(character)) ?? [];
  return ascii === undefined || kind === undefined ? undefined : made(ascii, kind);
}

/** The look-alikes in a text, each once, in their order. */
export function lookAlikesIn(text: string): readonly LookAlike[] {
  return [...new Set(text)].flatMap((character) => lookAlikeOf(character) ?? []);
}

/** The text as it would be with ASCII punctuation. */
export function withoutLookAlikes(text: string): string {
  return [...text].map((character) => lookAlikeOf(character)?.ascii ?? character).join("");
}

/** What is wrong, and what belongs there: `has "：" (full-width, U+FF1A)`, `write ":"`. */
export function problemWithLookAlikes(found: readonly LookAlike[]): Problem {
  const shown = found.map(({ character, ascii, name }) =>
    ascii.trim() === ""
      ? `a character that looks like ${ascii === "" ? "nothing" : "a space"} (${name})`
      : `"${character}" (${name})`,
  );
  const instead = [
    ...new Set(found.filter(({ ascii }) => ascii.trim() !== "").map(({ ascii }) => JSON.stringify(ascii))),
  ];
  const fixes = [
    ...(instead.length === 0 ? [] : [`write ${instead.join(" and ")}`]),
    ...(found.some(({ ascii }) => ascii === " ") ? ["write a plain space"] : []),
    ...(found.some(({ ascii }) => ascii === "") ? ["delete what nobody sees"] : []),
  ];
  return { is: `has ${shown.join(" and ")}`, fix: fixes.join(", ") };
}

/** U+FF01 to U+FF5E are "!" to "~". Source: Unicode, Halfwidth and Fullwidth Forms. */
const FIRST_FULL_WIDTH = 0xff01;
const LAST_FULL_WIDTH = 0xff5e;
const FULL_WIDTH_DISTANCE = 0xfee0;

const OTHERS: readonly (readonly [ascii: string, characters: string, kind: string])[] = [
  ['"', "\u201c\u201d\u201e\u201f\u300c\u300d\u300e\u300f\u00ab\u00bb\u2033", "quotation mark"],
  ["'", "\u2018\u2019\u201a\u201b\u2032", "quotation mark"],
  [",", "\u3001", "Chinese comma"],
  [".", "\u3002", "Chinese full stop"],
  ["[", "\u3010\u3014", "Chinese bracket"],
  ["]", "\u3011\u3015", "Chinese bracket"],
  ["<", "\u3008\u300a", "Chinese bracket"],
  [">", "\u3009\u300b", "Chinese bracket"],
  ["-", "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63", "dash"],
  ["...", "\u2026", "ellipsis"],
  [" ", "\u3000", "full-width space"],
  [" ", "\u00a0\u202f", "non-breaking space"],
  [" ", "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u205f", "wide or thin space"],
  ["", "\u200b\u200c\u200d\u2060\u00ad", "zero-width"],
  ["", "\ufeff", "byte order mark"],
];
