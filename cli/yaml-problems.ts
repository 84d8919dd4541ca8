import {
  type Document,
  isAlias,
  isNode,
  isPair,
  isScalar,
  type LineCounter,
  visit,
  type YAMLError,
} from "yaml";

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
 * What keeps a text from being YAML, in an operator's words. One for each line: the first, as others follow
 * from it. No line is quoted: a key may stand where its variable's name should.
 */
export function syntaxProblemsIn(
  document: Document.Parsed,
  text: string,
  lines: LineCounter,
): readonly Spotted[] {
  const byLine = new Map<number, Spotted>();
  for (const error of [...document.errors, ...document.warnings]) {
    const offset = offsetOf(error, document);
    const { line } = lines.linePos(offset);
    const lineText = text.split("\n")[line - 1] ?? "";
    if (!byLine.has(line)) byLine.set(line, { offset, where: "", text: wordsFor(error, lineText) });
  }
  return [...byLine.values()];
}

/** What is YAML, but not for this file: anchors, aliases, merge keys, another version, numbers that lose digits. */
export function contentProblemsIn(document: Document.Parsed): {
  readonly problems: readonly Spotted[];
  readonly warnings: readonly Spotted[];
} {
  const problems: Spotted[] = [];
  const warnings: Spotted[] = [];
  const add = (list: Spotted[], node: unknown, text: string): void => {
    list.push({ offset: (isNode(node) ? node.range?.[0] : undefined) ?? 0, where: "", text });
  };
  if (document.directives.yaml.explicit) add(problems, undefined, "has a %YAML line; delete it");
  visit(document, (key, node) => {
    if (isPair(node) && isScalar(node.key) && node.key.value === "<<")
      add(problems, node.key, "<< (a merge key) is not read here; write the fields out");
    else if (isAlias(node))
      add(problems, node, "an alias (*…) is not read here; write the value out, or in quotes");
    else if (isNode(node) && "anchor" in node && node.anchor !== undefined)
      add(problems, node, "an anchor (&…) is not read here; write the value without it");
    if (key === "key" || !isScalar(node) || typeof node.value !== "number") return;
    const source = node.source ?? String(node.value);
    if (!Number.isFinite(node.value) || (Number.isInteger(node.value) && !Number.isSafeInteger(node.value)))
      add(problems, node, "is a number that cannot be kept exactly; write it in quotes");
    else if (String(node.value) !== source)
      add(warnings, node, `${source} is read as the number ${node.value}; a text needs quotes: "${source}"`);
  });
  return { problems, warnings };
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["TAB_AS_INDENT", "begins with a tab; YAML takes blanks only: two for each level"],
  ["MULTIPLE_DOCS", "has a second document (---); one file holds one: delete the line and what follows"],
  ["RESOURCE_EXHAUSTION", "is nested too deeply; is it the right file?"],
  [
    "TAG_RESOLVE_FAILED",
    "has a tag (!…); tags are not read here: write the value alone, a text with ! in quotes",
  ],
  ["BAD_SCALAR_START", "has a text that begins with a character of YAML's own; write it in quotes"],
  ["BAD_ALIAS", "has a text that begins with a character of YAML's own; write it in quotes"],
  ["BAD_DQ_ESCAPE", "has a backslash that means nothing in double quotes; write it without"],
]);

function wordsFor(error: YAMLError, line: string): string {
  const word = /[^\s,[\]"']*\{[\w.:-]+\}[^\s,\]"']*/.exec(line.replace(/#.*$/, ""))?.[0];
  const words = WORDS.get(error.code);
  if (words !== undefined) return words;
  if (error.code === "DUPLICATE_KEY") {
    const name = /^[\s-]*([\w-]+)\s*:/.exec(line)?.[1] ?? "a name";
    return `${name} stands twice in the same group; delete one, or begin a new entry with "- "`;
  }
  if (word !== undefined) return `a text with braces needs quotes around the whole of it: "${word}"`;
  if (/^\s*-[^\s-]/.test(line)) return "needs a blank behind the dash: - name: own folder";
  if (/closing .quote/.test(error.message)) return "has a quote that is opened and never closed";
  if (/^\s*(- )?[\w-]+:[^\s/]/.test(line)) return "needs a blank behind the colon: name: own folder";
  if (error.code === "BLOCK_AS_IMPLICIT_KEY")
    return `has a second ": " in one line; write the text in quotes`;
  if (error.code === "MULTILINE_IMPLICIT_KEY") return "needs a colon behind the name: rules:";
  if (/Sequence item without/.test(error.message))
    return "is indented by another number of blanks than its neighbours; line it up with the fields above";
  if (/end with a ([\]}])/.test(error.message))
    return `${/end with a ([\]}])/.exec(error.message)?.[1] ?? "]"} is missing at the end of the line above`;
  return `is no YAML here: ${lowerFirst(error.message)}`;
}

/** An open quote is noticed at the file's end; what helps is where it was opened. */
function offsetOf(error: YAMLError, document: Document.Parsed): number {
  const [offset] = error.pos;
  if (!/closing .quote/.test(error.message)) return offset;
  let opened = offset;
  visit(document, {
    Scalar: (_key, node) => {
      if (node.type?.startsWith("QUOTE") && node.range && node.range[1] >= offset) opened = node.range[0];
    },
  });
  return opened;
}

function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
