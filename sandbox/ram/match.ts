/**
 * Whether the pattern covers the whole text: `*` matches any characters, also none and `/`, `?` exactly
 * one, and every other character itself; there is no escape. Takes at most pattern length times text length steps, however
 * many stars there are. Source: RAM "Conditional operators", "Policy elements"; `?` counts code points: assumption.
 */
export function matches(pattern: string, text: string): boolean {
  let inPattern = 0;
  let inText = 0;
  // Where the last star is, and up to where it reaches: only that one ever needs to reach further.
  let star = -1;
  let starEnd = 0;
  while (inText < text.length) {
    if (pattern[inPattern] === "*") {
      star = inPattern;
      starEnd = inText;
      inPattern += 1;
    } else if (pattern[inPattern] === "?") {
      inPattern += 1;
      inText += characterLength(text, inText);
    } else if (inPattern < pattern.length && pattern[inPattern] === text[inText]) {
      inPattern += 1;
      inText += 1;
    } else if (star >= 0) {
      starEnd += characterLength(text, starEnd);
      inPattern = star + 1;
      inText = starEnd;
    } else {
      return false;
    }
  }
  while (pattern[inPattern] === "*") inPattern += 1;
  return inPattern === pattern.length;
}

/**
 * ASCII letters in lower case, everything else as it is: Unicode's lower-casing makes the Kelvin sign a `k`, which
 * would let one name pass for another.
 */
export function asciiLowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}

function characterLength(text: string, at: number): 1 | 2 {
  const code = text.codePointAt(at);
  return code !== undefined && code > 0xffff ? 2 : 1;
}
