import { matches } from "../../sandbox/ram/match.ts";

/** Whether every text of one pattern is one of the other's, compared as texts: in doubt no. `*` any text, `?` one character. */
export function isWithin(narrow: string, wide: string): boolean {
  // A `?` would match a `*`, which stands for more than one character.
  return narrow === wide || (matches(wide, narrow) && !(wide.includes("?") && narrow.includes("*")));
}

/** Whether some text matches both patterns. Takes the product of their lengths in steps. */
export function canMeet(one: string, other: string): boolean {
  // By code points, as RAM's `?` counts them.
  const [left, right] = [[...one], [...other]];
  // From the end: whether what is left of one from i can meet what is left of the other from j, row by row.
  let below: boolean[] = [];
  for (let i = left.length; i >= 0; i -= 1) {
    const row: boolean[] = [];
    for (let j = right.length; j >= 0; j -= 1) {
      const [a, b] = [left[i], right[j]];
      if (a === undefined && b === undefined) row[j] = true;
      else if (a === "*" || b === "*")
        // The star takes a sign of the other, or nothing more.
        row[j] = (a !== undefined && below[j] === true) || (b !== undefined && row[j + 1] === true);
      else
        row[j] =
          a !== undefined && b !== undefined && (a === b || a === "?" || b === "?") && below[j + 1] === true;
    }
    below = row;
  }
  return below[0] === true;
}
