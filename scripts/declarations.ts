import { posix, relative, sep } from "node:path";
import ts from "typescript";

export interface Declared {
  /** The project's folder. */
  readonly root: string;
  /** Modules, by their path from the root. */
  readonly entries: readonly string[];
  /** The folder with the tsconfig.json that they are compiled with, from the root. */
  readonly project: string;
  /** Module → the name, without extension, of its declarations in the package: it cannot name files outside of itself. */
  readonly nameOf: (module: string) => string;
}

/**
 * The declarations of the entries and of everything that they name, for ES modules (`.d.ts`) and for CommonJS (`.d.cts`):
 * name → text. Throws when the compiler finds a mistake.
 */
export function declarationsOf({ root, entries, project, nameOf }: Declared): ReadonlyMap<string, string> {
  const emitted = emittedBy(root, entries, `${root}/${project}`);
  const texts = new Map<string, string>();
  const waiting = [...entries];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const name = nameOf(source);
    if (texts.has(`${name}.d.ts`)) continue;
    const text = emitted.get(source);
    if (text === undefined) throw new Error(`the compiler has no declarations for ${source}`);
    for (const [type, extension] of [
      [".d.ts", ".js"],
      [".d.cts", ".cjs"],
    ] as const) {
      texts.set(
        `${name}${type}`,
        text.replace(SPECIFIER, (_all, before: string, specifier: string) => {
          const imported = posix.join(posix.dirname(source), specifier);
          waiting.push(imported);
          const path = posix.relative(posix.dirname(name), nameOf(imported));
          return `${before}"${path.startsWith(".") ? path : `./${path}`}${extension}"`;
        }),
      );
    }
  }
  return texts;
}

/** `from "./x.ts"` and `import("./x.ts")`. */
const SPECIFIER = /(\bfrom |\bimport\()"(\.[^"]+\.ts)"/g;

/** Path of the source → its declarations, as the compiler makes them. */
function emittedBy(root: string, entries: readonly string[], project: string): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile(`${project}/tsconfig.json`, ts.sys.readFile) as {
    readonly config: object;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, project);
  const emitted = new Map<string, string>();
  const program = ts.createProgram(
    entries.map((entry) => `${root}/${entry}`),
    {
      ...options,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      rootDir: root,
      outDir: root,
    },
  );
  const { diagnostics } = program.emit(undefined, (path, text) => {
    const source = relative(root, path)
      .replaceAll(sep, "/")
      .replace(/\.d\.ts$/, ".ts");
    emitted.set(source, text);
  });
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length > 0) throw new Error(ts.formatDiagnostics(problems, FORMAT));
  return emitted;
}

const FORMAT: ts.FormatDiagnosticsHost = {
  getCurrentDirectory: () => process.cwd(),
  getCanonicalFileName: (name) => name,
  getNewLine: () => "\n",
};
