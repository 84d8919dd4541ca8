import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { COMMANDS } from "../../cli/valet.ts";
import { accessRulesSchema } from "../../shared/domain/rules/access-file.ts";
import { auditSchema } from "./audit.ts";
import type { Surface } from "./surface-changes.ts";

/** Paths below the repository: entry of the package → its module. */
const CLIENT = ["index", "zh", "ali-oss", "alicloud", "upload", "forms", "mini-program", "react", "vue"];

/**
 * The names that others build on, as docs/versions.md promises: area → name → whether those who write it must write it. They are
 * read from the code, and settings from the table of docs/settings.md.
 */
export async function publicSurface(root: string): Promise<Surface> {
  const types = new Types(root);
  const client = CLIENT.flatMap((entry) =>
    types.namesOf(`client/src/${entry}.ts`, entry === "index" ? "." : `./${entry}`),
  );
  return {
    http: inOrder(types.namesOf("shared/wire.ts", "body")),
    "access.yaml": inOrder(schemaNames(accessRulesSchema())),
    settings: inOrder(settingNames(readFileSync(join(root, "docs/settings.md"), "utf8"))),
    log: inOrder(logNames()),
    client: inOrder(client),
    commands: inOrder(await commandNames()),
    sandbox: inOrder(types.namesOf("sandbox/index.ts", "./sandbox")),
  };
}

type Names = readonly (readonly [name: string, required: boolean])[];

function inOrder(names: Names): Readonly<Record<string, boolean>> {
  return Object.fromEntries([...names].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** First column: names; second: `yes`, or when it is needed. */
function settingNames(document: string): Names {
  return document.split("\n").flatMap((line) => {
    const [, names = "", needed = ""] = line.split("|").map((cell) => cell.trim());
    return [...names.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = ""]) => [name, needed === "yes"] as const);
  });
}

/** `request.tokenId`: the function writes the log, so that no field is a duty of anybody. */
function logNames(): Names {
  const { definitions = {} } = auditSchema() as { readonly definitions?: Readonly<Record<string, unknown>> };
  return Object.entries(definitions).flatMap(([line, schema]) =>
    schemaNames(schema, line).map(([name]) => [name, false] as const),
  );
}

/** `rules[].prefix`, of a JSON Schema whose parts stand where they are used. */
function schemaNames(schema: unknown, at = ""): Names {
  const { properties, items, required, additionalProperties, ...rest } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly items?: unknown;
    readonly required?: readonly string[];
    readonly additionalProperties?: unknown;
    readonly anyOf?: readonly unknown[];
    readonly oneOf?: readonly unknown[];
    readonly allOf?: readonly unknown[];
  };
  const names = Object.entries(properties ?? {}).flatMap(([name, member]): Names => {
    const path = at === "" ? name : `${at}.${name}`;
    return [[path, required?.includes(name) === true], ...schemaNames(member, path)];
  });
  const inside = [
    ...(typeof items === "object" ? schemaNames(items, `${at}[]`) : []),
    ...(typeof additionalProperties === "object" ? schemaNames(additionalProperties, `${at}.*`) : []),
    ...[...(rest.anyOf ?? []), ...(rest.oneOf ?? []), ...(rest.allOf ?? [])].flatMap((part) =>
      schemaNames(part, at),
    ),
  ];
  // A name of several alternatives is required where each of them requires it; here one of them is enough to be listed.
  return [...new Map([...inside, ...names])];
}

async function commandNames(): Promise<Names> {
  const names: (readonly [string, boolean])[] = [];
  for (const [name, { load }] of Object.entries(COMMANDS)) {
    const { options, arguments: words = {} } = await load();
    names.push([name, false]);
    for (const option of Object.keys(options)) names.push([`${name} --${option}`, false]);
    for (const word of Object.keys(words)) names.push([`${name} ${word.split(" ")[0] ?? ""}`, false]);
  }
  return names;
}

/** The exports of modules, as the compiler knows them. */
class Types {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #root: string;

  constructor(root: string) {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile) as {
      readonly config: object;
    };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const modules = [
      ...CLIENT.map((entry) => `client/src/${entry}.ts`),
      "sandbox/index.ts",
      "shared/wire.ts",
    ];
    this.#root = root;
    this.#program = ts.createProgram(
      modules.map((module) => join(root, module)),
      { ...options, lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"] },
    );
    this.#checker = this.#program.getTypeChecker();
  }

  /** `entry`: what stands before each name. Throws for a module without exports. */
  namesOf(module: string, entry: string): Names {
    const source = this.#program.getSourceFile(join(this.#root, module));
    const symbol = source === undefined ? undefined : this.#checker.getSymbolAtLocation(source);
    if (symbol === undefined) throw new Error(`${module} exports nothing`);
    return this.#checker.getExportsOfModule(symbol).flatMap((exported) => {
      const name = `${entry} ${exported.name}`;
      return [[name, false] as const, ...this.#membersOf(exported, name)];
    });
  }

  #membersOf(exported: ts.Symbol, name: string): Names {
    const symbol =
      (exported.flags & ts.SymbolFlags.Alias) === 0 ? exported : this.#checker.getAliasedSymbol(exported);
    if ((symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Class)) === 0)
      return [];
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    return (type.isUnion() ? type.types : [type]).flatMap((part): Names => {
      if (part.isStringLiteral()) return [[`${name} "${part.value}"`, false]];
      // Those who call write options; everything else is what they get.
      const written = /Options$/.test(name);
      return part
        .getProperties()
        .filter((member) => this.#isOwn(member))
        .map((member) => [
          `${name}.${member.name}`,
          written && (member.flags & ts.SymbolFlags.Optional) === 0,
        ]);
    });
  }

  /** Declared in this repository, and not private. */
  #isOwn(member: ts.Symbol): boolean {
    return (member.declarations ?? []).some((declaration) => {
      const path = relative(this.#root, declaration.getSourceFile().fileName);
      const { name } = declaration as ts.PropertyDeclaration;
      const hidden = (name as ts.PropertyName | undefined)?.kind === ts.SyntaxKind.PrivateIdentifier;
      return !hidden && !path.includes("node_modules") && !path.startsWith("..");
    });
  }
}
