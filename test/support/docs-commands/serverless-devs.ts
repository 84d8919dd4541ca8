import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Commands and options that a program's help lists. */
interface Help {
  readonly commands: readonly string[];
  readonly options: readonly string[];
}

/**
 * Commands of the component fc3 0.1.22, with their options. It is no npm package: `s` fetches it from its own registry, so
 * its help cannot be asked here. Source: its command reference, https://manual.serverless-devs.com/user-guide/aliyun/fc3.
 */
const FC3: Readonly<Record<string, readonly string[]>> = {
  deploy: ["-y", "--assume-yes", "--function", "--trigger", "--skip-push"],
  local: ["-e", "--event", "-f", "--event-file", "--debug-port", "--config"],
  version: ["--description", "--version-id", "-y", "--assume-yes"],
  alias: ["--alias-name", "--version-id", "--description", "-y", "--assume-yes"],
  remove: ["-y", "--assume-yes"],
  info: [],
  logs: ["--tail", "--start-time", "--end-time"],
  invoke: ["-e", "--event", "-f", "--event-file"],
};

const FC3_WORDS: Readonly<Record<string, readonly string[]>> = {
  local: ["start", "invoke"],
  version: ["list", "publish", "remove"],
  alias: ["list", "publish", "get", "remove"],
};

/** What is wrong with the words after `s`. `resources`: the names in s.yaml. */
export function problemsOfS(args: readonly string[], resources: readonly string[]): readonly string[] {
  const { commands, options } = helpOf([]);
  const words = args.filter((arg, at) => !arg.startsWith("-") && !(args[at - 1] ?? "").startsWith("-"));
  const given = args.filter((arg) => arg.startsWith("-")).map((arg) => arg.split("=")[0] ?? "");
  const [first = "", second] = resources.includes(words[0] ?? "") ? words.slice(1) : words;
  if (first === "") return [];
  const own = commands.includes(first);
  if (!own && FC3[first] === undefined) return [`s has no command ${first}, and neither has fc3`];
  const help: Help = own ? helpOf([first]) : { commands: FC3_WORDS[first] ?? [], options: FC3[first] ?? [] };
  const known = new Set([...options, ...help.options]);
  return [
    ...given.filter((option) => !known.has(option)).map((option) => `s ${first} has no option ${option}`),
    ...(second === undefined || help.commands.includes(second)
      ? []
      : [`s ${first} has no command ${second}`]),
  ];
}

const known = new Map<string, Help>();

/** Asks `s` itself, with a home of its own and nowhere to phone. */
function helpOf(command: readonly string[]): Help {
  const key = command.join(" ");
  const before = known.get(key);
  if (before !== undefined) return before;
  const home = mkdtempSync(join(tmpdir(), "s-home-"));
  const text = execFileSync(
    join(import.meta.dirname, "../../../node_modules/.bin/s"),
    [...command, "--help"],
    {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], HOME: home, serverless_devs_config_home: home, NODE_ENV: "test" },
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  rmSync(home, { recursive: true, force: true });
  const help = {
    commands: [...text.slice(text.indexOf("Commands:")).matchAll(/^ {2}(\w[\w-]*)/gm)].map(
      ([, name = ""]) => name,
    ),
    options: [...text.matchAll(/^ +(-\w)?(?:, )?(--[\w-]+)?/gm)].flatMap(([, short, long]) =>
      [short, long].filter((option) => option !== undefined),
    ),
  };
  known.set(key, help);
  return help;
}
