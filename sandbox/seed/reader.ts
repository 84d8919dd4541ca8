import { LineCounter, parseDocument } from "yaml";

/** Part of a seed file. Every scalar is a text, even if it looks like a number (such as an account id). */
export type SeedNode = string | readonly SeedNode[] | { readonly [name: string]: SeedNode };

/** A seed file that cannot be used; `problems` names every mistake, each with its path. */
export class SeedError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.name = "SeedError";
    this.problems = problems;
  }
}

/** Reads YAML, which includes JSON. Throws SeedError, with the line, when the text is neither. */
export function seedNodeFrom(text: string): SeedNode {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter });
  if (document.errors.length > 0) {
    throw new SeedError(
      document.errors.map(({ message, pos }) => `line ${lineCounter.linePos(pos[0]).line}: ${message}`),
    );
  }
  return (document.toJS({ maxAliasCount: 100 }) ?? "") as SeedNode;
}

/** Reads the parts of a seed file and collects all mistakes. */
export interface SeedReader {
  readonly problems: readonly string[];
  problem(path: string, text: string): void;
  /** The entries of an object whose names the file chooses. */
  entries(node: SeedNode | undefined, path: string): readonly (readonly [string, SeedNode])[];
  /** An object with known members. Any other member is a mistake. */
  members<Name extends string>(
    node: SeedNode | undefined,
    path: string,
    names: readonly Name[],
  ): Partial<Record<Name, SeedNode>>;
  list(node: SeedNode | undefined, path: string): readonly SeedNode[];
  /** A text that matches `form`; `says` completes "must be …". Returns an empty text if it does not match. */
  text(node: SeedNode | undefined, path: string, form: RegExp, says: string): string;
}

export function seedReader(): SeedReader {
  const problems: string[] = [];
  const problem = (path: string, text: string) => {
    problems.push(`${path}: ${text}`);
  };
  const entries: SeedReader["entries"] = (node, path) => {
    if (isNothing(node)) return [];
    if (typeof node === "object" && !isList(node)) return Object.entries(node);
    problem(path, "must be an object");
    return [];
  };
  return {
    problems,
    problem,
    entries,
    members: (node, path, names) => {
      const found = entries(node, path);
      for (const [name] of found) {
        if (!names.some((known) => known === name)) {
          problem(`${path}.${name}`, `unknown member; write one of ${names.join(", ")}`);
        }
      }
      return Object.fromEntries(found) as Partial<Record<(typeof names)[number], SeedNode>>;
    },
    list: (node, path) => {
      if (isNothing(node)) return [];
      if (isList(node)) return node;
      problem(path, "must be a list");
      return [];
    },
    text: (node, path, form, says) => {
      if (typeof node === "string" && form.test(node)) return node;
      problem(path, `must be ${says}${typeof node === "string" ? `, not "${node}"` : ""}`);
      return "";
    },
  };
}

/** True when a member is missing, or has no value after its colon. */
function isNothing(node: SeedNode | undefined): node is "" | undefined {
  return node === undefined || node === "";
}

function isList(node: SeedNode): node is readonly SeedNode[] {
  return Array.isArray(node);
}
