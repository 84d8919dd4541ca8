import type { Problem } from "../../shared/domain/problem.ts";
import { lookAlikeOf, lookAlikesIn, problemWithLookAlikes } from "../../shared/domain/rules/look-alikes.ts";
import type { Spotted } from "./yaml-problems.ts";

/**
 * Characters that look like YAML's own (`：，［］“”`, a full-width space, a smart dash) where YAML's own belongs: after a
 * name, around a list or a text, between its entries, in the indentation. One problem for each line. Texts in ASCII
 * quotes, comments, and the free texts `name` and `reason` may have them. It reads lines and not YAML, because such a
 * file often is none.
 */
export function lookAlikesInYaml(text: string): readonly Spotted[] {
  const problems: Spotted[] = [];
  let offset = 0;
  let openBrackets = 0;
  let blockIndent: number | undefined;
  // A byte order mark at the beginning is the file's, and no parser minds it.
  for (const raw of text.replace(/^\ufeff/, "_").split("\n")) {
    const line = masked(raw.replace(/\r$/, ""));
    const indent = line.search(/\S/);
    if (blockIndent !== undefined && indent !== -1 && indent <= blockIndent) blockIndent = undefined;
    if (blockIndent === undefined) {
      const places = openBrackets > 0 ? placesInFlow(line, false) : placesInLine(line);
      openBrackets = Math.max(0, openBrackets + countOf(line, /[[{]/g) - countOf(line, /[\]}]/g));
      if (places.length > 0)
        problems.push({ offset: offset + Math.min(...places), where: "", ...problemAt(line, places) });
      // Below `reason: |` are the lines of a text.
      if (/: [|>][-+\d]*\s*$/.test(line)) blockIndent = indent;
    }
    offset += raw.length + 1;
  }
  return problems;
}

function problemAt(line: string, places: readonly number[]): Problem {
  const sorted = [...places].sort((a, b) => a - b);
  const { is, fix } = problemWithLookAlikes(lookAlikesIn(sorted.map((place) => line[place] ?? "").join("")));
  return { is, fix: `${fix}; if it belongs to a text, put the text in "quotes"` };
}

/** Looks like a line of YAML: indentation, the dash of a list's entry, a name and its colon. */
const LINE =
  /^([\s\u200b-\u200d\u2060\ufeff]*)([-－‐-―−•·][\s]+)?(?:(["'“”‘’]?[\w./-]+["'“”‘’]?)([^\S\n]*(?::(?=[\s\u3000]|$)|：)[^\S\n]*))?/;

/** Positions in the line where a look-alike has the place of a character of YAML. */
function placesInLine(line: string): readonly number[] {
  const [whole, indent = "", dash = "", name = "", colon = ""] = LINE.exec(line) ?? [""];
  // Of the entries of a list, only those that begin with a field are groups: `- 甲：乙` may be a text.
  const isField = name !== "" && (dash === "" || colon.includes(":") || FIRST_FIELDS.has(name));
  const head = isField ? whole : `${indent}${dash}`;
  const value = line.slice(head.length);
  return [
    ...[...head].flatMap((character, place) => (lookAlikeOf(character) === undefined ? [] : [place])),
    ...placesInValue(value, isField || dash === "" ? name : "").map((place) => head.length + place),
  ];
}

/** Fields with which the entries of lists in access.yaml may begin. */
const FIRST_FIELDS: ReadonlySet<string> = new Set(
  "name issuer allow prefix when user tokenId issuedBefore reason claims can cannot".split(" "),
);

function placesInValue(value: string, field: string): readonly number[] {
  if (/^＃/.test(value)) return [0];
  if (/^[[{［｛【〔]/.test(value)) return placesInFlow(value, field === "can" || field === "cannot");
  if (field === "name" || field === "reason") return [];
  const places = [
    ...placesOf(value, /^[“”„‟‘’‚‛＂＇「」『』«»]|[“”„‟‘’‚‛＂＇「」『』«»］｝】〕](?=\s*$)/g),
    ...placesOf(value, /[\u200b-\u200d\u2060\ufeff]|(?<=\s)＃|[\u3000\u00a0](?=[\s\u3000\u00a0]*$)/g),
  ];
  return [...new Set(places)];
}

/** Inside of brackets these characters separate and enclose. A key in a promise may have them: what follows counts. */
function placesInFlow(value: string, isPromise: boolean): readonly number[] {
  return placesOf(
    value,
    isPromise || /^\s*(can|cannot)\b/.test(value)
      ? /^[［【〔]|[，、；](?=\s*(?:read|write|list|delete|upload)\b)|[］】〕](?=\s*$)/g
      : /[，、：；［］｛｝【】〔〕“”„‟‘’‚‛＂＇「」『』«»\u200b-\u200d\u2060\ufeff]|(?<=\s)＃/g,
  );
}

function placesOf(value: string, pattern: RegExp): readonly number[] {
  return [...value.matchAll(pattern)].map(({ index }) => index);
}

/** The line with `_` in place of texts in quotes and of its comment, so that positions stay. */
function masked(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|(?<!\w)'(?:[^']|'')*'|(?:^|(?<=\s))#.*$/g, (found) =>
    found.startsWith("#") ? " ".repeat(found.length) : "_".repeat(found.length),
  );
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
