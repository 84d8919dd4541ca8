import type { Metafile } from "esbuild";

/** A file that the package has, made from one module and from what only this module uses. */
export interface PublishedFile {
  /** Without extension, below dist: `upload`. */
  readonly name: string;
  /** Path from the project's root. */
  readonly source: string;
}

/**
 * Which modules get a file of their own: the entries, and every module that several files use. So nothing is in two files,
 * and `ValetError` is one class, whatever entry an App imports it from.
 *
 * `imports`: of each module, by its path from the project's root.
 */
export function publishedFiles(
  entries: readonly PublishedFile[],
  imports: ReadonlyMap<string, readonly string[]>,
): readonly PublishedFile[] {
  const fileOf = new Map<string, string>(entries.map(({ source }) => [source, source]));
  const importersOf = new Map<string, string[]>();
  for (const [module, imported] of imports)
    for (const each of imported) importersOf.set(each, [...(importersOf.get(each) ?? []), module]);
  for (const module of importersFirst(entries, imports)) {
    if (fileOf.has(module)) continue;
    const files = new Set((importersOf.get(module) ?? []).map((importer) => fileOf.get(importer)));
    const [only = module] = files;
    fileOf.set(module, files.size === 1 ? only : module);
  }
  const own = [...fileOf].filter(([module, file]) => module === file).map(([module]) => module);
  const shared = own.filter((module) => !entries.some(({ source }) => source === module));
  return [...entries, ...shared.map((source) => ({ name: nameOf(source), source }))];
}

/** What each module imports when it runs: types have gone. */
export function importsIn({ inputs }: Metafile): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(inputs).map(([path, { imports }]) => [
      path,
      imports.filter(({ external }) => external !== true).map((each) => each.path),
    ]),
  );
}

/** Every module after all that import it. There are no cycles: an import rule forbids them. */
function importersFirst(
  entries: readonly PublishedFile[],
  imports: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const seen = new Set<string>();
  const order: string[] = [];
  const visit = (module: string): void => {
    if (seen.has(module)) return;
    seen.add(module);
    for (const imported of imports.get(module) ?? []) visit(imported);
    order.unshift(module);
  };
  for (const { source } of entries) visit(source);
  return order;
}

/** `client/src/oss/xml.ts` → `oss-xml`. */
function nameOf(source: string): string {
  return source.slice("client/src/".length).replace(/\.ts$/, "").replaceAll("/", "-");
}
