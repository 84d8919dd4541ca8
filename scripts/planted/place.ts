import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** What a planted bug is, as far as its place matters. */
export interface Plant {
  /** A top-level name. Where several files declare it: the end of the path, `#`, and the name. */
  readonly in: string;
  /** Occurs exactly once in the declaration. White space does not count. */
  readonly find: string;
  readonly replace: string;
}

/** Where a bug goes. */
export interface Place {
  /** Relative to the project, with slashes. */
  readonly file: string;
  /** Index in the file's text, in UTF-16 code units. */
  readonly at: number;
  /** What stands there, as the file has it. */
  readonly text: string;
}

/** A top-level function, constant or class. */
export interface Declaration {
  readonly file: string;
  readonly at: number;
  readonly text: string;
}

/** The declarations of the project's code, by name. */
export type Declarations = ReadonlyMap<string, readonly Declaration[]>;

/** Folders that hold code in which bugs are planted. */
const FOLDERS = ["functions", "shared", "sandbox", "cli", "client/src", "scripts"];

/** Reads all files below the code's folders: half a second. */
export function declarationsOf(root: string): Declarations {
  const byName = new Map<string, Declaration[]>();
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`),
  );
  for (const file of files) {
    for (const [name, declaration] of topLevelOf(file, readFileSync(join(root, file), "utf8")))
      byName.set(name, [...(byName.get(name) ?? []), declaration]);
  }
  return byName;
}

/** The one place of a bug, or why there is none. */
export function placeOf(
  plant: Plant,
  declarations: Declarations,
): { readonly ok: true; readonly place: Place } | { readonly ok: false; readonly problem: string } {
  if (meaning(plant.find).letters === meaning(plant.replace).letters)
    return problem("find and replace are the same");
  const [name = "", end = ""] = plant.in.split("#").reverse();
  const named = (declarations.get(name) ?? []).filter(({ file }) => `/${file}`.endsWith(end && `/${end}`));
  const [declaration, second] = named;
  if (declaration === undefined) return problem(`no top-level function, constant or class has this name`);
  if (second !== undefined) {
    const files = named.map(({ file }) => file).join(", ");
    return problem(`the name stands in ${files}; write the end of the path before it, as in file.ts#${name}`);
  }
  const { letters, indexes } = meaning(declaration.text);
  const wanted = meaning(plant.find).letters;
  const first = letters.indexOf(wanted);
  if (wanted === "" || first < 0) return problem(`${declaration.file} does not have the text of find`);
  if (letters.indexOf(wanted, first + 1) >= 0)
    return problem(`${declaration.file} has the text of find more than once; write more of it`);
  const from = indexes[first] ?? 0;
  const to = (indexes[first + wanted.length - 1] ?? 0) + 1;
  return {
    ok: true,
    place: { file: declaration.file, at: declaration.at + from, text: declaration.text.slice(from, to) },
  };

  function problem(reason: string): { readonly ok: false; readonly problem: string } {
    return { ok: false, problem: `${plant.in}: ${reason}` };
  }
}

function topLevelOf(file: string, source: string): readonly (readonly [string, Declaration])[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest);
  return tree.statements.flatMap((statement) => {
    const at = statement.getStart(tree);
    const declaration = { file, at, text: source.slice(at, statement.end) };
    return namesOf(statement).map((name) => [name, declaration] as const);
  });
}

function namesOf(statement: ts.Statement): readonly string[] {
  if (ts.isFunctionDeclaration(statement))
    return statement.body === undefined || statement.name === undefined ? [] : [statement.name.text];
  if (ts.isClassDeclaration(statement)) return statement.name === undefined ? [] : [statement.name.text];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    ts.isIdentifier(name) ? [name.text] : [],
  );
}

/**
 * The text without what a formatter adds or takes away: white space, and the comma before a closing bracket.
 * `indexes` holds the place of each letter in the text.
 */
function meaning(text: string): { readonly letters: string; readonly indexes: readonly number[] } {
  const kept = [...text.matchAll(/,(?!\s*[)\]}])|[^\s,]/g)];
  return { letters: kept.join(""), indexes: kept.map(({ index }) => index) };
}
