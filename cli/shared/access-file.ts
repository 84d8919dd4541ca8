import { readFileSync, statSync } from "node:fs";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import {
  type Path,
  type Problem,
  type ProblemIn,
  pathText,
  sentenceOf,
} from "../../shared/domain/problem.ts";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import { printable } from "./printable.ts";
import { contentProblemsIn } from "./yaml-content.ts";
import { lookAlikesInYaml } from "./yaml-look-alikes.ts";
import { type Spotted, syntaxProblemsIn } from "./yaml-problems.ts";

/** access.yaml, read and parsed. */
export interface AccessFile {
  /** As JSON: what the build compiles into the bundle. */
  readonly content: unknown;
  readonly rules: AccessRules;
  /** What the operator should know about a valid file. Each with file, line and column. */
  readonly warnings: readonly string[];
  /** A line of the same form about a field. */
  readonly located: (path: Path, problem: Problem) => string;
}

export type AccessFileResult =
  | ({ readonly ok: true } & AccessFile)
  /** Every problem, in the file's order: `access.yaml:12:5 rules[0].allow is "read"; write a list: [read]`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Bytes. Ours: hundreds of rules fit; a file beyond it is the wrong file. */
const MAX_FILE_BYTES = 256 * 1024;

/** Reads access.yaml (or another file of that form). Never throws for what is in the file, or for a missing one. */
export function readAccessFile(path: string): AccessFileResult {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES)
      return broken({
        where: path,
        is: `has ${size} bytes, more than ${MAX_FILE_BYTES}`,
        fix: "check whether it is the right file",
      });
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    return broken({ where: path, ...problemOfReading(error) });
  }
  return accessFileFrom(text, path);
}

/** The same for a text; `name` is the file's name in problems. */
export function accessFileFrom(text: string, name: string): AccessFileResult {
  const lines = new LineCounter();
  // Merge keys and tags are problems. Applying merge keys all the same avoids problems that only follow from them.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    merge: true,
    resolveKnownTags: false,
    // It would warn on standard error of names that are not texts. We report them as unknown names.
    logLevel: "error",
  });
  const located = ({ offset, where, is, fix }: Spotted): string => {
    const { line, col } = lines.linePos(offset);
    return printable(sentenceOf({ where: `${name}:${line}:${col} ${where}`.trimEnd(), is, fix }));
  };
  const spotted = (path: Path, { is, fix }: Problem): Spotted => ({
    offset: offsetOf(document, path),
    where: pathText(path),
    is,
    fix,
  });
  const refused = (problems: readonly Spotted[]): AccessFileResult => ({
    ok: false,
    problems: [...problems].sort(byOffset).map(located),
  });
  // YAML probably reads the rest of the file in another way than it looks.
  const lookAlikes = lookAlikesInYaml(text);
  if (lookAlikes.length > 0) return refused(lookAlikes);
  const syntax = syntaxProblemsIn(document, text, lines);
  if (!syntax.readable) return refused(syntax.problems);
  const { problems, warnings } = contentProblemsIn(document, text);
  const content = contentOf(document);
  if (content === undefined) return refused([...syntax.problems, ...problems]);
  if (content === null)
    return broken({
      where: name,
      is: "is empty",
      fix: "write issuers and rules, as docs/access-rules.md shows",
    });

  const result = accessRulesFrom(content);
  const ofRules = result.ok ? [] : result.problems.map((problem) => spotted(problem.path, problem));
  const all = [...syntax.problems, ...problems, ...ofRules];
  if (!result.ok || all.length > 0) return refused(all);
  const ofResult = result.warnings.map((warning) => spotted(warning.path, warning));
  return {
    ok: true,
    content,
    rules: result.value,
    warnings: [...warnings, ...ofResult].sort(byOffset).map(located),
    located: (path, problem) => located(spotted(path, problem)),
  };
}

function byOffset(a: Spotted, b: Spotted): number {
  return a.offset - b.offset;
}

/** undefined when an alias has no anchor: that problem is already reported. */
function contentOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

/** Where a field's name or a list's item begins; for a missing one, where its parent begins. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      // When a name appears twice, the last one counts.
      const pair = node.items.findLast(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) return offset;
      offset = startOf(pair.key) ?? offset;
      next = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      next = node.items[step];
      offset = startOf(next) ?? offset;
    } else return offset;
    node = next;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function problemOfReading(error: unknown): Problem {
  if (error instanceof TypeError) return { is: "is not UTF-8 text", fix: "save it as UTF-8" };
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EISDIR") return { is: "is a folder", fix: "name the file in it" };
  const fix = "name another with --access FILE or ACCESS_FILE";
  if (code === "ENOENT") return { is: "does not exist", fix };
  if (code === "EACCES") return { is: "is not readable for this user", fix: "let this user read it" };
  return { is: "cannot be read", fix };
}

function broken(problem: ProblemIn): AccessFileResult {
  return { ok: false, problems: [sentenceOf(problem)] };
}
