/**
 * A message without characters that end its line, move a terminal's cursor or turn the direction of its text: those of a
 * file that it quotes are written as \uXXXX. JSON.stringify escapes only the oldest of them.
 */
export function printable(message: string): string {
  return message.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
