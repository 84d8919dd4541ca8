import { type Document, type LineCounter, visit, type YAMLError } from "yaml";

/** Something found in a YAML file. */
export interface Spotted {
  /** Characters from the file's beginning. */
  readonly offset: number;
  /** The field, e.g. `rules[0].allow`; empty where the YAML itself is meant. */
  readonly where: string;
  /** What it is and what to write instead. */
  readonly text: string;
}

/**
 * What keeps a text from being YAML, in an operator's words. One for each line: the first, as others follow from it; and
 * none behind a mistake of structure (indentation, a bracket, a quote), from which the rest of the file follows. No line
 * is quoted: a key may stand where its variable's name should.
 */
export function syntaxProblemsIn(
  document: Document.Parsed,
  text: string,
  lines: LineCounter,
): {
  readonly problems: readonly Spotted[];
  /** Whether the document means something all the same, and can be read for more mistakes. */
  readonly readable: boolean;
} {
  const byLine = new Map<number, Spotted>();
  let readable = true;
  const directives = document.warnings.filter(({ code }) => code === "BAD_DIRECTIVE");
  for (const error of [...document.errors, ...directives]) {
    const diagnosis = diagnosisOf(error, document, text);
    // What has no words of ours, behind what has, follows from it.
    if (diagnosis === undefined && byLine.size > 0) break;
    const { offset, words, structural } = diagnosis ?? inParsersWords(error);
    const { line } = lines.linePos(offset);
    if (!byLine.has(line)) byLine.set(line, { offset, where: "", text: words });
    if (error.code !== "DUPLICATE_KEY") readable = false;
    if (structural) break;
  }
  return { problems: [...byLine.values()], readable };
}

interface Diagnosis {
  readonly offset: number;
  readonly words: string;
  /** What stands behind it in the file is read wrongly because of it. */
  readonly structural: boolean;
}

/** A pattern on the error's code and message, the words for it, and whether it is one of structure. */
type Words = readonly [sign: RegExp, words: string, kind: "local" | "structural"];

const NOT_ALIGNED =
  "is indented by another number of blanks than its neighbours; line it up with the fields above";
/** For yaml-content.ts, too: most tags are no mistake in YAML. */
export const TAGGED =
  "has a tag (!…); tags are not read here: write the value alone, a text with ! in quotes";
const IN_QUOTES = "has a text that begins with a character of YAML's own; write it in quotes";

const CERTAIN: readonly Words[] = [
  [/^TAB_AS_INDENT/, "begins with a tab; YAML takes blanks only: two for each level", "structural"],
  [
    /^MULTIPLE_DOCS/,
    "has a second document (---); one file holds one: delete the line and what follows",
    "structural",
  ],
  [/^RESOURCE_EXHAUSTION/, "is nested too deeply; is it the right file?", "structural"],
  [/^BAD_DIRECTIVE/, "has a line that begins with %; delete it", "local"],
  [/^TAG_RESOLVE_FAILED/, TAGGED, "local"],
  [/^BAD_(SCALAR_START|ALIAS)/, IN_QUOTES, "local"],
  [/ (Block scalar header|Tags and anchors must)/, IN_QUOTES, "local"],
  [/^BAD_DQ_ESCAPE/, "has a backslash that means nothing in double quotes; write it without", "local"],
];

/** The parser tells what it stumbled over, which is seldom what was meant: these are tried last. */
const LIKELY: readonly Words[] = [
  [/ end with a ]/, "] is missing at the end of the line above", "structural"],
  [/ end with a }/, "} is missing at the end of the line above", "structural"],
  [/^BAD_INDENT| Sequence item without/, NOT_ALIGNED, "structural"],
  [/^BLOCK_AS_IMPLICIT_KEY/, `has a second ": " in one line; write the text in quotes`, "local"],
  [/^MULTILINE_IMPLICIT_KEY| Implicit map keys/, "needs a colon behind the name: rules:", "structural"],
  [/ Unexpected , in flow/, "has a comma too many; delete it", "local"],
  [/ Unexpected flow-\w+-end/, "has a closing bracket that nothing opens; delete it", "structural"],
  [
    / Block collections are not allowed within flow/,
    "needs a comma between two fields: { sub: alice, role: editor }",
    "local",
  ],
];

function diagnosisOf(error: YAMLError, document: Document.Parsed, text: string): Diagnosis | undefined {
  const [offset] = error.pos;
  const sign = `${error.code} ${error.message}`;
  const line = lineAt(text, offset);
  const structural = (words: string, at = offset): Diagnosis => ({ offset: at, words, structural: true });
  const local = (words: string): Diagnosis => ({ offset, words, structural: false });
  const among = (table: readonly Words[]): Diagnosis | undefined => {
    const [, words, kind] = table.find(([pattern]) => pattern.test(sign)) ?? [];
    return words === undefined ? undefined : { offset, words, structural: kind === "structural" };
  };

  const certain = among(CERTAIN);
  if (certain !== undefined) return certain;
  if (error.code === "DUPLICATE_KEY") {
    const name = /^[\w.-]+/.exec(text.slice(offset))?.[0] ?? "a name";
    return local(`${name} stands twice in the same group; delete one, or begin a new entry with "- "`);
  }
  if (/closing .quote/.test(sign))
    return structural("has a quote that is opened and never closed", openedQuote(document, offset));
  if (/^\s*-[^\s-]/.test(line)) return structural("needs a blank behind the dash: - name: own folder");
  const braces = wordsForBraces(text, offset);
  if (braces !== undefined) return local(braces);
  const deeper = deeperLineBehind(error, document, text);
  if (deeper !== undefined) return structural(NOT_ALIGNED, deeper);
  if (/^\s*(- )?[\w-]+:[^\s/]/.test(line))
    return structural("needs a blank behind the colon: name: own folder");
  if (/at node end$/.test(sign) && line.slice(0, offset - lineStart(text, offset)).trim() !== "")
    return local("has more behind the end of a text; write the whole of it in one pair of quotes");
  return among(LIKELY);
}

/** Without what it quotes of the file. */
function inParsersWords({ pos: [offset], message }: YAMLError): Diagnosis {
  const words = `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/[:;] .*$/s, "");
  return { offset, words: `is no YAML here: ${words}`, structural: true };
}

/**
 * Advice where the parser stumbled in or right behind unquoted braces: `{sub}/`, `[read users/{sub}/]`. The text is
 * repeated where the field is a prefix: anywhere else it may be a key.
 */
function wordsForBraces(text: string, offset: number): string | undefined {
  const before = lineAt(text, offset).slice(0, offset - lineStart(text, offset));
  const [left = ""] = /[^\s,[\]"']*$/.exec(before) ?? [];
  const [right = ""] = /^[^\s,[\]"']*/.exec(text.slice(offset)) ?? [];
  const word = left + right;
  if (!/\{[^{}]+\}/.test(word)) return undefined;
  const field = [...before.matchAll(/([\w-]+):\s/g)].at(-1)?.[1];
  if (field === "can" || field === "cannot")
    return "has braces in a promise, which names a key as it is: write read users/alice/a.jpg";
  const whole = "a text with braces needs quotes around the whole of it";
  return field === "prefix" ? `${whole}: "${word}"` : whole;
}

/** Where a text's next line is indented deeper than the text's own field, so that its colon counts as the text's. */
function deeperLineBehind(
  { code: own, pos: [start] }: YAMLError,
  document: Document.Parsed,
  text: string,
): number | undefined {
  if (own !== "BLOCK_AS_IMPLICIT_KEY") return undefined;
  const end = document.errors.find(({ code, pos }) => code === "MULTILINE_IMPLICIT_KEY" && pos[0] === start)
    ?.pos[1];
  return end === undefined ? undefined : lineStart(text, end) + lineAt(text, end).search(/\S/);
}

/** An open quote is noticed at the file's end; what helps is where it was opened. */
function openedQuote(document: Document.Parsed, offset: number): number {
  let opened = offset;
  visit(document, {
    Scalar: (_key, node) => {
      if (node.type?.startsWith("QUOTE") && node.range && node.range[1] >= offset) opened = node.range[0];
    },
  });
  return opened;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function lineAt(text: string, offset: number): string {
  return text.slice(lineStart(text, offset)).split("\n", 1)[0] ?? "";
}
