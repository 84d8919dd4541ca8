import { readFileSync, statSync } from "node:fs";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { type AccessRules, accessRulesFrom } from "../shared/domain/access-rules.ts";
import type { Path } from "../shared/domain/shape.ts";
import { contentProblemsIn, type Spotted, syntaxProblemsIn } from "./yaml-problems.ts";

/** access.yaml, read and parsed. */
export interface AccessFile {
  /** As JSON: what the build compiles into the bundle. */
  readonly content: unknown;
  readonly rules: AccessRules;
  /** What the operator should have seen, although it may be meant. Each with file, line and column. */
  readonly warnings: readonly string[];
  /** A line about a field, of the same form. */
  readonly located: (path: Path, what: string) => string;
}

export type AccessFileResult =
  | ({ readonly ok: true } & AccessFile)
  /** Every problem, in the file's order: `access.yaml:12:5 rules[0].allow: is "read"; write a list: [read]`. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** Bytes. Ours: hundreds of rules fit; a file beyond it is the wrong file. */
const MAX_FILE_BYTES = 256 * 1024;

/** Reads access.yaml (or another file of that form). Never throws for what is in the file, or for a missing one. */
export function readAccessFile(path: string): AccessFileResult {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES)
      return broken(`${path}: has ${size} bytes, ${MAX_FILE_BYTES} are the most; is it the right file?`);
    text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    return broken(`${path}: ${unreadable(error)}`);
  }
  return accessFileFrom(text, path);
}

/** The same for a text; `name` is what problems call the file by. */
export function accessFileFrom(text: string, name: string): AccessFileResult {
  const lines = new LineCounter();
  // Keys that stand twice are found by the syntax's own check; a merge key is none of YAML 1.2.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const located = ({ offset, where, text: what }: Spotted): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col} ${where === "" ? "" : `${where}: `}${what}`;
  };
  const syntax = syntaxProblemsIn(document, text, lines);
  if (syntax.length > 0) return { ok: false, problems: syntax.map(located) };
  const { problems, warnings } = contentProblemsIn(document);
  if (problems.length > 0) return { ok: false, problems: problems.map(located) };

  const content: unknown = document.toJS();
  if (content === null || content === undefined)
    return broken(`${name}: is empty; write issuers and rules, as docs/access-rules.md shows`);
  const result = accessRulesFrom(content);
  const spotted = (path: Path, what: string): Spotted => ({
    offset: offsetOf(document, path),
    where: written(path),
    text: what,
  });
  return result.ok
    ? {
        ok: true,
        content,
        rules: result.value,
        warnings: inOrder([
          ...warnings,
          ...result.warnings.map(({ path, warning }) => spotted(path, warning)),
        ]).map(located),
        located: (path, what) => located(spotted(path, what)),
      }
    : {
        ok: false,
        problems: inOrder(result.problems.map(({ path, problem }) => spotted(path, problem))).map(located),
      };
}

/** e.g. `rules[0].when["https://example.com/role"]` */
export function written(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[\w-]+$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

function inOrder(spotted: readonly Spotted[]): readonly Spotted[] {
  return [...spotted].sort((a, b) => a.offset - b.offset);
}

/** Where a field's name or a list's item begins; of what is missing, where it would have to be. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
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

function unreadable(error: unknown): string {
  if (error instanceof TypeError) return "is not UTF-8 text; save it as UTF-8";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "is not there; name another with --access FILE or ACCESS_FILE";
  if (code === "EISDIR") return "is a folder; name the file in it";
  if (code === "EACCES") return "may not be read by this user";
  return "cannot be read";
}

function broken(problem: string): AccessFileResult {
  return { ok: false, problems: [problem] };
}
