import { type ParseArgsConfig, parseArgs } from "node:util";

/** Reads the command line. A wrong one ends the process: see {@link calledWrongly}. */
export function optionsOrUsage<const T extends NonNullable<ParseArgsConfig["options"]>>(
  options: T,
  usage: string,
) {
  try {
    return parseArgs({ args: process.argv.slice(2), options }).values;
  } catch (error) {
    // Behind the first sentence parseArgs explains positional arguments, which nobody has meant.
    return calledWrongly(String((error as Error).message).split(". ")[0] ?? "", usage);
  }
}

/** Prints the mistake and how the command is called, and ends with exit code 2, as the operator's commands do. */
export function calledWrongly(problem: string, usage: string): never {
  process.stderr.write(`${problem}\n\n${usage}\n`);
  process.exit(2);
}
