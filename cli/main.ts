import { pathToFileURL } from "node:url";
import { nearest } from "../shared/domain/rules/shape.ts";
import { DOCTOR_HELP, doctor } from "./doctor/command.ts";
import { EXPLAIN_HELP, explain } from "./explain/command.ts";
import { askOnTerminal, PROVISION_HELP, provision } from "./provision/command.ts";
import { type AccessFile, readAccessFile } from "./shared/access-file.ts";
import { type Terminal, UsageError } from "./shared/command.ts";
import { SMOKE_HELP, smoke } from "./smoke/command.ts";
import { TEST_HELP, test } from "./test/command.ts";

interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  /** Gives the exit code: 0 yes, 1 no. Throws UsageError, or what parseArgs throws. `access` reads access.yaml. */
  readonly run: (
    args: readonly string[],
    terminal: Terminal,
    access: () => AccessFile,
  ) => number | Promise<number>;
}

const COMMANDS: readonly Command[] = [
  {
    name: "explain",
    summary: "what a user would be granted, and why",
    help: EXPLAIN_HELP,
    run: (args, terminal, access) => explain(args, access().rules, terminal),
  },
  {
    name: "test",
    summary: "the promises that access.yaml makes about its rules",
    help: TEST_HELP,
    run: (args, terminal, access) => test(args, access().rules, terminal),
  },
  {
    name: "provision",
    summary: "roles and policies in RAM, derived from access.yaml",
    help: PROVISION_HELP,
    run: (args, terminal, access) => provision(args, access().rules, terminal),
  },
  {
    name: "doctor",
    summary: "a deployment from end to end, and what to mend",
    help: DOCTOR_HELP,
    run: (args, terminal, access) => doctor(args, access().content, terminal),
  },
  {
    name: "smoke",
    summary: "after a deploy: one exchange that must succeed, several that must not",
    help: SMOKE_HELP,
    run: (args, terminal) => smoke(args, terminal),
  },
];

/** Runs one command. Exit code 0: done; 1: no (a broken promise, a denied decision); 2: called wrongly, or a broken file. */
export async function valet(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(overview());
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const names = COMMANDS.map((candidate) => candidate.name);
    const near = nearest(name, names);
    terminal.error(
      `valet: ${name} is no command; ${near ? `write ${near}` : `known are ${names.join(", ")}`}`,
    );
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(command.help);
    return 0;
  }
  try {
    const { path, others } = accessPathFrom(rest, terminal);
    return await command.run(others, terminal, () => accessFileAt(path, terminal));
  } catch (error) {
    if (error instanceof BrokenAccessFile) {
      if (rest.includes("--json")) terminal.out(JSON.stringify({ problems: error.problems }, null, 2));
      else for (const problem of error.problems) terminal.error(problem);
      return 2;
    }
    const problem = usageProblem(error, command);
    if (problem === undefined) throw error;
    terminal.error(`valet ${command.name}: ${problem}`);
    return 2;
  }
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length)) + 2;
  return [
    "npm run valet -- <command> [options]",
    "",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}`),
    "",
    "npm run valet -- <command> --help tells more. The rules are those of access.yaml, or of --access FILE or ACCESS_FILE.",
  ].join("\n");
}

/** access.yaml has problems; they say where and what to write instead. */
class BrokenAccessFile extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super("access.yaml is broken");
    this.name = "BrokenAccessFile";
    this.problems = problems;
  }
}

function accessFileAt(path: string, terminal: Terminal): AccessFile {
  const file = readAccessFile(path);
  if (!file.ok) throw new BrokenAccessFile(file.problems);
  for (const warning of file.warnings) terminal.error(`warning: ${warning}`);
  return file;
}

/** Takes `--access FILE` out: every command has it. */
function accessPathFrom(
  args: readonly string[],
  { environment }: Terminal,
): { readonly path: string; readonly others: readonly string[] } {
  const at = args.findIndex((arg) => arg === "--access" || arg.startsWith("--access="));
  if (at < 0) return { path: environment["ACCESS_FILE"] || "access.yaml", others: args };
  const inline = args[at]?.startsWith("--access=") === true;
  const path = inline ? args[at]?.slice("--access=".length) : args[at + 1];
  if (path === undefined || path === "") throw new UsageError("--access needs a file: --access access.yaml");
  return { path, others: [...args.slice(0, at), ...args.slice(at + (inline ? 1 : 2))] };
}

/** What was called wrongly; undefined where the error is none of the caller's. */
function usageProblem(error: unknown, command: Command): string | undefined {
  if (error instanceof UsageError) return error.message;
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
    const option = /'(-{1,2}[^']*)'/.exec(error.message)?.[1] ?? "";
    const near = nearest(option, [...new Set(command.help.match(/--[a-z][a-z-]*/g) ?? [])]);
    return `${option} is no option; ${near ? `write ${near}` : "--help lists them"}`;
  }
  return String(error.code).startsWith("ERR_PARSE_ARGS_") ? error.message.split("\n")[0] : undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  process.exitCode = await valet(process.argv.slice(2), {
    environment: process.env,
    out: (text) => process.stdout.write(`${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
    ask: process.stdin.isTTY && process.stderr.isTTY ? askOnTerminal : undefined,
    colour: process.stdout.isTTY && !process.env["NO_COLOR"],
    nowMs: Date.now,
  });
}
