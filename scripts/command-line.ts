import { type ParseArgsConfig, parseArgs } from "node:util";
import { nearest } from "../shared/domain/rules/nearest.ts";

/** Reads the command line. If it is wrong, the process ends: see {@link calledWrongly}. */
export function optionsOrUsage<const T extends NonNullable<ParseArgsConfig["options"]>>(
  options: T,
  usage: string,
) {
  try {
    return parseArgs({ args: process.argv.slice(2), options }).values;
  } catch (error) {
    // After its first sentence, parseArgs explains positional arguments. No script here has any.
    const problem = String((error as Error).message).split(". ")[0] ?? "";
    const names = Object.keys(options).map((name) => `--${name}`);
    const near = nearest(/^Unknown option '([^']+)'/.exec(problem)?.[1] ?? "", names);
    return calledWrongly(near === undefined ? problem : `${problem}. Did you mean ${near}?`, usage);
  }
}

/** Prints the mistake and the usage, and ends the process with exit code 2, like the operator's commands. */
export function calledWrongly(problem: string, usage: string): never {
  process.stderr.write(`${problem}\n\n${usage}\n`);
  process.exit(2);
}
