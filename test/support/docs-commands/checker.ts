import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Script } from "node:vm";
import { parse } from "yaml";
import { projectFiles } from "../../../cli/init/project.ts";
import type { Command } from "../../../cli/shared/command.ts";
import { programsIn, sentencesIn } from "./page-commands.ts";
import { problemsOfS } from "./serverless-devs.ts";
import type { ShellCommand } from "./shell-commands.ts";
import { TOOLS } from "./tools.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** What the docs' commands are compared with. */
export interface Known {
  /** By name: the commands of `valet`. */
  readonly valet: ReadonlyMap<string, Command>;
  /** By name: the scripts of package.json. */
  readonly scripts: ReadonlyMap<string, string>;
  /** The same of a project that `valet init` makes. */
  readonly projectScripts: ReadonlyMap<string, string>;
  /** Names of environment variables that something reads. */
  readonly variables: ReadonlySet<string>;
}

/** Everything that the repository has. */
export async function knownHere(): Promise<Known> {
  const names = readdirSync(join(ROOT, "cli")).filter(
    (name) => name !== "shared" && existsSync(join(ROOT, "cli", name, "command.ts")),
  );
  const valet = await Promise.all(
    names.map(async (name) => {
      const module = (await import(`../../../cli/${name}/command.ts`)) as Readonly<Record<string, Command>>;
      const command = Object.values(module).find((one) => one?.name === name);
      if (command === undefined) throw new Error(`cli/${name}/command.ts exports no command ${name}`);
      return [name, command] as const;
    }),
  );
  return {
    valet: new Map(valet),
    scripts: scriptsOf(readFileSync(join(ROOT, "package.json"), "utf8")),
    projectScripts: scriptsOf(PROJECT.get("package.json") ?? ""),
    variables: new Set([...variablesOfSources(), ...variablesOf(valet.map(([, command]) => command))]),
  };
}

/** The files of a project that `valet init` makes. */
export const PROJECT = projectFiles({
  name: "my-app",
  issuer: "https://login.example.com/",
  audience: "my-app",
  bucket: "my-app-files",
  region: "cn-hangzhou",
  jwks: "https://login.example.com/.well-known/jwks.json",
  algorithms: ["RS256"],
  ossValet: "1.0.0",
});

function scriptsOf(manifest: string): ReadonlyMap<string, string> {
  const { scripts } = JSON.parse(manifest) as { readonly scripts: Readonly<Record<string, string>> };
  return new Map(Object.entries(scripts));
}

/** The names in the table of docs/settings.md, and those that our programs read. */
function variablesOfSources(): readonly string[] {
  const settings = [...readFileSync(join(ROOT, "docs/settings.md"), "utf8").matchAll(/^\|.*?\|/gm)]
    .flatMap(([row]) => [...row.matchAll(/`([A-Z][A-Z_]+)`/g)])
    .map(([, name = ""]) => name);
  const read = ["cli", "scripts", "test", "functions", "shared"]
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((name) =>
        join(ROOT, folder, name),
      ),
    )
    .filter((file) => /\.(ts|mjs|cjs)$/.test(file))
    .flatMap((file) => [
      ...readFileSync(file, "utf8").matchAll(
        /(?:process\.env\.|["'](?=[A-Z\d_]+["']))([A-Z][A-Z\d_]{3,})\b/g,
      ),
    ])
    .map(([, name = ""]) => name);
  return [...settings, ...read];
}

function variablesOf(commands: readonly Command[]): readonly string[] {
  return commands.flatMap(({ settings = {}, usage, examples = {} }) =>
    [...Object.keys(settings), ...usage, ...Object.keys(examples)].flatMap(
      (text) => text.match(/[A-Z][A-Z\d_]{3,}/g) ?? [],
    ),
  );
}

/** What is wrong with a command on `page`, the Markdown around it. */
export function problemsOf(command: ShellCommand, page: string, known: Known): readonly string[] {
  const { variables, words } = command;
  const unknown = Object.keys(variables).filter((name) => !isKnownVariable(name, page, known));
  return [
    ...unknown.map((name) => `${name} is a variable that nothing reads`),
    ...problemsOfWords(
      words.filter((word) => word !== "…"),
      page,
      known,
    ),
    ...missingFiles([...words, ...Object.values(variables)], page).map((file) => `${file} does not exist`),
  ];
}

/** A variable of the page's own program, or one that its other lines use, is known. */
function isKnownVariable(name: string, page: string, known: Known): boolean {
  return (
    known.variables.has(name) ||
    SHELL_VARIABLES.has(name) ||
    new RegExp(`\\$\\{?${name}\\b`).test(page) ||
    new RegExp(`\\b${name}\\b`).test(programsIn(page))
  );
}

/** Of every shell, of Node.js, of Serverless Devs, and of the SDKs of Alibaba Cloud. */
const SHELL_VARIABLES = new Set(["PATH", "NODE_ENV", "AccountID", "AccessKeyID", "AccessKeySecret"]);

function problemsOfWords(words: readonly string[], page: string, known: Known): readonly string[] {
  const [tool = "", ...args] = words;
  if (tool === "" || tool.startsWith("$") || tool.startsWith("./")) return [];
  if (new RegExp(`^${tool.replace(/\W/g, "\\$&")}\\(\\)`, "m").test(page)) return [];
  if (tool === "npm") return problemsOfNpm(args, page, known);
  if (tool === "npx") return problemsOfNpx(args, page, known);
  if (tool === "valet") return problemsOfValet(args, known);
  if (tool === "s") return problemsOfS(args, ["credentials", "uploads"]);
  if (tool === "node") return problemsOfNode(args);
  if (tool === "terraform" || tool === "aliyun") return problemsOfTemplate(args);
  return Object.hasOwn(TOOLS, tool) ? [] : [`${tool} is in no row of test/support/docs-commands/tools.ts`];
}

const NPM_OPTIONS = new Set(["-s", "--silent"]);

function problemsOfNpm(
  [verb = "", ...rest]: readonly string[],
  page: string,
  known: Known,
): readonly string[] {
  if (verb === "start" || verb === "test") return problemsOfScript(verb, rest, page, known);
  if (verb === "run") {
    const at = rest.findIndex((word) => !NPM_OPTIONS.has(word));
    return at < 0 ? [] : problemsOfScript(rest[at] ?? "", rest.slice(at + 1), page, known);
  }
  return NPM_VERBS.has(verb) ? [] : [`npm ${verb} is no command that the docs need`];
}

const NPM_VERBS = new Set(["install", "ci", "pack", "publish", "init", "update", "view"]);

function problemsOfScript(
  name: string,
  after: readonly string[],
  page: string,
  known: Known,
): readonly string[] {
  const script = known.scripts.get(name) ?? known.projectScripts.get(name);
  if (script === undefined) return [`package.json has no script ${name}`];
  const at = after.indexOf("--");
  const lost = after.slice(0, at < 0 ? undefined : at).filter((word) => !NPM_OPTIONS.has(word));
  if (lost.length > 0) return [`npm takes ${lost.join(" ")} for itself: write it behind --`];
  const args = at < 0 ? [] : after.slice(at + 1);
  const words = script.replace(/^node scripts\/with-dependencies\.mjs /, "").split(" ");
  const [program = "", ...own] = words;
  if (program === "cli/main.ts") return problemsOfValet([...own, ...args], known);
  if (program === "valet" || program === "s") return problemsOfWords([...words, ...args], page, known);
  if (program.endsWith(".ts")) return problemsOfProgram(program, args);
  return problemsOfNpx([program.replace(/^.*:/, ""), ...own, ...args], page, known);
}

/** A program of the repository prints its usage; that must have each option. */
function problemsOfProgram(program: string, args: readonly string[]): readonly string[] {
  if (!existsSync(join(ROOT, program))) return [`${program} does not exist`];
  const source = readFileSync(join(ROOT, program), "utf8");
  return args
    .filter((arg) => arg.startsWith("--") && arg !== "--help")
    .map((arg) => arg.split("=")[0] ?? "")
    .filter((option) => !new RegExp(`${option}(?![\\w-])`).test(source))
    .map((option) => `the usage of ${program} has no ${option}`);
}

/** Programs of node_modules that take words and options of their own, with those that the docs may use. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  vitest: ["run", "--project"],
  tsx: ["--only", "--learn"],
  stryker: ["run", "-m"],
  biome: ["check", "--write"],
};

function problemsOfNpx(args: readonly string[], page: string, known: Known): readonly string[] {
  const [versioned = "", ...rest] = args.filter((word) => word !== "--yes" && word !== "-y");
  const [program = ""] = versioned.split("@");
  if (program === "valet" || program === "oss-valet") return problemsOfValet(rest, known);
  if (program === "s") return problemsOfWords(["s", ...rest], page, known);
  const allowed = PROGRAMS[program];
  if (allowed === undefined)
    return [`npx ${program}: test/support/docs-commands/checker.ts knows no ${program}`];
  return rest
    .filter((word) => /^-/.test(word) && !allowed.includes(word))
    .map((word) => `${program} ${word}: test/support/docs-commands/checker.ts does not know it`);
}

function problemsOfValet(args: readonly string[], known: Known): readonly string[] {
  const [name = "", ...rest] = args[0] === "help" ? args.slice(1) : args;
  if (name === "" || name === "--version" || name === "--help" || /^[A-Z<]/.test(name)) return [];
  const command = known.valet.get(name);
  if (command === undefined) return [`valet has no command ${name}`];
  if (rest.includes("--help") || rest.includes("-h")) return [];
  const options = Object.fromEntries(
    Object.entries(command.options).map(([option, { value, repeats }]) => [
      option,
      { type: value === undefined ? "boolean" : "string", multiple: repeats === true } as const,
    ]),
  );
  try {
    const { positionals } = parseArgs({
      args: [...rest],
      options,
      allowPositionals: command.arguments !== undefined,
    });
    const words = JSON.stringify(command.arguments ?? {});
    return positionals
      .filter((word) => /^[a-z]+$/.test(word) && !new RegExp(`\\b${word}\\b`).test(words))
      .map((word) => `valet ${name} does not take the word ${word}`);
  } catch (error) {
    return [`valet ${name}: ${(error as Error).message.split(". ")[0]}`];
  }
}

/** Programs in a line must be JavaScript: `node -p '…'`, `node -e '…'`. A file of the page is made by the reader. */
function problemsOfNode(args: readonly string[]): readonly string[] {
  const at = args.findIndex((arg) => /^-(p|e|pe)$/.test(arg));
  if (at < 0) return [];
  try {
    new Script(args[at + 1] ?? "");
    return [];
  } catch (error) {
    return [`node ${args[at]}: ${String(error)}`];
  }
}

/** Parameters that ops/ does not have, and policies that are no JSON. */
function problemsOfTemplate(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, at) => {
    const before = args[at - 1] ?? "";
    const [name = ""] = arg.split("=");
    if (before === "-var" && !terraformVariables().has(name))
      return [`ops/terraform has no variable ${name}`];
    if (/^--Parameters\.\d+\.ParameterKey$/.test(before) && !rosParameters().has(arg))
      return [`ops/ros has no parameter ${arg}`];
    if (before !== "--PolicyDocument") return [];
    try {
      JSON.parse(arg);
      return [];
    } catch {
      return [`${before} is no JSON`];
    }
  });
}

function terraformVariables(): ReadonlySet<string> {
  const files = ["ops/terraform/oss-valet-log.tf.json", "ops/terraform/ci/ci.tf.json"];
  return new Set(
    files.flatMap((file) => {
      const { variable } = JSON.parse(readFileSync(join(ROOT, file), "utf8")) as {
        readonly variable: object;
      };
      return Object.keys(variable);
    }),
  );
}

function rosParameters(): ReadonlySet<string> {
  const file = readFileSync(join(ROOT, "ops/ros/oss-valet-log.yaml"), "utf8");
  return new Set(Object.keys((parse(file) as { readonly Parameters: object }).Parameters));
}

/**
 * Files and folders of the repository that a word names, without those that the page copies. A file beside s.yaml may be the
 * reader's own: then a sentence of the page speaks of it.
 */
function missingFiles(words: readonly string[], page: string): readonly string[] {
  const sentences = sentencesIn(page);
  const made = (file: string) =>
    new RegExp(`(cp|mv) .*\\s${file.replace(/\W/g, "\\$&")}(\\s|$)`, "m").test(page);
  return words
    .flatMap((word) => word.split("="))
    .filter((word) =>
      /^(functions|shared|sandbox|cli|scripts|test|docs|examples|client|container|ops)\/[\w./-]+$|^s[\w.-]*\.yaml$/.test(
        word,
      ),
    )
    .filter(
      (word) =>
        !existsSync(join(ROOT, word)) && !made(word) && (word.includes("/") || !sentences.includes(word)),
    );
}
