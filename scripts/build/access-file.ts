import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { type AccessRules, accessRulesFrom } from "../../shared/domain/access-rules.ts";
import type { Path } from "../../shared/domain/shape.ts";

/** access.yaml, or the file that ACCESS_FILE names. */
export function accessFilePath(): string {
  return process.env["ACCESS_FILE"] || resolve(import.meta.dirname, "../../access.yaml");
}

/** Every mistake in an access file, each as one line: where it is, and what to write instead. */
export class AccessFileError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "AccessFileError";
    this.problems = problems;
  }
}

export interface AccessContent {
  /** Plain data, checked: accessRulesFrom takes it. */
  readonly content: unknown;
  /** What it means. */
  readonly rules: AccessRules;
  readonly warnings: readonly string[];
}

/** Reads and checks an access file. Throws AccessFileError. */
export function readAccessFile(path: string): AccessContent {
  const inside = relative(process.cwd(), path);
  const name = inside.startsWith("..") ? path : inside;
  const lines = new LineCounter();
  const document = parseDocument(readText(path, name), { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0) {
    throw new AccessFileError(document.errors.map(({ pos, message }) => `${at(pos[0])} ${message}`));
  }
  return checked(contentOf(document, name), { offsetOf: (path) => offsetOf(document, path), at });
}

/** Aliases are resolved here, and fail here where they lead nowhere or would unfold without end. */
function contentOf(document: Document, name: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new AccessFileError([`${name} ${error instanceof Error ? error.message : "is no YAML"}`]);
  }
}

/** Checks content that comes from no file. Throws AccessFileError. */
export function checkAccessContent(content: unknown): AccessContent {
  return checked(content, undefined);
}

interface Places {
  readonly offsetOf: (path: Path) => number;
  /** e.g. access.yaml:12:5 */
  readonly at: (offset: number) => string;
}

function checked(content: unknown, places: Places | undefined): AccessContent {
  const result = accessRulesFrom(content);
  const lines = (remarks: readonly { readonly path: Path; readonly text: string }[]): readonly string[] =>
    remarks
      .map(({ path, text }) => ({
        offset: places?.offsetOf(path) ?? 0,
        sentence: `${pathText(path)} ${text}`.trim(),
      }))
      // As one meets them in the file.
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, sentence }) => (places === undefined ? sentence : `${places.at(offset)} ${sentence}`));
  if (!result.ok) {
    throw new AccessFileError(lines(result.problems.map(({ path, problem }) => ({ path, text: problem }))));
  }
  const warnings = lines(result.warnings.map(({ path, warning }) => ({ path, text: warning })));
  return { content, rules: result.value, warnings };
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AccessFileError([
      `${name} cannot be read (${code}); write access.yaml, or name another in ACCESS_FILE`,
    ]);
  }
}

/** e.g. rules[0].allow */
function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
    "",
  );
}

/** Where the field stands: its key in a map, else its value; where it is missing, what should hold it. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : undefined;
    const node = key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}
