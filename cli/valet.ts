import { nearest } from "../shared/domain/rules/nearest.ts";
import { accessReader, BrokenAccessFile } from "./shared/access-reader.ts";
import { type Command, type Terminal, UsageError } from "./shared/command.ts";
import { helpText, table } from "./shared/help.ts";
import { ownManifest } from "./shared/own-files.ts";

/** The table of commands. A command's module is loaded when it is called: some load the SDKs. */
export const COMMANDS: Readonly<
  Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>
> = {
  init: {
    summary: "makes a project of your own, in a new folder",
    load: async () => (await import("./init/command.ts")).init,
  },
  dev: {
    summary: "runs everything on this machine, with the local Alibaba Cloud, and walks through the exchange",
    load: async () => (await import("./dev/command.ts")).dev,
  },
  build: {
    summary: "checks access.yaml, and makes the functions that are deployed",
    load: async () => (await import("./build/command.ts")).build,
  },
  serve: {
    summary: "builds, and serves over plain HTTP",
    load: async () => (await import("./serve/command.ts")).serve,
  },
  sandbox: {
    summary: "runs the local Alibaba Cloud alone",
    load: async () => (await import("./sandbox/command.ts")).sandbox,
  },
  explain: {
    summary: "what a user would be granted, and why",
    load: async () => (await import("./explain/command.ts")).explain,
  },
  test: {
    summary: "runs the tests in access.yaml",
    load: async () => (await import("./test/command.ts")).test,
  },
  provision: {
    summary: "creates the roles and policies in RAM that access.yaml needs",
    load: async () => (await import("./provision/command.ts")).provision,
  },
  doctor: {
    summary: "checks a deployment from end to end, and says what to fix",
    load: async () => (await import("./doctor/command.ts")).doctor,
  },
  smoke: {
    summary: "after a deploy: one exchange that must succeed, several that must not",
    load: async () => (await import("./smoke/command.ts")).smoke,
  },
  sidecar: {
    summary: "serves credentials on this machine to SDKs and tools that cannot send an App token",
    load: async () => (await import("./sidecar/command.ts")).sidecar,
  },
  upgrade: {
    summary: "what changes for a project with this version: settings, rules and roles",
    load: async () => (await import("./upgrade/command.ts")).upgrade,
  },
};

/** Runs one command. Exit code 0: done; 1: no (a broken promise, a denied decision); 2: called wrongly, or a broken file. */
export async function valet(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === "help" && rest[0] !== undefined) return await valet([rest[0], "--help"], terminal);
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    terminal.out(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    terminal.out(ownManifest().version);
    return 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    terminal.error(`valet: ${unknownCommand(name)}`);
    return 2;
  }
  const command = await entry.load();
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(helpText(command));
    return 0;
  }
  try {
    return await command.run(rest, terminal, accessReader(terminal));
  } catch (error) {
    if (error instanceof BrokenAccessFile) {
      if (rest.includes("--json")) terminal.out(JSON.stringify({ problems: error.problems }, null, 2));
      else for (const problem of error.problems) terminal.error(problem);
      return 2;
    }
    if (!(error instanceof UsageError)) throw error;
    terminal.error(`valet ${name}: ${error.message}`);
    return 2;
  }
}

function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary] as const);
  return [
    "npm run valet -- <command> [options]",
    table([
      ...commands,
      ["help COMMAND", "the command's options, settings and examples; also COMMAND --help"],
    ]),
    "The access rules come from access.yaml, or from the file that --access FILE or ACCESS_FILE names.\nnpm run -s valet -- --version prints the version.",
  ].join("\n\n");
}

function unknownCommand(name: string): string {
  const names = Object.keys(COMMANDS);
  const near = nearest(name, [...names, "help", "--help", "--version"]);
  const instead = near === undefined ? `Commands: ${names.join(", ")}` : `Did you mean "${near}"?`;
  return `unknown command "${name}". ${instead}`;
}
