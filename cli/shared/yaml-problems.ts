import { type Document, type LineCounter, visit, type YAMLError } from "yaml";
import type { Problem, ProblemIn } from "../../shared/domain/problem.ts";

/** A problem in a YAML file. `where` is the field, e.g. `rules[0].allow`; empty when it is about the YAML itself. */
export interface Spotted extends ProblemIn {
  /** Characters from the file's beginning. */
  readonly offset: number;
}

/**
 * Why a text is not valid YAML, in an operator's words. One problem per line, as later ones follow from the first; and
 * none after a mistake in the structure (indentation, a bracket, a quote), as the rest of the file follows from it. No
 * line is quoted: it may contain a key where its variable's name should be.
 */
export function syntaxProblemsIn(
  document: Document.Parsed,
  text: string,
  lines: LineCounter,
): {
  readonly problems: readonly Spotted[];
  /** Whether the document can still be read and checked for more mistakes. */
  readonly readable: boolean;
} {
  const byLine = new Map<number, Spotted>();
  let readable = true;
  const directives = document.warnings.filter(({ code }) => code === "BAD_DIRECTIVE");
  for (const error of [...document.errors, ...directives]) {
    const diagnosis = diagnosisOf(error, document, text);
    // An error without words of ours, after one with, follows from it.
    if (diagnosis === undefined && byLine.size > 0) break;
    const { offset, is, fix, structural } = diagnosis ?? inParsersWords(error);
    const { line } = lines.linePos(offset);
    if (!byLine.has(line)) byLine.set(line, { offset, where: "", is, fix });
    if (error.code !== "DUPLICATE_KEY") readable = false;
    if (structural) break;
  }
  return { problems: [...byLine.values()], readable };
}

interface Diagnosis extends Problem {
  readonly offset: number;
  /** The rest of the file is misread because of it. */
  readonly structural: boolean;
}

/** A pattern on the error's code and message, the problem, and whether it is one of structure. */
type Sign = readonly [sign: RegExp, problem: Problem, kind: "local" | "structural"];

const NOT_ALIGNED: Problem = {
  is: "is indented by another number of spaces than its neighbours",
  fix: "line it up with the fields above",
};
/** yaml-content.ts uses it too: for YAML itself, most tags are correct. */
export const TAGGED: Problem = {
  is: "has a tag (!…), and tags are not read here",
  fix: "write the value alone, or a text with ! in quotes",
};
const IN_QUOTES: Problem = {
  is: "has a text that begins with a special character of YAML",
  fix: "write it in quotes",
};

const CERTAIN: readonly Sign[] = [
  [
    /^TAB_AS_INDENT/,
    { is: "begins with a tab, but YAML takes spaces only", fix: "write two spaces for each level" },
    "structural",
  ],
  [
    /^MULTIPLE_DOCS/,
    {
      is: "has a second document (---), but one file holds one",
      fix: "delete this line and everything after it",
    },
    "structural",
  ],
  [
    /^RESOURCE_EXHAUSTION/,
    { is: "is nested too deeply", fix: "check whether this is the right file" },
    "structural",
  ],
  [/^BAD_DIRECTIVE/, { is: "has a line that begins with %", fix: "delete it" }, "local"],
  [/^TAG_RESOLVE_FAILED/, TAGGED, "local"],
  [/^BAD_(SCALAR_START|ALIAS)/, IN_QUOTES, "local"],
  [/ (Block scalar header|Tags and anchors must)/, IN_QUOTES, "local"],
  [
    /^BAD_DQ_ESCAPE/,
    { is: "has a backslash that means nothing in double quotes", fix: "delete it" },
    "local",
  ],
];

/** Tried last: the parser names the place where it stopped, which is often not the mistake. */
const LIKELY: readonly Sign[] = [
  [/ end with a ]/, { is: "needs a ]", fix: "add ] at the end of the line above" }, "structural"],
  [/ end with a }/, { is: "needs a }", fix: "add } at the end of the line above" }, "structural"],
  [/^BAD_INDENT| Sequence item without/, NOT_ALIGNED, "structural"],
  [
    /^BLOCK_AS_IMPLICIT_KEY/,
    { is: 'has a second ": " in one line', fix: "write the text in quotes" },
    "local",
  ],
  [
    /^MULTILINE_IMPLICIT_KEY| Implicit map keys/,
    { is: "has no colon after the name", fix: "write one, as in rules:" },
    "structural",
  ],
  [/ Unexpected , in flow/, { is: "has a comma too many", fix: "delete it" }, "local"],
  [
    / Unexpected flow-\w+-end/,
    { is: "has a closing bracket that nothing opens", fix: "delete it" },
    "structural",
  ],
  [
    / Block collections are not allowed within flow/,
    {
      is: "has no comma between two fields",
      fix: "write one, as in { sub: alice, role: editor }",
    },
    "local",
  ],
];

function diagnosisOf(error: YAMLError, document: Document.Parsed, text: string): Diagnosis | undefined {
  const [offset] = error.pos;
  const sign = `${error.code} ${error.message}`;
  const line = lineAt(text, offset);
  const structural = (problem: Problem, at = offset): Diagnosis => ({
    ...problem,
    offset: at,
    structural: true,
  });
  const local = (problem: Problem): Diagnosis => ({ ...problem, offset, structural: false });
  const among = (table: readonly Sign[]): Diagnosis | undefined => {
    const [, problem, kind] = table.find(([pattern]) => pattern.test(sign)) ?? [];
    return problem === undefined ? undefined : { ...problem, offset, structural: kind === "structural" };
  };

  const certain = among(CERTAIN);
  if (certain !== undefined) return certain;
  if (error.code === "DUPLICATE_KEY") {
    const name = /^[\w.-]+/.exec(text.slice(offset))?.[0] ?? "a name";
    return local({
      is: `${name} appears twice in the same group`,
      fix: 'delete one, or begin a new entry with "- "',
    });
  }
  if (/closing .quote/.test(sign))
    return structural(
      { is: "has a quote that is never closed", fix: "close it at the end of the text" },
      openedQuote(document, offset),
    );
  if (/^\s*-[^\s-]/.test(line))
    return structural({
      is: "has no space after the dash",
      fix: "write one, as in - name: own folder",
    });
  const braces = problemWithBraces(text, offset);
  if (braces !== undefined) return local(braces);
  const deeper = deeperLineBehind(error, document, text);
  if (deeper !== undefined) return structural(NOT_ALIGNED, deeper);
  if (/^\s*(- )?[\w-]+:[^\s/]/.test(line))
    return structural({
      is: "has no space after the colon",
      fix: "write one, as in name: own folder",
    });
  if (/at node end$/.test(sign) && line.slice(0, offset - lineStart(text, offset)).trim() !== "")
    return local({
      is: "has more after the end of a text",
      fix: "write the whole text in one pair of quotes",
    });
  return among(LIKELY);
}

/** The parser's message, without its quotes from the file. */
function inParsersWords({ pos: [offset], message }: YAMLError): Diagnosis {
  const words = `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/[:;] .*$/s, "");
  return {
    offset,
    is: `is not YAML here: ${words}`,
    fix: "compare it with docs/access-rules.md",
    structural: true,
  };
}

/**
 * The problem when the parser stopped in or right after unquoted braces: `{sub}/`, `[read users/{sub}/]`. The fix repeats
 * the text only for a prefix: in another field it may be a key.
 */
function problemWithBraces(text: string, offset: number): Problem | undefined {
  const before = lineAt(text, offset).slice(0, offset - lineStart(text, offset));
  const [left = ""] = /[^\s,[\]"']*$/.exec(before) ?? [];
  const [right = ""] = /^[^\s,[\]"']*/.exec(text.slice(offset)) ?? [];
  const word = left + right;
  if (!/\{[^{}]+\}/.test(word)) return undefined;
  const field = [...before.matchAll(/([\w-]+):\s/g)].at(-1)?.[1];
  if (field === "can" || field === "cannot")
    return {
      is: "has braces in a promise, but a promise names one real key",
      fix: "write a key, as in read users/alice/a.jpg",
    };
  const whole = "write the whole text in quotes";
  return {
    is: "has a text with braces outside quotes",
    fix: field === "prefix" ? `${whole}: "${word}"` : whole,
  };
}

/** Where the line after a text is indented deeper than the text's field, so that YAML adds the line to the text. */
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

/** The parser reports an open quote at the file's end. The operator needs the place where it was opened. */
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
