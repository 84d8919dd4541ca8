import { readFileSync, statSync } from "node:fs";
import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { accessRulesFrom } from "../../shared/domain/rules/access-rules.ts";
import type { AccessRules } from "../../shared/domain/rules/rule.ts";
import type { Path } from "../../shared/domain/rules/shape.ts";
import { contentProblemsIn } from "./yaml-content.ts";
import { type Spotted, syntaxProblemsIn } from "./yaml-problems.ts";

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
  // Merge keys and tags are refused; until they are mended, the rest is read as their author meant it.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: "1.2",
    merge: true,
    resolveKnownTags: false,
    // Of names that are no text it would warn on standard error; they are unknown names, and told as such.
    logLevel: "error",
  });
  const located = ({ offset, where, text: what }: Spotted): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col} ${where === "" ? "" : `${where}: `}${what}`;
  };
  const spotted = (path: Path, what: string): Spotted => ({
    offset: offsetOf(document, path),
    where: written(path),
    text: what,
  });
  const refused = (problems: readonly Spotted[]): AccessFileResult => ({
    ok: false,
    problems: [...problems].sort(byOffset).map(located),
  });
  const syntax = syntaxProblemsIn(document, text, lines);
  if (!syntax.readable) return refused(syntax.problems);
  const { problems, warnings } = contentProblemsIn(document, text);
  const content = contentOf(document);
  if (content === undefined) return refused([...syntax.problems, ...problems]);
  if (content === null)
    return broken(`${name}: is empty; write issuers and rules, as docs/access-rules.md shows`);

  const result = accessRulesFrom(content);
  const ofRules = result.ok ? [] : result.problems.map(({ path, problem }) => spotted(path, problem));
  const all = [...syntax.problems, ...problems, ...ofRules];
  if (!result.ok || all.length > 0) return refused(all);
  const ofResult = result.warnings.map(({ path, warning }) => spotted(path, warning));
  return {
    ok: true,
    content,
    rules: result.value,
    warnings: [...warnings, ...ofResult].sort(byOffset).map(located),
    located: (path, what) => located(spotted(path, what)),
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

function byOffset(a: Spotted, b: Spotted): number {
  return a.offset - b.offset;
}

/** undefined where an alias leads nowhere, which is a problem that is known already. */
function contentOf(document: Document.Parsed): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

/** Where a field's name or a list's item begins; of what is missing, where it would have to be. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    let next: unknown;
    if (isMap(node)) {
      // Of a name that stands twice, the last one counts.
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
